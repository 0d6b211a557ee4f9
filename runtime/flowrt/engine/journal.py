"""The seam through which everything passes that an execution must remember.

The engine calls the journal for each change; `commit` ends a step. This one forgets: an execution without a store
lives as long as its process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution, LogRecord, TaskRun


class Journal:
    """Keeps nothing. A durable journal overrides these methods."""

    durable = False

    def execution(self, execution: Execution) -> None:
        """The execution itself changed: state, labels, variables, outputs."""

    def run(self, run: TaskRun) -> None:
        """A task run was created or changed."""

    def leaf_ended(self, run: TaskRun) -> None:
        """The result of a leaf task is in the execution."""

    def removed(self, execution: Execution, runs: list[TaskRun]) -> None:
        """Task runs were taken out of the list of an execution."""

    def choice(self, run: TaskRun, name: str, value: Any) -> None:
        """The control flow read a value (loop values, a condition) that a resumed execution must see again."""

    def recall(self, run: TaskRun, name: str) -> tuple[bool, Any]:
        """Whether a choice was recorded before, and its value."""
        return False, None

    def ended_away(self, execution: Execution) -> list[tuple[str, str | None, str]]:
        """Task, value and state of the runs that are not in memory."""
        return []

    def log(self, entry: LogRecord) -> None:
        """A log record of the execution."""

    def commit(self) -> None:
        """Work is about to begin, or the process to wait: what was said since the last commit belongs together."""

    def close(self) -> None:
        """Nothing more follows."""
