"""The elements a date pattern consists of; each prints a part of a zoned date-time and parses it back.

``print`` returns the text.  ``parse`` returns the index after what it read, or the complement (``~index``) of the
index at which the text does not fit, and stores what it found in a ``Parsed``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowrt.java.errors import RawError
from flowrt.java.time.temporal import LocalDate, Zone, Zoned, is_leap_year, parse_offset, zone_of

if TYPE_CHECKING:
    from flowrt.java.time.formatter import Locale

_FIELD_VALUES: dict[str, Callable[[Zoned], int]] = {
    "year": lambda z: z.date.year,
    "year-of-era": lambda z: z.date.year if z.date.year > 0 else 1 - z.date.year,
    "era": lambda z: 1 if z.date.year > 0 else 0,
    "quarter": lambda z: (z.date.month + 2) // 3,
    "month": lambda z: z.date.month,
    "day": lambda z: z.date.day,
    "day-of-year": lambda z: z.date.day_of_year,
    "day-of-week": lambda z: z.date.day_of_week,
    "aligned-week": lambda z: (z.date.day - 1) // 7 + 1,
    "modified-julian-day": lambda z: z.date.epoch_day() + 40587,
    "ampm": lambda z: z.time.hour // 12,
    "hour": lambda z: z.time.hour,
    "clock-hour": lambda z: z.time.hour or 24,
    "hour-of-ampm": lambda z: z.time.hour % 12,
    "clock-hour-of-ampm": lambda z: z.time.hour % 12 or 12,
    "minute": lambda z: z.time.minute,
    "second": lambda z: z.time.second,
    "nano": lambda z: z.time.nano,
    "milli-of-day": lambda z: z.time.nano_of_day // 1_000_000,
    "nano-of-day": lambda z: z.time.nano_of_day,
}


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


class Literal(Element):
    """Fixed text; ``fold`` ignores case when parsing."""

    __slots__ = ("fold", "text")

    def __init__(self, text: str, fold: bool = False) -> None:
        self.text = text
        self.fold = fold

    def print(self, value: Zoned, locale: Locale) -> str:
        return self.text

    def parse(self, text: str, index: int, into: Parsed) -> int:
        end = index + len(self.text)
        found = text[index:end]
        same = found.lower() == self.text.lower() if self.fold else found == self.text
        return end if same else ~index


class Number(Element):
    """A number of ``low`` to ``high`` digits; ``sign`` is Java's SignStyle: never, normal or exceeds."""

    __slots__ = ("field", "fixed", "following", "high", "low", "sign")

    def __init__(self, field: str, low: int, high: int, sign: str) -> None:
        self.field = field
        self.low = low
        self.high = high
        self.sign = sign
        self.following = 0
        self.fixed = False

    def value(self, value: Zoned, locale: Locale) -> int:
        return _FIELD_VALUES[self.field](value)

    def print(self, value: Zoned, locale: Locale) -> str:
        number = self.value(value, locale)
        digits = str(abs(number))
        if len(digits) > self.high:
            raise RawError(
                f"Field {self.field} cannot be printed as the value {number} exceeds the "
                f"maximum print width of {self.high}"
            )
        if number >= 0:
            plus = self.sign == "exceeds" and self.low < 19 and len(digits) > self.low
            return ("+" if plus else "") + digits.zfill(self.low)
        if self.sign == "never":
            raise RawError(
                f"Field {self.field} cannot be printed as the value {number} cannot be negative "
                "according to the SignStyle"
            )
        return "-" + digits.zfill(self.low)

    def parse(self, text: str, index: int, into: Parsed) -> int:
        start = index
        if index >= len(text):
            return ~index
        sign = text[index] if text[index] in "+-" else ""
        if sign:
            if self.sign == "never" or (sign == "+" and self.sign != "exceeds"):
                return ~index
            index += 1
        fixed = self.fixed or (self.low == self.high and self.sign == "never")
        least = self.low
        if index + least > len(text):
            return ~start
        most = self.high + self.following
        end = index
        while end < len(text) and end - index < most and "0" <= text[end] <= "9":
            end += 1
        if end - index < least:
            return ~start
        if self.following:
            end = index + max(least, end - index - self.following)
        if fixed and self.low == self.high and end - index > self.high:
            end = index + self.high
        number = int(text[index:end])
        if sign == "-":
            if number == 0:
                return ~(index - 1)
            number = -number
        elif self.sign == "exceeds":
            if sign == "+" and end - index <= self.low:
                return ~(index - 1)
            if not sign and end - index > self.low:
                return ~index
        return self.store(number, end - index, start, end, into)

    def store(self, number: int, width: int, start: int, end: int, into: Parsed) -> int:
        return into.put(self.field, number, start, end)


