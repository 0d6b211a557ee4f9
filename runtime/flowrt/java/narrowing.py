"""What is left of a number in 32 or 64 bits, as Java narrows it."""

from __future__ import annotations

from typing import Any

from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN


def wrap(number: int, bits: int) -> int:
    """The low bits of a whole number, signed."""
    half = 1 << (bits - 1)
    return ((number + half) & ((1 << bits) - 1)) - half


def to_long(value: Any) -> int:
    """`Number.longValue()`: 64 bits of a whole number, the nearest bound of a floating-point one."""
    return _narrowed(value, 64, LONG_MIN, LONG_MAX)


def to_int(value: Any) -> int:
    """`Number.intValue()`: 32 bits of a whole number, the nearest bound of a floating-point one."""
    return _narrowed(value, 32, INT_MIN, INT_MAX)


def _narrowed(value: Any, bits: int, least: int, most: int) -> int:
    if not isinstance(value, float):
        return wrap(int(value), bits)
    if value != value:
        return 0
    if abs(value) == float("inf"):
        return most if value > 0 else least
    return max(least, min(most, int(value)))
