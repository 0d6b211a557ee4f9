"""Cron expressions in the form that every reader of them knows."""

from __future__ import annotations

import re

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
    them begins with `*`. And `1/2` of the week ends there with Sunday, which is the seventh day, too.
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
    found = re.fullmatch(r"([0-7])/(\d+)", part)
    if found is None or not int(found[2]):
        return part
    days = range(int(found[1]), 8, int(found[2]))
    return ",".join(str(each % 7) for each in days)
