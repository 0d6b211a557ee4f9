"""What stands below runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun


def descendants(roots: list[TaskRun]) -> set[TaskRun]:
    """The runs and everything below them."""
    found: set[TaskRun] = set()
    waiting = list(roots)
    while waiting:
        run = waiting.pop()
        found.add(run)
        if run.frame is not None:
            for runs in run.frame.runs:
                waiting.extend(runs)
    return found
