"""Elements of date patterns that are numbers: fields, weeks, fractions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowrt.java.errors import RawError
from flowrt.java.time.elements import Element, Parsed
from flowrt.java.time.temporal import LocalDate, Zoned, is_leap_year

if TYPE_CHECKING:
    from flowrt.java.time.locale import Locale


FIELD_VALUES: dict[str, Callable[[Zoned], int]] = {
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
        return FIELD_VALUES[self.field](value)

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
