"""Members and methods of dates that expressions reach through Java reflection (``d.year``, ``d.plusDays(1)``).

A method is found by its Java name and the kinds of its arguments; ``x.name`` without parentheses also finds the
no-argument methods ``name``, ``getName``, ``isName`` and ``hasName``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.reach import out_of_reach
from flowrt.java.time.temporal import (
    DAY_NAMES,
    DAY_SECONDS,
    MONTH_NAMES,
    NANOS,
    Duration,
    Instant,
    LegacyDate,
    LocalDate,
    LocalDateTime,
    LocalTime,
    Zone,
    Zoned,
    days_in_month,
    is_leap_year,
    offset_zone,
    plus,
)
from flowrt.java.values import MISSING, EnumName, Long, java_hash

_Function = Callable[..., Any]
_Table = dict[str, list[tuple[tuple[type, ...], _Function]]]


def _day_of_week(date: LocalDate) -> EnumName:
    return EnumName(DAY_NAMES[date.day_of_week - 1], "java.time.DayOfWeek")


def _month(date: LocalDate) -> EnumName:
    return EnumName(MONTH_NAMES[date.month - 1], "java.time.Month")


_ERAS = ("BCE", "CE")


def _era(date: LocalDate) -> EnumName:
    return EnumName(_ERAS[date.year > 0], "java.time.chrono.IsoEra")


def _in_turn(constants: tuple[str, ...]) -> dict[str, Any]:
    """What a constant that stands for a month or a day of the week has: the ones before and behind it, and its number."""

    def moved(constant: EnumName, steps: int) -> EnumName:
        place = (constants.index(constant.name) + steps) % len(constants)
        return EnumName(constants[place], constant.java_class)

    return {
        "getValue": [((), lambda e: constants.index(e.name) + 1)],
        "plus": [(("Long",), moved)],
        "minus": [(("Long",), lambda e, steps: moved(e, -steps))],
    }


def _days(constant: EnumName, leap: bool) -> int:
    return days_in_month(2024 if leap else 2023, MONTH_NAMES.index(constant.name) + 1)


def _first_month(constant: EnumName) -> EnumName:
    month = MONTH_NAMES.index(constant.name)
    return EnumName(MONTH_NAMES[month - month % 3], constant.java_class)


CONSTANTS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "java.time.DayOfWeek": (tuple(DAY_NAMES), _in_turn(tuple(DAY_NAMES))),
    "java.time.Month": (
        tuple(MONTH_NAMES),
        {
            **_in_turn(tuple(MONTH_NAMES)),
            "length": [(("Boolean",), _days)],
            "maxLength": [((), lambda e: _days(e, True))],
            "minLength": [((), lambda e: _days(e, False))],
            "firstMonthOfQuarter": [((), _first_month)],
        },
    ),
    "java.time.chrono.IsoEra": (_ERAS, {"getValue": [((), lambda e: _ERAS.index(e.name))]}),
}
"""The class of an enumeration → its constants in their order, and the methods of each."""


_DATE_GETTERS: dict[str, Callable[[LocalDate], Any]] = {
    "getYear": lambda d: d.year,
    "getMonthValue": lambda d: d.month,
    "getMonth": _month,
    "getDayOfMonth": lambda d: d.day,
    "getDayOfYear": lambda d: d.day_of_year,
    "getDayOfWeek": _day_of_week,
}
_TIME_GETTERS: dict[str, Callable[[LocalTime], Any]] = {
    "getHour": lambda t: t.hour,
    "getMinute": lambda t: t.minute,
    "getSecond": lambda t: t.second,
    "getNano": lambda t: t.nano,
}
_DATE_STEPS = {"Days": "DAYS", "Weeks": "WEEKS", "Months": "MONTHS", "Years": "YEARS"}
_TIME_STEPS = {"Hours": "HOURS", "Minutes": "MINUTES", "Seconds": "SECONDS", "Nanos": "NANOS"}


def _step(unit: str, sign: int) -> _Function:
    return lambda value, amount: plus(value, sign * int(amount), unit)


def _add_steps(table: _Table, steps: dict[str, str]) -> None:
    for name, unit in steps.items():
        table["plus" + name] = [((Long,), _step(unit, 1))]
        table["minus" + name] = [((Long,), _step(unit, -1))]


def _add(table: _Table, name: str, function: _Function, *kinds: type) -> None:
    table.setdefault(name, []).append((kinds, function))


def _compare(left: Any, right: Any) -> int:
    return int(left._order() > right._order()) - int(left._order() < right._order())


def _hash(value: Any) -> int:
    code = java_hash(value)
    return code - (1 << 32) if code >> 31 else code


def _with_date(table: _Table, put: Callable[[Any, LocalDate], Any]) -> None:
    """Another year, month or day; a day beyond the end of its month is its last one."""

    def changed(date: LocalDate, year: int, month: int) -> LocalDate:
        return LocalDate(year, month, min(date.day, days_in_month(year, month)))

    def of_year(date: LocalDate, day: int) -> LocalDate:
        if not 1 <= day <= 365 + is_leap_year(date.year):
            raise RawError(f"Invalid value for DayOfYear: {day}")
        return LocalDate(date.year, 1, 1).plus_days(day - 1)

    def month_of(number: int) -> int:
        if not 1 <= number <= 12:
            raise RawError(f"Invalid value for MonthOfYear (valid values 1 - 12): {number}")
        return number

    def date_of(value: Any) -> LocalDate:
        date: LocalDate = value if isinstance(value, LocalDate) else value.date
        return date

    for name, change in (
        ("withYear", lambda d, n: changed(d, n, d.month)),
        ("withMonth", lambda d, n: changed(d, d.year, month_of(n))),
        ("withDayOfMonth", lambda d, n: LocalDate(d.year, d.month, n)),
        ("withDayOfYear", of_year),
    ):
        _add(
            table, name, lambda value, n, change=change: put(value, change(date_of(value), n)), int
        )


def _with_time(table: _Table, put: Callable[[Any, LocalTime], Any]) -> None:
    """Another hour, minute, second or fraction."""

    def time_of(value: Any) -> LocalTime:
        time: LocalTime = value if isinstance(value, LocalTime) else value.time
        return time

    for name, change in (
        ("withHour", lambda t, n: LocalTime.of(n, t.minute, t.second, t.nano)),
        ("withMinute", lambda t, n: LocalTime.of(t.hour, n, t.second, t.nano)),
        ("withSecond", lambda t, n: LocalTime.of(t.hour, t.minute, n, t.nano)),
        ("withNano", lambda t, n: LocalTime.of(t.hour, t.minute, t.second, n)),
    ):
        _add(
            table, name, lambda value, n, change=change: put(value, change(time_of(value), n)), int
        )


def _common(table: _Table, cls: type) -> None:
    _add(table, "toString", str)
    _add(table, "hashCode", _hash)
    _add(table, "equals", lambda a, b: a == b, object)
    _add(table, "compareTo", _compare, cls)
    _add(table, "isBefore", lambda a, b: bool(a._order() < b._order()), cls)
    _add(table, "isAfter", lambda a, b: bool(a._order() > b._order()), cls)
    if cls is not Instant:
        _add(table, "isEqual", lambda a, b: bool(a._order() == b._order()), cls)


def _local_date() -> _Table:
    table: _Table = {}
    _common(table, LocalDate)
    for name, get in _DATE_GETTERS.items():
        _add(table, name, get)
    _add_steps(table, _DATE_STEPS)
    _with_date(table, lambda _, date: date)
    _add(table, "getEra", _era)
    _add(
        table,
        "atTime",
        lambda d, hour, minute: LocalDateTime(d, LocalTime.of(hour, minute)),
        int,
        int,
    )
    _add(table, "isLeapYear", lambda d: is_leap_year(d.year))
    _add(table, "lengthOfMonth", lambda d: days_in_month(d.year, d.month))
    _add(table, "lengthOfYear", lambda d: 366 if is_leap_year(d.year) else 365)
    _add(table, "toEpochDay", lambda d: Long(d.epoch_day()))
    _add(table, "atStartOfDay", lambda d: LocalDateTime(d, LocalTime(0)))
    _add(table, "atTime", LocalDateTime, LocalTime)
    return table


def _local_time() -> _Table:
    table: _Table = {}
    _common(table, LocalTime)
    del table["isEqual"]
    for name, get in _TIME_GETTERS.items():
        _add(table, name, get)
    _add_steps(table, _TIME_STEPS)
    _with_time(table, lambda _, time: time)
    _add(table, "toNanoOfDay", lambda t: Long(t.nano_of_day))
    _add(table, "toSecondOfDay", lambda t: t.nano_of_day // NANOS)
    _add(table, "atDate", lambda t, d: LocalDateTime(d, t), LocalDate)
    return table


def _with_parts(table: _Table) -> None:
    for name, get_date in _DATE_GETTERS.items():
        _add(table, name, lambda value, get=get_date: get(value.date))
    for name, get_time in _TIME_GETTERS.items():
        _add(table, name, lambda value, get=get_time: get(value.time))
    _add_steps(table, _DATE_STEPS | _TIME_STEPS)
    _add(table, "plus", lambda value, amount: value.plus_nanos(amount.nanos), Duration)
    _add(table, "minus", lambda value, amount: value.plus_nanos(-amount.nanos), Duration)
    _add(table, "toLocalDate", lambda value: value.date)
    _add(table, "toLocalTime", lambda value: value.time)


def _local_date_time() -> _Table:
    table: _Table = {}
    _common(table, LocalDateTime)
    _with_parts(table)
    _with_date(table, lambda value, date: LocalDateTime(date, value.time))
    _with_time(table, lambda value, time: LocalDateTime(value.date, time))
    _add(table, "atZone", lambda value, zone: Zoned.of_local(value, zone), Zone)
    return table


def _local_again(zoned: Zoned, local: LocalDateTime) -> Zoned:
    return Zoned.of_local(local, zoned.zone, zoned.offset)


def _zoned() -> _Table:
    table: _Table = {}
    _common(table, Zoned)
    for name, compare in (
        ("isBefore", lambda a, b: a.epoch_nanos < b.epoch_nanos),
        ("isAfter", lambda a, b: a.epoch_nanos > b.epoch_nanos),
        ("isEqual", lambda a, b: a.epoch_nanos == b.epoch_nanos),
    ):
        table[name] = [((Zoned,), compare)]
    _with_parts(table)
    _with_date(table, lambda z, date: _local_again(z, LocalDateTime(date, z.time)))
    _with_time(table, lambda z, time: _local_again(z, LocalDateTime(z.date, time)))
    _add(table, "getZone", lambda z: z.zone)
    _add(table, "getOffset", lambda z: offset_zone(z.offset))
    _add(table, "withFixedOffsetZone", lambda z: Zoned(z.local, z.offset, offset_zone(z.offset)))
    _add(table, "toInstant", Zoned.to_instant)
    _add(table, "toLocalDateTime", lambda z: z.local)
    _add(table, "toEpochSecond", lambda z: Long(z.epoch_nanos // NANOS))
    _add(table, "withZoneSameInstant", Zoned.in_zone, Zone)
    _add(table, "withZoneSameLocal", lambda z, zone: Zoned.of_local(z.local, zone, z.offset), Zone)
    return table


def _instant() -> _Table:
    table: _Table = {}
    _common(table, Instant)
    _add(table, "getEpochSecond", lambda i: Long(i.epoch_second))
    _add(table, "getNano", lambda i: i.nano)
    _add(table, "toEpochMilli", lambda i: Long(i.epoch_nanos // 1_000_000))
    _add_steps(table, {"Seconds": "SECONDS", "Millis": "MILLIS", "Nanos": "NANOS"})
    _add(table, "atZone", Instant.at_zone, Zone)
    _add(table, "plus", lambda i, amount: i.plus_nanos(amount.nanos), Duration)
    _add(table, "minus", lambda i, amount: i.plus_nanos(-amount.nanos), Duration)
    return table


def _legacy_date() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
    _add(table, "hashCode", _hash)
    _add(table, "equals", lambda a, b: a == b, object)
    _add(table, "compareTo", _compare, LegacyDate)
    _add(table, "before", lambda a, b: a.epoch_millis < b.epoch_millis, LegacyDate)
    _add(table, "after", lambda a, b: a.epoch_millis > b.epoch_millis, LegacyDate)
    _add(table, "getTime", lambda d: Long(d.epoch_millis))
    _add(table, "toInstant", LegacyDate.to_instant)
    for name, get in (
        ("getYear", lambda c: c.date.year - 1900),
        ("getMonth", lambda c: c.date.month - 1),
        ("getDate", lambda c: c.date.day),
        ("getDay", lambda c: c.date.day_of_week % 7),
        ("getHours", lambda c: c.time.hour),
        ("getMinutes", lambda c: c.time.minute),
        ("getSeconds", lambda c: c.time.second),
    ):
        _add(
            table,
            name,
            lambda d, get=get: get(LocalDateTime.of_epoch_nanos(d.epoch_millis * 1_000_000)),
        )
    _add(table, "getTimezoneOffset", lambda d: 0)
    return table


def _toward_zero(value: int, unit: int) -> int:
    return abs(value) // unit * (-1 if value < 0 else 1)


def _toward_zero_by(value: int, by: int) -> int:
    if not by:
        raise RawError("Cannot divide by zero")
    return _toward_zero(value, abs(by)) * (-1 if by < 0 else 1)


def _duration() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
    _add(table, "hashCode", _hash)
    _add(table, "equals", lambda a, b: a == b, object)
    _add(table, "compareTo", _compare, Duration)
    _add(table, "isZero", lambda d: d.nanos == 0)
    _add(table, "isNegative", lambda d: d.nanos < 0)
    _add(table, "isPositive", lambda d: d.nanos > 0)
    _add(table, "getSeconds", lambda d: Long(d.seconds))
    _add(table, "getNano", lambda d: d.nanos % NANOS)
    _add(table, "toSeconds", lambda d: Long(d.seconds))
    # Java divides the floored seconds towards zero
    for name, unit in (("Days", 86400), ("Hours", 3600), ("Minutes", 60)):
        _add(table, "to" + name, lambda d, unit=unit: Long(_toward_zero(d.seconds, unit)))
    _add(table, "toMillis", lambda d: Long(_toward_zero(d.nanos, 1_000_000)))
    _add(table, "toNanos", lambda d: Long(d.nanos))
    _add(table, "toDaysPart", lambda d: Long(_toward_zero(d.seconds, 86400)))
    _add(table, "toHoursPart", lambda d: _toward_zero(d.seconds, 3600) % 24)
    _add(table, "toMinutesPart", lambda d: _toward_zero(d.seconds, 60) % 60)
    _add(table, "toSecondsPart", lambda d: d.seconds % 60)
    _add(table, "toMillisPart", lambda d: d.nanos % NANOS // 1_000_000)
    _add(table, "toNanosPart", lambda d: d.nanos % NANOS)
    _add(table, "negated", lambda d: Duration(-d.nanos))
    _add(table, "abs", lambda d: Duration(abs(d.nanos)))
    _add(table, "plus", lambda a, b: Duration(a.nanos + b.nanos), Duration)
    _add(table, "minus", lambda a, b: Duration(a.nanos - b.nanos), Duration)
    _add(table, "dividedBy", lambda d, n: Duration(_toward_zero_by(d.nanos, int(n))), Long)
    _add(table, "dividedBy", lambda a, b: Long(_toward_zero_by(a.nanos, b.nanos)), Duration)
    _add(table, "withSeconds", lambda d, n: Duration(int(n) * NANOS + d.nanos % NANOS), Long)
    _add(table, "multipliedBy", lambda d, n: Duration(d.nanos * int(n)), Long)
    for name, unit in (
        ("Days", 86400 * NANOS),
        ("Hours", 3600 * NANOS),
        ("Minutes", 60 * NANOS),
        ("Seconds", NANOS),
        ("Millis", 1_000_000),
        ("Nanos", 1),
    ):
        _add(table, "plus" + name, lambda d, n, unit=unit: Duration(d.nanos + int(n) * unit), Long)
        _add(table, "minus" + name, lambda d, n, unit=unit: Duration(d.nanos - int(n) * unit), Long)
    return table


def _of_public_class(function: _Function, result: str, name: str) -> _Function:
    """A method that regions declare themselves: their class is not public, and out of reach of reflection."""

    def call(zone: Zone) -> Any:
        if zone.is_offset:
            return function(zone)
        raise out_of_reach(f"public {result} java.time.ZoneRegion.{name}()", "java.time")

    return call


def _zone() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
    _add(table, "hashCode", _hash)
    _add(table, "getId", _of_public_class(lambda z: z.id, "java.lang.String", "getId"))
    _add(table, "equals", lambda a, b: a == b, object)
    _add(table, "normalized", lambda z: z if z.fixed is None else offset_zone(z.fixed))
    _add(table, "getTotalSeconds", lambda z: z.fixed if z.is_offset else MISSING)
    return table


_BUILDERS: dict[type, Callable[[], _Table]] = {
    LocalDate: _local_date,
    LocalTime: _local_time,
    LocalDateTime: _local_date_time,
    Zoned: _zoned,
    Instant: _instant,
    LegacyDate: _legacy_date,
    Duration: _duration,
    Zone: _zone,
}
_CONSTANTS: dict[type, dict[str, Any]] = {
    LocalDate: {"EPOCH": LocalDate(1970, 1, 1)},
    LocalTime: {
        "MIN": LocalTime(0),
        "MIDNIGHT": LocalTime(0),
        "NOON": LocalTime(DAY_SECONDS // 2 * NANOS),
        "MAX": LocalTime(DAY_SECONDS * NANOS - 1),
    },
    Instant: {"EPOCH": Instant(0)},
    Duration: {"ZERO": Duration(0)},
}
_tables: dict[type, _Table] = {}


def _table(value: Any) -> _Table | None:
    cls = type(value)
    table = _tables.get(cls)
    if table is None and cls in _BUILDERS:
        table = _tables[cls] = _BUILDERS[cls]()
    return table


def _fits(kind: type, arg: Any) -> bool:
    if kind is Long:
        # a plain int beyond 32 bit is a Java long too
        return type(arg) is Long or (type(arg) is int and not -0x80000000 <= arg <= 0x7FFFFFFF)
    if kind is int:
        return type(arg) is int and -0x80000000 <= arg <= 0x7FFFFFFF
    return isinstance(arg, kind)


def method(value: Any, name: str, args: list[Any]) -> Any:
    """The result of ``value.name(args)``; MISSING when there is no such method for these argument kinds."""
    table = _table(value)
    if table is None:
        return MISSING
    for kinds, function in table.get(name, ()):
        if len(kinds) == len(args) and all(map(_fits, kinds, args)):
            return function(value, *args)
    return MISSING


def member(value: Any, name: str) -> Any:
    """The value of ``value.name``; MISSING when there is no such member."""
    capital = name[:1].upper() + name[1:]
    for candidate in (name, "get" + capital, "is" + capital, "has" + capital):
        result = method(value, candidate, [])
        if result is MISSING and candidate == name:
            result = _CONSTANTS.get(type(value), {}).get(name, MISSING)
        if result is not MISSING:
            return result
    return MISSING
