"""The task runs of an execution by task and value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrt.model.task import Task


class Indexed(Protocol):
    """A task run, as far as its state by name goes."""

    task: Task
    value: str | None
    state: str

    def state_at(self, when: int) -> str | None: ...


class RunIndex:
    """The runs of an execution by task and value, each list in the order of their making."""

    __slots__ = ("_runs", "_seen", "tasks")

    def __init__(self, runs: Sequence[Indexed]) -> None:
        self._runs = runs
        self._seen = 0
        self.tasks: dict[str, dict[str | None, list[Indexed]]] = {}

    def update(self) -> RunIndex:
        """Take in the runs that have come since the last time."""
        for run in self._runs[self._seen :]:
            self.tasks.setdefault(run.task.id, {}).setdefault(run.value, []).append(run)
        self._seen = len(self._runs)
        return self

    def stale(self) -> None:
        """Runs were taken out: begin anew."""
        self._seen = 0
        self.tasks = {}
