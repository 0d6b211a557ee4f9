"""Task types that are missing: the table, stubs, files of one's own, packages, and compiling all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flowc.stubs import UNUSED, Wanted, begin, update

ROOT = Path(__file__).parents[2]
QUERY = "io.kestra.plugin.jdbc.access.Query"
START = "io.kestra.plugin.jdbc.actianvector.Batch"
FLOW = f"""id: report
namespace: a.b
tasks:
  - {{id: q, type: {QUERY}, sql: "select {{{{ 1 + 1 }}}}", fetchType: FETCH}}
  - {{id: log, type: io.kestra.plugin.core.log.Log, message: "{{{{ outputs.q.size }}}}"}}
"""
DONE = 'run.log("INFO", run.text(self.sql) or ""); return {"size": 7}'


def call(*arguments: str | Path, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=env
    )


def flowc(*arguments: str | Path, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    return call("-m", "flowc", *arguments, cwd=cwd, path=path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "report.yaml").write_text(FLOW)
    (flows / "two.yaml").write_text(
        f"id: two\nnamespace: a.b\ntasks:\n  - {{id: q, type: {QUERY}, sql: x}}\n"
        f"  - {{id: u, type: {START}, url: x, from: x}}\n"
    )
    (flows / "fine.yaml").write_text(
        "id: fine\nnamespace: a.b\ntasks: [{id: t, type: io.kestra.plugin.core.log.Log, message: x}]\n"
    )
    return tmp_path


def test_the_table_of_a_folder(folder: Path) -> None:
    done = flowc("check", "flows", cwd=folder)
    assert done.returncode == 1
    table = done.stdout[done.stdout.index("missing task type") :].splitlines()
    assert [line.split() for line in table[1:3]] == [[QUERY, "2", "1"], [START, "1", "0"]]
    # it belongs to folders, and to what people read
    assert "missing task type" not in flowc("check", "flows/two.yaml", cwd=folder).stdout
    assert "missing task type" not in flowc("check", "flows", "--format", "json", cwd=folder).stdout
    assert "missing task type" not in flowc("check", "flows/fine.yaml", cwd=folder).stdout


def test_a_flow_with_a_missing_type_fails_when_it_gets_there(folder: Path) -> None:
    assert flowc("compile", "flows/report.yaml", "-o", "f.py", cwd=folder).returncode == 1
    assert not (folder / "f.py").exists()
    done = flowc("compile", "flows/report.yaml", "--allow-missing", "-o", "f.py", cwd=folder)
    assert done.returncode == 0 and "warning[FC501]" in done.stderr
    ran = call("f.py", cwd=folder)
    assert ran.returncode == 1
    assert QUERY in ran.stderr and "--tasks FILE" in ran.stderr


def test_stubs_are_filled_in_checked_compiled_and_run(folder: Path) -> None:
    assert flowc("stubs", "flows", "-o", "mine.py", cwd=folder).returncode == 0
    mine = folder / "mine.py"
    before = mine.read_text()
    assert "class AccessQuery(Task):" in before and "sql: Text = prop(STRING)" in before
    raising = f'raise NotImplementedError("{QUERY} is not written yet")'
    assert raising in before
    ran = flowc("run", "flows/report.yaml", "--tasks", "mine.py", cwd=folder)
    assert ran.returncode == 1 and "is not written yet" in ran.stderr
    mine.write_text(before.replace(raising, DONE))
    assert flowc("check", "flows", "--tasks", "mine.py", cwd=folder).returncode == 0
    ran = flowc("run", "flows/report.yaml", "--tasks", "mine.py", cwd=folder)
    assert ran.returncode == 0 and "q: select 2" in ran.stderr and "log: 7" in ran.stderr
    again = flowc("stubs", "flows", "-o", "mine.py", cwd=folder)
    assert "up to date" in again.stdout
    assert mine.read_text() == before.replace(raising, DONE)


@pytest.mark.parametrize("form", [(), ("--vendor", "out/lib"), ("--standalone",)])
def test_a_compiled_flow_brings_the_tasks_along(folder: Path, form: tuple[str, ...]) -> None:
    text = begin([Wanted(QUERY, ("sql",), "report.yaml:4")]).text
    (folder / "mine.py").write_text(text.replace("raise NotImpl", f"{DONE}\n        raise NotImpl"))
    command = ["compile", "flows/report.yaml", "--tasks", "mine.py", "-o", "out/f.py", *form]
    assert flowc(*command, cwd=folder).returncode == 0
    (folder / "mine.py").rename(folder / "gone.py")
    isolated = ("-I", "-S") if form else ()
    ran = call(*isolated, folder / "out" / "f.py", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "q: select 2" in ran.stderr


def test_a_module_is_written_anew_when_a_missing_type_gets_a_class(folder: Path) -> None:
    command = ["compile", "flows/report.yaml", "-o", "f.py"]
    assert flowc(*command, "--allow-missing", cwd=folder).returncode == 0
    text = begin([Wanted(QUERY, ("sql",), "x:1")]).text
    (folder / "mine.py").write_text(text.replace("raise NotImpl", f"{DONE}\n        raise NotImpl"))
    assert flowc(*command, "--tasks", "mine.py", cwd=folder).returncode == 0
    assert call("f.py", cwd=folder).returncode == 0
    assert flowc(*command, "--allow-missing", cwd=folder).returncode == 0
    assert call("f.py", cwd=folder).returncode == 1


def test_a_file_of_another_hand_is_not_overwritten(folder: Path) -> None:
    (folder / "mine.py").write_text(begin([Wanted(QUERY, ("sql",), "x:1")]).text)
    (folder / "out").mkdir()
    (folder / "out" / "mine.py").write_text("x = 1\n")
    command = ["compile", "flows/report.yaml", "--tasks", "mine.py", "-o", "out/f.py"]
    done = flowc(*command, cwd=folder)
    assert done.returncode == 2 and "mine.py" in done.stderr
    assert (folder / "out" / "mine.py").read_text() == "x = 1\n"
    (folder / "out" / "mine.py").unlink()
    for _ in range(2):
        assert flowc(*command, "--force", cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("json.py", "", "rename it"),
        ("a-b.py", "", "rename it"),
        ("mine.py", "x = 1\n", "no class"),
        ("mine.py", "x = \n", "SyntaxError"),
        ("mine.py", "import nosuchmodule\n", "ModuleNotFoundError"),
    ],
)
def test_a_file_that_offers_no_types(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text)
    done = flowc("check", "flows", "--tasks", name, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr


# ---- an edited file ---------------------------------------------------------------------------------------------------

WRITTEN = '''import math   # mine

from flowrt.model.declare import STRING, prop, task_type
from flowrt.model.task import Task


@task_type("io.kestra.plugin.redis.Get")
class Get( Task ):
    """By hand."""

    url = prop(STRING)   # odd

    def run(self, run):
        return { "a" : math.pi }
'''


def test_an_edited_file_is_only_added_to_renamed_and_marked() -> None:
    alert = "io.kestra.plugin.redis.string.Get"
    both = [Wanted(QUERY, ("sql",), "f:1"), Wanted(alert, ("url", "key"), "f:2")]
    changed = update(WRITTEN, both)
    assert len(changed.done) == 3
    assert f'@task_type("{alert}")' in changed.text
    kept = WRITTEN.splitlines()
    kept.remove('@task_type("io.kestra.plugin.redis.Get")')
    kept.remove("from flowrt.model.declare import STRING, prop, task_type")  # has more names now
    assert [line for line in kept if line not in changed.text.splitlines()] == []
    assert "    key: Text = prop(STRING)" in changed.text and changed.text.count("    url = ") == 1
    assert update(changed.text, both) == (changed.text, ())
    marked = update(changed.text, both[1:])
    assert len(marked.done) == 1 and marked.text.count(UNUSED) == 1
    assert update(marked.text, both[1:]).done == ()
    assert update(marked.text, both).text == changed.text


def test_names_of_classes_do_not_collide_and_stay() -> None:
    types = [
        "io.kestra.plugin.jdbc.duckdb.Query",
        "com.acme.duckdb.Query",
        "io.kestra.plugin.gcp.gcs.Upload",
    ]
    changed = begin([Wanted(each, ("run", "class", "x-y"), "f:1") for each in types])
    scope: dict[str, object] = {}
    exec(compile(changed.text, "stubs", "exec"), scope)
    classes = [
        each
        for each in scope.values()
        if hasattr(each, "type_name") and vars(each).get("type_name")
    ]
    assert sorted(each.type_name for each in classes) == sorted(types)
    for each in classes:
        names = {p.yaml for p in each.properties.values()}
        assert {"run", "class", "x-y", "id"} <= names
        assert callable(each.run)


# ---- packages -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of the example, installed."""
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    wheels = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build as b; print(b.build_wheel({str(wheels)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT / "examples" / "own-task",
    )
    assert done.returncode == 0, done.stderr
    target = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheels / done.stdout.split()[-1]).extractall(target)
    return target


GREET = ROOT / "examples" / "own-task" / "flows" / "greet.yaml"


def test_an_installed_package_offers_its_types(site: Path, tmp_path: Path) -> None:
    without = flowc("check", GREET, cwd=tmp_path)
    assert without.returncode == 1 and "com.acme.Greet" in without.stdout
    assert flowc("check", GREET, cwd=tmp_path, path=str(site)).returncode == 0
    ran = flowc("run", GREET, cwd=tmp_path, path=str(site))
    assert ran.returncode == 0 and ran.stderr.count("hello: Hello Ada") == 2
    assert "said: HELLO ADA" in ran.stderr
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(GREET.read_text().replace("times:", "tims:").replace(".greeting", ".greting"))
    found = flowc("check", wrong, cwd=tmp_path, path=str(site)).stdout
    assert "did you mean `times`?" in found and "did you mean `greeting`?" in found


@pytest.mark.parametrize("form", [(), ("--vendor", "lib"), ("--standalone",)])
def test_a_package_reaches_the_header_and_comes_along(
    site: Path, tmp_path: Path, form: tuple[str, ...]
) -> None:
    done = flowc("compile", GREET, "-o", tmp_path / "g.py", *form, cwd=tmp_path, path=str(site))
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "g.py").read_text()
    assert '"own-task"' in source and "from own_task import Greet" in source
    ran = call(
        *(("-I", "-S") if form else ()), "g.py", cwd=tmp_path, path="" if form else str(site)
    )
    assert ran.returncode == 0, ran.stderr


