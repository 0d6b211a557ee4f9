"""An execution goes on with a changed program (`--accept-changes`), whose tasks are not those that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import Program, runs, states

CORE = "io.kestra.plugin.core."
SOURCE = f"""
id: changing
namespace: company.team
tasks:
  - {{id: first, type: {CORE}log.Log, message: first}}
  - id: around
    type: {CORE}flow.Sequential
    tasks:
      - {{id: ask, type: {CORE}flow.Pause}}
      - {{id: inside, type: {CORE}log.Log, message: inside}}
  - {{id: last, type: {CORE}log.Log, message: last}}
"""
BLOCK = SOURCE[SOURCE.index("  - id: around") : SOURCE.index("  - {id: last")]
CHANGES = {
    "a block of another name": (SOURCE.replace("id: around", "id: beside"), "around, ask"),
    "a pause of another name": (SOURCE.replace("id: ask", "id: wait"), "ask"),
    "a task in place of the block": (
        SOURCE.replace(BLOCK, f"  - {{id: around, type: {CORE}log.Log, message: x}}\n"),
        "around, ask",
    ),
    "no block": (SOURCE.replace(BLOCK, ""), "around, ask"),
}


@pytest.fixture
def paused(tmp_path: Path) -> tuple[Program, str]:
    program = Program(tmp_path, SOURCE)
    assert program.run().returncode == 3
    return program, program.list()[0]["id"]


@pytest.mark.parametrize("change", CHANGES)
def test_it_does_not_go_on_in_tasks_that_are_gone(paused: tuple[Program, str], change: str) -> None:
    program, id = paused
    source, lost = CHANGES[change]
    program.compile(source)
    for _ in range(2):
        refused = program.run("resume", id, "--accept-changes")
        assert refused.returncode == 2
        assert f"stands in tasks that this program does not have as they were: {lost}." in (
            refused.stderr
        )
    program.compile(SOURCE)
    assert program.run("resume", id).returncode == 0, "nothing had been changed"
    assert states(program.show(id))[-1] == "SUCCESS"


@pytest.mark.parametrize("change", CHANGES)
def test_it_can_be_ended_all_the_same(paused: tuple[Program, str], change: str) -> None:
    program, id = paused
    program.compile(CHANGES[change][0])
    assert program.run("kill", id).returncode == 2, "that it has changed is told first"
    assert program.run("kill", id, "--accept-changes").returncode == 4
    document = program.show(id)
    assert document["state"]["current"] == "KILLED"
    assert dict(runs(document)) == {"first": "SUCCESS", "around": "KILLED", "ask": "KILLED"}


LOOP = SOURCE.replace("flow.Sequential", "flow.ForEach\n    values: [1, 2]")


def test_a_loop_does_not_go_on_with_another_list(tmp_path: Path) -> None:
    program = Program(tmp_path, LOOP)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(LOOP.replace("id: inside", "id: other"))
    refused = program.run("resume", id, "--accept-changes")
    assert refused.returncode == 2
    assert "does not have as they were: around, ask[1]." in refused.stderr
    program.compile(LOOP.replace("message: inside", "message: more").replace("id: last", "id: end"))
    for code in (3, 0):
        assert program.run("resume", id, "--accept-changes").returncode == code
    names = [name for name, _ in runs(program.show(id))]
    assert names == ["first", "around", "ask", "inside", "ask", "inside", "end"]


def test_a_loop_that_has_changed_can_be_ended(tmp_path: Path) -> None:
    program = Program(tmp_path, LOOP)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(LOOP.replace("id: inside", "id: other"))
    assert program.run("kill", id, "--accept-changes").returncode == 4
    assert runs(program.show(id)) == [("first", "SUCCESS"), ("around", "KILLED"), ("ask", "KILLED")]


FAILING = f"""
id: changing
namespace: company.team
tasks:
  - id: around
    type: {CORE}flow.Sequential
    tasks:
      - {{id: inside, type: {CORE}execution.Fail}}
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["restart", "ID"], 1),
        (["replay", "ID", "--from", "inside"], 1),
        (["change-status", "ID", "--task", "inside", "--state", "SUCCESS"], 0),
    ],
)
def test_what_has_failed_is_not_run_again_in_tasks_that_are_gone(
    tmp_path: Path, words: list[str], code: int
) -> None:
    program = Program(tmp_path, FAILING)
    assert program.run().returncode == 1
    before = program.list()
    words = [before[0]["id"] if word == "ID" else word for word in words]
    program.compile(FAILING.replace("id: around", "id: beside"))
    refused = program.run(*words, "--accept-changes")
    assert refused.returncode == 2
    assert "does not have as they were: around" in refused.stderr
    assert program.list() == before
    program.compile(FAILING)
    assert program.run(*words).returncode == code


