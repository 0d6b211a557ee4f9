"""What a kill makes of task runs that have ended, or never began."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from clock import StoppingClock
from running import analysed, loaded

from flowrt.engine.document import execution_document
from flowrt.engine.execution import LogRecord
from flowrt.model.clock import SystemClock
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of, listed
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
SLEEP = {"id": "slow", "type": f"{CORE}flow.Sleep", "duration": "PT1H"}


def killed(flow: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """The document of a flow that is told to stop, once, when its Sleep has begun."""
    told: list[LogRecord] = []

    def tell(record: LogRecord) -> None:
        if record.message.startswith("Waiting for") and not told:
            told.append(record)
            os.kill(os.getpid(), signal.SIGTERM)

    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}, *others))
    options = RunOptions(keep_logs=True, stoppable=True, sink=tell)
    found: dict[str, Any] = json.loads(json.dumps(execution_document(execute(made, options))))
    assert found["state"]["current"] == "KILLED"
    return found


def run_of(document: dict[str, Any], task: str) -> tuple[list[str], list[str]]:
    """The history and the attempts of a task."""
    run = next(each for each in document["taskRunList"] if each["taskId"] == task)
    history = [each["state"] for each in run["state"]["histories"]]
    return history, [each["state"]["current"] for each in run.get("attempts") or ()]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("transmit", [True, False])
@pytest.mark.parametrize("soft", [True, False])
def test_a_subflow_that_has_ended_tells_so_again(wait: bool, transmit: bool, soft: bool) -> None:
    child = {
        "id": "child",
        "namespace": "a.b",
        "tasks": [
            (
                {"id": "fails", "type": f"{CORE}execution.Fail", "allowFailure": True}
                if soft
                else {"id": "fine", "type": f"{CORE}debug.Return", "format": "x"}
            )
        ],
    }
    subflow = {
        "id": "starts",
        "type": f"{CORE}flow.Subflow",
        "namespace": "a.b",
        "flowId": "child",
        "wait": wait,
        "transmitFailed": transmit,
    }
    history, attempts = run_of(killed({"tasks": [subflow, SLEEP]}, child), "starts")
    end = "WARNING" if soft and transmit and wait else "SUCCESS"
    assert attempts == [end] * (2 if wait else 1)
    again = ["WARNING", "SUCCESS"] if soft and wait and not transmit else [end]
    assert history[-len(again) :] == again
    assert history.count("SUCCESS") == (2 if len(again) > 1 else int(end == "SUCCESS"))


def test_children_of_a_folder_that_never_began_are_told_of() -> None:
    behind = [
        {"id": "next", "type": f"{CORE}debug.Return", "format": "x"},
        {"id": "off", "type": f"{CORE}debug.Return", "format": "x", "disabled": True},
        {"id": "no", "type": f"{CORE}debug.Return", "format": "x", "runIf": "{{ false }}"},
    ]
    folder = {"id": "folder", "type": f"{CORE}flow.WorkingDirectory", "tasks": [SLEEP, *behind]}
    document = killed({"tasks": [folder]})
    assert run_of(document, "next") == (["CREATED", "KILLED"], [])
    assert run_of(document, "no") == (["CREATED", "SKIPPED"], ["SKIPPED"])
    assert [run["taskId"] for run in document["taskRunList"]] == ["folder", "slow", "next", "no"]


def test_what_never_began_behind_a_pause_is_killed_with_what_is_around_it(tmp_path: Path) -> None:
    late = {"id": "late", "type": f"{CORE}debug.Return", "format": "x"}
    group = {"id": "group", "type": f"{CORE}flow.Sequential", "tasks": [late]}
    pause = {"id": "pause", "type": f"{CORE}flow.Pause"}
    both = {"id": "both", "type": f"{CORE}flow.Parallel", "tasks": [pause, group]}
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [both]}))
    given = RunOptions(store=str(tmp_path / "store"))
    id = execute(made, given).id
    kill(made, id, given)
    document = document_of(made, id, given)
    states = [each["state"] for each in document["state"]["histories"]]
    assert states == ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "KILLED"]
    assert run_of(document, "late") == (["CREATED", "KILLED"], [])
    for name in ("group", "both"):
        assert run_of(document, name) == (["CREATED", "RUNNING", "KILLED"], ["KILLED"])
    assert run_of(document, "pause")[0] == ["CREATED", "RUNNING", "PAUSED", "KILLED"]


@pytest.mark.parametrize("by", ["a trigger", "a subflow"])
def test_what_outlives_its_starter_is_stopped_too(by: str) -> None:
    stopped = {**SLEEP, "duration": "PT20S"}
    late = {"id": "late", "type": f"{CORE}debug.Return", "format": "x"}
    child: dict[str, Any] = {"id": "child", "namespace": "a.b", "tasks": [stopped, late]}
    task: dict[str, Any] = {"id": "t", "type": f"{CORE}debug.Return", "format": "x"}
    if by == "a trigger":
        child["triggers"] = [{"id": "hear", "type": f"{CORE}trigger.Flow"}]
    else:
        task = {"id": "t", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
        task["wait"] = False

    def tell(record: LogRecord) -> None:
        if record.message.startswith("Waiting for"):
            assert record.execution.starter is not None and record.execution.starter.over
            os.kill(os.getpid(), signal.SIGTERM)

    made = loaded(
        analysed({"id": "f", "namespace": "a.b", "tasks": [task]}, child, flow_triggers=True)
    )
    options = RunOptions(keep_logs=True, stoppable=True, sink=tell)
    found = execution_document(execute(made, options))
    assert found["state"]["current"] == "SUCCESS"
    (ended,) = found["children"]
    assert ended["state"]["current"] == "KILLED"
    assert [each["taskId"] for each in ended["taskRunList"]] == ["slow"]


LOG = f"{CORE}log.Log"
PAUSE = {"id": "p", "type": f"{CORE}flow.Pause"}
NEXT = {"id": "n", "type": LOG, "message": "n"}
AFTER = {"id": "after", "type": LOG, "message": "{{ execution.state }}"}
BLOCKS: dict[str, dict[str, Any]] = {
    "its next task": {"tasks": [PAUSE, NEXT]},
    "its finally": {"tasks": [PAUSE], "finally": [NEXT]},
    "a block behind it": {
        "tasks": [PAUSE, {"id": "q", "type": f"{CORE}flow.Sequential", "tasks": [NEXT]}]
    },
}


def killed_while_it_waits(flow: dict[str, Any]) -> dict[str, Any]:
    """The document of a flow whose process is told to stop while it waits."""
    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
    options = RunOptions(keep_logs=True, stoppable=True, clock=StoppingClock())
    found: dict[str, Any] = json.loads(json.dumps(execution_document(execute(made, options))))
    assert found["state"]["current"] == "KILLED"
    return found


def killed_while_paused(flow: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The document of a flow that stands still in a store when it is killed."""
    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
    given = RunOptions(store=str(folder / "store"))
    id = execute(made, given).id
    kill(made, id, given)
    found: dict[str, Any] = document_of(made, id, given)
    assert found["state"]["current"] == "KILLED"
    return found


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("kind", ["flow.Sequential", "flow.AllowFailure"])
def test_what_begins_behind_a_kill_is_killed_by_the_worker(
    tmp_path: Path, block: str, kind: str
) -> None:
    """`afterExecution` keeps the engine looking at the execution, and a block goes on: to a worker that knows of the kill."""
    flow = {
        "tasks": [{"id": "s", "type": f"{CORE}{kind}", **BLOCKS[block]}],
        "afterExecution": [AFTER],
    }
    document = killed_while_paused(flow, tmp_path)
    assert run_of(document, "n") == (["CREATED", "SUBMITTED", "KILLED"], [])
    assert run_of(document, "s") == (["CREATED", "RUNNING", "KILLED"], ["KILLED"])
    assert run_of(document, "after")[0][-1] == "SUCCESS"


