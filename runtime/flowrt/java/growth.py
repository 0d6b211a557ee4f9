"""Texts that grow out of others: what they come to is counted while they are made, piece by piece."""

from __future__ import annotations

from collections.abc import Callable

from flowrt.java.limits import Clock, LimitExceeded, check_items, check_text

_SMALL = 100_000
"""Characters that fit whatever the limit is."""
MOST_DIGITS = 4000
"""A few less than Python reads and writes of a whole number."""


def check_digits(count: int) -> None:
    """Raises LimitExceeded for more digits than a whole number may have: it could not be shown."""
    if count > MOST_DIGITS:
        raise LimitExceeded(f"FX104: whole numbers have at most {MOST_DIGITS} digits here")


def check_places(exponent: int) -> None:
    """Raises LimitExceeded for a decimal with more zeros before or behind its point than anybody could calculate with."""
    check_items(abs(exponent) * 4)


def checked(text: str) -> str:
    """A text that a filter has made out of one that fits. Raises LimitExceeded when it has more characters than it may."""
    if len(text) > _SMALL:
        check_text(len(text))
    return text


class Growing:
    """Counts what a text that is made of parts comes to, before it is made."""

    __slots__ = ("_clock", "_size")

    def __init__(self) -> None:
        self._clock = Clock()
        self._size = 0

    def add(self, part: str) -> str:
        """One more part. Raises LimitExceeded when they are too much together, or take too long."""
        self._size += len(part)
        if self._size > _SMALL:
            check_text(self._size)
        self._clock.tick()
        return part


class Parts(list[str]):
    """The parts of a text that is being written, counted as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._growing = Growing()

    def append(self, part: str) -> None:
        """One more part. Raises LimitExceeded when they are too much together, or take too long."""
        super().append(self._growing.add(part))


def piecewise(text: str, change: Callable[[str], str], growing: Growing | None = None) -> str:
    """A text changed sign by sign; a long one in pieces, so that what gets too large or takes too long is seen in time."""
    if len(text) <= _SMALL:
        return change(text)
    growing = growing or Growing()
    pieces = [text[at : at + _SMALL] for at in range(0, len(text), _SMALL)]
    return "".join([growing.add(change(piece)) for piece in pieces])