FIRST = f"  - {{id: first, type: {CORE}log.Log, message: first}}\n"


def test_a_program_that_was_accepted_is_followed_from_then_on(tmp_path: Path) -> None:
    asking = SOURCE.replace("log.Log, message: last", "flow.Pause")
    program = Program(tmp_path, asking)
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(asking.replace(FIRST, FIRST + FIRST.replace("id: first", "id: then")))
    assert program.run("resume", id, "--accept-changes").returncode == 3
    assert program.run("resume", id).returncode == 0
    names = [name for name, _ in runs(program.show(id))]
    assert names == ["first", "around", "ask", "inside", "last"]


@pytest.mark.parametrize(
    "instead",
    [
        "",
        FIRST.replace("id: first", "id: begin"),
        FIRST.replace("id: first", "id: begin") + FIRST.replace("id: first", "id: then"),
        FIRST + FIRST.replace("id: first", "id: then"),
    ],
    ids=["taken out", "renamed", "two in its place", "one more"],
)
def test_what_has_ended_may_be_gone(paused: tuple[Program, str], instead: str) -> None:
    """What stands before a task that has run is behind, whether it has run or not."""
    program, id = paused
    program.compile(SOURCE.replace(FIRST, instead))
    done = program.run("resume", id, "--accept-changes")
    assert done.returncode == 0, done.stderr
    assert runs(program.show(id)) == [
        (name, "SUCCESS") for name in ("first", "around", "ask", "inside", "last")
    ]


PAUSE = f"  - {{id: p, type: {CORE}flow.Pause}}\n"
LOG = f"  - {{id: p, type: {CORE}log.Log, message: p}}\n"


def flow_of(tasks: str, more: str = "") -> str:
    return f"id: f\nnamespace: n\ntasks:\n{tasks}{more}"


def task(id: str, kind: str, properties: str = "") -> str:
    return f"  - {{id: {id}, type: {CORE}{kind}{properties}}}\n"


INNER = f", tasks: [{{id: i, type: {CORE}log.Log, message: i}}]"
KINDS = {
    "log.Log": ", message: p",
    "execution.Fail": "",
    "execution.SetVariables": ", variables: {a: 1}",
    "execution.Labels": ", labels: {a: b}",
    "execution.Exit": ", state: SUCCESS",
    "flow.Sequential": INNER,
    "flow.Parallel": INNER,
    "flow.AllowFailure": INNER,
    "flow.WorkingDirectory": INNER,
    "flow.LoopUntil": f', condition: "{{{{ true }}}}"{INNER}',
    "flow.ForEach": f", values: [1]{INNER}",
    "flow.If": f', condition: "{{{{ true }}}}", then: [{{id: i, type: {CORE}log.Log, message: i}}]',
    "flow.Subflow": ", namespace: n, flowId: sub",
}
SUB = "id: sub\nnamespace: n\ntasks:\n" + task("w", "log.Log", ", message: w")


def refuses(program: Program, id: str, lost: str) -> None:
    """An execution does not go on, tells why, and can be ended."""
    refused = program.run("resume", id, "--accept-changes")
    assert refused.returncode == 2
    assert f"stands in tasks that this program does not have as they were: {lost}." in (
        refused.stderr
    )
    ended = program.run("kill", id, "--accept-changes")
    assert (ended.returncode, ended.stderr.count("Traceback")) == (4, 0)
    document = program.show(id)
    assert states(document)[-1] == "KILLED"
    assert {state for _, state in runs(document)} <= {"KILLED", "SUCCESS", "FAILED"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_that_has_become_something_else_is_not_resumed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "sub.yaml").write_text(SUB)
    last = task("z", "log.Log", ", message: z")
    program = Program(tmp_path, flow_of(PAUSE + last))
    assert program.run().returncode == 3
    program.compile(flow_of(task("p", kind, KINDS[kind]) + last))
    refuses(program, program.list()[0]["id"], "p")


CRASH = (
    '[ -e {mark} ] || {{ touch {mark}; kill -9 $(cut -d " " -f 4 /proc/$PPID/stat); sleep 60; }}'
)


