"""The windows of triggers that wait for several executions: where they begin and end, and what lies in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flowrt.engine.conditions import Seen
from flowrt.engine.windows import Windows, span
from flowrt.expr.context import Context
from flowrt.model.triggers import FLOW_TRIGGER, Trigger

DAY = datetime(2024, 3, 5, tzinfo=UTC)


def nanos(time: str, days: int = 0) -> int:
    """A time of the day, `HH:MM:SS.mmm`."""
    hours, minutes, seconds = time.split(":")
    moment = DAY + timedelta(
        days=days,
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds[:2]),
        milliseconds=int(seconds[3:] or 0),
    )
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000


NOW = nanos("10:37:42.500")


def window(kind: str = "DURATION_WINDOW", **given: str) -> dict[str, Any]:
    return {"timeWindow": {"type": kind, **given}}


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({}, nanos("00:00:00"), nanos("23:59:59.999")),
        (window(), nanos("00:00:00"), nanos("23:59:59.999")),
        (window(window="P2D"), nanos("00:00:00"), nanos("23:59:59.999", 1)),
        (window(window="PT1H"), nanos("10:00:00"), nanos("10:59:59.999")),
        (window(window="PT1H0.5S"), nanos("10:00:00"), nanos("11:00:00.499")),
        (window(window="PT1M"), nanos("10:37:00"), nanos("10:37:59.999")),
        (window(window="PT59S"), nanos("10:37:42"), nanos("10:38:40.999")),
        (window(window="P1D"), nanos("00:00:00"), nanos("23:59:59.999")),
        (window(window="PT23H"), nanos("10:00:00"), nanos("08:59:59.999", 1)),
        (window(window="PT2H"), nanos("10:00:00"), nanos("11:59:59.999")),
        (window(window="PT90M"), nanos("10:00:00"), nanos("11:29:59.999")),
        (window(window="PT15M"), nanos("10:30:00"), nanos("10:44:59.999")),
        (window(window="PT37M"), nanos("10:37:00"), nanos("11:13:59.999")),
        (window(window="PT40M"), nanos("10:00:00"), nanos("10:39:59.999")),
        (window(window="PT1M30S"), nanos("10:37:00"), nanos("10:38:29.999")),
        (window(window="PT45S"), nanos("10:37:42"), nanos("10:38:26.999")),
        (window(window="PT1H", windowAdvance="PT5M"), nanos("10:05:00"), nanos("11:04:59.999")),
        (window(window="PT1H", windowAdvance="-PT1H"), nanos("09:00:00"), nanos("09:59:59.999")),
        ({"window": "PT1H", "windowAdvance": "PT5M"}, nanos("10:05:00"), nanos("11:04:59.999")),
        (window("SLIDING_WINDOW", window="PT10M"), nanos("10:37:42"), nanos("10:47:42")),
        (window("SLIDING_WINDOW"), nanos("10:37:42"), nanos("10:37:42", 1)),
        (window("DAILY_TIME_DEADLINE", deadline="12:30:05"), nanos("00:00:00"), nanos("12:30:05")),
        (
            window("DAILY_TIME_WINDOW", startTime="09:00", endTime="17:45"),
            nanos("09:00:00"),
            nanos("17:45:00"),
        ),
        (
            window("DAILY_TIME_WINDOW", startTime="22:00:01", endTime="23:00:03"),
            nanos("22:00:01"),
            nanos("23:00:03"),
        ),
    ],
)
def test_where_a_window_begins_and_ends(given: dict[str, Any], start: int, end: int) -> None:
    assert span(given, NOW) == (start, end)


class Heard:
    """Executions that a trigger hears of, at times that are told."""

    def __init__(self, **preconditions: Any) -> None:
        self._windows = Windows()
        flows = [{"namespace": "a", "flowId": id} for id in ("first", "second")]
        given = {"id": "p", "flows": flows, **preconditions}
        self._trigger = Trigger("t", FLOW_TRIGGER, preconditions=given)
        self._flow: Any = SimpleNamespace(namespace="a", id="hears")

    def ended(self, id: str, time: str, days: int = 0) -> dict[str, Any] | None:
        """The outputs of all that the trigger has waited for, when it fires."""
        execution: Any = SimpleNamespace(
            namespace="a",
            flow_id=id,
            state="SUCCESS",
            labels={},
            outputs={id: time},
            clock=SimpleNamespace(now=lambda: nanos(time, days)),
        )
        seen = Seen(self._flow, execution, lambda: Context({}))
        return self._windows.take_in(self._trigger, seen, lambda condition, reason: None)


def test_what_lies_in_one_window_belongs_together() -> None:
    heard = Heard(**window(window="PT1H"))
    assert heard.ended("first", "10:10:00") is None
    assert heard.ended("other", "10:11:00") is None
    assert heard.ended("second", "10:50:00") == {"first": "10:10:00", "second": "10:50:00"}
    assert heard.ended("second", "10:51:00") is None  # the next one begins
    assert heard.ended("first", "10:52:00") == {"first": "10:52:00", "second": "10:51:00"}


def test_what_lies_in_two_windows_does_not() -> None:
    heard = Heard(**window(window="PT1H"))
    assert heard.ended("first", "10:10:00") is None
    assert heard.ended("second", "11:10:00") is None
    assert heard.ended("first", "11:20:00") == {"first": "11:20:00", "second": "11:10:00"}


@pytest.mark.parametrize(
    ("time", "fires"),
    [("09:59:00", False), ("10:30:00", True), ("11:00:00", False), ("11:00:01", False)],
)
def test_a_window_of_the_day_is_open_at_its_times_only(time: str, fires: bool) -> None:
    heard = Heard(**window("DAILY_TIME_WINDOW", startTime="10:00:00", endTime="11:00:00"))
    assert heard.ended("first", "10:10:00") is None
    assert (heard.ended("second", time) is not None) is fires


def test_a_window_that_is_not_reset_stays_complete() -> None:
    heard = Heard(resetOnSuccess=False)
    assert heard.ended("first", "10:10:00") is None
    for time in ("10:11:00", "10:12:00"):
        assert heard.ended("second", time) == {"first": "10:10:00", "second": time}
    assert heard.ended("second", "10:12:00", 1) is None
