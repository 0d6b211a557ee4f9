"""What the static checks find, and what they leave alone."""

from __future__ import annotations

import pytest

from flowc.diag.model import Diagnostic, Sink
from flowc.front import read
from flowc.sema import check
from flowc.sema.types import expression_types

HEAD = """id: f
namespace: a.b
inputs:
- {id: name, type: STRING}
- {id: n, type: INT, defaults: 3}
- {id: opt, type: STRING, required: false}
- {id: db.port, type: INT}
variables: {root: /data, deep: {a: 1}}
"""
RETURN = "io.kestra.plugin.core.debug.Return"
FLOW = "io.kestra.plugin.core.flow."


def diagnostics(text: str) -> list[Diagnostic]:
    sink = Sink()
    flow = read(HEAD + text, "flow.yaml", sink)
    assert flow is not None
    check(flow, sink)
    return sink.sorted()


def findings(text: str) -> list[tuple[str, bool]]:
    return [(each.code, each.is_error) for each in diagnostics(text)]


def of_expression(text: str, before: str = "") -> list[tuple[str, bool]]:
    return findings(f'tasks:\n{before}- id: here\n  type: {RETURN}\n  format: "{text}"\n')


@pytest.mark.parametrize(
    "text",
    [
        "{{ inputs.name }} {{ inputs.db.port }} {{ inputs['n'] }} {{ inputs.opt }}",
        "{{ vars.root }} {{ vars.deep.a }} {{ render(vars.root) }}",
        "{{ flow.id }} {{ execution.state }} {{ task.type }} {{ taskrun.startDate }} {{ labels.x }} {{ envs.y }}",
        "{{ inputs.nope ?? 'x' }} {{ inputs.nope | default('x') }} {{ inputs.nope is defined }}",
        "{{ outputs.nope.value ?? outputs.none.value ?? 'x' }}",
        "{% set x = 1 %}{{ x }}{% for i in [1] %}{{ i }}{{ loop.index }}{% endfor %}",
        "{{ trigger.date }} {{ kestra.url }} {{ globals.x }}",
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert of_expression(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ inputs.nmae }}", "FC304"),
        ("{{ inputs.db.prt }}", "FC304"),
        ("{{ vars.deep.b }}", "FC305"),
        ("{{ outputs.nope.value }}", "FC306"),
        ("{{ nope }}", "FC311"),
        ("{{ flow.name }}", "FC312"),
        ("{{ taskrun.value }}", "FC315"),
        ("{{ parent.taskrun.value }}", "FC310"),
        ("{{ 1 + }}", "FC301"),
        ("{{ 1 | nope }}", "FC302"),
    ],
)
def test_errors_of_expressions(text: str, code: str) -> None:
    assert of_expression(text) == [(code, True)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{ 1 + }}", "a value is missing between `+` and `}}`"),
        ("{{ * 2 }}", "a value is missing before `*`"),
        ("{% if %}a{% endif %}", "a value is missing between `if` and `%}`"),
        (
            "{{ }}",
            "the braces are empty; if they are meant as they stand, write `{% raw %}{{ }}{% endraw %}`",
        ),
        ("{{ flow. }}", "a name belongs before `}}`"),
        ("{{ flow | }}", "a name belongs before `}}`"),
        ("{{ 1 2 }}", "an operator is missing before `2`; `~` joins texts"),
        ("{{ flow ? 1 }}", "`:` is missing before `}}`"),
        ("{{ max(1 2) }}", "`,` is missing before `2`"),
        ("{% set x %}", "`=` is missing before `%}`"),
        ("{% for x y %}{% endfor %}", "`in` is missing before `y`"),
        ("{% if true %}a", "close it with `{% endif %}`"),
        ("{% for x in [1] %}a", "close it with `{% endfor %}`"),
        ("{{ max(1 }}", "`(` is never closed"),
        ("{{ [1 }}", "`[` is never closed"),
        ("{{ 1) }}", "nothing is open that `)` closes"),
        ("{{ flow.id", "close it with `}}`"),
        ("{% if true", "close it with `%}`"),
    ],
)
def test_a_broken_expression_says_what_is_missing(text: str, hint: str) -> None:
    found = diagnostics(f'tasks:\n- id: here\n  type: {RETURN}\n  format: "{text}"\n')
    assert [(each.code, each.hint) for each in found] == [("FC301", hint)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{{{{ {'(' * 90}1{')' * 90} }}}}", "expressions may be nested 80 levels deep"),
        (
            "".join(f"{{% for x{n} in [1] %}}" for n in range(17)) + "{% endfor %}" * 17,
            "loops may be nested 16 levels deep",
        ),
    ],
)
def test_limits_that_are_not_those_of_kestra_are_not_put_into_its_mouth(
    text: str, said: str
) -> None:
    (found,) = diagnostics(f'tasks:\n- id: here\n  type: {RETURN}\n  format: "{text}"\n')
    assert (found.code, found.message, found.notes) == ("FC301", said, ())
    assert found.hint is not None and "no such limit" in found.hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ inputs.opt ? inputs.nope : 'x' }}",
        "{{ false and nope }}",
        "{% if false %}{{ vars.nope }}{% endif %}",
    ],
)
def test_what_is_not_always_evaluated_is_a_warning(text: str) -> None:
    ((_, is_error),) = of_expression(text)
    assert not is_error


