"""The rules of retries, as tables: what a policy grants after which attempts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flowrt.engine.attempt import Attempt
from flowrt.engine.execution import policy_of
from flowrt.engine.retries import Retries, next_attempt, pause_after
from flowrt.java.time.duration import SECOND
from flowrt.model.states import CREATED, FAILED, RUNNING
from flowrt.model.task import Constant, Exponential, Random, Retry
from flowrt.tasks import Log, Sequential

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


# ---- whose policy it is ---------------------------------------------------------------------------------------------

OWN = Constant(interval="PT1S")
ABOVE = Constant(interval="PT2S")
TOP = Constant(interval="PT3S")
FLOWS = Constant(interval="PT4S")
NEW = "CREATE_NEW_EXECUTION"


def run_with(
    own: Retry | None,
    *above: Retry | None,
    attempts: list[Attempt] | None = None,
    block: bool = False,
    ended: bool = False,
) -> Any:
    """A failed run within blocks that have these policies, the nearest first."""
    parent = None
    for retry in reversed(above):
        task = Sequential("block", retry=retry)
        parent = SimpleNamespace(task=task, parent=parent, state=FAILED if ended else RUNNING)
    task = Sequential("s", retry=own) if block else Log("t", retry=own)
    return SimpleNamespace(task=task, parent=parent, attempts=attempts)


def retries(flow: Retry | None = None, attempt: int = 1, created: float = 0) -> Retries:
    executor: Any = SimpleNamespace(
        flow=SimpleNamespace(retry=flow),
        execution=SimpleNamespace(attempt_number=attempt, created_date=int(created * SECOND)),
    )
    return Retries(executor)


@pytest.mark.parametrize(
    ("policies", "flow", "found"),
    [
        ([OWN, ABOVE, TOP], FLOWS, OWN),
        ([None, ABOVE, TOP], FLOWS, ABOVE),
        ([None, None, TOP], FLOWS, TOP),
        ([None, None, None], FLOWS, FLOWS),
        ([None], FLOWS, FLOWS),
        ([None, None], None, None),
    ],
)
def test_the_nearest_policy_counts(
    policies: list[Retry | None], flow: Retry | None, found: Retry | None
) -> None:
    at: Any = SimpleNamespace(retry=flow)
    assert policy_of(run_with(*policies), at) is found


@pytest.mark.parametrize(
    ("run", "date"),
    [
        (run_with(OWN, attempts=tries((4, 5))), 6),
        (run_with(None, ABOVE, attempts=tries((4, 5))), 7),
        (run_with(None, ABOVE, attempts=tries((4, 5)), ended=True), None),
        (run_with(None, ABOVE, attempts=tries((4, 5)), block=True, ended=True), 7),
        (run_with(None, attempts=tries((4, 5))), None),
        (run_with(OWN), None),
    ],
)
def test_when_a_run_is_due(run: Any, date: float | None) -> None:
    found = retries().due(run)
    assert (None if found is None else found[1]) == (None if date is None else date * SECOND)


@pytest.mark.parametrize(
    ("policy", "made", "attempts", "date"),
    [
        (Constant(interval="PT5S", behavior=NEW), 1, [(10, 11)], 16),
        (Constant(interval="PT5S", behavior=NEW), 4, [(1, 2), (10, 11)], 16),
        (Constant(interval="PT5S", behavior=NEW), 1, [], None),
        # so many executions, whatever the attempts of the run
        (Constant(interval="PT5S", behavior=NEW, max_attempts=3), 2, [(1, 2)] * 5, 7),
        (Constant(interval="PT5S", behavior=NEW, max_attempts=3), 3, [(1, 2)], None),
        (Exponential(interval="PT2S", max_interval="PT1H", behavior=NEW), 3, [(1, 2)], 10),
        # since the first of the executions was created, at three seconds
        (Constant(interval="PT5S", behavior=NEW, max_duration="PT13S"), 1, [(10, 11)], 16),
        (Constant(interval="PT5S", behavior=NEW, max_duration="PT12S"), 1, [(10, 11)], None),
    ],
)
def test_when_a_new_execution_takes_the_place(
    policy: Retry, made: int, attempts: list[tuple[float, float]], date: float | None
) -> None:
    found = retries(attempt=made, created=3).due(run_with(policy, attempts=tries(*attempts)))
    assert found == (None if date is None else (policy, date * SECOND))


@pytest.mark.parametrize(
    ("run", "attempt", "due"),
    [
        (run_with(None, ABOVE, attempts=tries((0, 1))), 1, False),
        (run_with(OWN, attempts=tries((0, 1))), 1, True),
        (run_with(OWN, None, attempts=tries((0, 1))), 1, True),
        (run_with(OWN, attempts=tries((0, 1)), block=True), 1, True),
        (run_with(OWN, None, attempts=tries((0, 1)), block=True), 1, False),
        (run_with(Constant(interval="PT1S", max_attempts=1), attempts=tries((0, 1))), 1, False),
        # at the top the own attempts count, of which there is one in each execution
        (
            run_with(
                Constant(interval="PT1S", max_attempts=2, behavior=NEW), attempts=tries((0, 1))
            ),
            2,
            True,
        ),
        (
            run_with(
                Constant(interval="PT1S", max_attempts=2, behavior=NEW),
                None,
                attempts=tries((0, 1)),
            ),
            2,
            False,
        ),
        (
            run_with(
                Constant(interval="PT1S", max_attempts=2, behavior=NEW),
                None,
                attempts=tries((0, 1)),
            ),
            1,
            True,
        ),
    ],
)
def test_what_the_own_policy_grants(run: Any, attempt: int, due: bool) -> None:
    assert retries(attempt=attempt).due_by_own_policy(run) is due
