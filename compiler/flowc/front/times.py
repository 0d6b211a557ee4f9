"""Dates, times and durations as Kestra's parser converts them while it reads a flow, to the text that the runtime reads.

Like `scalars`: to a value, or to what is wrong in Java's words; a blank text is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite

from flowrt.java.errors import RawError
from flowrt.java.time.duration import iso_duration, parse_duration

_SECONDS = re.compile(r"-?(?=\.?\d)\d*\.?\d*", re.ASCII)


def local_date(value: object) -> tuple[str | None, str | None]:
    """A date: its text, which may go on with a time, the days since 1970, or year, month and day in a list."""
    from flowrt.java.time.isoparse import parse_local_date, parse_local_date_time
    from flowrt.java.time.local import LocalDate

    if isinstance(value, str):
        text = value.strip()
        if text[10:11] == "T":
            return _parsed(text.removesuffix("Z"), lambda text: parse_local_date_time(text).date)
        return _parsed(text, parse_local_date)
    if isinstance(value, int) and not isinstance(value, bool):
        return _found(lambda: LocalDate.of_epoch_day(value))
    if isinstance(value, list):
        if not value:
            return None, None
        if len(value) != 3 or not all(_is_whole(each) for each in value):
            return None, "expected year, month and day as integers"
        return _found(lambda: LocalDate(*value))
    return None, "Expected array or string"


def local_time(value: object) -> tuple[str | None, str | None]:
    """A time of day: its text, which may begin with a date, or hour, minute, second and nanosecond in a list."""
    from flowrt.java.time.isoparse import parse_local_date_time, parse_local_time

    if isinstance(value, str):
        text = value.strip()
        if "T" in text:
            return _parsed(text, lambda text: parse_local_date_time(text).time)
        return _parsed(text, parse_local_time)
    if isinstance(value, list):
        if not value:
            return None, None
        listed = _listed_time(value)
        if listed is None:
            return None, "expected hour, minute, second and nanosecond as integers"
        return _parsed(listed, parse_local_time)
    return None, "Expected array or string"


def instant(value: object) -> tuple[str | None, str | None]:
    """A point in time: a date and time with `Z` or an offset, or the seconds since 1970."""
    from flowrt.java.time.temporal import Instant

    if isinstance(value, str):
        text = value.strip()
        if _SECONDS.fullmatch(text):
            return _found(lambda: Instant(_nanos(text)))
        return _parsed(text, _read_instant)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None, "expected a text or a number"
    return _found(lambda: Instant(_nanos(value)))


def duration(value: object) -> tuple[str | None, str | None]:
    """A duration: its text, or a number of seconds."""
    if isinstance(value, str):
        text = value.strip()
        is_iso = text.lstrip("+-")[:1] in ("P", "p")
        return _parsed(
            text, _checked if is_iso else lambda text: iso_duration(parse_duration(text))
        )
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None, "expected a text or a number"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None, "out of range of long"
    return iso_duration(_nanos(value)), None


def _parsed(text: str, parse: Callable[[str], object]) -> tuple[str | None, str | None]:
    return _found(lambda: parse(text)) if text else (None, None)


def _found(make: Callable[[], object]) -> tuple[str | None, str | None]:
    """The text of what is made, or what Java has against it."""
    try:
        return str(make()), None
    except RawError as error:
        return None, str(error)


def _read_instant(text: str) -> object:
    """What the runtime makes of such an input."""
    from flowc.front.literals import no_file
    from flowrt.inputs.conversion import convert
    from flowrt.inputs.errors import Unreadable

    try:
        return convert("DATETIME", text, id="", store_file=no_file)
    except Unreadable:
        raise RawError(f"Text '{text}' could not be parsed") from None


def _checked(text: str) -> str:
    """The text itself where it is a duration: people do not write them as Java prints them."""
    parse_duration(text)
    return text


def _nanos(number: str | float) -> int:
    from decimal import Decimal

    return int(Decimal(str(number)).scaleb(9))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _listed_time(value: list[object]) -> str | None:
    """The text of a time of two to four numbers; of those behind the hour a fraction is cut off."""
    if not 2 <= len(value) <= 4 or not _is_whole(value[0]):
        return None
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in value):
        return None
    parts = [int(each) for each in value if isinstance(each, int | float)]
    if min(parts) < 0:
        return None
    hour, minute, second, nano = (*parts, 0, 0)[:4]
    return f"{hour:02}:{minute:02}:{second:02}.{nano:09}"
