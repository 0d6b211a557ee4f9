"""Cron expressions in the form that every reader of them knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What the names of cron expressions stand for."""
ENGINE_ZONE = "UTC"
"""The zone in which engines take a schedule that names none."""
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""What months and days of the week are called; both count from one."""
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELDS = 5
"""The fields of an expression, without that of seconds."""


def standard(cron: str) -> str:
    """The same expression as others write it: Kestra takes `/5` for `*/5`, `+1` for `1`, and `1-2-` for `1-2`."""
    text = re.sub(r"(?<![^\s,])/(?=\d)", "*/", cron)
    text = re.sub(r"(?<![^\s,])\+(?=\d)", "", text)
    return re.sub(r"(-\w+)-+(?![^\s,/])", r"\1", text)


def agreed(cron: str) -> str:
    """The same expression in a form of which all readers make the same days.

    In Kestra a day is due that is one of the month or one of the week, where both are named. Others ask for both when one of
    them begins with `*`. Sunday is the seventh day there, at the end of `SAT-SUN` and of `1/2`, and the one before the first
    at the beginning of `SUN/2`.
    """
    fields = standard(NICKNAMES.get(cron, cron)).split()
    if len(fields) < _FIELDS:
        return cron
    *before, day, month, weekday = fields
    weekday = ",".join(map(_weekdays, weekday.split(",")))
    if day != "*" and weekday != "*":
        day = re.sub(r"(?<![^,])\*/", "1-31/", day)
        weekday = re.sub(r"(?<![^,])\*/", "0-6/", weekday)
    return " ".join([*before, day, month, weekday])


def _weekdays(part: str) -> str:
    part = _numbered(part, DAYS)
    found = re.fullmatch(r"([0-7])/(\d+)", part)
    if found is None or not int(found[2]):
        return part
    days = range(int(found[1]) % 7, 8, int(found[2]))
    return ",".join(str(each) for each in dict.fromkeys(each % 7 for each in days))


def is_ever_due(cron: str) -> bool:
    """Whether a valid expression has a day at all: there is no 31st of February."""
    *_, day, month, weekday = agreed(cron).split()
    first = min(int(each) for each in re.findall(r"(?:^|(?<=,))\d+", day.replace("*", "1")))
    return weekday != "*" or any(first <= _LENGTHS[each - 1] for each in _months(month))


def _months(field: str) -> Iterator[int]:
    for part in _numbered(field, MONTHS).split(","):
        span, _, step = part.partition("/")
        begin, _, end = span.replace("*", "1-12").partition("-")
        yield from range(int(begin), int(end or (12 if step else begin)) + 1, int(step or 1))


def _numbered(part: str, names: tuple[str, ...]) -> str:
    """The same with numbers for names."""
    numbers = {name: str(number) for number, name in enumerate(names, 1)}
    return re.sub("[A-Za-z]+", lambda name: numbers.get(name[0].upper(), name[0]), part)
