"""What became of a run, before it is written into the execution, and how failures read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.expr.errors import ExpressionError
from flowrt.tasks.base import TaskFailure

if TYPE_CHECKING:
    from flowrt.engine.runs import Attempt, TaskRun


class Result:
    """State, outputs and attempts of a run as they are to be; `broken` when its state could not be found out."""

    __slots__ = ("attempts", "broken", "outputs", "run", "state")

    def __init__(
        self,
        run: TaskRun,
        state: str,
        outputs: dict[str, Any] | None = None,
        attempts: list[Attempt] | None = None,
    ) -> None:
        self.run = run
        self.state = state
        self.outputs = outputs
        self.attempts = attempts
        self.broken = False


def message(error: BaseException) -> str:
    """The text of an error as a log shows it."""
    text = str(error)
    return text if text or isinstance(error, (TaskFailure, ExpressionError)) else repr(error)
