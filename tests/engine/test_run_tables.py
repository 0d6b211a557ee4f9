"""What runs and executions know of themselves, as tables: states at a time, attempts, places, depth, labels."""

from __future__ import annotations

from typing import Any

import pytest

from flowrt import Flow
from flowrt.engine.attempt import Attempt, History
from flowrt.engine.execution import ASIDE, MAIN, Execution, TaskRun
from flowrt.tasks import Log


class Clock:
    """Each look at it is one later; it begins at 100."""

    def __init__(self) -> None:
        self._now = 99

    def now(self) -> int:
        self._now += 1
        return self._now


def execution(**more: Any) -> Execution:
    clock: Any = Clock()
    return Execution(Flow("f", "a.b"), clock=clock, **more)


def run(history: str = "", attempts: list[History] | None = None) -> TaskRun:
    """A run with these states, ten apart from 10 on, and these attempts; it is 101 when it looks at the clock."""
    made = TaskRun(Log("t"), execution(), MAIN)
    if history:
        states = history.split()
        times = range(10, 10 * len(states) + 1, 10)
        flat = [each for pair in zip(states, times, strict=True) for each in pair]
        made.load(flat, None if attempts is None else list(map(Attempt, attempts)), None)
    return made


def attempts(made: TaskRun) -> list[History] | None:
    found = made.attempts
    return None if found is None else [each.history for each in found]


@pytest.mark.parametrize(
    ("when", "state"),
    [
        (9, None),
        (10, "CREATED"),
        (19, "CREATED"),
        (20, "RUNNING"),
        (30, "SUCCESS"),
        (99, "SUCCESS"),
    ],
)
def test_the_state_at_a_time(when: int, state: str | None) -> None:
    assert run("CREATED RUNNING SUCCESS").state_at(when) == state


def test_a_run_begins_created() -> None:
    made = run()
    assert (made.state, made.history) == ("CREATED", ["CREATED", 101])
    assert (made.seq, made.outputs, made.force, made.frame) == (0, None, False, None)
    assert attempts(made) is None
    assert made.attempt_count == 0
    assert made.started == 101


def test_states_follow_one_another() -> None:
    made = run("CREATED")
    assert made.enter("RUNNING") == "CREATED"
    assert made.enter("PAUSED", 7) == "RUNNING"
    assert made.history == ["CREATED", 10, "RUNNING", 102, "PAUSED", 7]
    assert made.state == "PAUSED"


@pytest.mark.parametrize(
    ("length", "old", "left"), [(2, "PAUSED", 2), (4, "PAUSED", 4), (6, None, 6), (8, None, 6)]
)
def test_a_history_is_rewound(length: int, old: str | None, left: int) -> None:
    made = run("CREATED RUNNING PAUSED")
    assert made.rewind(length) == old
    assert len(made.history) == left
    assert made.state == made.history[-2]


def test_what_a_worker_gives_up_has_never_begun() -> None:
    made = run("CREATED RUNNING FAILED", [["FAILED", 1]])
    made.forget()
    assert made.history == ["CREATED", 10]
    assert (made.state, attempts(made)) == ("CREATED", None)


def test_what_a_worker_knows_takes_the_place_of_what_was_forced() -> None:
    made = run("CREATED SUBMITTED KILLED")
    known = Attempt(["CREATED", 3, "RUNNING", 3, "SUCCESS", 4])
    assert made.replace(["CREATED", 1, "RUNNING", 2, "SUCCESS", 4], [known]) == "KILLED"
    assert (made.state, made.history[-1], made.attempts) == ("SUCCESS", 4, [known])


def test_a_run_is_opened_again_without_a_trace() -> None:
    made = run("CREATED RUNNING FAILED", [["FAILED", 1]])
    assert made.reopen() == "FAILED"
    assert (made.state, made.history[-2], attempts(made)) == ("CREATED", "FAILED", None)


TRIED: History = ["CREATED", 1, "RUNNING", 1]


@pytest.mark.parametrize(
    ("before", "method", "after"),
    [
        (None, "end_attempt", None),
        ([], "end_attempt", []),
        ([TRIED], "end_attempt", [[*TRIED, "KILLED", 102]]),
        ([["FAILED", 1], TRIED], "end_attempt", [["FAILED", 1], [*TRIED, "KILLED", 102]]),
        ([["KILLED", 1]], "end_attempt", [["KILLED", 1]]),
        (None, "end_from_outside", [["KILLED", 102]]),
        ([], "end_from_outside", [["KILLED", 102]]),
        ([TRIED], "end_from_outside", [[*TRIED, "KILLED", 102]]),
    ],
)
def test_the_last_attempt_ends(
    before: list[History] | None, method: str, after: list[History] | None
) -> None:
    made = run("CREATED RUNNING", before)
    getattr(made, method)("KILLED")
    assert attempts(made) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        ([TRIED], [[*TRIED, "RESUBMITTED", 102]]),
        ([[*TRIED, "FAILED", 2]], [[*TRIED, "FAILED", 2]]),
        ([[*TRIED, "FAILED", 2], TRIED], [[*TRIED, "FAILED", 2], [*TRIED, "RESUBMITTED", 102]]),
    ],
)
def test_a_lost_attempt_is_superseded(
    before: list[History] | None, after: list[History] | None
) -> None:
    made = run("CREATED RUNNING", before)
    made.supersede()
    assert attempts(made) == after


