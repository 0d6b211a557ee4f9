"""What comes along of the runtime only where it is asked for."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from running import modules_in

from flowc.gen.python.docstrings import without_docstrings
from flowc.gen.python.layout import WIDTH
from flowc.gen.python.module import requirements
from flowc.gen.python.optional import CONVERTING, OPTIONAL, PURPOSES
from flowc.gen.python.standalone import _runtime
from flowc.gen.python.vendor import _wants, lent_by, needed_modules
from flowrt.missing import PARTS

RUNTIME = Path(__file__).resolve().parents[2] / "runtime" / "flowrt"
MODULE = "from flowrt import Flow, main\nfrom flowrt.tasks import Log\n"


EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hello" / "flow.py"


def files(parts: list[str], module: str = MODULE) -> set[str]:
    return set(needed_modules([module], parts))


def path_of(module: str) -> str:
    return f"flowrt/{module.replace('.', '/')}.py"


def test_each_part_has_its_purpose() -> None:
    assert PURPOSES.keys() == PARTS.keys()


def test_programs_have_no_part_that_nobody_asked_for() -> None:
    found = files([])
    for modules in PARTS.values():
        assert found.isdisjoint(map(path_of, modules))
    assert not any("clusters" in path for path in found)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_with_all_that_it_imports(part: str) -> None:
    added = files([part]) - files([])
    assert added.issuperset(map(path_of, PARTS[part]))
    assert ("flowrt/clusters/remote.py" in added) == (part in ("dask", "ray"))
    assert path_of("store.opening") not in files([])
    assert (path_of("store.opening") in added) == (part in ("store", "postgresql"))


def test_the_part_for_yaml_has_what_reads_it_where_nothing_is_installed() -> None:
    assert "yaml/__init__.py" not in files([])
    assert "yaml/__init__.py" in files(["yaml"])


INPUTS, FILES, EXACT = "inputs.resolution", "services.storage", "expr.proxy"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", set()),
        ("from flowrt.expressions import ref", {EXACT}),
        ("from flowrt.expressions import expr, read", {EXACT, FILES}),
        ('flow = Flow(inputs=[Input("n", "INT")])', {INPUTS}),
        ('flow = Flow(inputs=[Input("n", "FILE")])', {INPUTS, FILES}),
        ("from flowrt.tasks import Pause\nwait = flow.task(Pause('wait'))", {INPUTS}),
        ("from flowrt.tasks import KvSet", {EXACT, FILES}),
        ("from flowrt.tasks import ShellCommands", {EXACT, FILES}),
        ("note = Log('note', message='x', task_cache=TaskCache(enabled=True))", {FILES}),
        ("flow = Flow('f', triggers=[Trigger('s', 'a.b.Webhook')])", {INPUTS}),
    ],
)
def test_what_a_flow_uses_comes_along(line: str, wanted: set[str]) -> None:
    found = files([], MODULE + line)
    assert {each for each in (INPUTS, FILES, EXACT) if path_of(each) in found} == wanted


@pytest.mark.parametrize("limited", [True, False])
def test_who_has_a_limit_brings_along_what_becomes_of_those_beyond_it(limited: bool) -> None:
    limit = ", concurrency=Concurrency(limit=1)" if limited else ""
    found = files([], f"{MODULE}flow = Flow('f', namespace='n'{limit})\n")
    assert (path_of("engine.concurrency") in found) == limited
    assert (path_of("store.slots") in found) == limited


@pytest.mark.parametrize(
    ("task", "pauses"),
    [("Pause('p')", True), ("LoopUntil('l', condition='x')", True), ("Log('n')", False)],
)
def test_who_may_be_paused_brings_along_how_it_is_resumed(task: str, pauses: bool) -> None:
    name = task.partition("(")[0]
    source = f"{MODULE}from flowrt.tasks import {name}\none = flow.task({task})\n"
    found = files(["store"], source)
    assert (path_of("verbs.paused") in found) == (path_of("verbs.told") in found) == pauses
    assert (path_of("verbs.resume") in files([], source)) == (name == "Pause")


PATTERNS, READER, ADDRESSES = "java.regex.patterns", "formats.yamlread", "java.uriparts"
MOMENTS, MEMBERS = "java.time.isoparse", "expr.members"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('flow = Flow(inputs=[Input("n", "FLOAT")])', set()),
        ('flow = Flow(inputs=[Input("n", "STRING", validator="a+")])', {PATTERNS}),
        ('flow = Flow(inputs=[Input("n", "YAML")])', {READER}),
        ('flow = Flow(inputs=[Input("n", "URI")])', {ADDRESSES}),
        ('flow = Flow(inputs=[Input("n", "DATE")])', {MOMENTS}),
        ('flow = Flow(inputs=[Input("n", "ARRAY", item_type="DURATION")])', {MOMENTS}),
        ('flow = Flow(outputs=[Output("n", ref("inputs", "a", "b"), "YAML")])', {READER, MEMBERS}),
    ],
)
def test_what_a_type_of_inputs_needs_comes_along(line: str, wanted: set[str]) -> None:
    source = f"from flowrt.expressions import ref\n{MODULE}{line}"
    found = files([], source)
    every = {PATTERNS, READER, ADDRESSES, MOMENTS, MEMBERS}
    if MEMBERS in wanted:  # they know patterns, addresses and dates themselves
        every = {READER, MEMBERS}
    assert {each for each in every if path_of(each) in found} == wanted


@pytest.mark.parametrize(
    ("task", "members", "dates"),
    [
        ("Log", False, False),
        ("SetVariables", False, False),
        ("FilterItems", True, False),
        ("DeduplicateItems", True, False),
        ("ShellCommands", False, True),
    ],
)
def test_what_tasks_do_with_variables_brings_along_what_is_in_them(
    task: str, members: bool, dates: bool
) -> None:
    """A row may have a column `flow` that is a text: who gives names to expressions may have given one to anything."""
    source = f"{MODULE}from flowrt.tasks import {task}\none = flow.task({task}('t'))\n"
    left = [each for each in OPTIONAL if each.importers and each.modules[0] in VALUES]
    found = needed_modules([source])
    names = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in found
        if path.endswith(".py")
    }
    assert [_wants(names, each) for each in left] == [members, dates]


VALUES = ("flowrt.expr.members", "flowrt.java.time.temporal")


def test_names_are_lent_by_modules_without_the_table_of_all() -> None:
    texts = needed_modules([f"{MODULE}from flowrt.expressions import ref\n"])
    assert "from flowrt.tasks.log import Log as Log\n" in texts["flowrt/tasks/__init__.py"]
    assert "from flowrt.expr.texts import ref as ref\n" in texts["flowrt/expressions.py"]
    assert "flowrt/catalog.py" not in texts


def test_a_program_of_two_tasks_is_small() -> None:
    texts = needed_modules([MODULE])
    assert len(texts) <= 60 and len(_runtime(texts)) <= 300_000


def test_a_folder_for_two_tasks_is_small() -> None:
    texts = needed_modules([MODULE], beside={})
    assert len(texts) <= 60 and sum(map(len, texts.values())) <= 300_000


LENT = "from flowrt.tasks import {}\none = {}('t')\n"


@pytest.mark.parametrize("before", [(), ("Log",), ("Return", "Log")])
def test_a_folder_lends_its_names_to_all_its_programs(before: tuple[str, ...]) -> None:
    path, texts = "flowrt/tasks/__init__.py", {}
    for name in (*before, "Sleep"):
        source = "from flowrt import Flow, main\n" + LENT.format(name, name)
        texts = needed_modules([source], beside=texts)
    assert "flowrt/catalog.py" not in texts
    lent = lent_by(texts[path])
    assert lent is not None and lent.keys() == {*before, "Sleep"}
    assert lent["Sleep"] == "flowrt.tasks.sleep"


def test_a_folder_that_lends_all_names_goes_on_to_do_so() -> None:
    path = "flowrt/tasks/__init__.py"
    whole = (RUNTIME / "tasks" / "__init__.py").read_text("utf-8")
    texts = needed_modules([MODULE], beside={path: whole})
    assert texts[path] == without_docstrings(whole) and "flowrt/catalog.py" in texts


@pytest.mark.parametrize("module", ["engine/taskstates", "engine/rounds", "tasks/sleep"])
def test_what_lies_in_a_folder_goes_there_again_with_what_it_imports(module: str) -> None:
    """Programs that are there use it: it has to be of the version of what they share."""
    path = f"flowrt/{module}.py"
    assert path not in needed_modules([MODULE], beside={})
    texts = needed_modules([MODULE], beside={path: "old", "flowrt/gone.py": "old", "x.txt": ""})
    assert texts[path] == without_docstrings((RUNTIME / f"{module}.py").read_text("utf-8"))
    assert ("flowrt/engine/runindex.py" in texts) == (module == "engine/taskstates")


@pytest.mark.parametrize(
    ("text", "lent"),
    [
        (None, {}),
        ("x = (", {}),
        ("_HOMES: dict[str, str] = {}\n", {}),
        ("def homes(): ...\n", None),
    ],
)
def test_what_a_folder_lends(text: str | None, lent: dict[str, str] | None) -> None:
    assert lent_by(text) == lent


def test_the_program_of_the_readme_is_small() -> None:
    texts = needed_modules([EXAMPLE.read_text("utf-8")])
    assert len(texts) <= 92 and len(_runtime(texts)) <= 440_000


@pytest.mark.parametrize("number", range(8))
def test_docstrings_are_left_out_and_nothing_else(number: int) -> None:
    for path in sorted(RUNTIME.rglob("*.py"))[number::8]:
        source = path.read_text("utf-8")
        found = without_docstrings(source)
        assert found.count("\n") == source.count("\n")
        whole, left = ast.parse(source), ast.parse(found)
        assert _code(whole) == _code(left), path
        assert not any(map(_documented, ast.walk(left))), path


def _documented(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _code(tree: ast.Module) -> list[str]:
    """The statements of a module but for docstrings, and what stands in for them, each with its line."""
    return [
        f"{node.lineno} {type(node).__name__}"
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not _documented(node) and ast.unparse(node) != "..."
    ]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('"""a"""\nx = 1\n"""b"""\n', "\nx = 1\n\n"),
        ('def f():\n    """a\n    b"""\n', "def f():\n    ...\n\n"),
        ('class A:\n    """a"""\n\n    b = "c"\n    """d"""\n', 'class A:\n\n\n    b = "c"\n\n'),
        ('x = """a"""\n', 'x = """a"""\n'),
    ],
)
def test_docstrings_leave_their_lines_empty(source: str, left: str) -> None:
    assert without_docstrings(source) == left


@pytest.mark.parametrize("count", [0, 1, 4, 40])
def test_a_header_is_toml_in_lines_of_the_width(count: int) -> None:
    packages = [f"package-{number}>=1.{number},<2" for number in range(count)]
    text = requirements(packages)
    assert all(line.startswith("# ") and len(line) <= WIDTH for line in text.split("\n"))
    found = tomllib.loads("\n".join(line.removeprefix("# ") for line in text.split("\n")))
    assert found == {"dependencies": packages}


TASKS = (
    "Log",
    "Pause",
    "Subflow",
    "ForEachItem",
    "LoopUntil",
    "WorkingDirectory",
    "Sleep",
    "HttpRequest",
    "KvSet",
    "ShellCommands",
    "Count",
)


LINES = (
    *(f"from flowrt.tasks import {task}\ntask = {task}('t')" for task in TASKS),
    "flow = Flow('f', triggers=[Trigger('s', 'a.b.Schedule')])",
    "flow = Flow('f', sla=[Assertion('s')])",
    "flow = Flow('f', checks=[Check('s')])",
    "flow = Flow('f', concurrency=Concurrency(limit=1))",
    "flow = Flow('f', retry=Constant(interval='PT1S', behavior='CREATE_NEW_EXECUTION'))",
    "@flow.listener()\nasync def heard(run): ...",
    "@flow.after_execution\nasync def after(run): ...",
    "flow.heard_by(other)",
)


@pytest.mark.parametrize("parts", [(), ("store",), ("executors",), ("files",)])
@pytest.mark.parametrize("line", LINES)
def test_nothing_that_comes_along_begins_with_an_import_of_what_does_not(
    line: str, parts: tuple[str, ...]
) -> None:
    """Within functions a module may name another that only some flows have; at its top it may not."""
    texts = needed_modules([f"from flowrt import Flow, main\n{line}\n"], parts)
    present = modules_in(texts)
    wanted = {
        (path, node.module)
        for path, text in texts.items()
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flowrt.")
    }
    assert [each for each in sorted(wanted) if each[1] not in present] == []
    assert len(wanted) > 100


def test_every_conversion_is_asked_for_by_a_name_that_is_known() -> None:
    """A method that needs what converts stands in the table, or its values are looked at one by one (`wants`)."""
    tree = ast.parse((RUNTIME / "engine" / "rendering.py").read_text("utf-8"))
    [rendering] = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    needing = {"_scalar", "_converted"}
    while found := {
        method.name
        for method in rendering.body
        if isinstance(method, ast.FunctionDef) and method.name not in needing
        for node in ast.walk(method)
        if (isinstance(node, ast.ImportFrom) and node.module in ("flowrt.expr.properties", RENDER))
        or (isinstance(node, ast.Attribute) and node.attr in needing - {"text"})
    }:
        needing |= found
    asked = {name for name in needing if not name.startswith("_")}
    assert asked == {*CONVERTING, "text", "integer", "flag", "constant"}


RENDER = "flowrt.expr.render"


def test_who_converts_outside_of_tasks_is_known_to_the_table() -> None:
    """Classes of tasks are read; what they call in other rooms is not, and stands in the row."""
    [row] = [each for each in OPTIONAL if "flowrt.expr.properties" in each.modules]
    asking = re.compile(rf"\brun\.(?:{'|'.join((*CONVERTING, 'integer', 'flag', 'constant'))})\(")
    found = {
        ".".join(path.relative_to(RUNTIME.parent).with_suffix("").parts)
        for room in ("engine", "inputs", "scripting", "services", "store", "verbs", "worker")
        for path in (RUNTIME / room).rglob("*.py")
        if asking.search(path.read_text("utf-8"))
    }
    assert found == row.with_modules
