"""Why a value is refused, in Kestra's words."""

from __future__ import annotations


class InputError(ValueError):
    """The inputs of a start are refused; the text names the input and the cause, a line for each violation."""


class OutputError(ValueError):
    """A flow output cannot be converted to its type."""


class Invalid(Exception):
    """A value does not fit; the message is reported together with the name of the input or output."""


class Unreadable(Exception):
    """A text cannot be read as its type; reported as a block of its own, without a name."""

    def __init__(self, cause: str) -> None:
        super().__init__(f" errors:\n```\n{cause}\n```")
