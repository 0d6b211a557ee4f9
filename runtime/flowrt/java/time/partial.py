"""Dates and times that lack a part, printed and read by a pattern: a date has no hour, a local time no offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.errors import RawError
from flowrt.java.time.errors import not_parsed
from flowrt.java.time.fields import Literal, Optional, Pad, Text
from flowrt.java.time.formatter import formatter
from flowrt.java.time.locale import DEFAULT_LOCALE
from flowrt.java.time.numbers import Number
from flowrt.java.time.resolve import resolve
from flowrt.java.time.temporal import (
    Instant,
    LegacyDate,
    LocalDate,
    LocalDateTime,
    LocalTime,
    Zone,
    Zoned,
    offset_zone,
)

if TYPE_CHECKING:
    from flowrt.java.time.elements import Element

_DATES = frozenset(
    (
        *("year", "year-of-era", "era", "quarter", "month", "day", "day-of-year", "day-of-week"),
        *("aligned-week", "modified-julian-day"),
    )
)
_UTC = offset_zone(0)


def print_by(pattern: str, value: Any, zone: Zone) -> str:
    """The text of any kind of date or time; instants are seen in `zone`.

    Raises RawError for a pattern that asks for more than the value has; its optional parts are left out then.
    """
    found = formatter(pattern)
    if isinstance(value, (Instant, LegacyDate)):
        instant = value if isinstance(value, Instant) else value.to_instant()
        return found.format(instant.at_zone(zone))
    if isinstance(value, Zoned):
        return found.format(value.in_zone(zone))
    epoch = LocalDate(1970, 1, 1)
    if isinstance(value, LocalDate):
        local, lacks = LocalDateTime(value, LocalTime(0)), frozenset({"time", "offset"})
    elif isinstance(value, LocalTime):
        local, lacks = LocalDateTime(epoch, value), frozenset({"date", "offset"})
    elif isinstance(value, LocalDateTime):
        local, lacks = value, frozenset({"offset"})
    else:
        raise RawError(f"No date or time: {value}")
    return _printed(found.elements, Zoned.of_local(local, _UTC), lacks)


def _printed(elements: list[Element], value: Zoned, lacks: frozenset[str]) -> str:
    out = []
    for element in elements:
        if isinstance(element, Optional):
            if not any(lacks & _needs(each) for each in element.inner):
                out.append(_printed(element.inner, value, lacks))
            continue
        missing = lacks & _needs(element)
        if missing:
            raise RawError(f"Unsupported field: the value has no {sorted(missing)[0]}")
        out.append(element.print(value, DEFAULT_LOCALE))
    return "".join(out)


def _needs(element: Element) -> frozenset[str]:
    """Which part of a date-time an element prints: the date, the time, the offset."""
    if isinstance(element, (Literal, Optional)):
        return frozenset()
    if isinstance(element, Pad):
        return _needs(element.inner)
    field = getattr(element, "field", None)
    if isinstance(element, (Number, Text)) and field is not None:
        return frozenset({"date" if field in _DATES else "time"})
    name = type(element).__name__
    if name in ("Fraction", "Period"):
        return frozenset({"time"})
    return frozenset({"offset" if "Offset" in name or "Zone" in name else "date"})


def read_time(pattern: str, text: str) -> LocalTime:
    """The time of the day that a text holds. Raises RawError."""
    return _part(pattern, text, 1, "LocalTime")  # type: ignore[no-any-return]


def read_date(pattern: str, text: str) -> LocalDate:
    """The date that a text holds. Raises RawError."""
    return _part(pattern, text, 0, "LocalDate")  # type: ignore[no-any-return]


def _part(pattern: str, text: str, number: int, kind: str) -> Any:
    found = resolve(formatter(pattern).fields(text))[number]
    if found is None:
        raise not_parsed(text, f": Unable to obtain {kind}")
    return found
