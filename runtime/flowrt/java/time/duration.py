"""Texts of durations, as `java.time.Duration` and Jackson read and write them; the lengths are nanoseconds."""

from __future__ import annotations

import re

from flowrt.java.errors import RawError

SECOND = 1_000_000_000
"""Nanoseconds."""

_LONGEST = 2**63
_ISO = re.compile(
    r"([+-]?)P(?:([+-]?\d{1,99})D)?"
    r"(T(?:([+-]?\d{1,99})H)?(?:([+-]?\d{1,99})M)?(?:([+-]?\d{1,99})(?:[.,](\d{0,9}))?S)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?(?=\.?\d)(\d{0,99})(?:\.(\d*))?", re.ASCII)
_BLANKS = "".join(map(chr, range(33)))


def parse_iso(text: str) -> int:
    """`Duration.parse`: days, hours, minutes and seconds, each with its own sign (`P1DT-2H`); no weeks, months, years.

    Raises RawError for any other text.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise _no_duration()
    sign, days, times, hours, minutes, seconds, fraction = match.groups()
    if (days is None and times is None) or (times is not None and len(times) == 1):
        raise _no_duration()
    total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60
    total += int(seconds or 0)
    if not -_LONGEST <= total < _LONGEST:
        raise _no_duration()
    nanos = total * SECOND
    if fraction:
        part = int(fraction.ljust(9, "0"))
        nanos += -part if seconds.startswith("-") else part
    return -nanos if sign == "-" else nanos


def parse_duration(text: str) -> int:
    """A duration of a flow: an ISO text or a number of seconds, blanks around it do not count.

    Raises RawError for any other text.
    """
    stripped = text.strip(_BLANKS)
    number = _NUMBER.fullmatch(stripped)
    if number is None:
        return parse_iso(stripped)
    nanos = int(number[1] or 0) * SECOND + int((number[2] or "")[:9].ljust(9, "0"))
    return -nanos if stripped[0] == "-" else nanos


def _no_duration() -> RawError:
    return RawError(
        "Text cannot be parsed to a Duration", "java.time.format.DateTimeParseException"
    )


def iso_duration(nanos: int) -> str:
    """The ISO text of a duration, as Java prints it: hours are the largest unit."""
    if nanos == 0:
        return "PT0S"
    # Java truncates towards zero once the fraction is taken off the seconds
    whole, fraction = divmod(nanos, SECOND)
    effective = whole + 1 if whole < 0 and fraction > 0 else whole
    size = abs(effective)
    sign = "-" if effective < 0 else ""
    hours, rest = divmod(size, 3600)
    minutes, seconds = divmod(rest, 60)
    text = "PT"
    if hours:
        text += f"{sign}{hours}H"
    if minutes:
        text += f"{sign}{minutes}M"
    if seconds or fraction:
        shown = SECOND - fraction if whole < 0 and fraction else fraction
        tail = f".{shown:09d}".rstrip("0") if fraction else ""
        text += f"{'-' if nanos < 0 else ''}{seconds}{tail}S"
    return text


def clock_text(nanos: int) -> str:
    """`HH:mm:ss.SSS`, as in the message of a timeout."""
    millis = nanos // 1_000_000
    seconds, millis = divmod(millis, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{millis:03d}"
