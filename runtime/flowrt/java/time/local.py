"""Dates and times without a zone, and what all classes of java.time have in common."""

from __future__ import annotations

from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.values import LONG_MAX, LONG_MIN, JavaObject

NANOS = 1_000_000_000
DAY_SECONDS = 86_400
DAY_NANOS = DAY_SECONDS * NANOS

MONTH_NAMES = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)
DAY_NAMES = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


LAST_YEAR = 999_999_999
FIRST_DAY, LAST_DAY = -365_243_219_162, 365_241_780_471
"""The dates that there are, as days since 1970-01-01."""


def check_year(year: int) -> None:
    """Raises RawError for a year that no date can have."""
    if not -LAST_YEAR <= year <= LAST_YEAR:
        check_long(year)
        raise RawError(f"Invalid value for Year (valid values -{LAST_YEAR} - {LAST_YEAR}): {year}")


def check_long(number: int) -> None:
    """Raises RawError for what exceeds 64 bit."""
    if not LONG_MIN <= number <= LONG_MAX:
        raise RawError("long overflow", "java.lang.ArithmeticException")


def is_leap_year(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap_year(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def epoch_day(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    shifted = year - (month <= 2)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return (
        era * 146097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719468
    )


def civil(days: int) -> tuple[int, int, int]:
    """The inverse of :func:`epoch_day`."""
    days += 719468
    era = days // 146097
    day_of_era = days - era * 146097
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + (3 if shifted_month < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day


def fraction_text(nanos: int) -> str:
    """``.mmm``, ``.mmmuuu`` or ``.mmmuuunnn``; nothing for a whole second."""
    if nanos == 0:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03d}"
    if nanos % 1000 == 0:
        return f".{nanos // 1000:06d}"
    return f".{nanos:09d}"


def trimmed_fraction(nanos: int) -> str:
    """The fraction without trailing zeros."""
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def _year_text(year: int) -> str:
    if 0 <= year <= 9999:
        return f"{year:04d}"
    return f"+{year}" if year > 0 else f"-{-year:04d}"


def long_hash(value: int) -> int:
    """Java's hash of a 64-bit number, not cut to 32 bits yet."""
    return value ^ (value >> 32)


class TemporalValue(JavaObject):
    """Equality, order and hash over ``_key()``, within one class."""

    __slots__ = ()

    def java_text(self) -> str:
        return str(self)

    def _key(self) -> Any:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._key() == other._key())

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))

    def __lt__(self, other: Any) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._order() < other._order())

    def _order(self) -> Any:
        return self._key()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class LocalDate(TemporalValue):
    """A date without time and zone."""

    __slots__ = ("day", "month", "year")
    java_class = "java.time.LocalDate"

    def __init__(self, year: int, month: int, day: int) -> None:
        check_year(year)
        if not 1 <= month <= 12:
            raise RawError(f"Invalid value for MonthOfYear (valid values 1 - 12): {month}")
        if not 1 <= day <= 31:
            raise RawError(f"Invalid value for DayOfMonth (valid values 1 - 28/31): {day}")
        if day > days_in_month(year, month):
            if day == 29:
                raise RawError(f"Invalid date 'February 29' as '{year}' is not a leap year")
            raise RawError(f"Invalid date '{MONTH_NAMES[month - 1]} {day}'")
        self.year = year
        self.month = month
        self.day = day

    @staticmethod
    def known(year: int, month: int, day: int) -> LocalDate:
        """The date of parts that are known to be one."""
        date = LocalDate.__new__(LocalDate)
        date.year = year
        date.month = month
        date.day = day
        return date

    @staticmethod
    def of_epoch_day(days: int) -> LocalDate:
        if not FIRST_DAY <= days <= LAST_DAY:
            check_long(days)
            raise RawError(
                f"Invalid value for EpochDay (valid values {FIRST_DAY} - {LAST_DAY}): {days}"
            )
        return LocalDate.known(*civil(days))

    def epoch_day(self) -> int:
        return epoch_day(self.year, self.month, self.day)

    @property
    def day_of_week(self) -> int:
        """1 = Monday … 7 = Sunday."""
        return (self.epoch_day() + 3) % 7 + 1

    @property
    def day_of_year(self) -> int:
        return self.epoch_day() - epoch_day(self.year, 1, 1) + 1

    def plus_days(self, days: int) -> LocalDate:
        if 0 < self.day + days <= 28:
            return LocalDate.known(self.year, self.month, self.day + days)
        return LocalDate.of_epoch_day(self.epoch_day() + days)

    def plus_months(self, months: int) -> LocalDate:
        total = self.year * 12 + self.month - 1 + months
        year, month = divmod(total, 12)
        check_year(year)
        return LocalDate(year, month + 1, min(self.day, days_in_month(year, month + 1)))

    def at(self, time: LocalTime) -> LocalDateTime:
        return LocalDateTime(self, time)

    def java_hash(self) -> int:
        year = self.year
        packed = (year << 11) + (self.month << 6) + self.day
        return ((year & ~0x7FF) ^ packed) & 0xFFFFFFFF

    def _key(self) -> tuple[int, int, int]:
        return (self.year, self.month, self.day)

    def __str__(self) -> str:
        return f"{_year_text(self.year)}-{self.month:02d}-{self.day:02d}"


