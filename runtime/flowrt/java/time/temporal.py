"""Dates, times, zones and durations as the engine's expressions see them (the classes of java.time).

Every class is immutable, compares by value with its own class only, orders as Java's ``compareTo`` does, and
prints with ``str()`` as Java's ``toString``.  Precision is one nanosecond.  The time-zone database is looked up
through :mod:`zoneinfo`, imported when the first region is used.
"""

from __future__ import annotations

from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.time.duration import iso_duration
from flowrt.java.time.local import DAY_NAMES as DAY_NAMES
from flowrt.java.time.local import DAY_SECONDS as DAY_SECONDS
from flowrt.java.time.local import MONTH_NAMES as MONTH_NAMES
from flowrt.java.time.local import NANOS as NANOS
from flowrt.java.time.local import LocalDate as LocalDate
from flowrt.java.time.local import LocalDateTime as LocalDateTime
from flowrt.java.time.local import LocalTime as LocalTime
from flowrt.java.time.local import TemporalValue as TemporalValue
from flowrt.java.time.local import check_long, long_hash
from flowrt.java.time.local import days_in_month as days_in_month
from flowrt.java.time.local import fraction_text as fraction_text
from flowrt.java.time.local import is_leap_year as is_leap_year
from flowrt.java.values import JavaObject, java_hash


