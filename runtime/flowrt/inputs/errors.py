"""Why the values of a start are refused; in Kestra's words where Kestra has some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import Refusal

if TYPE_CHECKING:
    from flowrt.inputs.declaration import Input


class InputError(Refusal):
    """The inputs are refused: a line for each violation, in the engine's words.

    `unreadable` is the input whose `value`, or default, cannot be read as its type: the engine's words then name neither.
    """

    about_inputs = True

    def __init__(self, message: str, unreadable: Input | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.unreadable = unreadable
        self.value = value


class Invalid(Exception):
    """A value does not fit; the message is reported together with the name of the input or output."""


class Unreadable(Exception):
    """A text cannot be read as its type; reported as a block of its own, without a name."""

    def __init__(self, cause: str) -> None:
        super().__init__(f" errors:\n```\n{cause}\n```")
