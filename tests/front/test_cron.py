"""Which cron expressions saving takes, as Kestra 1.3.34 answered: every form of a field in each of its places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowc.front.cron import CronError, parse_cron
from flowrt.model.cron import standard

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
