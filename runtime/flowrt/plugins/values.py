"""Values of Python's libraries as values of the engine: what a database or a file format gives, as rows hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.time.local import DAY_SECONDS, LocalDate, LocalDateTime, LocalTime
from flowrt.java.time.temporal import Instant, Zone, Zoned, offset_zone, zone_of
from flowrt.java.values import ByteArray
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

_PLAIN = frozenset((str, int, float, bool, type(None)))


def host_zone() -> str:
    """The name of the machine's time zone: that of `TZ`, of the system's link, or UTC."""
    import os

    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        _, found, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
        name = name if found else "UTC"
    try:
        zone_of(name)
    except Exception:
        return "UTC"
    return name


def local_date(value: datetime.date) -> LocalDate:
    """A date."""
    return LocalDate(value.year, value.month, value.day)


def local_time(value: datetime.time | datetime.datetime) -> LocalTime:
    """A time of the day; its offset is dropped."""
    return LocalTime.of(value.hour, value.minute, value.second, value.microsecond * 1000)


def local_date_time(value: datetime.datetime) -> LocalDateTime:
    """The date and time that a date-time shows, whatever its offset."""
    return LocalDateTime(local_date(value), local_time(value))


def zoned(value: datetime.datetime, zone: Zone | None = None) -> Zoned:
    """A date-time with its own offset; one without is seen in `zone`, or in UTC."""
    offset = value.utcoffset()
    local = local_date_time(value)
    if offset is None:
        return Zoned.of_local(local, zone or offset_zone(0))
    return Zoned.of_local(local, offset_zone(int(offset.total_seconds())))


def instant(value: datetime.datetime) -> Instant:
    """A date-time as a point on the time line; one without an offset is in UTC."""
    return zoned(value).to_instant()


def iso_period(value: datetime.timedelta) -> str:
    """A span as ISO text: `P1DT2H3M4.5S`."""
    micros = (value.days * DAY_SECONDS + value.seconds) * 1_000_000 + value.microseconds
    seconds, fraction = divmod(abs(micros), 1_000_000)
    days, rest = divmod(seconds, DAY_SECONDS)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    part = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{'-' if micros < 0 else ''}P{days}DT{hours}H{minutes}M{rest}{part}S"


def engine_value(value: Any, moment: Callable[[datetime.datetime], Any] | None = None) -> Any:
    """A value of a library as a value of the engine, at every depth; `moment` says what a date-time becomes.

    Without it a date-time with an offset is an instant, one without stays local.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    import datetime
    from decimal import Decimal

    if isinstance(value, Decimal):
        return value if value.is_finite() else float(value)
    if isinstance(value, datetime.datetime):
        if moment is not None:
            return moment(value)
        return local_date_time(value) if value.utcoffset() is None else instant(value)
    if isinstance(value, datetime.date):
        return local_date(value)
    if isinstance(value, datetime.time):
        return local_time(value)
    if isinstance(value, datetime.timedelta):
        return iso_period(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ByteArray(bytes(value))
    if isinstance(value, dict):
        return {_name(key): engine_value(item, moment) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [engine_value(item, moment) for item in value]
    if isinstance(value, (bool, int, float, str)):  # subclasses that libraries make
        for plain in (bool, int, float, str):
            if isinstance(value, plain):
                return plain(value)
    return str(value)


def _name(key: Any) -> str:
    from flowrt.java.printing import text_of

    return key if type(key) is str else text_of(engine_value(key))


def nanos_of_epoch(value: Any) -> int | None:
    """The nanoseconds since 1970 of an instant, a zoned date-time, or a local one in UTC; None for other values."""
    if isinstance(value, Instant):
        return value.epoch_nanos
    if isinstance(value, Zoned):
        return value.epoch_nanos
    if isinstance(value, LocalDateTime):
        return value.epoch_nanos()
    return None


def epoch_millis(value: Any) -> int:
    """The milliseconds since 1970 of a moment, or those that a number says. Raises TaskFailure for anything else."""
    from flowrt.java.values import class_name

    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    nanos = _nanos_of(value) if isinstance(value, str) else nanos_of_epoch(value)
    if nanos is None:
        raise TaskFailure(f"Invalid type of timestamp with type 'class {class_name(value)}'")
    return nanos // 1_000_000


def moment(text: str) -> datetime.datetime:
    """The moment that a text names, with its offset; in UTC, to the microsecond. Raises TaskFailure for another text."""
    return utc(_nanos_of(text))


def utc(nanos: int) -> datetime.datetime:
    """The moment of so many nanoseconds since 1970, to the microsecond."""
    from datetime import UTC, datetime, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanos // 1000)


def _nanos_of(text: str) -> int:
    from flowrt.java.errors import RawError
    from flowrt.java.time.isoparse import parse_zoned

    try:
        return parse_zoned(text).epoch_nanos
    except RawError as error:
        raise TaskFailure(str(error)) from None
