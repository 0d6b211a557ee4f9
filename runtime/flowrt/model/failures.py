"""How tasks fail, what else they may answer; how starts and programs fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class Refusal(Exception):
    """An execution is not started, resumed, restarted …: nothing has changed, and the text says why. Exit code 2."""

    about_inputs = False


class UsageError(Exception):
    """A command line is wrong; the text says how, and what to do instead. Exit code 2."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for the closest of the known words, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


class ProgramError(Exception):
    """What a program stands on cannot be used, such as its store. The text says why; the program ends with exit code 1."""


class Outcome:
    """What a task returns when its outputs decide the final state (WARNING, for example)."""

    __slots__ = ("outputs", "state")

    def __init__(self, outputs: dict[str, Any] | None, state: str) -> None:
        self.outputs = outputs
        self.state = state


NO_VALUE = "No value present"
"""What the engine says when a required property renders to nothing."""


def required(value: Any) -> Any:
    """A rendered property that must be there. Raises TaskFailure when it is not."""
    if value is None:
        raise TaskFailure(NO_VALUE)
    return value


def reason(error: BaseException) -> str:
    """Why something failed, in words for whoever runs a flow: those of an error, unless they speak of Python.

    Errors that Python itself raises name types, methods and error numbers. Errors of this project and of libraries have
    words of their own, which stay.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not part of a text in {error.encoding}"
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[error.start]!r} cannot be written in {error.encoding}"
    if type(error) is KeyError and error.args:
        return f"`{error.args[0]}` is missing"
    spoken = _WORDS.get(type(error))
    return spoken or str(error) or _SILENT.get(type(error)) or type(error).__name__


_WORDS: dict[type[BaseException], str] = {
    IndexError: "there are fewer entries than needed",
    TypeError: "a value is of another kind than needed",
    AttributeError: "a value is of another kind than needed",
    OverflowError: "a number is too large",
    ZeroDivisionError: "a number is divided by zero",
    RecursionError: "something is nested too deeply",
}
"""What is said in place of what Python says."""
_SILENT: dict[type[BaseException], str] = {
    MemoryError: "the memory is used up",
    EOFError: "it ended too early",
    TimeoutError: "it took too long",
}
"""What is said when Python says nothing."""

_FAULTS = (KeyError, IndexError, TypeError, AttributeError, NameError, AssertionError)
"""What code raises that met what it was not made for."""


def unforeseen(error: BaseException) -> str | None:
    """The message of an error that nobody foresaw, with its place in the code; None for one with words for users."""
    if type(error) not in _FAULTS:
        return None
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        place = f" ({'/'.join(file.split('/')[-3:])}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"Something is not as this task expects it: {reason(error)}{place}"
