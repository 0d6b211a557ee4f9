"""Values on their way from one process to another, as plain JSON.

JSON has no form for NaN and the infinities, and a number loses the zeros at its end. So these go as a map with one entry,
whose key says what it is; a map of the flow that looks so goes inside of one.
"""

from __future__ import annotations

from json import dumps
from math import isfinite
from typing import Any

from flowrt.engine.document import jsonable

DECIMAL, DOUBLE, MAP = "$decimal", "$double", "$map"
_MARKS = frozenset({DECIMAL, DOUBLE, MAP})


def packed(value: Any) -> Any:
    """A value as JSON from which `unpacked` makes it again; dates and the like become text."""
    if isinstance(value, float) and not isfinite(value):
        return {DOUBLE: dumps(value)}
    if isinstance(value, dict):
        found = {str(key): packed(item) for key, item in value.items()}
        return {MAP: found} if _is_marked(found) else found
    if isinstance(value, (list, tuple)):
        return [packed(item) for item in value]
    if type(value).__name__ == "Decimal":
        return {DECIMAL: str(value)}
    return jsonable(value)


def unpacked(value: Any) -> Any:
    """The inverse of `packed`."""
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if not _is_marked(value):
        return {key: unpacked(item) for key, item in value.items()}
    [(mark, told)] = value.items()
    if mark == DOUBLE:
        return float(told)
    if mark == DECIMAL:
        from decimal import Decimal

        return Decimal(told)
    return {key: unpacked(item) for key, item in told.items()}


def _is_marked(found: dict[str, Any]) -> bool:
    return len(found) == 1 and not _MARKS.isdisjoint(found)


def plain(value: Any) -> Any:
    """A value as any reader of JSON takes it: NaN and the infinities are texts, as Jackson writes them."""
    found = jsonable(value)
    if isinstance(found, float) and not isfinite(found):
        return dumps(found)
    if isinstance(found, dict):
        return {key: plain(item) for key, item in found.items()}
    if isinstance(found, list):
        return [plain(item) for item in found]
    return found
