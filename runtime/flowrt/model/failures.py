"""How tasks fail, and what else they may answer."""

from __future__ import annotations

from typing import Any


class TaskFailure(Exception):
    """A task failed; `outputs` are kept on the failed run (exit code and variables of a script).

    `logged=True` when the message stands in the log already. When the failure has a cause (`raise … from error`), the
    log gets a second ERROR record with the messages of the chain of causes, one a line, as Kestra writes it.
    `checked` names the Java class of a failure that Kestra wraps when the task has a timeout.
    """

    checked: str | None = None

    def __init__(
        self, message: str, outputs: dict[str, Any] | None = None, logged: bool = False
    ) -> None:
        super().__init__(message)
        self.outputs = outputs
        self.logged = logged


class PlainFailure(TaskFailure):
    """A failure that a task declares without a class of its own."""

    checked = "java.lang.Exception"


class Outcome:
    """What a task returns when its outputs decide the final state (WARNING, for example)."""

    __slots__ = ("outputs", "state")

    def __init__(self, outputs: dict[str, Any] | None, state: str) -> None:
        self.outputs = outputs
        self.state = state


NO_VALUE = "No value present"
"""What the engine says when a required property renders to nothing."""


def misfit(kind: str, value: Any) -> TaskFailure:
    """The failure of a JSON value that is of another kind than it must be, to be raised."""
    if isinstance(value, bool):
        shown, token = "Boolean", f"VALUE_{str(value).upper()}"
    elif isinstance(value, dict):
        shown, token = "Object", "START_OBJECT"
    elif isinstance(value, list):
        shown, token = "Array", "START_ARRAY"
    else:
        shown, token = "String", "VALUE_STRING"
    return TaskFailure(
        f"Cannot deserialize value of type `{kind}` from {shown} value (token `JsonToken.{token}`)"
    )


def required(value: Any) -> Any:
    """A rendered property that must be there. Raises TaskFailure when it is not."""
    if value is None:
        raise TaskFailure(NO_VALUE)
    return value
