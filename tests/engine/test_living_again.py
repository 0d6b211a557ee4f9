"""Restarts: what runs again, what stays as it ended, and what a store keeps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from running import analysed, loaded, options

from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.start import execute

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