def crashing(id: str, folder: Path) -> str:
    """A task in whose first run the program dies."""
    command = CRASH.format(mark=folder / "mark")
    return f"  - {{id: {id}, type: io.kestra.plugin.scripts.shell.Commands, commands: ['{command}']}}\n"


@pytest.mark.parametrize(
    "kind",
    [
        *("execution.SetVariables", "execution.Labels", "execution.Exit"),
        *("flow.Subflow", "flow.Sequential", "flow.ForEach"),
    ],
)
def test_work_that_has_become_something_else_does_not_go_on(tmp_path: Path, kind: str) -> None:
    (tmp_path / "sub.yaml").write_text(SUB)
    program = Program(tmp_path, flow_of(crashing("p", tmp_path)))
    assert program.run().returncode < 0
    program.compile(flow_of(task("p", kind, KINDS[kind])))
    refuses(program, program.list()[0]["id"], "p")


def test_work_may_have_become_other_work(tmp_path: Path) -> None:
    program = Program(tmp_path, flow_of(crashing("p", tmp_path)))
    assert program.run().returncode < 0
    program.compile(flow_of(LOG))
    id = program.list()[0]["id"]
    assert program.run("resume", id, "--accept-changes").returncode == 0
    assert runs(program.show(id)) == [("p", "SUCCESS")]


def test_a_loop_does_not_go_on_as_something_else(tmp_path: Path) -> None:
    program = Program(tmp_path, LOOP)
    assert program.run().returncode == 3
    program.compile(SOURCE)
    refuses(program, program.list()[0]["id"], "around, ask[1]")


FAIL = task("x", "execution.Fail")
SAID = task("w", "log.Log", ", message: w")


@pytest.mark.parametrize("after", ["errors", "nothing"])
def test_a_task_whose_list_is_gone_does_not_go_on(tmp_path: Path, after: str) -> None:
    rest = SAID + crashing("s", tmp_path)
    program = Program(tmp_path, flow_of(FAIL, "finally:\n" + rest))
    assert program.run().returncode < 0
    program.compile(flow_of(FAIL, "" if after == "nothing" else f"{after}:\n{rest}"))
    refuses(program, program.list()[0]["id"], "s")


def test_what_is_killed_with_a_changed_program_is_killed(tmp_path: Path) -> None:
    program = Program(tmp_path, flow_of(SAID + PAUSE))
    assert program.run().returncode == 3
    program.compile(flow_of(SAID))
    refuses(program, program.list()[0]["id"], "p")


DAG = f"""\
  - id: d
    type: {CORE}flow.Dag
    tasks:
      - task: {{id: x, type: {CORE}log.Log, message: x}}
      - task: {{id: p, type: {CORE}flow.Pause}}
        dependsOn: [x]
"""
DAG_CHANGES = {
    "taken out": DAG.replace("        dependsOn: [x]\n", "").replace(
        f"      - task: {{id: x, type: {CORE}log.Log, message: x}}\n", ""
    ),
    "renamed": DAG.replace("id: x", "id: y").replace("[x]", "[y]"),
}


@pytest.mark.parametrize("change", DAG_CHANGES)
@pytest.mark.parametrize(("verb", "code"), [("resume", 0), ("kill", 4)])
def test_what_has_ended_in_a_dag_may_be_gone(
    tmp_path: Path, change: str, verb: str, code: int
) -> None:
    program = Program(tmp_path, flow_of(DAG))
    assert program.run().returncode == 3
    program.compile(flow_of(DAG_CHANGES[change]))
    id = program.list()[0]["id"]
    assert program.run(verb, id, "--accept-changes").returncode == code


CALLS = task("s", "flow.Subflow", ", namespace: n, flowId: sub")
WAITING = SUB.replace("log.Log, message: w", "flow.Pause")


@pytest.mark.parametrize("instead", ["a task", "nothing", "another flow"])
def test_a_family_of_which_a_flow_is_gone_can_be_ended(tmp_path: Path, instead: str) -> None:
    (tmp_path / "sub.yaml").write_text(WAITING)
    program = Program(tmp_path, flow_of(CALLS))
    assert program.run().returncode == 3
    ids = {each["flowId"]: each["id"] for each in program.list()}
    (tmp_path / "sub.yaml").write_text(WAITING.replace("id: sub", "id: other"))
    calls = CALLS.replace("flowId: sub", "flowId: other")
    changed = {"a task": SAID.replace("id: w", "id: s"), "nothing": SAID, "another flow": calls}
    program.compile(flow_of(changed[instead]))
    told = program.run("resume", ids["f"])
    assert told.returncode == 2 and "go on all the same: --accept-changes" in told.stderr
    refused = program.run("resume", ids["f"], "--accept-changes")
    assert refused.returncode == 2 and "--accept-changes" in refused.stderr
    assert program.run("kill", ids["f"], "--accept-changes").returncode == 4
    assert {each["state"]["current"] for each in program.list()} == {"KILLED"}


