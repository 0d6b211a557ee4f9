"""Durations as they are written in a flow."""

from __future__ import annotations

import re

from flowrt.java.errors import RawError
from flowrt.java.time.duration import SECOND, parse_duration


def seconds(value: object) -> float | None:
    """The length of an ISO duration or a number of seconds, read as it is read at run time; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value) / SECOND
    except RawError:
        return None


_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*,?(?:and\b)?", re.I)
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "S"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "M"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "H"),
    **dict.fromkeys(("d", "day", "days"), "D"),
}


def as_iso(text: str) -> str | None:
    """The ISO form of a duration that is written as people do: `10s` is `PT10S`, `1 day 2h` `P1DT2H`; None for others."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text.rstrip()):
        part = _PART.match(text, at)
        unit = _UNITS.get(part[2].lower()) if part else None
        if part is None or unit is None or unit in found or ("." in part[1] and unit != "S"):
            return None
        found[unit] = part[1]
        at = part.end()
    days = f"{found['D']}D" if "D" in found else ""
    time = "".join(f"{found[unit]}{unit}" for unit in "HMS" if unit in found)
    return f"P{days}{'T' if time else ''}{time}" if found else None
