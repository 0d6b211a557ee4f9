"""From parsed fields to a date and a time, as Java's formatters resolve them in SMART (or STRICT) style."""

from __future__ import annotations

from flowrt.java.errors import RawError
from flowrt.java.time.fields import Parsed, week_fields
from flowrt.java.time.temporal import LocalDate, LocalTime, Zone, days_in_month, is_leap_year

_RANGES = {
    "month": ("MonthOfYear", 1, 12),
    "day": ("DayOfMonth", 1, 31),
    "day-of-year": ("DayOfYear", 1, 366),
    "day-of-week": ("DayOfWeek", 1, 7),
    "aligned-week": ("AlignedWeekOfMonth", 1, 5),
    "quarter": ("QuarterOfYear", 1, 4),
    "hour": ("HourOfDay", 0, 23),
    "clock-hour": ("ClockHourOfDay", 1, 24),
    "hour-of-ampm": ("HourOfAmPm", 0, 11),
    "clock-hour-of-ampm": ("ClockHourOfAmPm", 1, 12),
    "minute": ("MinuteOfHour", 0, 59),
    "second": ("SecondOfMinute", 0, 59),
    "milli-of-day": ("MilliOfDay", 0, 86_399_999),
    "nano-of-day": ("NanoOfDay", 0, 86_399_999_999_999),
    "w": ("WeekOfWeekBasedYear", 1, 53),
    "e": ("DayOfWeek", 1, 7),
}


def resolve(
    parsed: Parsed,
) -> tuple[LocalDate | None, LocalTime | None, int, int | None, Zone | None]:
    """Date, time, days that the time adds (24:00), offset, zone; raises RawError for impossible values."""
    fields = parsed.fields
    for field, value in fields.items():
        name, low, high = _RANGES.get(field, ("", 0, 0))
        day_end = field == "hour" and value == 24 and not parsed.strict
        if name and not low <= value <= high and not day_end:
            shown = f"{low} - 28/31" if field == "day" else f"{low} - {high}"
            raise RawError(f"Invalid value for {name} (valid values {shown}): {value}")
    date = _date(fields, parsed)
    time, days = _time(fields)
    if date is not None:
        _cross_check(date, fields, parsed)
    return date, time, days, parsed.offset, parsed.zone


def _date(fields: dict[str, int], parsed: Parsed) -> LocalDate | None:
    if "modified-julian-day" in fields:
        return LocalDate.of_epoch_day(fields["modified-julian-day"] - 40587)
    year = fields.get("year")
    if "year-of-era" in fields:
        of_era = fields["year-of-era"]
        if of_era < 1:
            raise RawError(
                f"Invalid value for YearOfEra (valid values 1 - 999999999/1000000000): {of_era}"
            )
        resolved = 1 - of_era if fields.get("era") == 0 else of_era
        if year is not None and year != resolved:
            raise RawError(f"Conflict found: Year {year} differs from Year {resolved}")
        year = resolved
    if year is not None:
        month, day = fields.get("month"), fields.get("day")
        if month is not None and day is not None:
            if not parsed.strict:
                day = min(day, days_in_month(year, month))
            return LocalDate(year, month, day)
        if "day-of-year" in fields:
            of_year = fields["day-of-year"]
            if of_year == 366 and not is_leap_year(year):
                raise RawError(f"Invalid date 'DayOfYear 366' as '{year}' is not a leap year")
            return LocalDate(year, 1, 1).plus_days(of_year - 1)
        if month is not None and "aligned-week" in fields and "day-of-week" in fields:
            first = LocalDate(year, month, 1).plus_days(7 * (fields["aligned-week"] - 1))
            return first.plus_days((fields["day-of-week"] - first.day_of_week) % 7)
    if "Y" in fields and "w" in fields:
        first_day, minimal = parsed.week
        if "e" in fields:
            weekday = fields["e"]
        elif "day-of-week" in fields:
            weekday = (fields["day-of-week"] - first_day) % 7 + 1
        else:
            return None
        # the first week is the one with `minimal` days in the year: it holds this day of January
        pivot = LocalDate(fields["Y"], 1, minimal)
        start = pivot.plus_days(-((pivot.day_of_week - first_day) % 7))
        return start.plus_days(7 * (fields["w"] - 1) + weekday - 1)
    return None


def _time(fields: dict[str, int]) -> tuple[LocalTime | None, int]:
    if "nano-of-day" in fields:
        return LocalTime(fields["nano-of-day"]), 0
    if "milli-of-day" in fields:
        return LocalTime(fields["milli-of-day"] * 1_000_000 + fields.get("nano", 0) % 1_000_000), 0
    hour = fields.get("hour")
    if hour is None and "clock-hour" in fields:
        hour = fields["clock-hour"] % 24
    if "ampm" in fields:
        half = fields.get("hour-of-ampm")
        if half is None and "clock-hour-of-ampm" in fields:
            half = fields["clock-hour-of-ampm"] % 12
        if half is not None:
            resolved = fields["ampm"] * 12 + half
            if hour is not None and hour != resolved:
                raise RawError(
                    f"Conflict found: HourOfDay {hour} differs from HourOfDay {resolved}"
                )
            hour = resolved
    minute, second, nano = fields.get("minute"), fields.get("second"), fields.get("nano")
    if hour is None:
        return None, 0
    if minute is None and (second is not None or nano is not None):
        return None, 0
    if minute is not None and second is None and nano is not None:
        return None, 0
    if hour == 24:
        if minute or second or nano:
            raise RawError("Invalid value for HourOfDay (valid values 0 - 23): 24")
        return LocalTime(0), 1
    return LocalTime.of(hour, minute or 0, second or 0, nano or 0), 0


def _cross_check(date: LocalDate, fields: dict[str, int], parsed: Parsed) -> None:
    year, week, of_month, weekday = week_fields(date, parsed.week)
    actual = {
        "day-of-week": date.day_of_week,
        "day-of-year": date.day_of_year,
        "quarter": (date.month + 2) // 3,
        "month": date.month,
        "aligned-week": (date.day - 1) // 7 + 1,
        "Y": year,
        "w": week,
        "W": of_month,
        "e": weekday,
    }
    for field, value in actual.items():
        if fields.get(field, value) != value:
            raise RawError(
                f"Conflict found: Field {_RANGES.get(field, (field,))[0]} {value} differs from "
                f"{_RANGES.get(field, (field,))[0]} {fields[field]} derived from {date}"
            )
