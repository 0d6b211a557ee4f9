"""Which cron expressions saving takes, as Kestra 1.3.34 answered: every form of a field in each of its places."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from flowc.front.cron import CronError, parse_cron
from flowrt.model.cron import is_ever_due, standard

ANSWERS: dict[str, list[str]] = json.loads(
    (Path(__file__).resolve().parents[1] / "recorded" / "cron.json").read_text("utf-8")
)


def taken(cron: str, with_seconds: bool) -> bool:
    try:
        parse_cron(cron, with_seconds=with_seconds)
    except CronError:
        return False
    return True


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_saving_takes(answer: str) -> None:
    with_seconds, is_taken = answer.startswith("with seconds"), answer.endswith("taken")
    assert len(ANSWERS[answer]) > 20
    assert [each for each in ANSWERS[answer] if taken(each, with_seconds) is not is_taken] == []


@pytest.mark.parametrize(
    ("cron", "text"),
    [
        ("/5 +1 1-2- * *", "*/5 1 1-2 * *"),
        ("0,/5 1-5/2 * JAN-MAR- MON,+2", "0,*/5 1-5/2 * JAN-MAR MON,2"),
        ("*/5 0 L * 5#2", "*/5 0 L * 5#2"),
        ("@daily", "@daily"),
    ],
)
def test_what_others_write(cron: str, text: str) -> None:
    assert standard(cron) == text
    assert standard(text) == text


def days_of(part: str, low: int, high: int) -> set[int]:
    """The numbers that a part of a field stands for, counted one by one."""
    span, _, step = part.partition("/")
    begin, _, end = (f"{low}-{high}" if span == "*" else span).partition("-")
    last = int(end) if end else high if step else int(begin)
    return set(range(int(begin), last + 1, int(step or 1)))


DAYS_OF_MONTHS = ["*", "1", "29", "30", "31", "31,1", "30-31", "29/2", "30/5", "*/31", "2-31/28"]
MONTHS = ["*", "2", "4", "FEB", "2,4", "2-4", "4/2", "*/3", "2/12", "APR-JUN/2", "6,nov"]


@pytest.mark.parametrize("months", MONTHS)
def test_a_schedule_without_a_day_is_told(months: str) -> None:
    numbers = months.upper()
    for name, number in (("FEB", "2"), ("APR", "4"), ("JUN", "6"), ("NOV", "11")):
        numbers = numbers.replace(name, number)
    found = set().union(*(days_of(part, 1, 12) for part in numbers.split(",")))
    for days in DAYS_OF_MONTHS:
        wanted = set().union(*(days_of(part, 1, 31) for part in days.split(",")))
        year = (date(2024, 1, 1) + timedelta(n) for n in range(366))
        ever = any(each.day in wanted and each.month in found for each in year)
        assert is_ever_due(f"0 0 {days} {months} *") is ever, days
        assert is_ever_due(f"0 0 {days} {months} MON")


def test_what_saving_takes_is_due_or_not() -> None:
    for cron in ANSWERS["taken"]:
        assert is_ever_due(cron) in (True, False)
