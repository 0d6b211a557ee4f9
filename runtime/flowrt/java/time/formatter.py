"""Formatting and parsing of dates with the patterns of Java's ``DateTimeFormatter``.

``formatter(pattern)`` compiles a pattern (or one of the engine's format names) once; ``Formatter.format`` prints a
zoned date-time, ``Formatter.parse`` reads texts.  All failures are RawErrors in Java's words.
"""

from __future__ import annotations

from flowrt.java.errors import RawError
from flowrt.java.time.elements import Element, Parsed
from flowrt.java.time.errors import not_parsed
from flowrt.java.time.fields import Literal, Optional, Pad, Period, Style, Text
from flowrt.java.time.locale import DEFAULT_LOCALE, Locale
from flowrt.java.time.numbers import Fraction, Number, Reduced, WeekBased
from flowrt.java.time.offsets import LocalizedOffset, Offset, RegionOrOffset, ZoneName
from flowrt.java.time.temporal import NANOS, LocalDate, LocalDateTime, Zoned, offset_id, offset_zone

_NAMED = {
    "iso": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "iso_milli": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "iso_sec": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "sql": "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "sql_milli": "yyyy-MM-dd HH:mm:ss.SSS",
    "sql_sec": "yyyy-MM-dd HH:mm:ss",
}

_STYLES = ("full", "long", "medium", "short")

_FIELDS = {
    "u": "year",
    "y": "year-of-era",
    "Q": "quarter",
    "q": "quarter",
    "M": "month",
    "L": "month",
    "D": "day-of-year",
    "d": "day",
    "F": "aligned-week",
    "E": "day-of-week",
    "a": "ampm",
    "H": "hour",
    "k": "clock-hour",
    "K": "hour-of-ampm",
    "h": "clock-hour-of-ampm",
    "m": "minute",
    "s": "second",
    "A": "milli-of-day",
    "n": "nano",
    "N": "nano-of-day",
    "g": "modified-julian-day",
    "G": "era",
}

_OFFSET_SHAPES = {
    "X": {1: "+HHmm", 2: "+HHMM", 3: "+HH:MM", 4: "+HHMMss", 5: "+HH:MM:ss"},
    "Z": {1: "+HHMM", 2: "+HHMM", 3: "+HHMM", 5: "+HH:MM:ss"},
}


class Formatter:
    """A compiled pattern."""

    __slots__ = ("_quick", "elements")

    def __init__(self, elements: list[Element]) -> None:
        self.elements = elements
        self._quick = quick_form(elements)

    def format(self, value: Zoned, locale: Locale = DEFAULT_LOCALE) -> str:
        """The text of a date-time. Raises RawError for one that the pattern cannot print."""
        local = value.local
        date = local.date
        if self._quick is not None and 0 < date.year < 10_000 and not value.offset % 60:
            form, places = self._quick
            rest, nano = divmod(local.time.nano_of_day, NANOS)
            minutes, second = divmod(rest, 60)
            hour, minute = divmod(minutes, 60)
            offset = offset_id(value.offset) if places and places[-1] == _OFFSET else ""
            parts = (
                date.year,
                date.month,
                date.day,
                hour,
                minute,
                second,
                nano // 1000,
                nano // 1_000_000,
                nano,
                offset,
            )
            return form % tuple([parts[place] for place in places])
        out: list[str] = []
        for element in self.elements:
            out.append(element.print(value, locale) or "")
        return "".join(out)

    def fields(self, text: str) -> Parsed:
        """What a text holds. Raises RawError for one that does not follow the pattern."""
        fields = Parsed(DEFAULT_LOCALE)
        index = 0
        for element in self.elements:
            index = element.parse(text, index, fields)
            if index < 0:
                raise not_parsed(text, f" at index {~index}")
        if index < len(text):
            raise not_parsed(text, f", unparsed text found at index {index}")
        return fields

    def parse(self, text: str) -> tuple[LocalDate | None, LocalDateTime | None, Zoned | None]:
        """What the text holds: a date, a date-time, a zoned date-time (None what it does not hold)."""
        from flowrt.java.time.resolve import resolve

        fields = self.fields(text)
        try:
            date, time, days, offset, zone = resolve(fields)
        except RawError as error:
            raise not_parsed(text, f": {error}") from None
        if date is None or time is None:
            return date, None, None
        local = LocalDateTime(date, time).plus_days(days)
        if offset is not None:
            if zone is None:
                return date, local, Zoned(local, offset, offset_zone(offset))
            return date, local, Zoned.of_instant(local.epoch_nanos() - offset * NANOS, zone)
        return date, local, Zoned.of_local(local, zone) if zone is not None else None


