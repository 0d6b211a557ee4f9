"""Durations as they are written in a flow."""

from __future__ import annotations

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
