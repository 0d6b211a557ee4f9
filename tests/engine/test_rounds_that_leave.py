"""Rounds of loops and log records that leave memory at once change nothing of what an execution does, shows and remembers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from manyflows import AGAIN, CHILD, CORE, FLOWS, plain
from running import analysed, loaded, options

from flowrt.engine import past, rounds
from flowrt.engine.document import execution_document
from flowrt.engine.execution import Execution
from flowrt.verbs.look import document_of
from flowrt.verbs.start import execute


def log(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}log.Log", "message": id, **more}


def shows(id: str, text: str) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}debug.Return", "format": text}


def loop(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    values = {"values": ["x", "y", "z"]}
    return {"id": "l", "type": f"{CORE}flow.ForEach", "tasks": list(tasks), **values, **more}


HARD = {"id": "hard", "type": f"{CORE}execution.Fail", "condition": "{{ taskrun.value == 'y' }}"}
STATES = shows("states", "{{ tasks.a }} {{ tasks.a.y.state }} {{ tasks.b }} {{ tasks['l'] }}")
LOOPS: dict[str, dict[str, Any]] = {
    "states": {"tasks": [loop(log("a"), log("b", runIf="{{ taskrun.value != 'y' }}")), STATES]},
    "states at once": {"tasks": [loop(log("a"), log("b"), concurrencyLimit=0), STATES]},
    "errors": {"tasks": [loop(log("a"), HARD, log("b"))], "errors": [loop(log("e"), id="m")]},
    "soft": {"tasks": [loop(log("a"), {**HARD, "allowFailure": True}, log("b")), STATES]},
    "outputs": {"tasks": [loop(shows("a", "{{ taskrun.value }}"), log("b")), STATES]},
    "blocks": {
        "tasks": [
            loop(
                {"id": "q", "type": f"{CORE}flow.Sequential", "tasks": [log("a"), log("b")]},
                log("c"),
            ),
            shows("shown", "{{ tasks.a }} {{ tasks.c }} {{ tasks.q.y.state }}"),
        ]
    },
    "until": {
        "tasks": [
            {
                "id": "u",
                "type": f"{CORE}flow.LoopUntil",
                "condition": "{{ outputs.u.iterationCount >= 2 }}",
                "tasks": [loop(log("a"), log("b"))],
            },
            STATES,
        ]
    },
    "parallel": {
        "tasks": [
            {
                "id": "l",
                "type": f"{CORE}flow.EachParallel",
                "value": ["x", "y", "z"],
                "tasks": [log("a"), log("b")],
                "finally": [log("f")],
            },
            STATES,
        ]
    },
}
ALL = {**FLOWS, **LOOPS}


def document(name: str, folder: Path | None) -> tuple[dict[str, Any], Execution]:
    flow = loaded(analysed({"id": "f", "namespace": "a.b", **ALL[name]}, CHILD, AGAIN))
    first = options(folder)
    execution = execute(flow, first)
    found = (
        execution_document(execution)
        if folder is None
        else document_of(flow, execution.id, options(folder, first))
    )
    return plain(found), execution


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("durable", [False, True])
def test_nothing_changes(
    name: str, durable: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(number: str) -> dict[str, Any]:
        return document(name, tmp_path / number if durable else None)[0]

    expected = run("kept")
    monkeypatch.setattr(rounds, "MANY", 1)
    monkeypatch.setattr(past, "MOST_LOGS", 0)
    assert run("left") == expected


@pytest.mark.parametrize(
    ("name", "left"),
    [
        # the first round holds the place of the task, and what has outputs or failed is looked at
        ("states", ["a[y]", "a[z]", "b[z]"]),  # no worker tells of the end of what was skipped
        ("states at once", ["a[y]", "a[z]", "b[y]", "b[z]"]),
        ("errors", ["a[y]"]),
        ("soft", ["a[y]", "a[z]", "b[y]", "b[z]", "hard[y]", "hard[z]"]),
        ("outputs", ["b[y]", "b[z]"]),
        ("blocks", ["c[y]", "c[z]"]),
        # what may be taken out again
        ("until", []),
        ("parallel", ["a[y]", "a[z]", "b[y]", "b[z]"]),
        ("one by one", []),
        ("handlers", []),
    ],
)
def test_what_leaves(name: str, left: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MANY", 1)
    execution = document(name, None)[1]
    states = [] if execution.past is None else list(execution.past.states())
    assert sorted(f"{task}[{value}]" for task, value, _ in states) == left
    assert execution.away == len(left)