_PARTS = {"year-of-era": 0, "year": 0, "month": 1, "day": 2, "hour": 3, "minute": 4, "second": 5}

_FRACTIONS = {6: 6, 3: 7, 9: 8}

_OFFSET = 9


def quick_form(elements: list[Element]) -> tuple[str, tuple[int, ...]] | None:
    """A format of Python for a pattern of digits alone, and which parts of a date-time go into it.

    None for patterns that need names, weeks, or a sign.
    """
    form, places = "", []
    for element in elements:
        if isinstance(element, Literal):
            form += element.text.replace("%", "%%")
        elif type(element) is Number and element.field in _PARTS and element.low in (2, 4):
            if element.low == 4 and _PARTS[element.field]:
                return None
            form += f"%0{element.low}d"
            places.append(_PARTS[element.field])
        elif (
            type(element) is Fraction
            and element.low == element.high
            and element.high in _FRACTIONS
            and not element.point
        ):
            form += f"%0{element.high}d"
            places.append(_FRACTIONS[element.high])
        elif (
            type(element) is Offset
            and (element.shape, element.zero) == ("+HH:MM", "Z")
            and element is elements[-1]
        ):
            form += "%s"
            places.append(_OFFSET)
        else:
            return None
    return form, tuple(places)


_cache: dict[str, Formatter] = {}


def formatter(format: str) -> Formatter:
    """The formatter for a format name of the engine or a pattern."""
    found = _cache.get(format)
    if found is None:
        if format in _STYLES:
            found = Formatter([Style(format, pattern_elements)])
        elif format in _NAMED:
            found = Formatter(pattern_elements(_NAMED[format]))
        else:
            elements = None
            if format.startswith(("iso_", "rfc_")):
                from flowrt.java.time.isoformats import predefined

                elements = predefined(format)
            found = Formatter(pattern_elements(format) if elements is None else elements)
        if len(_cache) > 500:
            _cache.clear()
        _cache[format] = found
    return found