@pytest.mark.parametrize("handler", ["errors", "finally"])
def test_a_block_in_a_handler_of_the_flow_is_killed_too(tmp_path: Path, handler: str) -> None:
    block = {"id": "s", "type": f"{CORE}flow.Sequential", "tasks": [PAUSE, NEXT]}
    first = {"id": "first", "type": f"{CORE}execution.Fail"}
    flow = {
        "tasks": [first if handler == "errors" else {"id": "first", "type": LOG, "message": "x"}],
        handler: [block],
        "afterExecution": [AFTER],
    }
    document = killed_while_paused(flow, tmp_path)
    assert run_of(document, "n") == (["CREATED", "SUBMITTED", "KILLED"], [])
    assert run_of(document, "s") == (["CREATED", "RUNNING", "KILLED"], ["KILLED"])


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("around", ["", "flow.Sequential", "flow.Parallel"])
def test_a_loop_that_waits_is_killed_by_way_of_killing(after: bool, around: str) -> None:
    loop = {
        "id": "s",
        "type": f"{CORE}flow.LoopUntil",
        "condition": "{{ false }}",
        "checkFrequency": {"interval": "PT1H"},
        "tasks": [{"id": "l", "type": LOG, "message": "l"}],
        "finally": [{"id": "f", "type": LOG, "message": "f"}],
    }
    flow = {
        "tasks": [{"id": "q", "type": f"{CORE}{around}", "tasks": [loop]} if around else loop],
        **({"afterExecution": [AFTER]} if after else {}),
    }
    document = killed_while_it_waits(flow)
    assert run_of(document, "s") == (
        ["CREATED", "RUNNING", "PAUSED", "KILLING", "KILLED"],
        ["KILLED"],
    )
    assert run_of(document, "f") == (["CREATED", "KILLED"], [])
    assert run_of(document, "l")[0][-1] == "SUCCESS"


