"""Dates, times and durations as a flow may have them, and the texts that the runtime reads."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.front.times import duration, instant, local_date, local_time


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (" 2024-06-01 ", "2024-06-01"),
        ("2024-06-01T10:00:00Z", "2024-06-01"),
        ("2024-06-01T10:00", "2024-06-01"),
        (19_875, "2024-06-01"),
        (-1, "1969-12-31"),
        ([2024, 6, 1], "2024-06-01"),
        ("  ", None),
        ([], None),
    ],
)
def test_dates(given: Any, found: str | None) -> None:
    assert local_date(given) == (found, None)


@pytest.mark.parametrize(
    "given", ["soon", "2024-6-1", "2024-02-30", "2024-06-01T10:00:00+02:00", [2024, 6], [2024, 13, 1], 1.5, True, {}]
)  # fmt: skip
def test_what_is_no_date(given: Any) -> None:
    assert local_date(given)[1] is not None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("10:30", "10:30"),
        ("2024-06-01T10:30:05", "10:30:05"),
        ([10, 30.9], "10:30"),
        ([10, 0, 0, 5], "10:00:00.000000005"),
        ("", None),
        ([], None),
    ],
)
def test_times(given: Any, found: str | None) -> None:
    assert local_time(given) == (found, None)


@pytest.mark.parametrize(
    "given", ["24:00", "10:00Z", "T10:00", [10], [10.0, 0], [10, -1], 10, True]
)
def test_what_is_no_time(given: Any) -> None:
    assert local_time(given)[1] is not None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (" 2024-06-01T10:00:00+02:00 ", "2024-06-01T08:00:00Z"),
        ("2024-06-01T24:00:00Z", "2024-06-02T00:00:00Z"),
        (1_717_236_000, "2024-06-01T10:00:00Z"),
        ("1.5", "1970-01-01T00:00:01.500Z"),
        ("-.5", "1969-12-31T23:59:59.500Z"),
        ("", None),
    ],
)
def test_instants(given: Any, found: str | None) -> None:
    assert instant(given) == (found, None)


@pytest.mark.parametrize(
    "given",
    ["2024-06-01", "2024-06-01T10:00:00", "2024-06-01T10:00Z", "+5", "1e3", 1e20, float("inf"), [], False],
)  # fmt: skip
def test_what_is_no_instant(given: Any) -> None:
    assert instant(given)[1] is not None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (" P1DT2H ", "P1DT2H"),
        ("-PT1H", "-PT1H"),
        (90, "PT1M30S"),
        (1.5, "PT1.5S"),
        ("+.5", "PT0.5S"),
        ("", None),
    ],
)
def test_durations(given: Any, found: str | None) -> None:
    assert duration(given) == (found, None)


@pytest.mark.parametrize(
    "given", ["1 hour", "P1Y", "1.5.5", ".", "1e3", 2**63, float("nan"), [], True]
)
def test_what_is_no_duration(given: Any) -> None:
    assert duration(given)[1] is not None