class _Builder:
    """Collects the elements of a pattern and joins adjacent numbers for parsing, as Java does."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self._number = -1
        self._pad = 0

    def add(self, element: Element) -> None:
        if self._pad:
            element = Pad(element, self._pad)
            self._pad = 0
        self._number = -1
        self.elements.append(element)

    def pad(self, width: int) -> None:
        self._pad = width
        self._number = -1

    def number(self, element: Number) -> None:
        if self._pad:
            self.add(element)
            self._number = len(self.elements) - 1
            return
        if self._number >= 0:
            base = self.elements[self._number]
            assert isinstance(base, Number)
            if element.low == element.high and element.sign == "never":
                base.following += element.high
                element.fixed = True
                self.elements.append(element)
            else:
                base.fixed = True
                self.elements.append(element)
                self._number = len(self.elements) - 1
        else:
            self.elements.append(element)
            self._number = len(self.elements) - 1


def pattern_elements(pattern: str) -> list[Element]:
    """The elements of a pattern; raises RawError for one that Java refuses."""
    stack = [_Builder()]
    index = 0
    size = len(pattern)
    while index < size:
        letter = pattern[index]
        if letter.isascii() and letter.isalpha():
            end = index
            while end < size and pattern[end] == letter:
                end += 1
            count = end - index
            index = end
            if letter == "p":
                if index >= size or not (pattern[index].isascii() and pattern[index].isalpha()):
                    raise RawError(
                        f"Pad letter 'p' must be followed by valid pad pattern: {pattern}"
                    )
                stack[-1].pad(count)
                letter = pattern[index]
                end = index
                while end < size and pattern[end] == letter:
                    end += 1
                count = end - index
                index = end
            _letter(stack[-1], letter, count)
        elif letter == "'":
            end = index + 1
            while end < size:
                if pattern[end] == "'":
                    if pattern[end + 1 : end + 2] != "'":
                        break
                    end += 1
                end += 1
            if end >= size:
                raise RawError(f"Pattern ends with an incomplete string literal: {pattern}")
            quoted = pattern[index + 1 : end]
            stack[-1].add(Literal(quoted.replace("''", "'") if quoted else "'"))
            index = end + 1
        elif letter == "[":
            stack.append(_Builder())
            index += 1
        elif letter == "]":
            if len(stack) == 1:
                raise RawError("Pattern invalid as it contains ] without previous [")
            inner = stack.pop().elements
            if inner:
                stack[-1].add(Optional(inner))
            else:
                stack[-1]._number = -1
            index += 1
        elif letter in "{}#":
            raise RawError(f"Pattern includes reserved character: '{letter}'")
        else:
            stack[-1].add(Literal(letter))
            index += 1
    while len(stack) > 1:
        inner = stack.pop().elements
        if inner:
            stack[-1].add(Optional(inner))
    return stack[0].elements


def _too_many(letter: str) -> RawError:
    return RawError(f"Too many pattern letters: {letter}")


def _letter(builder: _Builder, letter: str, count: int) -> None:
    field = _FIELDS.get(letter, "")
    if letter in "uy":
        if count == 2:
            builder.number(Reduced(field, 2, 2))
        else:
            builder.number(Number(field, count, 19, "normal" if count < 4 else "exceeds"))
    elif letter in "MLQqEec":
        _text_or_number(builder, letter, count, field)
    elif letter == "a":
        if count != 1:
            raise _too_many(letter)
        builder.add(Text(field, "a"))
    elif letter == "G":
        if count > 5:
            raise _too_many(letter)
        builder.add(Text(field, {4: "GGGG", 5: "GGGGG"}.get(count, "G")))
    elif letter == "S":
        if count > 9:
            raise RawError(f"Minimum width must be from 0 to 9 inclusive but was {count}")
        builder.add(Fraction(count, count, False))
    elif letter == "F":
        if count != 1:
            raise _too_many(letter)
        builder.number(Number(field, 1, 19, "normal"))
    elif letter in "dhHkKms":
        if count > 2:
            raise _too_many(letter)
        if count == 1:
            builder.number(Number(field, 1, 19, "normal"))
        else:
            builder.number(Number(field, 2, 2, "never"))
    elif letter == "D":
        if count > 3:
            raise _too_many(letter)
        if count == 1:
            builder.number(Number(field, 1, 19, "normal"))
        else:
            builder.number(Number(field, count, 3, "never"))
    elif letter == "g":
        builder.number(Number(field, count, 19, "normal"))
    elif letter in "AnN":
        builder.number(Number(field, count, 19, "never"))
    elif letter in "wWY":
        if letter != "Y" and count > (2 if letter == "w" else 1):
            raise _too_many(letter)
        builder.number(WeekBased(letter, count))
    elif letter in "zv":
        if count > 4 or (letter == "v" and count not in (1, 4)):
            if letter == "v":
                raise RawError(f"Wrong number of pattern letters: {letter}")
            raise _too_many(letter)
        builder.add(ZoneName(count == 4, letter == "v"))
    elif letter == "V":
        if count != 2:
            raise RawError(f"Pattern letter count must be 2: {letter}")
        builder.add(RegionOrOffset())
    elif letter in "ZOXx":
        _offset(builder, letter, count)
    elif letter == "B":
        if count not in (1, 4, 5):
            raise RawError(f"Wrong number of pattern letters: {letter}")
        builder.add(Period("B" * count))
    else:
        raise RawError(f"Unknown pattern letter: {letter}")


def _text_or_number(builder: _Builder, letter: str, count: int, field: str) -> None:
    if count > 5:
        raise _too_many(letter)
    if letter == "c" and count == 2:
        raise RawError(f'Invalid pattern "{letter * 2}"')
    if count <= 2 and letter != "E":
        if letter in "ec":
            builder.number(WeekBased(letter, count))
        elif count == 1:
            builder.number(Number(field, 1, 19, "normal"))
        else:
            builder.number(Number(field, 2, 2, "never"))
        return
    width = max(count, 3)
    name = "E" if letter == "e" else letter
    builder.add(Text("day-of-week" if letter in "Eec" else field, name * width))


def _offset(builder: _Builder, letter: str, count: int) -> None:
    if letter == "Z":
        if count > 5:
            raise _too_many(letter)
        if count == 4:
            builder.add(LocalizedOffset(True))
        else:
            zero = "Z" if count == 5 else "+0000"
            builder.add(Offset(_OFFSET_SHAPES["Z"][count], zero))
    elif letter == "O":
        if count not in (1, 4):
            raise RawError(f"Pattern letter count must be 1 or 4: {letter}")
        builder.add(LocalizedOffset(count == 4))
    else:
        if count > 5:
            raise _too_many(letter)
        if letter == "X":
            zero = "Z"
        else:
            zero = "+00" if count == 1 else "+0000" if count % 2 == 0 else "+00:00"
        builder.add(Offset(_OFFSET_SHAPES["X"][count], zero))
