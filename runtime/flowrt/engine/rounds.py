"""Rounds of loops that have ended leave memory, where nothing will look at them any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import MAIN
from flowrt.engine.flowable import Executable, Flowable, flowable
from flowrt.model.states import SKIPPED, SUCCESS, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution, TaskRun

_DONE = frozenset({SUCCESS, WARNING, SKIPPED})
MANY = 500
"""How many are collected before they leave."""


class Rounds:
    """Those that have ended since the last ones left."""

    def __init__(self) -> None:
        self._ended: set[TaskRun] = set()

    def add(self, run: TaskRun) -> None:
        """A run has changed: perhaps it has ended."""
        if run.iteration and not run.outputs and run.state in _DONE and _in_loops(run):
            self._ended.add(run)

    def many(self) -> bool:
        """Whether it is time that they leave."""
        return len(self._ended) >= MANY

    def put_away(self, keep: Callable[[Execution, list[TaskRun]], None]) -> None:
        """Let them leave: `keep` gets those of each execution, in the order of their making."""
        ended, self._ended = self._ended, set()
        for frame in {run.owner for run in ended}:
            frame.put_away(ended)
        of: dict[Execution, list[TaskRun]] = {}
        for run in sorted(ended, key=lambda run: run.index):
            of.setdefault(run.execution, []).append(run)
        for execution, runs in of.items():
            keep(execution, runs)
            execution.put_away(set(runs))


def _in_loops(run: TaskRun) -> bool:
    """Whether a run is a leaf of a loop, and nothing around it will look at it or take it out again.

    The first round stays: it holds the place of the task in the variable `outputs`.
    """
    parent = run.parent
    if isinstance(run.task, (Flowable, Executable)) or parent is None:
        return False
    if not flowable(parent.task).is_loop:
        return False
    at: TaskRun | None = run
    while at is not None:
        if at.role != MAIN or (isinstance(at.task, Flowable) and at.task.starts_over):
            return False
        at = at.parent
    return True
