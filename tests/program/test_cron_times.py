"""When schedules are due, as the engine answered for a product of fields, dates and changes of the clock."""

from __future__ import annotations

import json
import lzma
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowrt.model.triggers import Trigger
from flowrt.program.schedules import _times, due
from flowrt.targets.fired import fired

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "cron-times.jsonl.xz"
with lzma.open(RECORDED, "rt", encoding="utf-8") as _file:
    ROWS: list[dict[str, Any]] = [json.loads(line) for line in _file]
SHARE = 60
COMPARED = 0.5
"""The share of the recorded times that must be left to compare: many starts stand beside a change of the clock."""


def zone_of(start: str) -> ZoneInfo:
    return ZoneInfo(start.partition("[")[2].rstrip("]") or "UTC")


def moment(start: str) -> datetime:
    return datetime.fromisoformat(start.partition("[")[0])


def following(cron: str, start: str, back: bool, count: int) -> list[datetime]:
    at = moment(start).astimezone(zone_of(start))
    times = _times(Trigger("night", "io.kestra.plugin.core.trigger.Schedule", cron=cron))
    return list(islice(times(at, back), count))


def is_unsure(date: datetime) -> bool:
    """Whether the hour comes twice (of these the engine takes now the first, now the second, now both), or the day has 23½."""
    day = date.replace(hour=0, minute=0)
    change = (date + timedelta(days=1)).replace(hour=0, minute=0).utcoffset() - day.utcoffset()  # type: ignore[operator]
    return date.utcoffset() != date.replace(fold=not date.fold).utcoffset() or (
        abs(change) == timedelta(minutes=30)
    )


def instants(dates: list[datetime], zone: ZoneInfo) -> list[datetime]:
    """The same times of the world, without those of which the engine is unsure."""
    return [each.astimezone(UTC) for each in dates if not is_unsure(each.astimezone(zone))]


@pytest.mark.parametrize("start", range(0, len(ROWS), SHARE))
def test_schedules_are_due_when_the_engine_says(start: int) -> None:
    compared = recorded = 0
    for row in ROWS[start : start + SHARE]:
        zone = zone_of(row["from"])
        for name, back in (("next", False), ("last", True)):
            found = instants(following(row["cron"], row["from"], back, len(row[name])), zone)
            wanted = instants([datetime.fromisoformat(each) for each in row[name]], zone)
            count = min(len(found), len(wanted))
            assert found[:count] == wanted[:count], (row["cron"], row["from"], name)
            compared += count
            recorded += len(row[name])
    assert compared >= COMPARED * recorded


def test_what_is_told_stands_around_the_date_in_every_hour_of_the_world() -> None:
    """Clocks go on and back, by an hour or by half of one: no date is told that is too early, and none twice."""
    starts = {row["from"] for row in ROWS if "[" in row["from"]}
    assert len(starts) > 80
    for start in starts:
        zone, at = str(zone_of(start)), moment(start)
        for cron in ("0 * * * *", "*/15 * * * *", "*/30 * * * *"):
            schedule = Trigger("t", "x.Schedule", cron=cron, timezone=zone)
            told = due(schedule, at, at.isoformat())
            before, date, after = (
                datetime.fromisoformat(told[name]) for name in ("previous", "date", "next")
            )
            assert before < at <= date < after, (cron, start)
            assert fired(schedule, date)["variables"] == told, (cron, start)
            latest = datetime.fromisoformat(due(schedule, at, None)["date"])
            assert latest <= at and latest in (before, date), (cron, start)
