"""What the text of a generated module tells of its expressions."""

from __future__ import annotations

import pytest

from flowc.gen.python import wants

FACE = "from flowrt.expressions import {names}\n"


def module(expression: str, names: str = "text") -> str:
    return f"{FACE.format(names=names)}a = Log('a', message=expr('', lambda v: {expression}))\n"


MEMBERS = [
    ("v['inputs']", False),
    ("v['inputs']['name']", False),
    ("v['inputs']['name']['length']", True),
    ("v['outputs']['a']['uri']", False),
    ("v['outputs']['a'][v['taskrun']['value']]", False),
    ("v['outputs']['a']['value']['size']", True),
    ("v['parent']['taskrun']['value']", False),
    ("v['parents'][0]['taskrun']", True),
    ("v['labels']['team']", False),
    ("v['labels']['team']['x']", True),
    ("v['mine']", False),
    ("v['mine']['x']", True),
    ("v[v['vars']['name']]", False),
    ("v[v['vars']['name']]['x']", True),
    ("upper(v['vars']['name'])", False),
    ("first(v['vars']['names'])['x']", True),
    ("coalesce(lambda: v['vars']['a'], lambda: v['vars']['b'])", False),
    ("coalesce(lambda: v['vars']['a'], lambda: v['vars']['b']['c'])", True),
    ("f\"a {text(v['flow']['id'])}\"", False),
]


@pytest.mark.parametrize(("expression", "wanted"), MEMBERS)
def test_members(expression: str, wanted: bool) -> None:
    assert wants.members(module(expression)) is wanted


@pytest.mark.parametrize("helper", ["member", "method"])
def test_who_has_a_helper_for_members_wants_them(helper: str) -> None:
    assert wants.members(module("1", helper))


@pytest.mark.parametrize("helper", ["each", "assign", "scoped", "parameter"])
def test_names_that_a_template_gives_may_be_those_of_variables(helper: str) -> None:
    assert wants.members(module("v['inputs']['name']", helper))
    assert not wants.members(module("v['inputs']", helper))


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("'inputs', 'name'", False),
        ("'inputs', 'name', 'x'", True),
        ("'outputs', 'a', 'uri'", False),
        ("'outputs', 'a', 'value', 'x'", True),
    ],
)
def test_members_of_plain_references(path: str, wanted: bool) -> None:
    assert wants.members(f"a = Log('a', message=ref({path}))\n") is wanted


DATES = [
    ("v['execution']['id']", False),
    ("v['execution']['startDate']", True),
    ("v['execution']", True),
    ("v['execution'][v['vars']['name']]", True),
    ("v['taskrun']['value']", False),
    ("v['taskrun']['startDate']", True),
    ("to_json_filter(v['taskrun'])", True),
    ("v[v['vars']['name']]", True),
    ("v['inputs']['startDate']", False),
    ("first(v['vars']['names'])['x']", True),
]


@pytest.mark.parametrize(("expression", "wanted"), DATES)
def test_dates(expression: str, wanted: bool) -> None:
    assert wants.dates(module(expression)) is wanted


def test_all_variables_have_dates_among_them() -> None:
    assert wants.dates(module("fetch_context(v)", "fetch_context"))


def test_what_is_no_expression_is_not_looked_at() -> None:
    source = "import sys\nsys.path[0] = 'x'\nkinds: dict[str, int] = {}\nf = lambda x: x['a']['b']['c']\n"
    assert not wants.members(source) and not wants.dates(source)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("v['inputs']['tasks']", False),
        ("v['tasks']", True),
        ("v['tasks']['a']['state']", True),
        ("upper(v['tasks'][v['value']]['state'])", True),
        ("v[v['vars']['name']]", True),
        ("first(v['vars']['names'])['x']", True),
        ("'tasks'", False),
    ],
)
def test_states_of_tasks(expression: str, wanted: bool) -> None:
    assert wants.states(module(expression)) is wanted


@pytest.mark.parametrize("helper", ["fetch_context", "tasks_with_state"])
def test_who_sees_all_variables_sees_the_states_of_tasks(helper: str) -> None:
    assert wants.states(module("1", helper))


FORMS = {
    "'x'": "text any",
    "expr('{{ x }}', lambda v: v['x'])": "text any",
    "None": "text any level flag number",
    "'INFO'": "text any level",
    "'info'": "text any",
    "'12'": "text any",
    "12": "number",
    "1.5": "",
    "True": "flag",
    "['x']": "",
    "{'x': 1}": "",
}
"""A value → the kinds of properties for which it needs no conversion."""
TASKS = {
    "text": "Return('a', format={})",
    "any": "Log('a', message={})",
    "level": "Log('a', message='x', level={})",
    "flag": "PurgeExecutions('a', purge_log={})",
    "number": "PurgeExecutions('a', batch_size={})",
}
"""A kind → a task with such a property."""


@pytest.mark.parametrize("value", FORMS)
@pytest.mark.parametrize("kind", TASKS)
def test_values_that_are_converted(kind: str, value: str) -> None:
    source = "from flowrt.tasks import Log, PurgeExecutions, Return\n" + TASKS[kind].format(value)
    assert wants.conversions(source) is (kind not in FORMS[value].split())
