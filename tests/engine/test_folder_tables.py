"""Folders that tasks share (`WorkingDirectory`): which children run, and how a folder goes on in another process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed, loaded, options

from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
RETRY = {"type": "constant", "interval": "PT3S", "maxAttempts": 3}


def task(id: str, kind: str = "log.Log", **more: Any) -> dict[str, Any]:
    given = {"message": id} if kind == "log.Log" else {}
    return {"id": id, "type": f"{CORE}{kind}", **given, **more}


def fails(id: str = "fails", times: int = 99, **more: Any) -> dict[str, Any]:
    condition = f"{{{{ taskrun.attemptsCount < {times} }}}}"
    return task(id, "execution.Fail", condition=condition, **more)


def folder(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return task("folder", "flow.WorkingDirectory", tasks=list(tasks), **more)


def flow(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"id": "f", "namespace": "a.b", "tasks": list(tasks)}


def states(document: dict[str, Any]) -> dict[str, str]:
    return {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}


def tries(document: dict[str, Any], id: str) -> int:
    (run,) = [each for each in document["taskRunList"] if each["taskId"] == id]
    return len(run["attempts"])


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ([task("a"), task("b")], {"folder": "SUCCESS", "a": "SUCCESS", "b": "SUCCESS"}),
        ([fails(), task("b")], {"folder": "FAILED", "fails": "FAILED"}),
        (
            [fails(allowFailure=True), task("b")],
            {"folder": "WARNING", "fails": "WARNING", "b": "SUCCESS"},
        ),
        (
            [fails(allowFailure=True, allowWarning=True), task("b")],
            {"folder": "SUCCESS", "fails": "SUCCESS", "b": "SUCCESS"},
        ),
        (
            [fails(times=2, retry=RETRY), task("b")],
            {"folder": "SUCCESS", "fails": "SUCCESS", "b": "SUCCESS"},
        ),
        (
            [task("a"), fails(retry=RETRY), task("b")],
            {"folder": "FAILED", "a": "SUCCESS", "fails": "FAILED"},
        ),
        ([task("a", disabled=True), task("b")], {"folder": "SUCCESS", "b": "SUCCESS"}),
    ],
)
def test_which_children_run(children: list[dict[str, Any]], expected: dict[str, str]) -> None:
    document = executed(analysed(flow(folder(*children))))
    assert states(document) == expected
    assert document["state"]["current"] == expected["folder"]


def test_children_share_files_and_the_folder_keeps_some() -> None:
    write = task("write", "storage.Write", content="x") | {"extension": ".txt"}
    document = executed(
        analysed(
            flow(
                write,
                folder(
                    task("read", "debug.Return", format="{{ read(outputs.write.uri) }}"),
                    inputFiles={"in.txt": "{{ outputs.write.uri }}"},
                    outputFiles=["*.txt"],
                ),
            )
        )
    )
    runs = {run["taskId"]: run for run in document["taskRunList"]}
    assert runs["read"]["outputs"] == {"value": "x"}
    assert list(runs["folder"]["outputs"]["outputFiles"]) == ["in.txt"]


@pytest.mark.parametrize(
    ("children", "ends"),
    [
        ([task("a"), task("b")], {"a": 1, "b": 1}),
        ([task("a"), fails(times=2, retry=RETRY), task("b")], {"a": 1, "fails": 3, "b": 1}),
    ],
)
def test_a_folder_beside_a_pause_goes_on_when_that_is_over(
    children: list[dict[str, Any]], ends: dict[str, int], tmp_path: Path
) -> None:
    beside = task("p", "flow.Parallel", tasks=[task("pause", "flow.Pause"), folder(*children)])
    made = loaded(analysed(flow(beside, task("behind"))))
    first = options(tmp_path)
    begun = execute(made, first)
    assert begun.state == "PAUSED"
    resume(made, begun.id, options(tmp_path, first))
    document = document_of(made, begun.id, options(tmp_path, first))
    assert set(states(document).values()) == {"SUCCESS"}
    assert {id: tries(document, id) for id in ends} == ends
    assert "behind" in states(document)


def test_a_folder_that_is_restarted_runs_its_children_anew(tmp_path: Path) -> None:
    flaky = fails(times=1)
    made = loaded(analysed(flow(folder(task("a"), flaky, task("b")))))
    first = options(tmp_path)
    begun = execute(made, first)
    before = document_of(made, begun.id, options(tmp_path, first))
    assert states(before) == {"folder": "FAILED", "a": "SUCCESS", "fails": "FAILED"}
    restart(made, begun.id, options(tmp_path, first))
    after = document_of(made, begun.id, options(tmp_path, first))
    assert states(after) == states(before)
    ids = {run["taskId"]: run["id"] for run in before["taskRunList"]}
    again = {run["taskId"]: run["id"] for run in after["taskRunList"]}
    assert again["folder"] == ids["folder"]
    assert again["a"] != ids["a"] and again["fails"] != ids["fails"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"outputFiles": ["{{ nothing.here }}"]},
            "Unable to capture WorkingDirectory output files",
        ),
        ({"inputFiles": {"a.txt": "{{ nothing.here }}"}}, "Failed preExecuteTasks on "),
    ],
)
def test_a_folder_whose_files_cannot_be_told_fails(more: dict[str, Any], said: str) -> None:
    document = executed(analysed(flow(folder(task("a"), **more), task("behind"))))
    assert document["state"]["current"] == states(document)["folder"] == "FAILED"
    assert ("a" in states(document)) is ("outputFiles" in more)
    errors = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert any(each.startswith(said) for each in errors)
