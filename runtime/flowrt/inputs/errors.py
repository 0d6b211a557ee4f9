"""Why a start, or a value of it, is refused; in Kestra's words where Kestra has some."""

from __future__ import annotations


class Refusal(Exception):
    """An execution is not started, resumed, restarted …: nothing has changed, and the text says why."""

    about_inputs = False


class InputError(Refusal):
    """The inputs are refused; the text names the input and the cause, a line for each violation."""

    about_inputs = True


class OutputError(ValueError):
    """A flow output cannot be converted to its type."""


class Invalid(Exception):
    """A value does not fit; the message is reported together with the name of the input or output."""


class Unreadable(Exception):
    """A text cannot be read as its type; reported as a block of its own, without a name."""

    def __init__(self, cause: str) -> None:
        super().__init__(f" errors:\n```\n{cause}\n```")
