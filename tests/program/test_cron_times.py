"""When schedules are due, as the engine answered for a product of fields, dates and changes of the clock."""

from __future__ import annotations

import json
import lzma
import re
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowrt.model.triggers import Trigger
from flowrt.program.schedules import _times

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "cron-times.jsonl.xz"
with lzma.open(RECORDED, "rt", encoding="utf-8") as _file:
    ROWS: list[dict[str, Any]] = [json.loads(line) for line in _file]
SHARE = 60


def following(cron: str, start: str, back: bool, count: int) -> list[datetime]:
    text, zone = re.fullmatch(r"(.*?)(?:\[(.*)\])?", start).groups()  # type: ignore[union-attr]
    at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone or "UTC"))
    times = _times(Trigger("night", "io.kestra.plugin.core.trigger.Schedule", cron=cron))
    return list(islice(times(at, back), count))


def told(date: str) -> datetime:
    return datetime.fromisoformat(date)


def is_twice(date: datetime) -> bool:
    """Whether the hour comes twice: of these the engine takes now the first, now the second."""
    return date.utcoffset() != date.replace(fold=1).utcoffset()


@pytest.mark.parametrize("start", range(0, len(ROWS), SHARE))
def test_schedules_are_due_when_the_engine_says(start: int) -> None:
    for row in ROWS[start : start + SHARE]:
        for name, back in (("next", False), ("last", True)):
            found = following(row["cron"], row["from"], back, len(row[name]))
            wanted = [told(each) for each in row[name]]
            if any(map(is_twice, found)):
                found = [each.replace(tzinfo=None) for each in found[:1]]
                wanted = [each.replace(tzinfo=None) for each in wanted[:1]]
            assert found == wanted, (row["cron"], row["from"], name)
