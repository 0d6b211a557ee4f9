"""A task that lets a paused execution go on, as Kestra 1.3.34 does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
CHILD: dict[str, Any] = {
    "id": "child",
    "namespace": "a.b",
    "tasks": [
        {
            "id": "p",
            "type": f"{CORE}flow.Pause",
            "onResume": [
                {"id": "n", "type": "INT"},
                {"id": "s", "type": "STRING", "defaults": "d"},
                {"id": "secret", "type": "SECRET", "required": False},
            ],
        },
        {
            "id": "l",
            "type": f"{CORE}debug.Return",
            "format": "{{ outputs.p.onResume ?? 'none' }}",
        },
    ],
}


def of(document: dict[str, Any], task: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in document["taskRunList"] if e["taskId"] == task)
    return found


def errors(document: dict[str, Any]) -> list[str]:
    return [each["message"] for each in document["logs"] if each["level"] == "ERROR"]


def resumed(store: Path, **given: Any) -> dict[str, Any]:
    """A flow that starts one that pauses, and resumes it."""
    tasks = [
        {
            "id": "c",
            "type": f"{CORE}flow.Subflow",
            "namespace": "a.b",
            "flowId": "child",
            "wait": False,
        },
        {"id": "z", "type": f"{CORE}flow.Sleep", "duration": "PT1S"},
        {
            "id": "r",
            "type": f"{CORE}execution.Resume",
            "executionId": "{{ outputs.c.executionId }}",
            **given,
        },
        {"id": "z2", "type": f"{CORE}flow.Sleep", "duration": "PT1S"},
    ]
    flow = {"id": "main", "namespace": "a.b", "tasks": tasks}
    return executed(analysed(flow, CHILD), store)


@pytest.mark.parametrize(
    ("given", "values", "seen"),
    [
        ({"inputs": {"n": 3}}, {"n": 3}, '{"n":3}'),
        ({"inputs": {"n": 3}, "namespace": "a.b", "flowId": "child"}, {"n": 3}, '{"n":3}'),
        ({"inputs": '{{ {"n": 4} }}'}, {"n": 4}, '{"n":4}'),
        # nothing is checked, nothing has its default
        ({"inputs": {"n": "abc", "more": 1}}, {"n": "abc", "more": 1}, '{"n":"abc","more":1}'),
        ({}, None, "none"),
        ({"inputs": {}}, None, "none"),
    ],
)
def test_values_are_taken_as_they_are(tmp_path: Path, given: Any, values: Any, seen: str) -> None:
    document = resumed(tmp_path / "store", **given)
    assert document["state"]["current"] == "SUCCESS", errors(document)
    (child,) = document["children"]
    states = [each["state"] for each in child["state"]["histories"]]
    assert states == ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS"]
    outputs = of(child, "p")["outputs"]
    assert outputs.get("onResume") == values and outputs["resumed"]["to"] == "SUCCESS"
    assert of(child, "l")["outputs"]["value"] == seen


def test_secrets_are_sealed(tmp_path: Path) -> None:
    document = resumed(tmp_path / "store", inputs={"n": 1, "secret": "hush-hush"})
    (child,) = document["children"]
    assert "hush-hush" not in json.dumps(of(child, "p"))
    assert "hush-hush" not in json.dumps(document["logs"] + child["logs"])
    # expressions read it
    assert '"secret":"hush-hush"' in of(child, "l")["outputs"]["value"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "The execution is not paused"),
        ({"executionId": "nope"}, "No execution found for execution id nope"),
        (
            {"namespace": "a.b"},
            "`namespace` and `flowId` should only be set when `executionId` is set.",
        ),
        (
            {"namespace": "a.b", "flowId": "f"},
            "`namespace` and `flowId` should only be set when `executionId` is set.",
        ),
        (
            {"executionId": "x", "namespace": "a.b"},
            "Both `namespace` and `flowId` must be set when `executionId` is set.",
        ),
    ],
)
def test_what_cannot_be_resumed(given: dict[str, Any], reason: str) -> None:
    flow = {
        "id": "main",
        "namespace": "a.b",
        "tasks": [{"id": "r", "type": f"{CORE}execution.Resume", **given}],
    }
    document = executed(analysed(flow))
    assert document["state"]["current"] == "FAILED" and errors(document) == [reason]


def test_what_was_resumed_is_paused_no_more(tmp_path: Path) -> None:
    def task(id: str, type: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "type": f"{CORE}{type}", **more}

    again = task("r", "execution.Resume", executionId="{{ outputs.c.executionId }}")
    flow = {
        "id": "main",
        "namespace": "a.b",
        "tasks": [
            task("c", "flow.Subflow", namespace="a.b", flowId="child", wait=False),
            task("z", "flow.Sleep", duration="PT1S"),
            again,
            task("y", "flow.Sleep", duration="PT1S"),
            {**again, "id": "r2"},
        ],
    }
    document = executed(analysed(flow, CHILD), tmp_path / "store")
    assert of(document, "r")["state"]["current"] == "SUCCESS"
    assert errors(document) == ["The execution is not paused"]


def test_an_execution_of_a_store_that_nobody_has(tmp_path: Path) -> None:
    """Its own program has to go on with it; the task says how."""
    given = options(tmp_path / "store")
    first = execute(loaded(analysed(CHILD)), given)
    assert first.state == "PAUSED"
    task = {"id": "r", "type": f"{CORE}execution.Resume", "executionId": first.id}
    flow = {"id": "main", "namespace": "a.b", "tasks": [task]}
    second = execute(loaded(analysed(flow)), options(tmp_path / "store", given))
    (reason,) = errors(json.loads(json.dumps(execution_document(second))))
    assert reason.endswith(f"(resume {first.id})")
