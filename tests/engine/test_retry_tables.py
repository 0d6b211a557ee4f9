"""The rules of retries, as tables: what a policy grants after which attempts."""

from __future__ import annotations

import pytest

from flowrt.engine.execution import Attempt
from flowrt.engine.retries import next_attempt, pause_after
from flowrt.java.time.duration import SECOND
from flowrt.model.states import CREATED, FAILED, RUNNING
from flowrt.model.task import Constant, Exponential, Random, Retry

GROWING = Exponential(interval="PT2S", max_interval="PT20S", delay_factor=3.0)
DOUBLING = Exponential(interval="PT1S", max_interval="PT1H")


@pytest.mark.parametrize(
    ("policy", "attempts", "seconds"),
    [
        (Constant(interval="PT5S"), 1, 5),
        (Constant(interval="PT5S"), 7, 5),
        (GROWING, 1, 2),
        (GROWING, 2, 6),
        (GROWING, 3, 18),
        (GROWING, 4, 20),
        (GROWING, 50, 20),
        (DOUBLING, 1, 1),
        (DOUBLING, 2, 2),
        (DOUBLING, 11, 1024),
        (Exponential(interval="PT1S", max_interval="PT1H", delay_factor=1.5), 3, 2.25),
        (Exponential(interval="PT9S", max_interval="PT3S"), 1, 3),
        (Random(min_interval="PT4S", max_interval="PT4S"), 3, 4),
    ],
)
def test_the_pause_before_the_next_attempt(policy: Retry, attempts: int, seconds: float) -> None:
    assert pause_after(policy, attempts) == seconds * SECOND


def test_a_random_pause_lies_between_its_bounds() -> None:
    policy = Random(min_interval="PT1S", max_interval="PT3S")
    found = {pause_after(policy, 1) for _ in range(200)}
    assert len(found) > 100
    assert 1 * SECOND <= min(found) < 2 * SECOND < max(found) <= 3 * SECOND


def tries(*times: tuple[float, float]) -> list[Attempt]:
    """Attempts that began and failed at these seconds."""
    return [
        Attempt([CREATED, int(a * SECOND), RUNNING, int(a * SECOND), FAILED, int(b * SECOND)])
        for a, b in times
    ]


@pytest.mark.parametrize(
    ("policy", "attempts", "date"),
    [
        (Constant(interval="PT5S"), [], None),
        (Constant(interval="PT5S"), [(10, 11)], 16),
        (Constant(interval="PT5S"), [(10, 11), (16, 18)], 23),
        (Constant(interval="PT5S", max_attempts=1), [(10, 11)], None),
        (Constant(interval="PT5S", max_attempts=2), [(10, 11)], 16),
        (Constant(interval="PT5S", max_attempts=2), [(10, 11), (16, 18)], None),
        (Constant(interval="PT5S", max_attempts=2), [(1, 2), (3, 4), (5, 6)], None),
        # the time since the first attempt began, up to the date itself
        (Constant(interval="PT5S", max_duration="PT6S"), [(10, 11)], 16),
        (Constant(interval="PT5S", max_duration="PT5.9S"), [(10, 11)], None),
        (Constant(interval="PT5S", max_duration="PT12S"), [(10, 11), (16, 17)], 22),
        (Constant(interval="PT5S", max_duration="PT11S"), [(10, 11), (16, 17)], None),
        (GROWING, [(0, 1), (3, 4)], 10),
    ],
)
def test_when_the_next_attempt_begins(
    policy: Retry, attempts: list[tuple[float, float]], date: float | None
) -> None:
    found = next_attempt(policy, tries(*attempts))
    assert found == (None if date is None else date * SECOND)


def test_a_run_without_attempts_is_not_tried_again() -> None:
    assert next_attempt(Constant(interval="PT5S"), None) is None
