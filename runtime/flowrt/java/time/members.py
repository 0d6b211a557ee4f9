"""Members and methods of dates that expressions reach through Java reflection (``d.year``, ``d.plusDays(1)``).

A method is found by its Java name and the kinds of its arguments; ``x.name`` without parentheses also finds the
no-argument methods ``name``, ``getName``, ``isName`` and ``hasName``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.java.time.temporal import (
    DAY_NAMES,
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
from flowrt.java.values import MISSING, EnumName, Long

_Function = Callable[..., Any]
_Table = dict[str, list[tuple[tuple[type, ...], _Function]]]


def _day_of_week(date: LocalDate) -> EnumName:
    return EnumName(DAY_NAMES[date.day_of_week - 1])


def _month(date: LocalDate) -> EnumName:
    return EnumName(MONTH_NAMES[date.month - 1])


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


def _common(table: _Table, cls: type) -> None:
    _add(table, "toString", str)
    _add(table, "hashCode", lambda value: hash(value) & 0x7FFFFFFF)
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
    _add(table, "toLocalDate", lambda value: value.date)
    _add(table, "toLocalTime", lambda value: value.time)


def _local_date_time() -> _Table:
    table: _Table = {}
    _common(table, LocalDateTime)
    _with_parts(table)
    _add(table, "atZone", lambda value, zone: value.at_zone(zone), Zone)
    return table


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
    _add(table, "getZone", lambda z: z.zone)
    _add(table, "getOffset", lambda z: offset_zone(z.offset))
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
    return table


def _legacy_date() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
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


def _duration() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
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


def _zone() -> _Table:
    table: _Table = {}
    _add(table, "toString", str)
    _add(table, "getId", lambda z: z.id)
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
        if result is not MISSING:
            return result
    return MISSING
