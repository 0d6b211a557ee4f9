"""Dates, times and durations as Jackson reads them: from a text, or from what else of JSON stands for one.

Blank texts and empty lists are none. A text that is no date or time raises RawError in the words of `java.time`, another
value `NoTime`.
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from math import inf
from typing import Any

from flowrt.formats.numbers import MOST_DIGITS
from flowrt.java.errors import RawError
from flowrt.java.narrowing import wrap
from flowrt.java.printing import text_of
from flowrt.java.time import isoparse
from flowrt.java.time.local import FIRST_DAY, LAST_DAY
from flowrt.java.time.temporal import (
    NANOS,
    Duration,
    Instant,
    LocalDate,
    LocalTime,
    Zoned,
    offset_zone,
)
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN

_BLANKS = "".join(map(chr, range(33)))
_NUMBER = re.compile(r"-?(?=\.?[0-9])[0-9]*\.?[0-9]*")
_SIGNED_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*\.?[0-9]*")
_DAY = 86_400
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class NoTime(Exception):
    """A value of JSON that stands for no date, time or duration of the kind that is wanted."""


def instant_of(value: Any) -> Instant | None:
    """A date and time with `Z` or an offset, or the seconds since 1970 (number or text)."""
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            return isoparse.parse_instant(text)
        if "." not in text and len(text) > MOST_DIGITS:
            raise NoTime
        value = Decimal(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise NoTime
    seconds, nanos = (_long(value), 0) if isinstance(value, int) else _parts(_decimal(value))
    seconds, nanos = seconds + nanos // NANOS, nanos % NANOS
    if not FIRST_DAY <= seconds // _DAY <= LAST_DAY:
        raise RawError("Instant exceeds minimum or maximum instant", "java.time.DateTimeException")
    return Instant(seconds * NANOS + nanos)


def zoned_of(value: Any) -> Zoned | None:
    """A date and time with an offset or zone, or the seconds since 1970; always told in UTC."""
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if text and not _NUMBER.fullmatch(text):
            return Zoned.of_instant(isoparse.parse_zoned(text).epoch_nanos, offset_zone(0))
    found = instant_of(value)
    return None if found is None else Zoned.of_instant(found.epoch_nanos, offset_zone(0))


def local_date_of(value: Any) -> LocalDate | None:
    """A date, behind which a time may stand; the days since 1970; or year, month and day in a list."""
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if not text:
            return None
        if text[10:11] == "T":
            return isoparse.parse_local_date_time(text.removesuffix("Z")).date
        return isoparse.parse_local_date(text)
    if type(value) is int:
        return LocalDate.of_epoch_day(_long(value))
    if not isinstance(value, list) or len(value) not in (0, 3):
        raise NoTime
    return (
        LocalDate(*(_int(each) if type(each) is int else -1 for each in value)) if value else None
    )


def local_time_of(value: Any) -> LocalTime | None:
    """A time of day, before which a date may stand; or hour, minute, second and nanosecond in a list."""
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if not text:
            return None
        if "T" in text:
            return isoparse.parse_local_date_time(text).time
        return isoparse.parse_local_time(text)
    if not isinstance(value, list) or not (not value or 2 <= len(value) <= 4):
        raise NoTime
    if not value:
        return None
    # of the numbers behind the hour a fraction is cut off
    if type(value[0]) is not int or any(type(each) not in (int, float) for each in value):
        raise NoTime
    return LocalTime.of(*(*map(_int, value), 0, 0)[:4])


def duration_of(value: Any) -> Duration | None:
    """A duration of ISO 8601 (days, hours, minutes, seconds), or seconds: a number, or a text of one."""
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if not text:
            return None
        if not _SIGNED_NUMBER.fullmatch(text):
            return isoparse.parse_duration(text)
        value = float(text)
        if value in (inf, -inf):
            raise NoTime
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoTime
    if isinstance(value, int):
        return Duration(_long(value) * NANOS)
    seconds, nanos = _parts(_decimal(value))
    # the fraction of a negative number is counted upwards
    return Duration(seconds * NANOS + (abs(nanos) if seconds < 0 else nanos))


def _long(number: int) -> int:
    return _within(number, "long", LONG_MIN, LONG_MAX)


def _int(number: float) -> int:
    return _within(number, "int", INT_MIN, INT_MAX)


def _within(number: float, kind: str, low: int, high: int) -> int:
    if low <= number <= high:
        return int(number)
    raise RawError(
        f"Numeric value ({text_of(number)}) out of range of {kind} ({low} - {high})",
        "com.fasterxml.jackson.core.exc.InputCoercionException",
    )


def _decimal(number: float | Decimal) -> Decimal:
    """The decimal that prints like a number; of one that no `double` can hold the low bits are zero."""
    exact = Decimal(str(number))
    return exact if exact.is_finite() else Decimal(0)


def _parts(seconds: Decimal) -> tuple[int, int]:
    """Whole seconds in 64 bits, and the nanoseconds besides, in 32."""
    nanos = int(seconds.scaleb(9, _EXACT))
    if not nanos:
        return 0, 0
    whole = wrap(int(seconds), 64)
    return whole, wrap(nanos - whole * NANOS, 32)
