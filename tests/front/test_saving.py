"""What saving a flow refuses: each property of the core against 24 values, as Kestra 1.3.34 answered.

Of 11,074 flows that differ from a valid one in one property, all that it refuses are recorded, and every third that it takes.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flowc.driver import Sources, analyse
from flowc.source import SourceFile

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "saving.jsonl.xz"
"""A line a flow: type and property, the value, the flow, whether it is taken."""

PARTS = 12
LISTS_OF_TASKS = [
    "tasks",
    "errors",
    "finally",
    "then",
    "else",
    "afterExecution",
    "triggers",
    "sla",
    "checks",
    "onResume",
]
CONSTANTS = [
    "type",
    "itemType",
    "behavior",
    "style",
    "restartBehavior",
    "recoverMissedSchedules",
    "stopAfter",
    "states",
    "minLogLevel",
    "logLevel",
]


def why(what: str, value: Any) -> str | None:
    """Why a flow is refused that the engine takes; None when there is no reason for that."""
    name = what.rpartition(" ")[2]
    if name in LISTS_OF_TASKS and isinstance(value, list):
        return "an element that is no object of its kind fails each execution"
    if name in CONSTANTS:
        return "a constant is named, not told by its place among the others"
    if value == [None]:
        return "a null in a list of texts is none"
    if name in ("condition", "files") and isinstance(value, list | dict):
        return "a list or map as a text says nothing"
    if what in ("flow.WorkingDirectory cache", "flow.If condition"):
        return "without it the task has nothing to do, and fails each time"
    return None


@cache
def rows() -> list[list[Any]]:
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_refused_is_what_the_engine_refuses(part: int) -> None:
    wrong = []
    for what, value, flow, taken in rows()[part::PARTS]:
        result = analyse(Sources(SourceFile("flow.yaml", json.dumps(flow)), (), ()))
        refused = any(each.is_error and not each.runtime for each in result.diagnostics)
        if refused is taken and (refused is False or why(what, value) is None):
            wrong.append((what, value, "taken" if taken else "refused"))
    assert not wrong


def test_most_of_what_is_recorded_has_no_excuse() -> None:
    excused = [row for row in rows() if row[3] and why(row[0], row[1])]
    assert len(rows()) > 7_000 and len(excused) < 250
