"""One attempt at a task run, and what its states become by the policy of its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.states import FAILED, SUCCESS, WARNING

if TYPE_CHECKING:
    from flowrt.model.task import Task

History = list[Any]
"""States and their times in nanoseconds, in turn: `[CREATED, 17…, RUNNING, 17…]`, flat to stay small."""


class Attempt:
    """One try of a task run."""

    __slots__ = ("history",)

    def __init__(self, history: History) -> None:
        self.history = history

    @property
    def state(self) -> str:
        return str(self.history[-2])

    @property
    def started(self) -> int:
        """When it began, in nanoseconds."""
        return int(self.history[1])

    @property
    def ended(self) -> int:
        """The time of its last state, in nanoseconds."""
        return int(self.history[-1])

    def end(self, state: str, when: int) -> Attempt:
        """The same attempt, one state later; unchanged when it is in that state."""
        if self.state == state:
            return self
        return Attempt([*self.history, state, when])


def soften(task: Task | None, state: str) -> str:
    """The state that `allowFailure` and `allowWarning` of a task make of one."""
    if task is None:
        return state
    if state == FAILED and task.allow_failure:
        state = WARNING
    return SUCCESS if state == WARNING and task.allow_warning else state