class Instant(TemporalValue):
    """A point on the time line."""

    __slots__ = ("epoch_nanos",)
    java_class = "java.time.Instant"

    def __init__(self, epoch_nanos: int) -> None:
        self.epoch_nanos = epoch_nanos

    @property
    def epoch_second(self) -> int:
        return self.epoch_nanos // NANOS

    @property
    def nano(self) -> int:
        return self.epoch_nanos % NANOS

    def at_zone(self, zone: Zone) -> Zoned:
        return Zoned.of_instant(self.epoch_nanos, zone)

    def plus_nanos(self, nanos: int) -> Instant:
        return Instant(self.epoch_nanos + nanos)

    def java_hash(self) -> int:
        return (long_hash(self.epoch_nanos // NANOS) + 51 * (self.epoch_nanos % NANOS)) & 0xFFFFFFFF

    def _key(self) -> int:
        return self.epoch_nanos

    def __str__(self) -> str:
        local = LocalDateTime.of_epoch_nanos(self.epoch_nanos)
        time = local.time
        return (
            f"{local.date}T{time.hour:02d}:{time.minute:02d}:{time.second:02d}"
            f"{fraction_text(time.nano)}Z"
        )


class LegacyDate(TemporalValue):
    """``java.util.Date``: an instant of millisecond precision that prints in the server's zone (UTC)."""

    __slots__ = ("epoch_millis",)
    java_class = "java.util.Date"

    def __init__(self, epoch_millis: int) -> None:
        self.epoch_millis = epoch_millis

    def to_instant(self) -> Instant:
        return Instant(self.epoch_millis * 1_000_000)

    def iso(self) -> str:
        local = LocalDateTime.of_epoch_nanos(self.epoch_millis * 1_000_000)
        time = local.time
        return (
            f"{local.date}T{time.hour:02d}:{time.minute:02d}:{time.second:02d}"
            f".{self.epoch_millis % 1000:03d}+00:00"
        )

    def json_value(self) -> str:
        return self.iso()

    def java_hash(self) -> int:
        return long_hash(self.epoch_millis) & 0xFFFFFFFF

    def _key(self) -> int:
        return self.epoch_millis

    def __str__(self) -> str:
        local = LocalDateTime.of_epoch_nanos(self.epoch_millis * 1_000_000)
        date, time = local.date, local.time
        day_name = DAY_NAMES[date.day_of_week - 1].capitalize()[:3]
        month_name = MONTH_NAMES[date.month - 1].capitalize()[:3]
        return (
            f"{day_name} {month_name} {date.day:02d} "
            f"{time.hour:02d}:{time.minute:02d}:{time.second:02d} UTC {date.year}"
        )


class Duration(TemporalValue):
    """An amount of time."""

    __slots__ = ("nanos",)
    java_class = "java.time.Duration"

    def __init__(self, nanos: int) -> None:
        self.nanos = nanos

    @property
    def seconds(self) -> int:
        return self.nanos // NANOS

    def decimal_seconds(self) -> str:
        """Seconds with nine decimals, the form durations take in data formats."""
        sign, size = ("-", -self.nanos) if self.nanos < 0 else ("", self.nanos)
        return f"{sign}{size // NANOS}.{size % NANOS:09d}" if self.nanos else "0.0"

    def json_value(self) -> Any:
        from decimal import Decimal

        return Decimal(self.decimal_seconds())

    def java_hash(self) -> int:
        return (long_hash(self.nanos // NANOS) + 51 * (self.nanos % NANOS)) & 0xFFFFFFFF

    def _key(self) -> int:
        return self.nanos

    def __str__(self) -> str:
        return iso_duration(self.nanos)


_STEADY = (315_532_800, 4_102_444_800)
"""From 1980 to 2100: clocks are changed at quarters of an hour, so that an offset holds for a whole one."""


class Zone(JavaObject):
    """A time zone: a fixed offset (``+02:00``), a prefixed one (``UTC+02:00``) or a region (``Europe/Paris``)."""

    __slots__ = ("_known", "_rules", "fixed", "id", "java_class")

    def __init__(self, id: str, fixed: int | None, rules: Any = None) -> None:
        self.id = id
        self.fixed = fixed
        self._rules = rules
        self._known: dict[int, int] = {}
        self.java_class = "java.time.ZoneOffset" if self.is_offset else "java.time.ZoneRegion"

    @property
    def rules(self) -> Any:
        """The zone as Python's dates take it."""
        import datetime

        if self.fixed is None:
            return self._rules
        return datetime.timezone(datetime.timedelta(seconds=self.fixed))

    @property
    def is_offset(self) -> bool:
        """Whether the zone is its own offset: such a zone is not printed in brackets."""
        return self.fixed is not None and (self.id == "Z" or self.id[0] in "+-")

    def offset_at(self, epoch_second: int) -> int:
        """Seconds east of Greenwich at an instant."""
        if self.fixed is not None:
            return self.fixed
        if not _STEADY[0] <= epoch_second < _STEADY[1]:
            return self._seconds(self._at(epoch_second).utcoffset())
        quarter = epoch_second // 900
        offset = self._known.get(quarter)
        if offset is None:
            if len(self._known) >= 1000:
                self._known.clear()
            offset = self._seconds(self._at(epoch_second).utcoffset())
            self._known[quarter] = offset
        return offset

    def is_daylight(self, epoch_second: int) -> bool:
        if self.fixed is not None:
            return False
        return bool(self._at(epoch_second).dst())

    def offset_of_local(
        self, local: LocalDateTime, preferred: int | None = None
    ) -> tuple[int, LocalDateTime]:
        """The offset for a wall time, and the wall time moved out of a gap (as Java does)."""
        if self.fixed is not None:
            return self.fixed, local
        import datetime

        date, time = local.date, local.time
        year = date.year
        if year <= 1:  # before what the time-zone rules of Python can address
            return self.offset_at(local.epoch_nanos() // NANOS), local
        if year >= 9999:  # the rules repeat, so an equal year of their cycle stands for a far one
            year = 2400 + year % 400
        wall = datetime.datetime(
            year, date.month, date.day, time.hour, time.minute, time.second, tzinfo=self._rules
        )
        early = self._seconds(wall.utcoffset())
        late = self._seconds(wall.replace(fold=1).utcoffset())
        if early == late:
            return early, local
        if early > late:  # overlap: the preferred offset when it is one of the two
            return (preferred if preferred in (early, late) else early), local
        return late, local.plus_nanos((late - early) * NANOS)

    def _at(self, epoch_second: int) -> Any:
        import datetime

        # the rules of a region repeat from 2038 on, so far years are looked up in an equal year of the cycle
        moment = LocalDateTime.of_epoch_nanos(epoch_second * NANOS)
        year = moment.date.year
        if year >= 9999:
            epoch_second -= (year - 2399) // 400 * 146097 * DAY_SECONDS
        elif year <= 1:
            epoch_second = -62_000_000_000
        return (
            datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
            + datetime.timedelta(seconds=epoch_second)
        ).astimezone(self._rules)

    @staticmethod
    def _seconds(delta: Any) -> int:
        return int(delta.total_seconds()) if delta is not None else 0

    def java_text(self) -> str:
        return self.id

    def java_hash(self) -> int:
        if self.is_offset and self.fixed is not None:
            return self.fixed & 0xFFFFFFFF
        return java_hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"Zone({self.id!r})"


UTC = Zone("UTC", 0)
OFFSET_ZERO = Zone("Z", 0)


def offset_id(seconds: int) -> str:
    """``Z``, ``+02:00`` or ``+02:00:30``."""
    if seconds == 0:
        return "Z"
    size = abs(seconds)
    text = f"{'-' if seconds < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}"
    return text + (f":{size % 60:02d}" if size % 60 else "")


def offset_zone(seconds: int) -> Zone:
    return Zone(offset_id(seconds), seconds) if seconds else OFFSET_ZERO


def parse_offset(text: str) -> int:
    """Java's ``ZoneOffset.of``: ``Z``, ``+h``, ``+hh``, ``+hh:mm``, ``+hhmm``, ``+hh:mm:ss``, ``+hhmmss``."""
    if text == "Z":
        return 0
    body = text[1:]
    digits = body.replace(":", "")
    shape = {1: "9", 2: "99", 4: "9999", 5: "99:99", 6: "999999", 8: "99:99:99"}.get(len(body))
    plain = shape is not None and all(
        ("0" <= c <= "9") if s == "9" else c == ":" for c, s in zip(body, shape, strict=True)
    )
    if not plain or text[0] not in "+-":
        raise RawError(f"Invalid ID for ZoneOffset, invalid format: {text}")
    digits, total, sign = digits.zfill(2).ljust(6, "0"), 0, text[0].strip("+")
    for at, name, most in (0, "hours", 18), (2, "minutes", 59), (4, "seconds", 59):
        part = int(digits[at : at + 2])
        if part > most:
            reason = f"value {sign}{part} is not in the range -{most} to {most}"
            raise RawError(f"Zone offset {name} not in valid range: {reason}")
        total = total * 60 + part
    if total > 64800:
        raise RawError("Zone offset not in valid range: -18:00 to +18:00")
    return -total if sign else total


# Ids of the tz database that Java leaves out.
_NOT_IN_JAVA = frozenset(("EST", "MST", "HST", "ROC", "GMT+0", "GMT-0", "Factory", "localtime"))
_zones: dict[str, Zone] = {"UTC": UTC, "Z": OFFSET_ZERO}


def zone_of(text: str) -> Zone:
    """Java's ``ZoneId.of``; raises RawError for unknown ids."""
    zone = _zones.get(text)
    if zone is None:
        zone = _zones[text] = _make_zone(text)
    return zone


def _make_zone(text: str) -> Zone:
    if len(text) <= 1 or text[0] in "+-":
        return offset_zone(parse_offset(text) if text else _bad_offset(text))
    for prefix in ("UTC", "GMT", "UT"):
        if text == prefix:
            return Zone(prefix, 0)
        if text.startswith(prefix) and text[len(prefix)] in "+-":
            offset = parse_offset(text[len(prefix) :])
            return Zone(prefix + (offset_id(offset) if offset else ""), offset)
    legal = text[0].isascii() and text[0].isalpha()
    if not legal or not all(c.isascii() and (c.isalnum() or c in "~/._+-") for c in text):
        raise RawError(f"Invalid ID for region-based ZoneId, invalid format: {text}")
    if text in _NOT_IN_JAVA or text.startswith(("posix", "right/")):
        raise RawError(f"Unknown time-zone ID: {text}")
    import zoneinfo

    try:
        return Zone(text, None, zoneinfo.ZoneInfo(text))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if not zoneinfo.available_timezones():
            raise RawError(
                f"No time-zone database on this machine: cannot use the zone {text}; "
                "install the package tzdata"
            ) from None
        raise RawError(f"Unknown time-zone ID: {text}") from None


def _bad_offset(text: str) -> int:
    raise RawError(f"Invalid ID for ZoneOffset, invalid format: {text}")


class Zoned(TemporalValue):
    """A date and time in a zone."""

    __slots__ = ("local", "offset", "zone")
    java_class = "java.time.ZonedDateTime"

    def __init__(self, local: LocalDateTime, offset: int, zone: Zone) -> None:
        self.local = local
        self.offset = offset
        self.zone = zone

    @staticmethod
    def of_local(local: LocalDateTime, zone: Zone, preferred: int | None = None) -> Zoned:
        """The wall time in the zone; a time in a gap moves forward, in an overlap the earlier offset holds."""
        offset, moved = zone.offset_of_local(local, preferred)
        return Zoned(moved, offset, zone)

    @staticmethod
    def of_instant(epoch_nanos: int, zone: Zone) -> Zoned:
        offset = zone.offset_at(epoch_nanos // NANOS)
        return Zoned(LocalDateTime.of_epoch_nanos(epoch_nanos + offset * NANOS), offset, zone)

    @property
    def date(self) -> LocalDate:
        return self.local.date

    @property
    def time(self) -> LocalTime:
        return self.local.time

    @property
    def epoch_nanos(self) -> int:
        return self.local.epoch_nanos() - self.offset * NANOS

    def to_instant(self) -> Instant:
        return Instant(self.epoch_nanos)

    def in_zone(self, zone: Zone) -> Zoned:
        """The same instant in another zone."""
        if zone.fixed is not None and zone.fixed == self.offset:
            return self if zone is self.zone else Zoned(self.local, self.offset, zone)
        offset = zone.offset_at(self.epoch_nanos // NANOS)
        return Zoned(self.local.plus_nanos((offset - self.offset) * NANOS), offset, zone)

    def plus_nanos(self, nanos: int) -> Zoned:
        return Zoned.of_instant(self.epoch_nanos + nanos, self.zone)

    def plus_days(self, days: int) -> Zoned:
        return Zoned.of_local(self.local.plus_days(days), self.zone, self.offset)

    def plus_months(self, months: int) -> Zoned:
        return Zoned.of_local(self.local.plus_months(months), self.zone, self.offset)

    def iso(self) -> str:
        """Date, time and offset, without the region."""
        return f"{self.local.iso()}{offset_id(self.offset)}"

    def json_value(self) -> str:
        return self.in_zone(UTC).iso()

    def java_hash(self) -> int:
        zone = self.zone.java_hash()
        turned = (zone << 3 | zone >> 29) & 0xFFFFFFFF
        return self.local.java_hash() ^ (self.offset & 0xFFFFFFFF) ^ turned

    def _key(self) -> Any:
        return (self.local.epoch_nanos(), self.offset, self.zone.id)

    def _order(self) -> Any:
        return (self.epoch_nanos, self.local.epoch_nanos(), self.zone.id)

    def __str__(self) -> str:
        text = f"{self.local}{offset_id(self.offset)}"
        return text if self.zone.is_offset else f"{text}[{self.zone.id}]"


_NANO_UNITS = {
    "NANOS": 1,
    "MICROS": 1000,
    "MILLIS": 1_000_000,
    "SECONDS": NANOS,
    "MINUTES": 60 * NANOS,
    "HOURS": 3600 * NANOS,
    "HALF_DAYS": 12 * 3600 * NANOS,
}
_DAY_UNITS = {"DAYS": 1, "WEEKS": 7}
_MONTH_UNITS = {
    "MONTHS": 1,
    "YEARS": 12,
    "DECADES": 120,
    "CENTURIES": 1200,
    "MILLENNIA": 12000,
}


def plus(value: Any, amount: int, unit: str) -> Any:
    """``value.plus(amount, ChronoUnit.valueOf(unit))``."""
    if unit in _NANO_UNITS:
        return value.plus_nanos(amount * _NANO_UNITS[unit])
    if unit in _DAY_UNITS:
        check_long(amount * _DAY_UNITS[unit])
        return value.plus_days(amount * _DAY_UNITS[unit])
    if unit in _MONTH_UNITS:
        if unit not in ("MONTHS", "YEARS"):
            check_long(amount * _MONTH_UNITS[unit] // 12)
        return value.plus_months(amount * _MONTH_UNITS[unit])
    if unit == "ERAS" and hasattr(value, "date"):
        year = value.date.year
        era = (year > 0) + amount
        if era not in (0, 1):
            raise RawError(f"Invalid value for Era (valid values 0 - 1): {era}")
        # the year of the era stays
        return value.plus_months(12 * (1 - 2 * year)) if amount else value
    if unit in ("ERAS", "FOREVER"):
        raise RawError(f"Unsupported unit: {unit.capitalize()}")
    raise RawError(f"No enum constant java.time.temporal.ChronoUnit.{unit}")