def test_a_package_that_is_broken_is_a_finding(site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    subprocess.run(["cp", "-r", site, broken], check=True)
    (broken / "own_task" / "__init__.py").write_text("import nosuchmodule\n")
    done = flowc("check", GREET, cwd=tmp_path, path=str(broken))
    assert done.returncode == 1 and "error[FC503]" in done.stdout and "nosuchmodule" in done.stdout


def test_the_intermediate_form_of_own_types(folder: Path) -> None:
    flowc("stubs", "flows", "-o", "tasks.py", cwd=folder)
    refused = flowc("dump", "ir", "flows/report.yaml", cwd=folder)
    assert (refused.returncode, "FC501" in refused.stdout + refused.stderr) == (1, True)
    for way in (("--tasks", "tasks.py"), ("--allow-missing",)):
        done = flowc("dump", "ir", "flows/report.yaml", *way, cwd=folder)
        assert (done.returncode, f"call q: {QUERY}" in done.stdout) == (0, True), done.stderr


CONVERTED = """
from flowrt.model.declare import ANY, BOOLEAN, INTEGER, STRING, enum, prop, task_type
from flowrt.model.task import Task

COLOUR = enum("RED", "GREEN")


@task_type("com.own.Some")
class Some(Task):
    number: object = prop(INTEGER, default="7")
    flag: object = prop(BOOLEAN, default="true")
    colour: object = prop(STRING, default="RED")
    value: object = prop(ANY, default=None)

    def run(self, run):
        found = (
            run.integer(self.number),
            run.flag(self.flag),
            run.constant(self.colour, COLOUR),
            run.text(self.value),
            run.integer("12"),
        )
        run.log("INFO", " ".join(map(str, found)))
"""
GIVEN = {
    "{}": "7 True RED None 12",
    "{number: '8', flag: 'false', colour: GREEN, value: 1}": "8 False GREEN 1 12",
    "{number: '{{ 9 }}', flag: '{{ false }}', value: ['{{ 1 }}', {a: b}]}": '9 False RED ["1",{"a":"b"}] 12',
    "{number: 3, flag: true, colour: '{{ vars.c }}', value: '{{ vars }}'}": '3 True GREEN {"c":"GREEN"} 12',
}
"""The properties of a task → what it says of them."""


@pytest.mark.parametrize("name", ["mine", "flowcustom"])
@pytest.mark.parametrize("given", GIVEN)
def test_own_tasks_have_all_that_converts_properties(tmp_path: Path, name: str, given: str) -> None:
    (tmp_path / f"{name}.py").write_text(CONVERTED)
    task = given.replace("{", "{id: t, type: com.own.Some, ", 1).replace(", }", "}")
    flow = f"id: f\nnamespace: a.b\nvariables: {{c: GREEN}}\ntasks:\n  - {task}\n"
    (tmp_path / "f.yaml").write_text(flow)
    command = ["compile", "f.yaml", "--tasks", f"{name}.py", "-o", "f.py", "--standalone"]
    done = flowc(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = call("-I", "-S", "f.py", cwd=tmp_path)
    assert f"t: {GIVEN[given]}\n" in ran.stderr


WHOLE = """
{how}
from flowrt.model.declare import STRING, prop, task_type
from flowrt.model.task import Task


@task_type("com.own.Some")
class Some(Task):
    value: object = prop(STRING)

    def run(self, run):
        run.log("INFO", {upper}({tasks}Return("r", format=self.value).run(run)["value"]))
"""
HOWS = [
    ("import flowrt.tasks as t\nimport flowrt.expressions as e", "e.upper", "t."),
    ("from flowrt import expressions, tasks", "expressions.upper", "tasks."),
    ("import flowrt.tasks, flowrt.expressions", "flowrt.expressions.upper", "flowrt.tasks."),
    ("from flowrt.expressions import *\nfrom flowrt.tasks import *", "upper", ""),
]


@pytest.mark.parametrize(("how", "upper", "tasks"), HOWS)
@pytest.mark.parametrize("form", [("--vendor", "lib"), ("--standalone",)])
def test_own_tasks_may_have_the_facades_as_modules(
    tmp_path: Path, form: tuple[str, ...], how: str, upper: str, tasks: str
) -> None:
    (tmp_path / "mine.py").write_text(WHOLE.format(how=how, upper=upper, tasks=tasks))
    (tmp_path / "f.yaml").write_text(
        "id: f\nnamespace: a.b\ntasks:\n  - {id: t, type: com.own.Some, value: '{{ flow.id }}'}\n"
    )
    command = ["compile", "f.yaml", "--tasks", "mine.py", "-o", "f.py", *form]
    assert flowc(*command, cwd=tmp_path).returncode == 0
    ran = call("-I", "-S", "f.py", cwd=tmp_path)
    assert "t: F\n" in ran.stderr, ran.stderr


@pytest.mark.parametrize("form", [("--vendor", "lib"), ("--standalone",)])
def test_own_tasks_that_compile_expressions_name_the_compiler(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    (tmp_path / "mine.py").write_text(
        CONVERTED.replace(
            "    number:", '    packages = ("flowexpr>=1.0,<2",)\n    number:'
        ).replace("run.text(self.value)", "run.text(run.parse('{{ flow.id | upper }}'))")
    )
    (tmp_path / "f.yaml").write_text(
        "id: f\nnamespace: a.b\ntasks:\n  - {id: t, type: com.own.Some}\n"
    )
    command = ["compile", "f.yaml", "--tasks", "mine.py", "-o", "f.py", *form]
    assert flowc(*command, cwd=tmp_path).returncode == 0
    assert "t: 7 True RED F 12\n" in call("-I", "-S", "f.py", cwd=tmp_path).stderr
