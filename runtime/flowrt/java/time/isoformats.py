"""The predefined formatters of java.time that the engine knows by name (``iso_date``, ``rfc_1123_date_time`` …)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.java.time.fields import (
    Element,
    Fraction,
    Literal,
    Number,
    Offset,
    Optional,
    Parsed,
    RegionOrOffset,
    Text,
    WeekBased,
)
from flowrt.java.time.temporal import Zoned

if TYPE_CHECKING:
    from flowrt.java.time.formatter import Locale

_ISO_WEEK = (1, 4)


class _Strict(Element):
    """Marks that the fields are resolved strictly (no 30 February, no 24:00)."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        return ""

    def parse(self, text: str, index: int, into: Parsed) -> int:
        into.strict = True
        return index


class _Instant(Element):
    """An instant in UTC with as many digits as it needs."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        return str(value.to_instant())

    def parse(self, text: str, index: int, into: Parsed) -> int:
        # an instant has no date of its own, which the engine asks for
        return ~index


class _EnglishText(Text):
    """Names that do not follow the locale."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        from flowrt.java.time.formatter import DEFAULT_LOCALE

        return super().print(value, DEFAULT_LOCALE)


def _number(field: str, low: int = 2, high: int = 2) -> Number:
    return Number(field, low, high, "never")


def _date() -> list[Element]:
    year = Number("year", 4, 10, "exceeds")
    return [_Strict(), year, Literal("-"), _number("month"), Literal("-"), _number("day")]


def _time() -> list[Element]:
    return [
        _number("hour"),
        Literal(":"),
        _number("minute"),
        Optional([Literal(":"), _number("second"), Optional([Fraction(0, 9, True)])]),
    ]


def _offset() -> Element:
    return Offset("+HH:MM:ss", "Z", fold=True)


def _date_time() -> list[Element]:
    return [*_date(), Literal("T", fold=True), *_time()]


class _BracketedRegion(Optional):
    """``[zone]``, left out when the zone is only an offset."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        return "" if value.zone.is_offset else super().print(value, locale)


def _zoned(required: bool) -> list[Element]:
    region = _BracketedRegion([Literal("["), RegionOrOffset(), Literal("]")])
    offset: list[Element] = [_offset(), region]
    return [*_date_time(), *offset] if required else [*_date_time(), Optional(offset)]


def _rfc_1123() -> list[Element]:
    return [
        Optional([_EnglishText("day-of-week", "EEE", fold=True), Literal(", ")]),
        _number("day", 1, 2),
        Literal(" "),
        _EnglishText("month", "MMM", fold=True),
        Literal(" "),
        _number("year", 4, 4),
        Literal(" "),
        _number("hour"),
        Literal(":"),
        _number("minute"),
        Optional([Literal(":"), _number("second")]),
        Literal(" "),
        Offset("+HHMM", "GMT", fold=True),
    ]


def predefined(name: str) -> list[Element] | None:
    """The elements of a predefined formatter, None for another name."""
    if name == "iso_local_date":
        return _date()
    if name == "iso_local_time":
        return _time()
    if name == "iso_local_date_time":
        return _date_time()
    if name == "iso_date":
        return [*_date(), Optional([_offset()])]
    if name == "iso_time":
        return [*_time(), Optional([_offset()])]
    if name == "iso_offset_time":
        return [*_time(), _offset()]
    if name == "iso_date_time":
        return _zoned(required=False)
    if name == "iso_zoned_date_time":
        return _zoned(required=True)
    if name == "iso_instant":
        return [_Instant()]
    if name == "iso_ordinal_date":
        year = Number("year", 4, 10, "exceeds")
        return [_Strict(), year, Literal("-"), _number("day-of-year", 3, 3), Optional([_offset()])]
    if name == "iso_week_date":
        week_year = WeekBased("Y", 4, _ISO_WEEK)
        return [
            week_year,
            Literal("-W"),
            WeekBased("w", 2, _ISO_WEEK),
            Literal("-"),
            WeekBased("e", 1, _ISO_WEEK),
            Optional([_offset()]),
        ]
    return _rfc_1123() if name == "rfc_1123_date_time" else None
