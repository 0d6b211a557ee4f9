"""Executions that tasks start: which can be started, what they are given, and how their end becomes that of the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import ITEMS, WRITE, analysed, executed, loaded, options

from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
START = {"id": "s", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
FLAKY = {
    "id": "x",
    "type": f"{CORE}execution.Fail",
    "condition": "{{ taskrun.attemptsCount == 0 }}",
}
EACH = {
    "id": "each",
    "type": f"{CORE}flow.ForEach",
    "values": ["x", "y"],
    "concurrencyLimit": 0,
    "tasks": [START],
}


def log(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}log.Log", "message": id, **more}


def flow(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "f", "namespace": "a.b", "tasks": list(tasks), **more}


def child(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "child", "namespace": "a.b", "tasks": list(tasks) or [log("c")], **more}


def run_of(document: dict[str, Any], task: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["taskRunList"] if each["taskId"] == task)
    return found


def states(document: dict[str, Any]) -> dict[str, str]:
    return {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}


@pytest.mark.parametrize(
    ("more", "declared", "message"),
    [
        ({"flowId": "none"}, {}, "Unable to find flow 'a.b'.'none' with revision '0'"),
        ({"revision": 2}, {}, "Unable to find flow 'a.b'.'child' with revision '2'"),
        ({"revision": 1}, {}, None),
        ({}, {"disabled": True}, "Cannot execute a flow which is disabled"),
        ({}, {}, None),
    ],
)
def test_which_flows_can_be_started(
    more: dict[str, Any], declared: dict[str, Any], message: str | None
) -> None:
    document = executed(analysed(flow({**START, **more}), child(**declared)))
    errors = {each["message"] for each in document["logs"] if each["level"] == "ERROR"}
    assert errors == (set() if message is None else {message})
    assert document["state"]["current"] == ("SUCCESS" if message is None else "FAILED")
    assert len(document.get("children", ())) == (message is None)


SOFT = {"id": "soft", "type": f"{CORE}execution.Fail", "allowFailure": True}
HARD = {"id": "hard", "type": f"{CORE}execution.Fail"}


@pytest.mark.parametrize(
    ("task", "more", "state"),
    [
        (log("c"), {}, "SUCCESS"),
        (SOFT, {}, "WARNING"),
        (SOFT, {"transmitFailed": False}, "SUCCESS"),
        (HARD, {}, "FAILED"),
        (HARD, {"transmitFailed": False}, "SUCCESS"),
        (HARD, {"wait": False}, "SUCCESS"),
        (HARD, {"allowFailure": True}, "WARNING"),
    ],
)
def test_the_end_of_an_execution_becomes_that_of_the_task(
    task: dict[str, Any], more: dict[str, Any], state: str
) -> None:
    document = executed(analysed(flow({**START, **more}), child(task)))
    assert states(document)["s"] == document["state"]["current"] == state


@pytest.mark.parametrize(
    ("task", "more", "state", "counts"),
    [
        (log("c"), {}, "SUCCESS", {"SUCCESS": 3}),
        (SOFT, {}, "WARNING", {"WARNING": 3}),
        (SOFT, {"transmitFailed": False}, "SUCCESS", {"WARNING": 3}),
        (HARD, {}, "FAILED", {"FAILED": 3}),
        (HARD, {"transmitFailed": False}, "SUCCESS", {"FAILED": 3}),
        (HARD, {"wait": False}, "SUCCESS", {"SUCCESS": 3}),
    ],
)
def test_the_ends_of_batches_become_that_of_the_task(
    task: dict[str, Any], more: dict[str, Any], state: str, counts: dict[str, int]
) -> None:
    document = executed(analysed(flow(WRITE, {**ITEMS, **more}), child(task)))
    assert states(document)["i"] == document["state"]["current"] == state
    outputs = run_of(document, "i_items").get("outputs") or {}
    found = outputs.get("iterations") or {}
    assert {name: count for name, count in found.items() if count} == counts
    assert outputs.get("numberOfBatches") == 3


OPTIONAL = {"id": "o", "type": "STRING", "required": False, "value": "{{ none.x }}"}
NULL = {"id": "o", "type": "JSON", "value": "null"}


@pytest.mark.parametrize(
    ("declared", "asked", "outputs"),
    [
        ({}, {}, None),
        ({"outputs": [OPTIONAL]}, {}, {}),
        ({"outputs": [OPTIONAL]}, {"wait": False}, None),
        ({"outputs": [NULL]}, {}, {}),
        ({}, {"outputs": {"x": "{{ 1 }}"}}, {"x": "1"}),
        ({}, {"outputs": {"x": "{{ null }}", "y": None}}, {}),
        ({}, {"outputs": {"y": None}}, None),
        ({}, {"outputs": {}}, None),
    ],
)
def test_outputs_without_a_value_leave_an_empty_map(
    declared: dict[str, Any], asked: dict[str, Any], outputs: dict[str, Any] | None
) -> None:
    document = executed(analysed(flow({**START, **asked}), child(**declared)))
    found = run_of(document, "s")["outputs"]
    assert found.get("outputs") == outputs
    assert ("outputs" in found) == (outputs is not None)


@pytest.mark.parametrize(
    ("tasks", "started", "waiting"),
    [
        ([START], 1, {"s": "RUNNING"}),
        ([EACH], 2, {"each": "RUNNING", "s": "RUNNING"}),
        ([WRITE, ITEMS], 3, {"i": "RUNNING", "i_items": "RUNNING"}),
    ],
)
def test_whoever_waits_for_others_waits_on_in_the_next_process(
    tasks: list[dict[str, Any]], started: int, waiting: dict[str, str], tmp_path: Path
) -> None:
    pause = {"id": "p", "type": f"{CORE}flow.Pause"}
    outputs = [{"id": "o", "type": "STRING", "value": "{{ outputs.p.resumed.to }}"}]
    made = loaded(analysed(flow(*tasks, log("behind")), child(pause, outputs=outputs)))
    first = options(tmp_path)
    begun = execute(made, first)
    assert begun.state == "RUNNING"
    document = document_of(made, begun.id, options(tmp_path, first))
    assert waiting.items() <= states(document).items()
    assert len(document["children"]) == started
    for each in document["children"]:
        assert each["state"]["current"] == "PAUSED"
        resume(made, each["id"], options(tmp_path, first))
    document = document_of(made, begun.id, options(tmp_path, first))
    assert set(states(document).values()) == {"SUCCESS"}
    assert "behind" in states(document)
    assert len(document["children"]) == started
    ended = [run for run in document["taskRunList"] if run["taskId"] == "s"]
    ids = [each["id"] for each in document["children"]]
    assert [run["outputs"]["executionId"] for run in ended] == (ids if ended else [])
    assert all(run["outputs"]["outputs"] == {"o": "SUCCESS"} for run in ended)


@pytest.mark.parametrize(
    ("tasks", "restarted_too", "ends"),
    [
        ([START], True, ["SUCCESS"]),
        ([{**START, "restartBehavior": "NEW_EXECUTION"}], False, ["FAILED", "FAILED"]),
        ([EACH], True, ["SUCCESS", "SUCCESS"]),
        ([WRITE, ITEMS], True, ["SUCCESS"] * 3),
        ([WRITE, {**ITEMS, "restartBehavior": "NEW_EXECUTION"}], False, ["FAILED"] * 6),
    ],
)
def test_a_restart_goes_on_with_the_executions_that_failed(
    tasks: list[dict[str, Any]], restarted_too: bool, ends: list[str], tmp_path: Path
) -> None:
    made = loaded(analysed(flow(*tasks, log("behind")), child(log("c"), FLAKY)))
    first = options(tmp_path)
    begun = execute(made, first)
    assert begun.state == "FAILED"
    before = document_of(made, begun.id, options(tmp_path, first))["children"]
    restart(made, begun.id, options(tmp_path, first))
    document = document_of(made, begun.id, options(tmp_path, first))
    assert document["state"]["current"] == ("SUCCESS" if restarted_too else "FAILED")
    after = document["children"]
    assert [each["state"]["current"] for each in after] == ends
    assert [each["id"] for each in after[: len(before)]] == [each["id"] for each in before]
    for each in after:
        assert states(each)["c"] == "SUCCESS"
        tried = len(run_of(each, "x")["attempts"])
        assert tried == (2 if restarted_too else 1)


def test_outputs_that_cannot_be_rendered_fail_the_task() -> None:
    wrong = {**START, "outputs": {"x": "{{ nothing.here }}"}}
    document = executed(analysed(flow(wrong, log("behind")), child()))
    assert states(document) == {"s": "FAILED"}
    (error,) = [each for each in document["logs"] if each["level"] == "ERROR"]
    assert error["message"].startswith("Failed to extract outputs with the error: '")


def test_an_execution_that_is_started_has_inputs_and_labels_of_its_task() -> None:
    given = {
        "inputs": {"n": "{{ 1 + 1 }}", "t": "x"},
        "labels": {"by": "{{ flow.id }}"},
        "inheritLabels": True,
    }
    inputs = [{"id": "n", "type": "INT"}, {"id": "t", "type": "STRING"}]
    document = executed(
        analysed(
            flow({**START, **given}, labels={"team": "data"}),
            child(inputs=inputs, labels={"own": "child"}),
        )
    )
    (started,) = document["children"]
    assert started["inputs"] == {"n": 2, "t": "x"}
    labels = {each["key"]: each["value"] for each in started["labels"]}
    assert {key: value for key, value in labels.items() if not key.startswith("system.")} == {
        "by": "f",
        "team": "data",
        "own": "child",
    }
    assert started["trigger"]["id"] == "s"
    assert started["trigger"]["variables"]["executionId"] == document["id"]
    assert started["trigger"]["variables"]["flowId"] == "f"


def test_the_lines_of_a_task_may_go_to_a_file(tmp_path: Path) -> None:
    made = loaded(analysed(flow(log("said", logToFile=True, message=["one", "two"]))))
    document = document_of(made, execute(made, options(tmp_path)).id, options(tmp_path))
    (file,) = tmp_path.rglob("attempt-*.log")
    path = file.relative_to(tmp_path).as_posix()
    assert f"/f/executions/{document['id']}/tasks/said/" in path
    assert path.endswith(f"/{run_of(document, 'said')['id']}/logs/attempt-0.log")
    assert [line.split()[-1] for line in file.read_text("utf-8").splitlines()] == ["one", "two"]


def test_outputs_of_the_flow_come_before_those_of_the_task() -> None:
    mapped = {**START, "outputs": {"mine": "{{ outputs.c.value }}"}}
    returns = {"id": "c", "type": f"{CORE}debug.Return", "format": "x"}
    own = [{"id": "theirs", "type": "STRING", "value": "{{ outputs.c.value }}"}]
    for declared, expected in (({}, {"mine": "x"}), ({"outputs": own}, {"theirs": "x"})):
        document = executed(analysed(flow(mapped), child(returns, **declared)))
        assert run_of(document, "s")["outputs"]["outputs"] == expected


DOTTED = [
    {"id": "db.host", "type": "STRING", "required": False},
    {"id": "db.port", "type": "INT", "required": False},
]
X = {"id": "x", "type": "STRING", "required": False}


@pytest.mark.parametrize(
    ("declared", "given", "told"),
    [
        (DOTTED, {"db.host": "h", "db.port": "5"}, ["db.host", "db.port"]),
        (DOTTED, {"db.host": "h"}, []),
        (DOTTED, {"db": {"host": "h", "port": "5"}}, []),
        ([*DOTTED, X], {"db.host": "h", "db.port": "5"}, []),
        ([*DOTTED, X], {"db.host": "h", "db.port": "5", "x": "1"}, ["db.host", "db.port"]),
        ([*DOTTED, X], {"db.host": "h", "zz": "5"}, []),
        ([X], {"x": "{{ null }}", "n": None, "zz": "1"}, ["zz"]),
        ([X], {"x": "1", "n": None}, []),
        (
            [],
            {"zz": "5", "b": "6", "a": "1", "10": "x", "2": "{{ null }}", "n": None},
            ["zz", "a", "b", "2", "10"],
        ),
    ],
)
@pytest.mark.parametrize("kind", ["Subflow", "ForEachItem"])
def test_inputs_that_are_told_as_not_declared(
    kind: str, declared: list[dict[str, Any]], given: dict[str, Any], told: list[str]
) -> None:
    start = START if kind == "Subflow" else {**ITEMS, "batch": {"rows": 3}}
    tasks = [start] if kind == "Subflow" else [WRITE, start]
    tasks[-1] = {**start, "inputs": given}
    document = executed(analysed(flow(*tasks), child(inputs=declared)))
    (run,) = [
        each for each in document["taskRunList"] if each["taskId"] in (START["id"], "i_items")
    ]
    warned = [
        each["message"]
        for each in document["logs"]
        if each["level"] == "WARN" and each.get("taskRunId") == run["id"]
    ]
    assert warned == [
        f"Input {name} was provided by parent execution {document['id']} for subflow a.b.child"
        " but isn't declared at the subflow inputs"
        for name in told
    ]


IGNORED = "Failed to render optional flow output 'm'. Output is ignored."


def test_an_output_that_cannot_be_rendered_is_told_by_the_task_too() -> None:
    outputs = [
        {"id": "o", "type": "INT", "value": "{{ 1 }}"},
        {"id": "n", "type": "STRING", "value": "{{ null }}", "required": False},
        {"id": "m", "type": "STRING", "value": "{{ nope }}", "required": False},
    ]
    read = {
        "id": "read",
        "type": f"{CORE}debug.Return",
        "format": "{{ read(outputs.i_merge.subflowOutputs) }}",
    }
    items = {**ITEMS, "batch": {"rows": 2}}
    document = executed(analysed(flow(START, WRITE, items, read), child(outputs=outputs)))
    told = [each["taskId"] for each in document["logs"] if each["message"] == IGNORED]
    assert told == ["s", "i_items", "i_items"]
    for each in document["children"]:
        assert [log.get("taskId") for log in each["logs"] if log["message"] == IGNORED] == [None]
    assert run_of(document, "s")["outputs"]["outputs"] == {"o": 1}
    row = '{o:"1",n:null,m:null}\n'
    assert run_of(document, "read")["outputs"]["value"] == row * 2


SEEN = (
    "{{ task.id ?? '-' }} {{ taskrun.value ?? '-' }} {{ taskrun.iteration ?? '-' }} {{ taskrun.attemptsCount ?? '-' }}"
    " {{ parents ?? '-' }} {{ taskrun.parentId is defined }}"
)


def test_outputs_that_are_rendered_for_a_task_see_its_run() -> None:
    """Executed on the engine. The execution that was started sees no run of its own."""
    seen = [{"id": "o", "type": "STRING", "value": SEEN}]
    each = {**EACH, "concurrencyLimit": 1, "tasks": [{**START, "id": "t"}]}
    document = executed(analysed(flow(START, each), child(outputs=seen)))
    runs = [run for run in document["taskRunList"] if run["taskId"] in ("s", "t")]
    found = [run["outputs"]["outputs"]["o"] for run in runs]
    assert found == ["s - - 0 [] false", "t x 0 0 [] true", "t y 1 0 [] true"]
    assert {each["outputs"]["o"] for each in document["children"]} == {"- - - - - false"}


def test_outputs_that_a_task_asks_for_see_its_run() -> None:
    asked = {"y": "{{ taskrun | keys }}", "z": "{{ parents }} {{ parent is defined }}"}
    document = executed(analysed(flow({**START, "outputs": asked}), child()))
    assert run_of(document, "s")["outputs"]["outputs"] == {
        "y": '["id","startDate","attemptsCount"]',
        "z": "[] false",
    }


REFUSED = {**START, "inputs": {"n": "x"}}
FREE = {**START, "wait": False}
PAYS = ["CREATED", "RUNNING", "FAILED"]
TURNED = ["CREATED", "FAILED"]


def histories(document: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    for run in document["taskRunList"]:
        passed = [each["state"] for each in run["state"]["histories"]]
        found[run["taskId"]] = [each for each in passed if each != "SUBMITTED"]
    return found


@pytest.mark.parametrize(
    ("one", "two", "passed", "pays", "started"),
    [
        (REFUSED, FREE, (TURNED, PAYS), "two", 1),
        (FREE, REFUSED, (PAYS, TURNED), "one", 1),
        (REFUSED, START, (TURNED, [*PAYS, "SUCCESS"]), "two", 1),
        (START, REFUSED, ([*PAYS, "SUCCESS"], TURNED), "one", 1),
        (REFUSED, log("l"), (TURNED, ["CREATED", "RUNNING", "SUCCESS"]), "two", 0),
        (log("l"), REFUSED, (["CREATED", "RUNNING", "SUCCESS"], TURNED), "one", 0),
        (REFUSED, REFUSED, (TURNED, TURNED), "par", 0),
    ],
)
def test_for_one_that_cannot_be_started_the_last_that_is_open_pays(
    one: dict[str, Any],
    two: dict[str, Any],
    passed: tuple[list[str], list[str]],
    pays: str,
    started: int,
) -> None:
    tasks = [{**one, "id": "one"}, {**two, "id": "two"}]
    block = {"id": "par", "type": f"{CORE}flow.Parallel", "tasks": tasks}
    given = [{"id": "n", "type": "INT", "required": False}]
    document = executed(analysed(flow(block), child(inputs=given)))
    found = histories(document)
    assert (found["one"], found["two"]) == passed
    said = [
        (each["taskId"], each["message"]) for each in document["logs"] if each["level"] == "ERROR"
    ]
    assert said == [(pays, 'Invalid value for input `n`. Cause: For input string: "x"')]
    assert len(document["children"]) == started


PAUSE = {"type": f"{CORE}flow.Pause", "pauseDuration": "PT0.2S"}
IDLE = {"type": f"{CORE}flow.ForEach", "values": [], "tasks": [log("r")]}


@pytest.mark.parametrize(
    ("late", "passed"),
    [
        (PAUSE, ["CREATED", "RUNNING", "PAUSED", "SUCCESS"]),
        (IDLE, ["CREATED", "RUNNING", "SUCCESS"]),
        (FREE, ["CREATED", "RUNNING", "SUCCESS"]),
    ],
)
@pytest.mark.parametrize("behind", [True, False])
def test_its_own_result_overwrites_what_an_ended_block_forces_upon_a_task(
    late: dict[str, Any], passed: list[str], behind: bool
) -> None:
    """The loop fails at its maximum while its `errors` begin: in the pass that would give its state to the task."""
    loop = {
        "id": "loop",
        "type": f"{CORE}flow.LoopUntil",
        "condition": "{{ false }}",
        "failOnMaxReached": True,
        "checkFrequency": {"maxIterations": 1, "interval": "PT0.1S"},
        "tasks": [{"id": "x", "type": f"{CORE}execution.Fail"}],
        "errors": [*([log("before")] if behind else []), {**late, "id": "late"}],
    }
    document = executed(analysed(flow(loop), child()))
    assert histories(document)["late"] == passed
    assert document["state"]["current"] == "FAILED"
