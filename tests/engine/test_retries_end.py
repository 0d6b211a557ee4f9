"""Retries inside blocks: whatever else the blocks have, the execution ends, and nothing in it is left open."""

from __future__ import annotations

from typing import Any

import pytest
from clock import StoppingClock
from running import ITEMS, WRITE, analysed, executed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.model.states import TERMINAL
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
RETRY = {"type": "constant", "interval": "PT1S", "maxAttempts": 2}

Task = dict[str, Any]


def fails(id: str, **more: Any) -> Task:
    return {"id": id, "type": f"{CORE}execution.Fail", **more}


def once(id: str, **more: Any) -> Task:
    """Fails at the first attempt alone."""
    return fails(id, condition="{{ taskrun.attemptsCount < 1 }}", **more)


def says(id: str, **more: Any) -> Task:
    return {"id": id, "type": f"{CORE}debug.Return", "format": id, **more}


def block(kind: str, id: str, children: list[Task], **more: Any) -> Task:
    made: Task = {"id": id, "type": f"{CORE}flow.{kind}", **more}
    if kind == "If":
        return made | {"condition": True, "then": children}
    if kind == "Dag":
        return made | {"tasks": [{"task": child} for child in children]}
    if kind == "ForEach":
        made |= {"values": ["x", "y"], "concurrencyLimit": 0}
    return made | {"tasks": children}


def run(**flow: Any) -> dict[str, Any]:
    return executed(analysed({"id": "f", "namespace": "a.b", **flow}))


def open_runs(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (run["taskId"], run["state"]["current"])
        for run in document["taskRunList"]
        if run["state"]["current"] not in TERMINAL
    ]


