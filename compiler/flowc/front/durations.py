"""Durations as they are written in a flow."""

from __future__ import annotations

import re

_PARTS = re.compile(
    r"([-+]?)P(?=.)(?:([-+]?\d+)D)?(?:T(?=.)(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+(?:[.,]\d*)?)S)?)?",
    re.IGNORECASE,
)


def seconds(value: object) -> float | None:
    """The length of an ISO duration or a number of seconds; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    found = _PARTS.fullmatch(value)
    if found is None:
        try:
            return float(value)
        except ValueError:
            return None
    sign, days, hours, minutes, rest = found.groups()
    total = (
        int(days or 0) * 86400
        + int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + float((rest or "0").replace(",", "."))
    )
    return -total if sign == "-" else total
