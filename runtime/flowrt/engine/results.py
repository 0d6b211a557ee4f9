"""What became of a run, before it is written into the execution, and how failures read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.errors import ExpressionError, RawError
from flowrt.model.failures import TaskFailure, reason, unforeseen

if TYPE_CHECKING:
    from flowrt.engine.attempt import Attempt
    from flowrt.engine.execution import TaskRun


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
    if isinstance(error, (TaskFailure, ExpressionError)):
        return str(error)
    return unforeseen(error) or reason(error)


def wordless(error: BaseException) -> bool:
    """Whether a failure has no message in Java: then a worker logs none for it."""
    return isinstance(error, RawError) and error.message == "null"


def failure_texts(error: BaseException, guarded: bool) -> tuple[str, str]:
    """What the log says of a failure of a task, and of what is behind it; `guarded` when the task has a timeout."""
    text, causes = message(error), _causes(error)
    checked = _checked(error) if guarded else None
    if checked is not None:
        # The guard of the timeout throws a failure of its own, whose cause is the task's.
        text, causes = f"{checked}: {text}", f"{text}\n{causes}".rstrip("\n")
    return text, causes


def _checked(error: BaseException) -> str | None:
    """The Java class of a failure that has to be declared; those that need not be pass a timeout unchanged."""
    if isinstance(error, TaskFailure):
        return error.checked
    if isinstance(error, FileNotFoundError):
        return "java.io.FileNotFoundException"
    if isinstance(error, ExpressionError) and not isinstance(error, RawError):
        return "io.kestra.core.exceptions.IllegalVariableEvaluationException"
    return None


def _causes(error: BaseException) -> str:
    """The messages of the errors behind a failure of a task, one a line."""
    if isinstance(error, RawError):
        return error.cause
    texts = []
    cause = error.__cause__ if isinstance(error, TaskFailure) else None
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__
    return "\n".join(texts)
