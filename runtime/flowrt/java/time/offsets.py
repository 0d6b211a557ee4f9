"""Elements of date patterns that are zones and offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.java.errors import RawError
from flowrt.java.time.elements import Element, Parsed
from flowrt.java.time.temporal import Zoned, parse_offset, zone_of

if TYPE_CHECKING:
    from flowrt.java.time.locale import Locale


class Offset(Element):
    """A zone offset in one of Java's shapes; ``zero`` stands for no offset."""

    __slots__ = ("fold", "shape", "zero")

    def __init__(self, shape: str, zero: str, fold: bool = False) -> None:
        self.shape = shape
        self.zero = zero
        self.fold = fold

    def print(self, value: Zoned, locale: Locale) -> str:
        total = value.offset
        if total == 0:
            return self.zero
        size = abs(total)
        hours, minutes, seconds = size // 3600, size // 60 % 60, size % 60
        text = f"{'-' if total < 0 else '+'}{hours:02d}"
        colon = ":" if ":" in self.shape else ""
        show_seconds = self.shape.lower().endswith("ss") and seconds
        if minutes or "MM" in self.shape or show_seconds:
            text += f"{colon}{minutes:02d}"
        if show_seconds:
            text += f"{colon}{seconds:02d}"
        return text

    def parse(self, text: str, index: int, into: Parsed) -> int:
        zero = text[index : index + len(self.zero)]
        matches = zero.lower() == self.zero.lower() if self.fold else zero == self.zero
        if self.zero and matches:
            into.offset = 0
            return index + len(self.zero)
        sign = text[index : index + 1]
        if sign not in ("+", "-"):
            return ~index
        colon = ":" if ":" in self.shape else ""
        at, parts = index + 1, []
        for number in range(3):
            begin = at + (len(colon) if number else 0)
            digits = text[begin : begin + 2]
            if len(digits) < 2 or not digits.isascii() or not digits.isdigit():
                break
            if number and colon and text[at] != ":":
                break
            parts.append(int(digits))
            at = begin + 2
            if number == 1 and not self.shape.lower().endswith("ss"):
                break
        if not parts or (len(parts) == 1 and "MM" in self.shape and not self.fold):
            return ~index
        parts += [0, 0]
        total = parts[0] * 3600 + parts[1] * 60 + parts[2]
        if parts[0] > 18 or parts[1] > 59 or parts[2] > 59:
            return ~index
        into.offset = -total if sign == "-" else total
        return at


class LocalizedOffset(Element):
    """``GMT+8`` or ``GMT+08:00``."""

    __slots__ = ("full",)

    def __init__(self, full: bool) -> None:
        self.full = full

    def print(self, value: Zoned, locale: Locale) -> str:
        prefix, total = locale.entry("GMT"), value.offset
        if total == 0:
            return prefix
        size = abs(total)
        hours, minutes, seconds = size // 3600, size // 60 % 60, size % 60
        text = prefix + ("-" if total < 0 else "+")
        if self.full:
            text += f"{hours:02d}:{minutes:02d}"
        else:
            text += str(hours) + (f":{minutes:02d}" if minutes or seconds else "")
        return text + (f":{seconds:02d}" if seconds else "")

    def parse(self, text: str, index: int, into: Parsed) -> int:
        if not text.startswith("GMT", index):
            return ~index
        at = index + 3
        if text[at : at + 1] not in ("+", "-"):
            into.offset = 0
            return at
        end = at + 1
        while end < len(text) and (text[end].isdigit() or text[end] == ":"):
            end += 1
        hours, _, minutes = text[at + 1 : end].partition(":")
        if not hours:
            return ~index
        total = int(hours) * 3600 + int(minutes[:2] or 0) * 60
        into.offset = -total if text[at] == "-" else total
        return end


def _parse_region(text: str, index: int, into: Parsed) -> int:
    end = index
    while end < len(text) and (text[end].isalnum() or text[end] in "~/._+-:"):
        end += 1
    if end > index and text[index] in "+-":
        try:
            into.offset = parse_offset(text[index:end])
        except RawError:
            return ~index
        return end
    while end > index:
        try:
            into.zone = zone_of(text[index:end])
            return end
        except RawError:
            end -= 1
    return ~index


class RegionOrOffset(Element):
    """The zone's id."""

    __slots__ = ()

    def print(self, value: Zoned, locale: Locale) -> str:
        return value.zone.id

    def parse(self, text: str, index: int, into: Parsed) -> int:
        return _parse_region(text, index, into)


class ZoneName(Element):
    """The name of the zone, long or short, generic (``Pacific Time``) or of the moment."""

    __slots__ = ("generic", "long")

    def __init__(self, long: bool, generic: bool) -> None:
        self.long = long
        self.generic = generic

    def print(self, value: Zoned, locale: Locale) -> str:
        zone = value.zone
        if zone.is_offset:
            return zone.id
        if zone.id in ("UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal"):
            return locale.entry("UTC") if self.long else "UTC"
        from flowrt.java.time.zonenames import zone_names

        names = zone_names(zone.id)
        if names is None:
            return zone.id
        pair = names[2:4] if self.long else names[:2]
        if self.generic:
            return names[5] if self.long else names[4]
        daylight = zone.is_daylight(value.epoch_nanos // 1_000_000_000)
        return pair[daylight] or pair[not daylight]

    def parse(self, text: str, index: int, into: Parsed) -> int:
        from flowrt.java.time.zonenames import zone_of_name

        name, zone = zone_of_name(text, index)
        if zone:
            into.zone = zone_of(zone)
            return index + len(name)
        return _parse_region(text, index, into)