def test_a_replay_goes_on_behind_a_task_that_is_new(tmp_path: Path) -> None:
    program = Program(tmp_path, flow_of(SAID + FAIL))
    assert program.run().returncode == 1
    new = task("n0", "log.Log", ", message: n0")
    program.compile(flow_of(SAID + new + task("x", "log.Log", ", message: ok")))
    first = program.list()[0]["id"]
    assert program.run("replay", first, "--from", "x", "--accept-changes").returncode == 0
    assert runs(program.show(program.list()[0]["id"])) == [("w", "SUCCESS"), ("x", "SUCCESS")]


def test_what_runs_behind_the_end_goes_on_behind_a_task_that_is_new(tmp_path: Path) -> None:
    after = "afterExecution:\n" + SAID + crashing("s", tmp_path)
    program = Program(tmp_path, flow_of(LOG, after))
    assert program.run().returncode < 0
    new = task("n1", "log.Log", ", message: n1")
    program.compile(flow_of(LOG, after.replace("afterExecution:\n", f"afterExecution:\n{new}")))
    id = program.list()[0]["id"]
    assert program.run("resume", id, "--accept-changes").returncode == 0
    assert runs(program.show(id)) == [("p", "SUCCESS"), ("w", "SUCCESS"), ("s", "SUCCESS")]


def test_what_has_ended_without_waiting_is_not_told_of_the_end(tmp_path: Path) -> None:
    (tmp_path / "sub.yaml").write_text(WAITING)
    program = Program(tmp_path, flow_of(CALLS.replace("flowId: sub", "flowId: sub, wait: false")))
    assert program.run().returncode == 0
    [first] = [each["id"] for each in program.list() if each["flowId"] == "f"]
    before = runs(program.show(first))
    program.compile(flow_of(CALLS))
    program.run("kill", first, "--accept-changes")
    assert runs(program.show(first)) == before == [("s", "SUCCESS")]


CHOICE = f"""\
  - id: c
    type: {CORE}flow.If
    condition: "{{{{ true }}}}"
    then:
      - {{id: x, type: {CORE}log.Log, message: x}}
    else:
      - {{id: y, type: {CORE}log.Log, message: y}}
"""
OUTPUT = "outputs:\n  - {id: o, type: STRING, value: a}\n"
ASKING = task("p", "flow.Pause", ", onResume: [{id: q, type: INT, defaults: 1}]")
NOTICED = {
    "a task in another branch": (
        CHOICE + PAUSE,
        CHOICE.replace("    else:\n", "") + PAUSE,
        "task c changed",
    ),
    "the value of an output": (
        PAUSE + OUTPUT,
        PAUSE + OUTPUT.replace("value: a", "value: b"),
        "the outputs of the flow changed",
    ),
    "a default of a pause": (
        ASKING,
        ASKING.replace("defaults: 1", "defaults: 2"),
        "task p changed",
    ),
    "a retry of the flow": (
        PAUSE,
        PAUSE + "retry: {type: constant, interval: PT1S}\n",
        "the retry of the flow changed",
    ),
    "a limit": (PAUSE, PAUSE + "concurrency: {limit: 1}\n", "the concurrency of the flow changed"),
    "another list": (PAUSE, PAUSE + "errors:\n" + SAID, "the lists of tasks of the flow changed"),
}


@pytest.mark.parametrize("change", NOTICED)
def test_a_change_is_noticed(tmp_path: Path, change: str) -> None:
    before, after, said = NOTICED[change]
    program = Program(tmp_path, flow_of(before))
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    program.compile(flow_of(after))
    told = program.run("resume", id)
    assert told.returncode == 2 and f"\n  {said}\n" in told.stderr
    assert program.run("resume", id, "--accept-changes").returncode == 0


def test_what_nothing_depends_on_is_no_change(tmp_path: Path) -> None:
    program = Program(tmp_path, flow_of(ASKING, "description: one\n"))
    assert program.run().returncode == 3
    words = ASKING.replace("id: q,", "id: q, displayName: How many?,")
    program.compile("# a comment\n" + flow_of(words, "description: two\n"))
    assert program.run("resume", program.list()[0]["id"]).returncode == 0
