"""What saving a flow refuses, as Kestra 1.3.34 answered: properties of tasks, inputs, triggers and flows against many values.

Of 46,221 flows that differ from a valid one in one property, all that it refuses are recorded, and every third that it takes.
Saving validates a flow with its defaults, where what is null is dropped, and reads its head from the source once more.
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

PARTS = 24
LISTS_OF_OBJECTS = [
    "tasks",
    "errors",
    "finally",
    "then",
    "else",
    "afterExecution",
    "triggers",
    "checks",
    "onResume",
    "conditions",
    "flows",
    "where",
    "filters",
    "inputs",
    "defaults",
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
    "fallback",
    "operand",
    "field",
    "logs",
    "proxyType",
]
CHECKED_LATER = ("dag items", "switch cases", "or.condition", "not.condition", "multi.condition")


def why(what: str, value: Any) -> str | None:
    """Why a flow is refused that the engine takes; None when there is no reason for that."""
    owner, _, name = what.rpartition(" ")
    if what.startswith(CHECKED_LATER) or (name == "conditions" and ".Multiple" in owner):
        return "what the engine does not look at when it saves fails when it is reached"
    if name in LISTS_OF_OBJECTS and isinstance(value, list):
        return "an element that is no object of its kind fails, or stops the engine"
    if name in CONSTANTS:
        return "a constant is named, not told by its place among the others"
    if isinstance(value, list) and None in value:
        return "a null in a list of texts is none"
    if value == {"inputs": [None]}:
        return "a null in a list of texts is none"
    if name in ("condition", "files") and isinstance(value, list | dict):
        return "a list or map as a text says nothing"
    if what in ("flow.WorkingDirectory cache", "flow.If condition"):
        return "without it the task has nothing to do, and fails each time"
    if owner == "template" and name in ("namespace", "templateId"):
        return "a template is found when the flow is compiled"
    if what.startswith("default ") and value in ("class", "flowable"):
        return "no property, but a method that classes of Java have"
    return None


def why_taken(what: str) -> str | None:
    """Why a flow is taken that the engine refuses; None when there is no reason for that."""
    if what == "head id":
        return "a reserved id bothers the addresses of a server"
    if what == "head extend":
        return "blueprints have it, and nothing reads it"
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
        if refused is taken and not (why(what, value) if refused else why_taken(what)):
            wrong.append((what, value, "taken" if taken else "refused"))
    assert not wrong


def test_most_of_what_is_recorded_has_no_excuse() -> None:
    excused = [row for row in rows() if (why(row[0], row[1]) if row[3] else why_taken(row[0]))]
    assert len(rows()) > 34_000 and len(excused) < len(rows()) / 30
