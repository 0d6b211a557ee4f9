"""ISO 8601 texts as java.time parses them (``ZonedDateTime.parse``, ``LocalDate.parse``, ``Duration.parse`` …).

All functions raise RawError with Java's wording for texts that do not fit.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.java.errors import RawError
from flowrt.java.time.duration import parse_iso
from flowrt.java.time.errors import not_parsed
from flowrt.java.time.local import DAY_NANOS
from flowrt.java.time.temporal import (
    NANOS,
    Duration,
    Instant,
    LocalDate,
    LocalDateTime,
    LocalTime,
    Zoned,
    offset_zone,
    parse_offset,
    zone_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_DATE = re.compile(r"([+-]\d{4,10}|\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?", re.ASCII)
_OFFSET = re.compile(r"[Zz]|[+-]\d\d(?::\d\d(?::\d\d)?)?", re.ASCII)
_REGION = re.compile(r"\[([^\]]+)\]")
_DATE_STEPS, _TIME_STEPS = (
    [re.compile(step, re.ASCII) for step in steps]
    for steps in (
        (r"[+-]\d{4,10}|\d{4}", "-", r"\d\d", "-", r"\d\d"),
        (r"\d\d", ":", r"\d\d"),
    )
)
"""What dates and times consist of; a text is wrong where the first step begins that does not fit."""


_LONG_YEAR = re.compile(r"\d{5}", re.ASCII)


def _date_misfit(text: str) -> int:
    if _LONG_YEAR.match(text):
        return 0  # a year of more digits needs a sign
    if text[:1] in ("+", "-") and not _DATE_STEPS[0].match(text):
        return 1
    return _misfit(_DATE_STEPS, text, 0)


def _misfit(steps: list[re.Pattern[str]], text: str, at: int) -> int:
    for step in steps:
        match = step.match(text, at)
        if match is None:
            break
        at = match.end()
    return at


def _fail(text: str, index: int) -> RawError:
    return not_parsed(text, f" at index {index}")


def _end(text: str, index: int) -> None:
    if index != len(text):
        raise not_parsed(text, f", unparsed text found at index {index}")


# What a text holds is looked at when all of it is read: what is out of place is told before what does not exist.


def _date(text: str) -> tuple[tuple[int, int, int], int]:
    match = _DATE.match(text)
    if match is None:
        raise _fail(text, _date_misfit(text))
    year, month, day = match.groups()
    if (year[0] == "+" and len(year) == 5) or year == "-0000":
        raise _fail(text, 0)
    return (int(year), int(month), int(day)), match.end()


def _time(text: str, index: int) -> tuple[tuple[int, int, int, int], int]:
    match = _TIME.match(text, index)
    if match is None:
        raise _fail(text, _misfit(_TIME_STEPS, text, index))
    hour, minute, second, fraction = match.groups()
    nanos = int((fraction or "").ljust(9, "0"))
    return (int(hour), int(minute), int(second or 0), nanos), match.end()


def _date_time(text: str) -> tuple[Callable[[], LocalDateTime], int]:
    date, index = _date(text)
    if text[index : index + 1] not in ("T", "t"):
        raise _fail(text, index)
    time, index = _time(text, index + 1)

    def resolved() -> LocalDateTime:
        day = _resolved(text, LocalDate, *date)
        return LocalDateTime(day, _resolved(text, LocalTime.of, *time))

    return resolved, index


def _resolved(text: str, make: Callable[..., Any], *fields: int) -> Any:
    try:
        return make(*fields)
    except RawError as error:
        raise not_parsed(text, f": {error}") from None


def parse_local_date(text: str) -> LocalDate:
    date, index = _date(text)
    _end(text, index)
    found: LocalDate = _resolved(text, LocalDate, *date)
    return found


def parse_local_time(text: str) -> LocalTime:
    time, index = _time(text, 0)
    _end(text, index)
    found: LocalTime = _resolved(text, LocalTime.of, *time)
    return found


def parse_local_date_time(text: str) -> LocalDateTime:
    resolved, index = _date_time(text)
    _end(text, index)
    return resolved()


def _plain_zoned(text: str) -> Zoned | None:
    """A date-time of the usual form (`2024-03-05T06:08:09.5+01:00`), read by the reader of Python; None for others."""
    if not _USUAL.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text[:19])
    except ValueError:
        return None
    if text[-1] == "Z":
        offset, end = 0, -1
    else:
        hours, minutes = int(text[-5:-3]), int(text[-2:])
        if hours > 17 or minutes > 59:
            return None
        offset, end = (hours * 60 + minutes) * 60, -6
        if text[-6] == "-":
            offset = -offset
    nanos = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * NANOS
    if len(text) + end > 20:
        nanos += int(text[20:end].ljust(9, "0"))
    date = LocalDate.known(moment.year, moment.month, moment.day)
    return Zoned(LocalDateTime(date, LocalTime(nanos)), offset, offset_zone(offset))


_USUAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def parse_zoned(text: str) -> Zoned:
    """A date-time with offset, optionally followed by ``[zone]``; with both, the offset fixes the instant."""
    usual = _plain_zoned(text)
    if usual is not None:
        return usual
    resolved, index = _date_time(text)
    match = _OFFSET.match(text, index)
    if match is None:
        raise _fail(text, index)
    index = match.end()
    region = _REGION.match(text, index)
    _end(text, index if region is None else region.end())
    zone = None
    if region is not None:
        try:
            zone = zone_of(region.group(1))
        except RawError:
            raise _fail(text, index + 1) from None
    local = resolved()
    try:
        offset = parse_offset(match.group().upper())
    except RawError:
        raise not_parsed(text, ": Zone offset not in valid range: -18:00 to +18:00") from None
    if zone is None:
        return Zoned(local, offset, offset_zone(offset))
    return Zoned.of_instant(local.epoch_nanos() - offset * NANOS, zone)


def parse_instant(text: str) -> Instant:
    """``Instant.parse``: a date-time with seconds, and ``Z`` or an offset with minutes.

    The end of a day (``T24:00:00``) is the beginning of the next, a leap second is the second before it.
    """
    usual = _plain_zoned(text)
    if usual is not None:
        return usual.to_instant()
    date, index = _date(text)
    if text[index : index + 1] not in ("T", "t"):
        raise _fail(text, index)
    (hour, minute, second, nanos), at = _time(text, index + 1)
    if at == index + len("T00:00"):
        raise _fail(text, at)
    match = _OFFSET.match(text, at)
    if match is None or len(match.group()) == len("+00"):
        raise _fail(text, at)
    _end(text, match.end())
    days = hour == 24 and not (minute or second or nanos)
    leap = (hour, minute, second) == (23, 59, 60)
    away = [int(part) for part in match.group()[1:].split(":") if part]
    if any(part > most for part, most in zip(away, (23, 59, 59), strict=False)):
        raise not_parsed(text, ": Value out of range: Hour[0-23], Minute[0-59], Second[0-59]")
    try:
        day = LocalDate(*date)
        time = LocalTime.of(0 if days else hour, minute, second - leap, nanos)
        offset = parse_offset(match.group().upper())
    except RawError:
        raise _fail(text, 0) from None  # it is blamed on the beginning
    at_utc = LocalDateTime(day, time).epoch_nanos() - offset * NANOS
    return Instant(at_utc + days * DAY_NANOS)


def parse_duration(text: str) -> Duration:
    """Days, hours, minutes and seconds, each with its own sign (``P1DT-2H``); no weeks, months or years."""
    return Duration(parse_iso(text))
