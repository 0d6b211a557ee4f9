"""The filters of dates: `date`, `dateAdd`, `timestamp…`, and the function `now`."""

from __future__ import annotations

from typing import Any

from flowrt.java.casts import NULL_POINTER, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.narrowing import to_long, wrap
from flowrt.java.time.errors import not_parsed
from flowrt.java.time.formatter import formatter
from flowrt.java.time.isoparse import parse_local_date, parse_local_date_time, parse_zoned
from flowrt.java.time.locale import DEFAULT_LOCALE, locale_of
from flowrt.java.time.temporal import (
    NANOS,
    Instant,
    LegacyDate,
    LocalDate,
    LocalDateTime,
    LocalTime,
    Zone,
    Zoned,
    plus,
    zone_of,
)
from flowrt.java.values import LONG_MAX, LONG_MIN, MISSING, Long, number_class

# What an instant can hold, in seconds, and what a number of 64 bit can.
_FARTHEST = 31_556_889_864_403_199
_NOON = 12 * 3600 * NANOS


def _text(value: Any) -> str | None:
    """An argument that has to be a text, a null or absent."""
    if value is None or value is MISSING:
        return None
    if type(value) is not str:
        raise cast_failure(value, "java.lang.String")
    return value


def _zone(name: Any) -> Zone:
    text = _text(name)
    return zone_of("UTC" if text is None else text)


def to_zoned(value: Any, zone: Zone, existing: str | None) -> Zoned:
    """The zoned date-time a value stands for; raises RawError for what is none."""
    if isinstance(value, LegacyDate):
        return value.to_instant().at_zone(zone)
    if isinstance(value, Instant):
        return value.at_zone(zone)
    if isinstance(value, LocalDateTime):
        return Zoned.of_local(value, zone)
    if isinstance(value, LocalDate):
        return Zoned.of_local(LocalDateTime(value, LocalTime(_NOON)), zone)
    if isinstance(value, Zoned):
        return value
    if number_class(value) == "Long":
        return _from_number(int(value), zone)
    if type(value) is not str:
        raise cast_failure(value, "java.lang.String")
    return _from_text(value, zone, existing)


def _from_number(number: int, zone: Zone) -> Zoned:
    digits = str(number)
    if len(digits) == 13:
        return Zoned.of_instant(number * 1_000_000, zone)
    if len(digits) == 19:
        # Java's division cuts towards zero
        sign, size = (-1, -number) if number < 0 else (1, number)
        if digits.endswith("000"):
            return Zoned.of_instant(number, zone)
        moment = Zoned.of_instant(sign * (size // 1_000_000) * 1_000_000, zone)
        micros = sign * (size % 1_000_000)
        return moment.plus_nanos(micros * 1000 - moment.time.nano)
    if abs(number) > _FARTHEST:
        raise RawError("Instant exceeds minimum or maximum instant", "java.time.DateTimeException")
    return Zoned.of_instant(number * NANOS, zone)


def _saturated(nanos: int, unit: int) -> int:
    """Units of an epoch time; the seconds of a far one are cut to what 64 bit hold."""
    seconds, rest = divmod(nanos, NANOS)
    whole = max(LONG_MIN, min(LONG_MAX, seconds * unit))
    return wrap(whole + rest * unit // NANOS, 64)


def _from_text(text: str, zone: Zone, existing: str | None) -> Zoned:
    midnight = LocalTime(0)
    if existing is not None:
        date, local, zoned = formatter(existing).parse(text)
        if zoned is not None:
            return zoned
        if local is not None:
            return Zoned.of_local(local, zone)
        if date is not None:
            return Zoned.of_local(LocalDateTime(date, midnight), zone)
        raise not_parsed(text, ": Unable to obtain LocalDate from TemporalAccessor")
    try:
        return parse_zoned(text)
    except RawError:
        try:
            return Zoned.of_local(parse_local_date_time(text), zone)
        except RawError:
            return Zoned.of_local(LocalDateTime(parse_local_date(text), midnight), zone)


def format_zoned(value: Any, format: Any, time_zone: Any, existing_format: Any, locale: Any) -> str:
    """What `date` prints."""
    pattern = "iso" if format is MISSING else _text(format)
    zone_name, existing = _text(time_zone), _text(existing_format)
    tag = _text(locale)
    names = DEFAULT_LOCALE if tag is None else locale_of(tag)
    zone = _zone(zone_name)
    moment = to_zoned(value, zone, existing)
    if tag is None and locale is not MISSING:
        raise RawError("locale", NULL_POINTER)
    if pattern is None:
        raise RawError("pattern", NULL_POINTER)
    return formatter(pattern).format(moment.in_zone(zone), names)


def date(
    value: Any,
    format: Any = MISSING,
    time_zone: Any = MISSING,
    existing_format: Any = MISSING,
    locale: Any = MISSING,
) -> Any:
    """The date as text in a format, a time zone and a locale."""
    if value is None:
        return None
    return format_zoned(value, format, time_zone, existing_format, locale)


def _amount(value: Any) -> int:
    if isinstance(value, (int, float)) and type(value) is not bool:
        return to_long(value) if abs(value) != float("inf") else 0
    if type(value).__name__ == "Decimal":
        return int(value)
    if type(value) is str:
        digits = value[1:] if value[:1] in ("+", "-") else value
        short = digits.isdigit() and digits.isascii() and len(digits) < 99
        if short and LONG_MIN <= int(value) <= LONG_MAX:
            return int(value)
        raise ExpressionError(f"{value} can't be converted to long")
    from flowrt.java.printing import text_of

    shown = text_of(None if value is MISSING else value)
    raise ExpressionError(f"Incorrect {shown} format, must be a number")


def date_add(
    value: Any,
    amount: Any = MISSING,
    unit: Any = MISSING,
    format: Any = MISSING,
    time_zone: Any = MISSING,
    existing_format: Any = MISSING,
    locale: Any = MISSING,
) -> Any:
    """The date moved by an amount of a unit (`DAYS`, `MONTHS` …), as text."""
    if value is None:
        return None
    number = _amount(amount)
    step = _text(unit)
    moment = to_zoned(value, _zone(time_zone), _text(existing_format))
    if step is None:
        raise RawError("Name is null", NULL_POINTER)
    return format_zoned(plus(moment, number, step), format, time_zone, existing_format, locale)


def _epoch_nanos(value: Any, time_zone: Any, existing_format: Any) -> int:
    return to_zoned(value, _zone(time_zone), _text(existing_format)).epoch_nanos


def timestamp(value: Any, time_zone: Any = MISSING, existing_format: Any = MISSING) -> Any:
    """Seconds since 1970."""
    if value is None:
        return None
    return Long(_epoch_nanos(value, time_zone, existing_format) // NANOS)


def timestamp_milli(value: Any, time_zone: Any = MISSING, existing_format: Any = MISSING) -> Any:
    """Milliseconds since 1970."""
    if value is None:
        return None
    return Long(_epoch_nanos(value, time_zone, existing_format) // 1_000_000)


def timestamp_micro(value: Any, time_zone: Any = MISSING, existing_format: Any = MISSING) -> Any:
    """Microseconds since 1970, as text."""
    if value is None:
        return None
    return str(_saturated(_epoch_nanos(value, time_zone, existing_format), 1_000_000))


def timestamp_nano(value: Any, time_zone: Any = MISSING, existing_format: Any = MISSING) -> Any:
    """Nanoseconds since 1970, as text."""
    if value is None:
        return None
    return str(_saturated(_epoch_nanos(value, time_zone, existing_format), NANOS))
