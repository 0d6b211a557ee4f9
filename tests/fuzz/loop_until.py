"""LoopUntil as a product of what may happen in it: every cell is a flow, named by its dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

CORE = "io.kestra.plugin.core."

CHILDREN = ("fine", "fails", "allowed")
"""Whether the tasks of the loop fail: not, at once, or where that is allowed."""
HANDLERS = ("absent", "present", "disabled", "skipped")
"""What stands in `errors` and in `finally`: nothing, a task, one that is disabled, one whose `runIf` is false."""
CONDITIONS = ("first", "second", "never")
"""The round after which the condition holds."""
MOST = (1, 3)
"""`maxIterations`."""
FAIL_ON_MAX = (None, True)
"""`failOnMaxReached`."""

Cell = tuple[str, str, str, str, int, bool | None]


def cells() -> Iterator[Cell]:
    """All cells of the product."""
    yield from product(CHILDREN, HANDLERS, HANDLERS, CONDITIONS, MOST, FAIL_ON_MAX)


def name(cell: Cell) -> str:
    """A name of a cell that can be the id of a flow."""
    return "-".join(str(each).lower() for each in cell)


def flow(cell: Cell) -> dict[str, Any]:
    """The flow of a cell, as data."""
    children, errors, last, condition, most, fail_on_max = cell
    loop: dict[str, Any] = {
        "id": "loop",
        "type": f"{CORE}flow.LoopUntil",
        "condition": {
            "first": "{{ outputs.loop.iterationCount >= 1 }}",
            "second": "{{ outputs.loop.iterationCount >= 2 }}",
            "never": "{{ false }}",
        }[condition],
        "checkFrequency": {"interval": "PT0.1S", "maxIterations": most},
    }
    if fail_on_max is not None:
        loop["failOnMaxReached"] = fail_on_max
    loop["tasks"] = [_said("one")]
    if children != "fine":
        fails: dict[str, Any] = {"id": "two", "type": f"{CORE}execution.Fail"}
        if children == "allowed":
            fails["allowFailure"] = True
        loop["tasks"] += [fails, _said("three")]
    for key, kind in (("errors", errors), ("finally", last)):
        if kind != "absent":
            loop[key] = [_said(f"in_{key}") | _KINDS[kind]]
    return {
        "id": name(cell),
        "namespace": "made",
        "tasks": [loop, _said("behind") | {"format": "{{ outputs.loop.iterationCount }}"}],
    }


_KINDS: dict[str, dict[str, Any]] = {
    "present": {},
    "disabled": {"disabled": True},
    "skipped": {"runIf": "{{ false }}"},
}


def _said(id: str) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}debug.Return", "format": "{{ task.id }}"}