@pytest.mark.parametrize("handler", ["errors", "finally"])
@pytest.mark.parametrize("around", ["flow.Sequential", "flow.ForEach"])
def test_a_subflow_whose_handlers_are_at_work_is_killed_with_what_is_around_it(
    handler: str, around: str
) -> None:
    """It is over as KILLED before what it was doing ends."""
    child = {
        "id": "child",
        "namespace": "a.b",
        "tasks": [{"id": "no", "type": f"{CORE}execution.Fail"}],
        handler: [SLEEP],
    }
    subflow = {"id": "s", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
    block: dict[str, Any] = {"id": "q", "type": f"{CORE}{around}"}
    block["tasks"] = [{**subflow, "transmitFailed": True}]
    if around == "flow.ForEach":
        block["values"] = ["v"]
    document = killed({"tasks": [block, NEXT]}, child)
    assert [each["taskId"] for each in document["taskRunList"]] == ["q", "s"]
    for name in ("q", "s"):
        assert run_of(document, name)[0][-1] == "KILLED"
    (inner,) = document["children"]
    assert inner["state"]["current"] == "KILLED"


NO = {"id": "no", "type": f"{CORE}execution.Fail"}
ANEW = {
    "type": "constant",
    "interval": "PT1H",
    "maxAttempts": 3,
    "behavior": "CREATE_NEW_EXECUTION",
}


def attempts_of(document: dict[str, Any]) -> list[str]:
    """The states of an execution and of those that took its place."""
    found = [document["state"]["current"]]
    for child in document.get("children") or ():
        found += attempts_of(child)
    return found


class Left(BaseException):
    """The process is gone."""


class LeavingClock(SystemClock):
    """Ends the process as soon as it waits."""

    def wait(self, wait: Any, until: int | None, busy: int) -> None:
        raise Left


@pytest.mark.parametrize("waited_for", [False, True])
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("of_the_flow", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_what_is_to_be_tried_as_a_new_execution_is_killed(
    tmp_path: Path, left: bool, of_the_flow: bool, started: bool, waited_for: bool
) -> None:
    """What waited for its turn begins, and is killed: when the process is to stop, or by command when it has left it."""
    flow: dict[str, Any] = {"id": "f", "namespace": "a.b"}
    flow |= {"tasks": [NO], "retry": ANEW} if of_the_flow else {"tasks": [{**NO, "retry": ANEW}]}
    others = [flow] if started else []
    if started:
        subflow = {"id": "s", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "f"}
        tasks = [{**subflow, "wait": waited_for}]
        flow = {"id": "p", "namespace": "a.b", "tasks": tasks}
    made = loaded(analysed(flow, *others))
    if left:
        given = RunOptions(store=str(tmp_path / "store"), keep_logs=True)
        with pytest.raises(Left):
            execute(made, RunOptions(store=given.store, clock=LeavingClock()))
        (id,) = [each.id for each in listed(made, given) if each.flow_id == flow["id"]]
        kill(made, id, given)
        found = document_of(made, id, given)
    else:
        options = RunOptions(keep_logs=True, stoppable=True, clock=StoppingClock())
        found = json.loads(json.dumps(execution_document(execute(made, options))))
    assert attempts_of(found)[-2:] == ["RETRIED", "KILLED"]


def test_a_kill_reaches_what_an_execution_has_become() -> None:
    """The subflow is at its second attempt, which is another execution, or will be."""
    fails = {"id": "once", "type": f"{CORE}flow.If", "then": [NO], "else": [SLEEP]}
    fails["condition"] = "{{ execution.originalId == execution.id }}"
    child = {
        "id": "child",
        "namespace": "a.b",
        "tasks": [fails],
        "retry": {**ANEW, "interval": "PT0S"},
    }
    subflow = {"id": "s", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
    document = killed({"tasks": [subflow, SLEEP]}, child)
    assert attempts_of(document) == ["KILLED", "RETRIED", "KILLED"]
