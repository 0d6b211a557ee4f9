"""ISO 8601 texts as java.time parses them (``ZonedDateTime.parse``, ``LocalDate.parse``, ``Duration.parse`` …).

All functions raise RawError with Java's wording for texts that do not fit.
"""

from __future__ import annotations

import re
from datetime import datetime

from flowrt.java.errors import RawError
from flowrt.java.time.duration import parse_iso
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

_DATE = re.compile(r"([+-]\d{4,10}|\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?", re.ASCII)
_OFFSET = re.compile(r"[Zz]|[+-]\d\d(?::\d\d(?::\d\d)?)?", re.ASCII)
_REGION = re.compile(r"\[([^\]]+)\]")
_STEPS = [
    re.compile(step, re.ASCII) for step in (r"[+-]\d{4,10}|\d{4}", "-", r"\d\d", "-", r"\d\d")
]
"""What a date consists of; a text is wrong where the first step begins that does not fit."""


_LONG_YEAR = re.compile(r"\d{5}", re.ASCII)


def _date_misfit(text: str) -> int:
    if _LONG_YEAR.match(text):
        return 0  # a year of more digits needs a sign
    at = 0
    if text[:1] in ("+", "-") and not _STEPS[0].match(text):
        return 1
    for step in _STEPS:
        match = step.match(text, at)
        if match is None:
            break
        at = match.end()
    return at


def _fail(text: str, index: int) -> RawError:
    return RawError(f"Text '{text}' could not be parsed at index {index}")


def _end(text: str, index: int) -> None:
    if index != len(text):
        raise RawError(f"Text '{text}' could not be parsed, unparsed text found at index {index}")


def _date(text: str) -> tuple[LocalDate, int]:
    match = _DATE.match(text)
    if match is None:
        raise _fail(text, _date_misfit(text))
    year, month, day = match.groups()
    if year[0] == "+" and len(year) == 5:
        raise _fail(text, 0)
    try:
        return LocalDate(int(year), int(month), int(day)), match.end()
    except RawError as error:
        raise RawError(f"Text '{text}' could not be parsed: {error}") from None


def _time(text: str, index: int) -> tuple[LocalTime, int]:
    match = _TIME.match(text, index)
    if match is None:
        raise _fail(text, index)
    hour, minute, second, fraction = match.groups()
    try:
        time = LocalTime.of(
            int(hour), int(minute), int(second or 0), int((fraction or "").ljust(9, "0"))
        )
    except RawError as error:
        raise RawError(f"Text '{text}' could not be parsed: {error}") from None
    return time, match.end()


def _date_time(text: str) -> tuple[LocalDateTime, int]:
    date, index = _date(text)
    if text[index : index + 1] not in ("T", "t"):
        raise _fail(text, index)
    time, index = _time(text, index + 1)
    return LocalDateTime(date, time), index


def parse_local_date(text: str) -> LocalDate:
    date, index = _date(text)
    _end(text, index)
    return date


def parse_local_time(text: str) -> LocalTime:
    time, index = _time(text, 0)
    _end(text, index)
    return time


def parse_local_date_time(text: str) -> LocalDateTime:
    local, index = _date_time(text)
    _end(text, index)
    return local


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
    local, index = _date_time(text)
    match = _OFFSET.match(text, index)
    if match is None:
        raise _fail(text, index)
    try:
        offset = parse_offset(match.group().upper())
    except RawError:
        raise RawError(
            f"Text '{text}' could not be parsed: Zone offset not in valid range: -18:00 to +18:00"
        ) from None
    index = match.end()
    region = _REGION.match(text, index)
    if region is None:
        _end(text, index)
        return Zoned(local, offset, offset_zone(offset))
    _end(text, region.end())
    try:
        zone = zone_of(region.group(1))
    except RawError:
        raise _fail(text, index + 1) from None
    return Zoned.of_instant(local.epoch_nanos() - offset * NANOS, zone)


def parse_instant(text: str) -> Instant:
    """A date-time with ``Z`` or an offset."""
    return parse_zoned(text).to_instant()


def parse_duration(text: str) -> Duration:
    """Days, hours, minutes and seconds, each with its own sign (``P1DT-2H``); no weeks, months or years."""
    return Duration(parse_iso(text))