class Reduced(Number):
    """The last two digits of a year, read as 2000 to 2099."""

    __slots__ = ()

    def __init__(self, field: str, low: int, high: int) -> None:
        super().__init__(field, low, high, "never")

    def print(self, value: Zoned, locale: Locale) -> str:
        return f"{abs(self.value(value, locale)) % 100:02d}"

    def store(self, number: int, width: int, start: int, end: int, into: Parsed) -> int:
        return into.put(self.field, number + 2000 if width == 2 else number, start, end)


def _week_offset(day: int, day_of_week: int, minimal: int) -> int:
    start = (day - day_of_week) % 7
    return 7 - start if start + 1 > minimal else -start


def _week(offset: int, day: int) -> int:
    return (7 + offset + day - 1) // 7


def week_fields(date: LocalDate, rule: tuple[int, int]) -> tuple[int, int, int, int]:
    """Week-based year, week of it, week of the month and day of the week under a week rule."""
    first, minimal = rule
    weekday = (date.day_of_week - first) % 7 + 1
    of_month = _week(_week_offset(date.day, weekday, minimal), date.day)
    day = date.day_of_year
    offset = _week_offset(day, weekday, minimal)
    week = _week(offset, day)
    year = date.year
    if week == 0:
        last = date.plus_days(-day)
        return (year - 1, week_fields(last, rule)[1], of_month, weekday)
    if week > 50:
        length = 366 if is_leap_year(year) else 365
        next_first = _week(offset, length + minimal)
        if week >= next_first:
            return (year + 1, week - next_first + 1, of_month, weekday)
    return (year, week, of_month, weekday)


class WeekBased(Number):
    """``Y`` week-based year, ``w`` week of it, ``W`` week of the month, ``e``/``c`` day of the week."""

    __slots__ = ("letter", "rule")

    def __init__(self, letter: str, count: int, rule: tuple[int, int] | None = None) -> None:
        if letter == "Y":
            super().__init__("Y", count, 19, "normal" if count < 4 else "exceeds")
        else:
            super().__init__("e" if letter == "c" else letter, count, 2, "never")
        self.letter = self.field
        self.rule = rule

    def value(self, value: Zoned, locale: Locale) -> int:
        return week_fields(value.date, self.rule or locale.week)["YwWe".index(self.letter)]

    def print(self, value: Zoned, locale: Locale) -> str:
        if self.letter == "Y" and self.low == 2:
            return f"{abs(self.value(value, locale)) % 100:02d}"
        return super().print(value, locale)

    def store(self, number: int, width: int, start: int, end: int, into: Parsed) -> int:
        if self.letter == "Y" and self.low == 2:
            number += 2000
        if self.rule is not None:
            into.week = self.rule
        return into.put(self.field, number, start, end)


class Fraction(Element):
    """A fraction of a second of ``low`` to ``high`` digits."""

    __slots__ = ("high", "low", "point")

    def __init__(self, low: int, high: int, point: bool) -> None:
        self.low = low
        self.high = high
        self.point = point

    def print(self, value: Zoned, locale: Locale) -> str:
        digits = f"{value.time.nano:09d}"[: self.high]
        digits = digits.rstrip("0").ljust(self.low, "0")
        return ("." if self.point and digits else "") + digits

    def parse(self, text: str, index: int, into: Parsed) -> int:
        start = index
        if self.point:
            if text[index : index + 1] != ".":
                return ~index if self.low > 0 else index
            index += 1
        end = index
        while end < len(text) and end - index < self.high and "0" <= text[end] <= "9":
            end += 1
        if end - index < self.low:
            return ~index
        if end == index:
            return end
        return into.put("nano", int(text[index:end].ljust(9, "0")), start, end)