BLOCKS = ("Sequential", "Parallel", "If", "Dag", "ForEach", "AllowFailure", "WorkingDirectory")
HANDLERS: dict[str, dict[str, Any]] = {
    "none": {},
    "errors": {"errors": [says("err")]},
    "finally": {"finally": [says("fin")]},
    "failing": {"errors": [fails("err")], "finally": [fails("fin")]},
    "pausing": {"finally": [{"id": "wait", "type": f"{CORE}flow.Pause", "pauseDuration": "PT3S"}]},
}
PLACES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "task": ({"retry": RETRY}, {}, {}),
    "block": ({}, {"retry": RETRY}, {}),
    "flow": ({}, {}, {"retry": RETRY | {"behavior": "RETRY_FAILED_TASK"}}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("handlers", HANDLERS)
@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("child", [fails, once], ids=["fails", "once"])
def test_an_execution_ends(kind: str, handlers: str, place: str, child: Any) -> None:
    of_task, of_block, of_flow = PLACES[place]
    children = [child("a", **of_task), says("b")]
    for around in ("", "Sequential", "Dag", "ForEach"):
        made = block(kind, "inner", children, **of_block, **HANDLERS[handlers])
        if around:
            made = block(around, "outer", [made])
        document = run(tasks=[made, says("last")], errors=[says("sorry")], **of_flow)
        assert document["state"]["current"] in TERMINAL, around
        assert not open_runs(document), around


def test_a_folder_goes_on_behind_a_child_that_may_fail() -> None:
    children = [fails("a", retry=RETRY, allowFailure=True), says("b")]
    document = run(tasks=[block("WorkingDirectory", "folder", children)])
    assert [run["taskId"] for run in document["taskRunList"]] == ["folder", "a", "b"]
    assert document["state"]["current"] == "WARNING"


def test_a_folder_goes_on_behind_a_child_that_succeeds_at_last() -> None:
    children = [once("a", retry=RETRY), says("b")]
    document = run(tasks=[block("WorkingDirectory", "folder", children), says("c")])
    states = {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}
    assert states == dict.fromkeys(["folder", "a", "b", "c"], "SUCCESS")


def test_the_handlers_of_all_rounds_are_taken_back() -> None:
    """As the engine does it: it looks for runs by the names of the handlers, in all rounds."""
    children = [
        fails("bad", condition="{{ parent.taskrun.value == 'y' }}"),
        once("again", retry=RETRY),
    ]
    made = block("Sequential", "both", children, errors=[says("err")], allowFailure=True)
    document = run(tasks=[block("ForEach", "each", [made]), says("last")])
    names = [run["taskId"] for run in document["taskRunList"]]
    assert names == ["each", "both", "both", "bad", "bad", "again", "last"]
    assert document["state"]["current"] == "WARNING"


NEW = {**RETRY, "behavior": "CREATE_NEW_EXECUTION"}


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_what_is_around_a_run_is_superseded_with_it(blocks: int) -> None:
    """It does not end by itself: nothing comes behind RETRIED."""
    tasks: list[dict[str, Any]] = [{"id": "fails", "type": f"{CORE}execution.Fail", "retry": NEW}]
    for number in range(blocks):
        tasks = [{"id": f"b{number}", "type": f"{CORE}flow.Sequential", "tasks": tasks}]
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": tasks}))
    first = execute(made, options())
    assert first.state == "RETRIED" and first.children[0].state == "FAILED"
    assert [run.history[-2] for run in first.runs] == ["RETRIED"] * (blocks + 1)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("handlers", HANDLERS)
@pytest.mark.parametrize("kind", BLOCKS)
def test_the_last_execution_that_a_retry_creates_ends(
    kind: str, handlers: str, nested: bool
) -> None:
    """Each has one attempt of the task, so that more seem to be granted: Kestra waits for them."""
    inner = block(kind, "inner", [fails("child", retry=NEW)], **HANDLERS[handlers])
    tasks = [block("Sequential", "outer", [inner]) if nested else inner, says("behind")]
    analysis = analysed({"id": "f", "namespace": "a.b", "tasks": tasks})
    assert [each.code for each in analysis.diagnostics if each.code == "FC401"]
    document = executed(analysis)
    (last,) = (child.get("execution", child) for child in document["children"])
    allowed = kind == "AllowFailure"
    assert last["state"]["current"] == ("WARNING" if allowed else "FAILED")
    assert not open_runs(last)
    names = [run["taskId"] for run in last["taskRunList"]]
    assert ("err" in names) is ("errors" in HANDLERS[handlers])
    assert bool({"fin", "wait"} & set(names)) is ("finally" in HANDLERS[handlers])
    assert ("behind" in names) is allowed
    assert not [entry for entry in last["logs"] if "FR102" in entry["message"]]


@pytest.mark.parametrize("behavior", ["RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"])
@pytest.mark.parametrize("whose", ["its own", "of a block around", "of the flow"])
def test_batches_obey_no_retry(whose: str, behavior: str) -> None:
    """The engine tries again what works, and subflows; what starts a batch of them is none of both."""
    retry = {"retry": RETRY | {"behavior": behavior}}
    items: Task = {**ITEMS, "transmitFailed": True}
    if whose == "its own":
        items |= retry
    if whose == "of a block around":
        items = block("Sequential", "q", [items], **retry)
    flow: Task = {"id": "f", "namespace": "a.b", "tasks": [WRITE, items]}
    if whose == "of the flow":
        flow |= retry
    child = {"id": "child", "namespace": "a.b", "tasks": [fails("no")]}
    document = executed(analysed(flow, child))
    assert document["state"]["current"] == "FAILED"
    [batches] = [each for each in document["taskRunList"] if each["taskId"] == "i_items"]
    assert [each["state"] for each in batches["state"]["histories"]].count("FAILED") == 1
    assert open_runs(document) == []
    assert len(document["children"]) == 3


@pytest.mark.parametrize("kind", ["", "Sequential", "Parallel", "ForEach"])
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_ends_what_waits_for_its_retry(kind: str, after: bool) -> None:
    """Nothing is left open in the execution that has ended."""
    slow = fails("b", retry=RETRY | {"interval": "PT1H"})
    flow: Task = {"tasks": [block(kind, "q", [slow, says("n")]) if kind else slow, says("z")]}
    if after:
        flow["afterExecution"] = [says("last")]
    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
    given = options()
    given.clock, given.stoppable = StoppingClock(), True
    document = execution_document(execute(made, given))
    assert document["state"]["current"] == "KILLED"
    assert open_runs(document) == []
    assert "z" not in [each["taskId"] for each in document["taskRunList"]]
    tried = [each for each in document["taskRunList"] if each["taskId"] == "b"]
    # one waits at a time; what failed besides stays so
    assert [each["state"]["current"] for each in tried].count("KILLED") == 1
