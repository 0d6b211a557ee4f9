"""Durations of policies, for engines that count seconds."""

from __future__ import annotations

from datetime import timedelta

from flowrt.java.errors import RawError
from flowrt.java.time.duration import SECOND, parse_duration

LONGEST = timedelta.max.total_seconds()


def seconds(text: object) -> float | None:
    """The seconds of a duration; None for what no engine can be told: then the runtime does with it what Kestra does."""
    if not isinstance(text, str):
        return None
    try:
        found = parse_duration(text) / SECOND
    except (RawError, ValueError):
        return None
    return found if 0 <= found < LONGEST else None