def nested(kind: str, rest: str = "", slot: str = "tasks") -> str:
    return f"- id: block\n  type: {FLOW}{kind}\n{rest}  {slot}:\n  - {{id: inner, type: {RETURN}, format: x}}\n"


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (nested("Sequential"), []),
        (nested("Parallel"), []),
        (nested("If", "  condition: '{{ inputs.opt }}'\n", "then"), [("FC313", False)]),
        (nested("Sequential", "  runIf: '{{ inputs.opt }}'\n"), [("FC313", False)]),
        (nested("Sequential", "  disabled: true\n"), [("FC307", True)]),
        (nested("ForEach", "  values: [a, b]\n"), [("FC309", True)]),
    ],
)
def test_where_the_other_task_stands(before: str, found: list[tuple[str, bool]]) -> None:
    assert of_expression("{{ outputs.inner.value }}", before) == found


def test_outputs_of_loops() -> None:
    each = nested("ForEach", "  values: [a, b]\n")
    assert of_expression("{{ outputs.inner['a'].value }} {{ outputs.inner.b.value }}", each) == []
    assert of_expression("{{ outputs.inner['c'].value }}", each) == [("FC308", True)]
    assert of_expression("{{ outputs.inner['a'].nope }}", each) == [("FC308", True)]
    computed = nested("ForEach", "  values: '{{ inputs.opt }}'\n")
    assert of_expression("{{ outputs.inner['c'].value }}", computed) == []


def test_siblings() -> None:
    pair = (
        "- id: p\n  type: {FLOW}{kind}\n{rest}  tasks:\n"
        "  - {{id: one, type: {RETURN}, format: x}}\n"
        "  - {{id: two, type: {RETURN}, format: '{{{{ outputs.one.value }}}}'}}\n"
    )

    def of(kind: str, rest: str = "") -> list[tuple[str, bool]]:
        return findings("tasks:\n" + pair.format(FLOW=FLOW, RETURN=RETURN, kind=kind, rest=rest))

    assert of("Sequential") == []
    assert of("Parallel") == [("FC313", False)]
    assert of("Parallel", "  concurrent: 1\n") == []


def test_handlers_see_what_ran_before() -> None:
    text = (
        f"tasks:\n- {{id: a, type: {RETURN}, format: '{{{{ outputs.e.value }}}}'}}\n"
        f"errors:\n- {{id: e, type: {RETURN}, format: '{{{{ outputs.a.value }}}}'}}\n"
    )
    assert findings(text) == [("FC307", True)]


def test_outputs_of_other_flows_are_not_looked_at() -> None:
    text = (
        f"- id: s\n  type: {FLOW}Subflow\n  namespace: a.b\n  flowId: other\n"
        "  outputs: {x: '{{ outputs.theirs.value }}'}\n"
    )
    assert of_expression("{{ outputs.s.outputs.x }}", text) == []


def test_input_types() -> None:
    sink = Sink()
    flow = read(HEAD + f"tasks:\n- {{id: t, type: {RETURN}}}\n", "flow.yaml", sink)
    assert flow is not None
    assert expression_types(flow) == {
        "inputs.name": "STRING",
        "inputs.n": "INT",
        "inputs.db.port": "INT",
    }


def test_the_condition_of_a_loop_sees_its_children() -> None:
    text = (
        f"tasks:\n- id: l\n  type: {FLOW}LoopUntil\n"
        "  condition: '{{ outputs.inner.value == 1 or outputs.l.iterationCount > 3 }}'\n"
        f"  tasks:\n  - {{id: inner, type: {RETURN}, format: x}}\n"
    )
    assert findings(text) == []


@pytest.mark.parametrize(("value", "codes"), [('""', ["FC204"]), ("~", ["FC204"]), ("x", [])])
def test_a_label_that_is_set_is_not_empty(value: str, codes: list[str]) -> None:
    labels = f"- {{id: l, type: io.kestra.plugin.core.execution.Labels, labels: {{a: {value}}}}}\n"
    assert [code for code, _ in findings(f"tasks:\n{labels}")] == codes


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("x", []),
        ("'5'", []),
        ("~", []),
        ("2024-01-01", []),
        ("5", ["FC204"]),
        ("true", ["FC204"]),
        ("{a: 1}", ["FC204"]),
        ("[a]", ["FC204"]),
    ],
)
def test_the_content_of_a_file_is_a_text(value: str, codes: list[str]) -> None:
    script = (
        f"type: io.kestra.plugin.scripts.shell.Commands, commands: [ls], inputFiles: {{f: {value}}}"
    )
    found = findings(f"tasks:\n- {{id: s, {script}}}\n")
    assert [code for code, _ in found if code != "FC502"] == codes


@pytest.mark.parametrize(
    "task",
    [
        "core.execution.Count, namespaces: [a], startDate: x, expression: '{{ count > 1 }}'",
        "core.storage.FilterItems, from: x, filterCondition: '{{ amount > 1 }}'",
        "core.storage.DeduplicateItems, from: x, expr: '{{ key }}'",
        "jdbc.duckdb.Query, sql: 'ATTACH {{ dbFilePath }}'",
        "jdbc.sqlite.Query, sql: 'ATTACH {{ dbFilePath }}'",
        "jdbc.mysql.Query, url: x, inputFile: y, sql: 'LOAD {{ inputFile }}'",
    ],
)
def test_tasks_whose_expressions_see_more_names(task: str) -> None:
    text = f"tasks:\n- {{id: t, type: io.kestra.plugin.{task}}}\n"
    assert [each.code for each in diagnostics(text)] == []