def test_attempts_are_made() -> None:
    made = run("CREATED RUNNING")
    made.begin_attempt(5)
    assert attempts(made) == [["CREATED", 5, "RUNNING", 5]]
    made.add_attempt("FAILED", 6)
    assert attempts(made) == [["CREATED", 5, "RUNNING", 5], ["FAILED", 6]]
    assert made.attempt_count == 2
    made.only_attempt("KILLED", 7)
    assert attempts(made) == [["KILLED", 7]]
    assert made.attempts_when("FAILED")[0].history == ["KILLED", 7, "FAILED", 102]  # type: ignore[index]
    assert attempts(made) == [["KILLED", 7]]


@pytest.mark.parametrize(
    ("history", "tried", "told"),
    [
        ("CREATED RUNNING SUCCESS", "CREATED 20 RUNNING 20 SUCCESS 30", True),
        ("CREATED SUBMITTED RUNNING FAILED", "CREATED 30 RUNNING 30 FAILED 40", True),
        ("CREATED SUBMITTED RUNNING FAILED", "CREATED 30 RUNNING 30 KILLED 40", False),
        ("CREATED SUBMITTED SUCCESS", "CREATED 20 RUNNING 20 SUCCESS 30", False),
        ("CREATED RUNNING SUCCESS", "CREATED 20 SUCCESS 30", False),
        ("CREATED RUNNING SUCCESS", "FAILED 20 RUNNING 20 SUCCESS 30", False),
        ("CREATED RUNNING SUCCESS", "CREATED 20 RUNNING 20 SUCCESS 30 KILLED 40", False),
    ],
)
def test_an_attempt_that_the_history_tells_as_well_is_told_by_it(
    history: str, tried: str, told: bool
) -> None:
    words = [int(each) if each.isdecimal() else each for each in tried.split()]
    made = run(history, [words])
    made.compact()
    assert attempts(made) == [words]
    assert made.attempt_count == 1
    made.history[-3] = 21  # when it began to run
    assert (attempts(made) != [words]) is told


@pytest.mark.parametrize(("value", "text"), [(None, "<t CREATED>"), ("v", "<t[v] CREATED>")])
def test_a_run_is_shown_with_its_value_and_state(value: str | None, text: str) -> None:
    assert repr(TaskRun(Log("t"), execution(), MAIN, value=value)) == text


def test_two_attempts_are_kept() -> None:
    two: list[History] = [["FAILED", 5], ["CREATED", 20, "RUNNING", 20, "SUCCESS", 30]]
    made = run("CREATED RUNNING SUCCESS", two)
    made.compact()
    assert attempts(made) == two


def test_values_of_loops_come_from_outside_to_inside() -> None:
    whole = execution()
    outer = TaskRun(Log("outer"), whole, MAIN, value="a")
    plain = TaskRun(Log("plain"), whole, MAIN, outer)
    inner = TaskRun(Log("inner"), whole, MAIN, plain, value="b")
    for each in (outer, plain, inner):
        whole.append(each)
    assert inner.values() == ["a", "b"]
    assert plain.values() == ["a"]
    assert [each.index for each in whole.runs] == [0, 1, 2]
    whole.remove({outer})
    assert whole.runs == [plain, inner]
    assert plain.orphaned
    assert plain.around is None
    assert inner.values() == ["b"]
    assert not inner.orphaned
    whole.put_away({plain})
    assert whole.runs == [inner]
    assert whole.away == 1
    inner.stand_alone()
    assert (inner.parent, inner.role) == (None, ASIDE)


def test_how_deep_executions_start_one_another() -> None:
    first, second, third, instead = (execution() for _ in range(4))
    second.starter, third.starter, instead.starter = first, second, third
    # whatever their ids are, and the last takes the place of the third
    first.original_id, second.original_id, third.original_id = "b", "a", "c"
    instead.original_id = "c"
    assert [each.depth() for each in (instead, first, third, second)] == [3, 1, 3, 2]


def test_the_outcome_is_that_of_the_last_that_took_the_place() -> None:
    first, child, second, third = (execution() for _ in range(4))
    first.children = [child, second]
    second.parent_id, second.children = first.id, [third]
    third.parent_id = second.id
    assert first.outcome is third
    assert child.outcome is child


@pytest.mark.parametrize(
    ("of_flow", "given", "labels"),
    [
        ({}, {}, {}),
        ({"a": "1"}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1"}, {"a": "", "": "x"}, {"a": "1"}),
        ({"system.x": "1", "a": "1"}, {"system.y": "2"}, {"a": "1", "system.y": "2"}),
    ],
)
def test_labels_of_an_execution(
    of_flow: dict[str, str], given: dict[str, str], labels: dict[str, str]
) -> None:
    made = Execution(Flow("f", "a.b", labels=of_flow), labels=given)
    assert made.labels == {**labels, "system.correlationId": made.id}
    again = Execution(Flow("f", "a.b"), labels={"system.correlationId": "first"})
    assert again.labels == {"system.correlationId": "first"}
