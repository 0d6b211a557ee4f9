"""Restarts: what runs again, what stays as it ended, and what a store keeps of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from running import ITEMS, WRITE, analysed, loaded, options

from flowrt.store.holders import Held
from flowrt.verbs.look import document_of, listed
from flowrt.verbs.replay import replay
from flowrt.verbs.restart import restart
from flowrt.verbs.start import execute
from flowrt.verbs.taken import Taken

CORE = "io.kestra.plugin.core."


def fails(id: str) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}execution.Fail"}


def restarted(store: Path, times: int, **flow: Any) -> dict[str, Any]:
    """The document of a flow that was restarted some times."""
    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
    first = options(store)
    id = execute(made, first).id
    for _ in range(times):
        restart(made, id, options(store, first))
    return document_of(made, id, options(store, first))


def attempts(document: dict[str, Any], task: str) -> list[int]:
    """How often each run of a task was tried."""
    return [len(each["attempts"]) for each in document["taskRunList"] if each["taskId"] == task]


def test_what_a_handler_ran_stays_and_is_not_run_again(tmp_path: Path) -> None:
    block = {"id": "block", "type": f"{CORE}flow.Sequential", "tasks": [fails("inner")]}
    document = restarted(tmp_path, 2, tasks=[fails("main")], errors=[block])
    assert attempts(document, "main") == [3]
    assert attempts(document, "inner") == [1, 1, 1]
    assert attempts(document, "block") == [1]
    runs = {each["id"]: each for each in document["taskRunList"]}
    *earlier, last = [each for each in runs.values() if each["taskId"] == "inner"]
    assert runs[last["parentTaskRunId"]]["taskId"] == "block"
    # the second restart forgets of whom the first one spoke
    assert [each.get("parentTaskRunId") in runs for each in earlier] == [False, False]
    assert ["parentTaskRunId" in each for each in earlier] == [False, True]


def test_what_failed_beside_a_pause_runs_again(tmp_path: Path) -> None:
    pause = {
        "id": "pause",
        "type": f"{CORE}flow.Pause",
        "pauseDuration": "PT1S",
        "onPause": fails("aside"),
    }
    document = restarted(tmp_path, 1, tasks=[pause, fails("behind")])
    assert attempts(document, "aside") == attempts(document, "behind") == [2]
    assert attempts(document, "pause") == [1]


def test_a_folder_starts_over_with_all_that_follows(tmp_path: Path) -> None:
    said = {"id": "said", "type": f"{CORE}debug.Return", "format": "x"}
    folder = {
        "id": "folder",
        "type": f"{CORE}flow.WorkingDirectory",
        "tasks": [said, fails("inner")],
    }
    document = restarted(tmp_path, 1, tasks=[folder])
    (run,) = [each for each in document["taskRunList"] if each["taskId"] == "folder"]
    states = [each["state"] for each in run["state"]["histories"]]
    assert states == ["CREATED", "RUNNING", "FAILED", "RESTARTED", "RUNNING", "FAILED"]
    assert attempts(document, "said") == attempts(document, "inner") == [1]


def value(id: str, text: str = "x") -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}debug.Return", "format": text}


HANDLERS: dict[str, list[dict[str, Any]]] = {
    "one": [value("e")],
    "two": [value("e"), value("e2")],
    "a block": [{"id": "e", "type": f"{CORE}flow.Sequential", "tasks": [value("e2"), value("e3")]}],
}
AROUND = ("", "flow.Sequential", "flow.AllowFailure", "flow.ForEach")


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("outer", [False, True])
@pytest.mark.parametrize("repaired", [False, True])
def test_a_replay_takes_handlers_back_and_keeps_what_was_before(
    tmp_path: Path, handler: str, around: str, outer: bool, repaired: bool
) -> None:
    """The run that failed begins once more; what `errors` did because of it is not there, or is done again."""
    failing = {**fails("b"), "condition": "{{ inputs.n == 1 }}"}
    before = "{{ outputs.a.value }}{{ outputs.a1[taskrun.value].value ?? outputs.a1.value }}"
    tasks = [value("a1"), failing, value("c", before)]
    errors = {"errors": HANDLERS[handler]}
    flow: dict[str, Any] = {"tasks": [value("a"), *tasks]}
    if around:
        block: dict[str, Any] = {"id": "s", "type": f"{CORE}{around}", "tasks": tasks}
        if around == "flow.ForEach":
            block["values"] = ["v"]
        flow["tasks"] = [value("a"), block, value("z", "{{ outputs.a.value }}")]
        if not outer:
            block |= errors
    if outer or not around:
        flow |= errors
    inputs = [{"id": "n", "type": "INT", "defaults": 1}]
    made = loaded(analysed({"id": "f", "namespace": "a.b", "inputs": inputs, **flow}))
    first = options(tmp_path)
    id = execute(made, first).id
    again = options(tmp_path, first)
    again.inputs = {"n": "2" if repaired else "1"}
    new = replay(made, id, "b", again)
    document = document_of(made, new.id, options(tmp_path, first))
    names = [each["taskId"] for each in document["taskRunList"]]
    assert len(names) == len(set(names))
    assert {"a", "a1", "b"} <= set(names)
    ended = {each["taskId"]: each["state"]["current"] for each in document["taskRunList"]}
    assert ended["a"] == ended["a1"] == "SUCCESS"
    assert ended["b"] == ("SUCCESS" if repaired else "FAILED")
    forgiven = around == "flow.AllowFailure" and outer
    assert ("e" in names) is not (repaired or forgiven)
    assert ("c" in names) is repaired
    assert set(ended.values()) == {"SUCCESS"} or not repaired


@pytest.mark.parametrize(
    ("behavior", "from_start"), [("QUEUE", "QUEUED"), ("CANCEL", "CANCELLED"), ("FAIL", "FAILED")]
)
def test_a_replay_from_a_task_needs_no_place(
    tmp_path: Path, behavior: str, from_start: str
) -> None:
    """The engine counts what is created, and what had failed and is restarted; the old one, which is paused, holds the place."""
    pause = {"id": "p", "type": f"{CORE}flow.Pause"}
    limit = {"limit": 1, "behavior": behavior}
    flow = {"tasks": [value("a"), pause, value("z")], "concurrency": limit}
    made = loaded(analysed({"id": "f", "namespace": "a.b", **flow}))
    first = options(tmp_path)
    id = execute(made, first).id
    again = replay(made, id, "a", options(tmp_path, first))
    assert again.state == "PAUSED"
    assert [run.task.id for run in again.runs] == ["a", "p"]
    if behavior != "QUEUE":  # who is queued waits for the other one
        assert replay(made, id, "", options(tmp_path, first)).state == from_start


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_counters_of_batches_go_on_in_a_restart(tmp_path: Path, failing: int) -> None:
    """What ended well is counted already; each that runs again is one RESTARTED less, from the number of batches on."""
    known = "kv('x' ~ inputs.i, errorOnMissing=false)"
    child = {
        "id": "child",
        "namespace": "a.b",
        "inputs": [{"id": "i", "type": "INT"}],
        "tasks": [
            {**fails("no"), "condition": f"{{{{ inputs.i < {failing} and {known} == null }}}}"}
        ],
        "errors": [
            {"id": "e", "type": f"{CORE}kv.Set", "key": "x{{ inputs.i }}", "value": "there"}
        ],
    }
    items = {**ITEMS, "transmitFailed": True, "inputs": {"i": "{{ taskrun.iteration }}"}}
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [WRITE, items]}, child))
    first = options(tmp_path)
    id = execute(made, first).id

    def iterations() -> dict[str, int]:
        runs = document_of(made, id, options(tmp_path, first))["taskRunList"]
        [run] = [each for each in runs if each["taskId"] == "i_items"]
        found: dict[str, int] = run["outputs"]["iterations"]
        return {state: count for state, count in found.items() if count or state == "FAILED"}

    well = {"SUCCESS": 3 - failing} if failing < 3 else {}
    assert iterations() == {"FAILED": failing, **well}
    restart(made, id, options(tmp_path, first))
    again = {"RESTARTED": 3 - failing} if failing < 3 else {}
    assert iterations() == {"SUCCESS": 3, "FAILED": 0, **again}


def test_an_ended_execution_is_replayed_by_many_at_once(tmp_path: Path) -> None:
    """Who finds it held waits until it is copied. One that is taken up by others is refused."""
    log = {"id": "n", "type": f"{CORE}log.Log", "message": "x"}
    made = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [log]}))
    first = options(tmp_path)
    id = execute(made, first).id
    with Taken(made, id, options(tmp_path, first)) as taken, ThreadPoolExecutor() as threads:
        started = [
            threads.submit(replay, made, id, task, options(tmp_path, first)) for task in ("", "n")
        ]
        with pytest.raises(Held):
            restart(made, id, options(tmp_path, first))
        assert not any(each.done() for each in started)
        taken.host.holders.release_all()
    assert [each.result().state for each in started] == ["SUCCESS", "SUCCESS"]
    assert len(list(listed(made, first))) == 3