class LocalTime(TemporalValue):
    """A time of day."""

    __slots__ = ("nano_of_day",)
    java_class = "java.time.LocalTime"

    def __init__(self, nano_of_day: int) -> None:
        self.nano_of_day = nano_of_day

    @staticmethod
    def of(hour: int, minute: int, second: int = 0, nano: int = 0) -> LocalTime:
        for value, limit, name in (
            (hour, 23, "HourOfDay"),
            (minute, 59, "MinuteOfHour"),
            (second, 59, "SecondOfMinute"),
        ):
            if not 0 <= value <= limit:
                raise RawError(f"Invalid value for {name} (valid values 0 - {limit}): {value}")
        return LocalTime((hour * 3600 + minute * 60 + second) * NANOS + nano)

    @property
    def hour(self) -> int:
        return self.nano_of_day // (3600 * NANOS)

    @property
    def minute(self) -> int:
        return self.nano_of_day // (60 * NANOS) % 60

    @property
    def second(self) -> int:
        return self.nano_of_day // NANOS % 60

    @property
    def nano(self) -> int:
        return self.nano_of_day % NANOS

    def plus_nanos(self, nanos: int) -> LocalTime:
        return LocalTime((self.nano_of_day + nanos) % DAY_NANOS)

    def iso(self) -> str:
        """With seconds always, and the fraction without trailing zeros (as JSON has it)."""
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{trimmed_fraction(self.nano)}"

    def json_value(self) -> str:
        return self.iso()

    def java_hash(self) -> int:
        return long_hash(self.nano_of_day) & 0xFFFFFFFF

    def _key(self) -> int:
        return self.nano_of_day

    def __str__(self) -> str:
        text = f"{self.hour:02d}:{self.minute:02d}"
        if self.nano_of_day % (60 * NANOS):
            text += f":{self.second:02d}{fraction_text(self.nano)}"
        return text


class LocalDateTime(TemporalValue):
    """A date and a time of day without zone."""

    __slots__ = ("date", "time")
    java_class = "java.time.LocalDateTime"

    def __init__(self, date: LocalDate, time: LocalTime) -> None:
        self.date = date
        self.time = time

    @staticmethod
    def of_epoch_nanos(nanos: int) -> LocalDateTime:
        """The wall clock that shows ``nanos`` after 1970-01-01T00:00."""
        days, rest = divmod(nanos, DAY_NANOS)
        return LocalDateTime(LocalDate.of_epoch_day(days), LocalTime(rest))

    def epoch_nanos(self) -> int:
        return self.date.epoch_day() * DAY_NANOS + self.time.nano_of_day

    def plus_nanos(self, nanos: int) -> LocalDateTime:
        of_day = self.time.nano_of_day + nanos
        if 0 <= of_day < DAY_NANOS:
            return LocalDateTime(self.date, LocalTime(of_day))
        return LocalDateTime.of_epoch_nanos(self.epoch_nanos() + nanos)

    def plus_days(self, days: int) -> LocalDateTime:
        return LocalDateTime(self.date.plus_days(days), self.time)

    def plus_months(self, months: int) -> LocalDateTime:
        return LocalDateTime(self.date.plus_months(months), self.time)

    def iso(self) -> str:
        """With seconds always, and the fraction without trailing zeros (as JSON has it)."""
        return f"{self.date}T{self.time.iso()}"

    def json_value(self) -> str:
        return self.iso()

    def java_hash(self) -> int:
        return self.date.java_hash() ^ self.time.java_hash()

    def _key(self) -> int:
        return self.epoch_nanos()

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"
