"""How much time and memory an expression may take: what the heap and a patient user are to the engine.

Both are configurable: FLOWRT_EXPRESSION_MEMORY in megabytes (256), FLOWRT_EXPRESSION_SECONDS (10). Sizes are checked before
something large is made, time inside everything that can go on for long; all of it shares one time.
"""

from __future__ import annotations

from _thread import _local
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


def too_large() -> LimitExceeded:
    """What is raised for values that are too large."""
    return LimitExceeded(f"FX101: the expression needs more than {megabytes():g} MB ({MEMORY})")


class _Evaluation(_local):
    """When this thread's expression must end: 0.0 before anybody asked, None between expressions."""

    end: float | None = None


_evaluation = _Evaluation()


def begin() -> None:
    """An expression begins, in this thread."""
    _evaluation.end = 0.0


def end() -> None:
    """It has ended."""
    _evaluation.end = None


class Clock:
    """The time that the expression has left; outside of one it runs from when it is made."""

    __slots__ = ("_steps", "end")

    def __init__(self) -> None:
        self.end = _evaluation.end or monotonic() + seconds()
        self._steps = 0
        if _evaluation.end == 0.0:
            _evaluation.end = self.end

    def tick(self) -> None:
        """One more step. Raises LimitExceeded when the time is over."""
        self._steps += 1
        if self._steps % _EVERY == 0:
            self.look()

    def look(self) -> None:
        """Raises LimitExceeded when the time is over."""
        if monotonic() > self.end:
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
