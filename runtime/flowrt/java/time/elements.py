"""What an element of a date pattern is, and what a text holds that is parsed by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.java.time.temporal import Zone, Zoned

if TYPE_CHECKING:
    from flowrt.java.time.locale import Locale


class Parsed:
    """What has been read so far."""

    __slots__ = ("fields", "locale", "offset", "strict", "week", "zone")

    def __init__(self, locale: Locale) -> None:
        self.fields: dict[str, int] = {}
        self.locale = locale
        self.week = locale.week
        self.offset: int | None = None
        self.zone: Zone | None = None
        self.strict = False

    def put(self, field: str, value: int, start: int, end: int) -> int:
        """Store a field; a second, different value for it does not fit."""
        if self.fields.setdefault(field, value) != value:
            return ~start
        return end


class Element:
    """A part of a pattern."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        raise NotImplementedError

    def parse(self, text: str, index: int, into: Parsed) -> int:
        raise NotImplementedError
