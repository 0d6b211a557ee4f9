"""Numbers in texts, as Jackson converts a text to a `Double`."""

from __future__ import annotations

import re

MOST_DIGITS = 1000
DOUBLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = {"NaN": "nan", "Infinity": "inf", "INF": "inf", "-Infinity": "-inf", "-INF": "-inf"}


def double_of(text: str) -> float | None:
    """The number that a text without blanks around it is; None when it is none."""
    if text in _NOT_FINITE:
        return float(_NOT_FINITE[text])
    return float(text) if len(text) <= MOST_DIGITS and DOUBLE.fullmatch(text) else None
