"""Dates, times and durations as Kestra's parser converts them while it reads a flow, to the text that the runtime reads.

Like `scalars`: to a value, or to what is wrong in Java's words; a blank text is none.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from flowrt.java.errors import RawError


def local_date(value: object) -> tuple[str | None, str | None]:
    """A date: its text, which may go on with a time, the days since 1970, or year, month and day in a list."""
    from flowrt.formats.times import local_date_of

    return _read(local_date_of, value, "expected a text, days, or year, month and day in a list")


def local_time(value: object) -> tuple[str | None, str | None]:
    """A time of day: its text, which may begin with a date, or hour, minute, second and nanosecond in a list."""
    from flowrt.formats.times import local_time_of

    return _read(
        local_time_of, value, "expected a text, or hour, minute, second and nanosecond in a list"
    )


def instant(value: object) -> tuple[str | None, str | None]:
    """A point in time: a date and time with `Z` or an offset, or the seconds since 1970."""
    from flowrt.formats.times import instant_of

    return _read(instant_of, value, "expected a text or a number")


def duration(value: object) -> tuple[str | None, str | None]:
    """A duration: its text, or a number of seconds."""
    from flowrt.formats.times import duration_of

    text, problem = _read(duration_of, value, "expected a text or a number")
    if text is not None and isinstance(value, str):
        # people do not write them as Java prints them
        stripped = value.strip()
        is_iso = stripped.lstrip("+-")[:1] in ("P", "p")
        return stripped if is_iso else text, None
    return text, problem


def _read(
    reader: Callable[[object], object | None], value: object, expected: str
) -> tuple[str | None, str | None]:
    """The text of what is read, or what Java has against it."""
    from flowrt.formats.times import NoTime

    if isinstance(value, float) and not isfinite(value):
        return None, expected
    try:
        found = reader(value)
    except RawError as error:
        return None, str(error)
    except NoTime:
        return None, expected
    return (None if found is None else str(found)), None
