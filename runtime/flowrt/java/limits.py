"""How much time and memory an expression may take: what the heap and a patient user are to the engine.

Both are configurable: FLOWRT_EXPRESSION_MEMORY in megabytes (256), FLOWRT_EXPRESSION_SECONDS (10). Sizes are checked before
something large is made, time inside everything that can go on for long: at each round of a loop, at each call of a macro, and
every some steps of what walks over texts and lists. All of that shares the time of the expression that is evaluated.
"""

from __future__ import annotations

from _thread import _local
from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import Any

from flowrt.java.errors import RawError

OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
MEMORY = "FLOWRT_EXPRESSION_MEMORY"
SECONDS = "FLOWRT_EXPRESSION_SECONDS"
_ITEM = 64
"""Bytes of an element of a list, about."""
_CHARACTER = 4
_MOST_DIGITS = 4000
"""A few less than Python reads and writes of a whole number."""
_EVERY = 16
"""Steps between two looks at the clock."""


class LimitExceeded(RawError):
    """An expression would take more than it may."""

    java_class = OUT_OF_MEMORY


@cache
def megabytes() -> float:
    """The memory that one value may take."""
    return _setting(MEMORY, 256.0)


@cache
def seconds() -> float:
    """The time that a loop, a jq program or a regular expression may take."""
    return _setting(SECONDS, 10.0)


def _setting(name: str, usual: float) -> float:
    import os

    try:
        found = float(os.environ[name])
    except (KeyError, ValueError):
        return usual
    return found if found > 0 else usual


def check_items(count: int) -> None:
    """Raises LimitExceeded for more elements than a list may have."""
    if count * _ITEM > megabytes() * 1_000_000:
        raise too_large()


def check_text(characters: int) -> None:
    """Raises LimitExceeded for more characters than a text may have."""
    if characters * _CHARACTER > megabytes() * 1_000_000:
        raise too_large()


def check_digits(count: int) -> None:
    """Raises LimitExceeded for more digits than a whole number may have: it could not be shown."""
    if count > _MOST_DIGITS:
        raise too_large()


def check_places(exponent: int) -> None:
    """Raises LimitExceeded for a decimal with more zeros before or behind its point than anybody could calculate with."""
    check_items(abs(exponent) * 4)


def checked(text: str) -> str:
    """A text that a filter has made out of one that fits. Raises LimitExceeded when it has more characters than it may."""
    if len(text) > _SMALL:
        check_text(len(text))
    return text


_SMALL = 100_000
"""Characters that fit whatever the limit is."""


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


def piecewise(text: str, change: Callable[[str], str], growing: Growing | None = None) -> str:
    """A text changed sign by sign; a long one in pieces, so that what gets too large or takes too long is seen in time."""
    if len(text) <= _SMALL:
        return change(text)
    growing = growing or Growing()
    pieces = [text[at : at + _SMALL] for at in range(0, len(text), _SMALL)]
    return "".join([growing.add(change(piece)) for piece in pieces])


def is_small(text: str) -> bool:
    """Whether a text fits whatever the limit is."""
    return len(text) <= _SMALL


def too_large() -> LimitExceeded:
    """What is raised for values that would take more memory than they may."""
    return LimitExceeded(f"FX101: the expression needs more than {megabytes():g} MB ({MEMORY})")


class _Evaluation(_local):
    """The expression that this thread evaluates: when its time is over, 0.0 before anybody asked, None between expressions."""

    end: float | None = None


_evaluation = _Evaluation()


def begin() -> None:
    """An expression is evaluated from now on, in this thread."""
    _evaluation.end = 0.0


def end() -> None:
    """It is evaluated."""
    _evaluation.end = None


class Clock:
    """The time that the expression has left; outside of expressions it runs from when it is made."""

    __slots__ = ("_end", "_steps")

    def __init__(self) -> None:
        self._end = _evaluation.end or monotonic() + seconds()
        self._steps = 0
        if _evaluation.end == 0.0:
            _evaluation.end = self._end

    @property
    def left(self) -> float:
        """Seconds that are left. Raises LimitExceeded when there are none."""
        self.look()
        return self._end - monotonic()

    def tick(self) -> None:
        """One more small step. Raises LimitExceeded when the time is over, which it sees at every sixteenth."""
        self._steps += 1
        if self._steps % _EVERY == 0:
            self.look()

    def look(self) -> None:
        """Raises LimitExceeded when the time is over."""
        if monotonic() > self._end:
            raise too_slow()


def too_deep() -> LimitExceeded:
    """What is raised for values and calls inside one another without end."""
    return LimitExceeded(
        "FX103: the expression is nested too deeply", "java.lang.StackOverflowError"
    )


def check_shape(value: Any) -> None:
    """Raises LimitExceeded for lists and maps that hold one another so often that nobody could print them.

    Only a value that is nested deeply can: others are not looked at.
    """
    inner, depth = value, 0
    while inner is not None:
        depth += 1
        items = inner.values() if isinstance(inner, dict) else inner[:_SAMPLE]
        inner = next((item for item in items if isinstance(item, (list, dict))), None)
        if depth > _DEEP:
            check_items(_size(value, {}))
            return


_SAMPLE = 64
_DEEP = 24


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values there are in a value; one that stands in several places counts in each."""
    found = known.get(id(value))
    if found is None:
        items = value.values() if isinstance(value, dict) else value
        try:
            found = 1 + sum(
                _size(item, known) if isinstance(item, (list, dict)) else 1 for item in items
            )
        except RecursionError:
            raise too_deep() from None
        known[id(value)] = found
    return found


def too_slow() -> LimitExceeded:
    """What is raised when the time is over."""
    return LimitExceeded(f"FX102: the expression takes more than {seconds():g} s ({SECONDS})")