class Text(Element):
    """A name of a field in the locale; ``key`` is the key of the locale's table."""

    __slots__ = ("field", "fold", "key")

    def __init__(self, field: str, key: str, fold: bool = False) -> None:
        self.field = field
        self.key = {"E": "EEE", "c": "ccc"}.get(key, key)
        self.fold = fold

    def _first(self) -> int:
        return 0 if self.field in ("ampm", "era") else 1

    def print(self, value: Zoned, locale: Locale) -> str:
        return locale.names(self.key)[_FIELD_VALUES[self.field](value) - self._first()]

    def parse(self, text: str, index: int, into: Parsed) -> int:
        best, found = "", -1
        for number, name in enumerate(into.locale.names(self.key), self._first()):
            part = text[index : index + len(name)]
            same = part.lower() == name.lower() if self.fold else part == name
            if same and len(name) > len(best):
                best, found = name, number
        if found < 0:
            return ~index
        return into.put(self.field, found, index, index + len(best))


class Period(Element):
    """The period of the day (``in the morning``)."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key

    def print(self, value: Zoned, locale: Locale) -> str:
        midnight, noon, *periods = locale.names(self.key)
        hour, minute = value.time.hour, value.time.minute
        exact = midnight if hour == 0 else noon if hour == 12 else ""
        if minute == 0 and exact:
            return exact
        name = ""
        for period in periods:
            begin, _, text = period.partition(":")
            if hour >= int(begin):
                name = text
        return name

    def parse(self, text: str, index: int, into: Parsed) -> int:
        midnight, noon, *periods = into.locale.names(self.key)
        for name in [p.partition(":")[2] for p in periods] + [midnight, noon]:
            if name and text.startswith(name, index):
                return index + len(name)
        return ~index


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


class Pad(Element):
    """Another element, padded on the left with blanks."""

    __slots__ = ("inner", "width")

    def __init__(self, inner: Element, width: int) -> None:
        self.inner = inner
        self.width = width

    def print(self, value: Zoned, locale: Locale) -> str:
        text = self.inner.print(value, locale)
        if len(text) > self.width:
            raise RawError(
                f"Cannot print as output of {len(text)} characters exceeds pad width of {self.width}"
            )
        return text.rjust(self.width)

    def parse(self, text: str, index: int, into: Parsed) -> int:
        end = index + self.width
        if end > len(text):
            return ~index
        at = index
        while at < end and text[at] == " ":
            at += 1
        result = self.inner.parse(text[:end], at, into)
        if result != end and result >= 0:
            return ~(index + at)
        return result


class Optional(Element):
    """A part that may be absent from a text to parse."""

    __slots__ = ("inner",)

    def __init__(self, inner: list[Element]) -> None:
        self.inner = inner

    def print(self, value: Zoned, locale: Locale) -> str:
        return "".join(element.print(value, locale) for element in self.inner)

    def parse(self, text: str, index: int, into: Parsed) -> int:
        saved = dict(into.fields), into.offset, into.zone
        at = index
        for element in self.inner:
            at = element.parse(text, at, into)
            if at < 0:
                into.fields, into.offset, into.zone = saved
                return index
        return at


class Style(Element):
    """A date and time in the locale's ``full``, ``long``, ``medium`` or ``short`` style."""

    __slots__ = ("_cache", "_compile", "key")

    def __init__(self, style: str, compile: Callable[[str], list[Element]]) -> None:
        self.key = style.upper()
        self._compile = compile
        self._cache: dict[str, list[Element]] = {}

    def _elements(self, locale: Locale) -> list[Element]:
        pattern = locale.entry(self.key)
        if pattern not in self._cache:
            self._cache[pattern] = self._compile(pattern)
        return self._cache[pattern]

    def print(self, value: Zoned, locale: Locale) -> str:
        return "".join(element.print(value, locale) for element in self._elements(locale))

    def parse(self, text: str, index: int, into: Parsed) -> int:
        for element in self._elements(into.locale):
            index = element.parse(text, index, into)
            if index < 0:
                break
        return index
