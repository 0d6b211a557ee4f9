"""Cron expressions, as far as it takes to tell valid ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from flowrt.model.cron import DAYS, MONTHS, NICKNAMES, standard

_LONGEST = 10
"""Digits of a number that nothing is near to."""
_PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")


class CronError(ValueError):
    """The expression is not valid; the message says why."""


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, ("", *MONTHS)),
    _Field("day of week", 0, 7, ("", *DAYS)),
)


def parse_cron(text: str, *, with_seconds: bool = False) -> None:
    """Check five fields (six with seconds first), or a nickname.

    Raises:
        CronError: something is wrong with it.
    """
    if text in NICKNAMES:
        return
    fields = _FIELDS if with_seconds else _FIELDS[1:]
    parts = standard(text).split()
    if len(parts) != len(fields):
        raise CronError(f"expected {len(fields)} fields, found {len(parts)}")
    for field, part in zip(fields, parts, strict=True):
        for each in part.split(","):
            _check(field, each)


def _check(field: _Field, text: str) -> None:
    found = _PART.fullmatch(text)
    if found is None:
        raise CronError(f"`{text}` is not a valid {field.name}")
    first, last, step = found.groups()
    if first == "*":
        if last is not None:
            raise CronError(f"`{text}` is not a valid {field.name}")
    else:
        start = _number(field, first)
        if last is not None and _number(field, last) < start:
            raise CronError(f"the range `{text}` of the {field.name} runs backwards")
    # in a range of days seven is zero, as a step too
    most = 6 if last is not None and field.name == "day of week" else field.high
    if step is not None and not 1 <= int(step[:_LONGEST]) <= most:
        raise CronError(f"the step of `{text}` is not between 1 and {most}")


def _number(field: _Field, text: str) -> int:
    if not (text.isdecimal() and len(text) < _LONGEST):
        name = text.upper()[:3]
        if name and name in field.names and len(text) == 3:
            return field.names.index(name)
        raise CronError(f"`{text}` is not a valid {field.name}")
    number = int(text)
    if not field.low <= number <= field.high:
        raise CronError(f"{field.name} {number} is not between {field.low} and {field.high}")
    return number
