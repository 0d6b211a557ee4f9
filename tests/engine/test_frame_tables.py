"""The rules of frames, as tables: which list is active, when it is over, how states fold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flowrt import Flow, Run
from flowrt.control.loops import Chains, LoopLine
from flowrt.engine.attempt import soften
from flowrt.engine.execution import ERRORS, FINALLY, MAIN, Execution, TaskRun
from flowrt.engine.frames import NONE, Frame
from flowrt.engine.lines import Line
from flowrt.model.task import Constant
from flowrt.tasks import Log, Sequential

STATES = {
    "C": "CREATED", "R": "RUNNING", "S": "SUCCESS", "W": "WARNING", "F": "FAILED", "K": "KILLED",
    "P": "PAUSED", "G": "RETRYING", "X": "SKIPPED", "D": "RETRIED", "U": "SUBMITTED",
}  # fmt: skip


def frame_of(
    main: str,
    errors: str | None,
    finally_: str | None,
    *,
    wanted: int = 2,
    retries: str = "",
    **options: Any,
) -> Frame:
    """A frame whose lists have runs in these states; each declared list wants `wanted` tasks.

    `retries` are the places of main runs that their own policy grants another attempt.
    """
    flow = Flow("f", "a.b")
    execution = Execution(flow)
    block = flow.block(Sequential("s", **options))(None)

    async def body(run: Run) -> None:
        for number in range(wanted):
            await run(Log(f"t{number}"))

    block.main_body = body
    block.errors_body = None if errors is None else body
    block.finally_body = None if finally_ is None else body
    granted: set[TaskRun] = set()
    policy = SimpleNamespace(due_by_own_policy=lambda run: run in granted)
    executor: Any = SimpleNamespace(execution=execution, retries=policy)
    frame = Frame(executor, block, None)
    for role, states in ((MAIN, main), (ERRORS, errors), (FINALLY, finally_)):
        for place, letter in enumerate(states or ""):
            run = TaskRun(Log(f"t{place}"), execution, role)
            run.state = STATES[letter]
            run.owner = frame
            frame.added(run)
            if role == MAIN and str(place) in retries:
                run.task.retry = Constant(interval="PT1S")
                granted.add(run)
    return frame


@pytest.mark.parametrize(
    ("main", "errors", "finally_", "retries", "active"),
    [
        ("", None, None, "", MAIN),
        ("S", None, None, "", MAIN),
        ("SS", None, None, "", MAIN),
        ("SS", "", None, "", MAIN),
        ("S", None, "", "", MAIN),
        ("SS", None, "", "", FINALLY),
        ("SR", None, "", "", MAIN),
        ("F", None, None, "", NONE),
        ("F", "", None, "", ERRORS),
        ("F", "", None, "0", NONE),
        ("F", None, "", "", FINALLY),
        ("F", "", "", "", ERRORS),
        ("F", "S", "", "", ERRORS),
        ("F", "SS", "", "", FINALLY),
        ("F", "SR", "", "", ERRORS),
        ("F", "SS", "S", "", FINALLY),
        ("FF", "", None, "0", ERRORS),
        ("FF", "", None, "01", NONE),
        ("W", "", None, "", MAIN),
        ("K", "", None, "", MAIN),
    ],
)
def test_which_list_goes_on(
    main: str, errors: str | None, finally_: str | None, retries: str, active: int
) -> None:
    assert frame_of(main, errors, finally_, retries=retries).active() == active


@pytest.mark.parametrize(
    ("errors", "finally_", "active"),
    [
        (None, None, NONE),
        ("", None, ERRORS),
        (None, "", FINALLY),
        ("", "", ERRORS),
    ],
)
def test_which_list_goes_on_when_a_pause_is_to_fail(
    errors: str | None, finally_: str | None, active: int
) -> None:
    assert frame_of("", errors, finally_).active("FAILED") == active


@pytest.mark.parametrize(
    ("states", "over"),
    [
        ("", False),
        ("S", False),
        ("SS", True),
        ("SR", False),
        ("FX", True),
        ("DK", True),
        ("SP", False),
        ("SG", False),
    ],
)
@pytest.mark.parametrize("role", [MAIN, ERRORS, FINALLY])
def test_when_a_list_is_over(states: str, over: bool, role: int) -> None:
    lists: list[str] = ["", "", ""]
    lists[role] = states
    frame = frame_of(*lists)
    # what has run was granted
    for _ in states:
        frame.line(role).peek()
    assert frame.over(role) is over
    assert frame.over(NONE)


@pytest.mark.parametrize(
    ("states", "folded"),
    [
        ("", "SUCCESS"), ("SS", "SUCCESS"), ("SX", "SUCCESS"), ("SW", "WARNING"), ("WF", "FAILED"),
        ("FK", "KILLED"), ("WP", "WARNING"), ("SP", "PAUSED"), ("SD", "SUCCESS"), ("FP", "FAILED"),
    ],
)  # fmt: skip
def test_how_states_fold(states: str, folded: str) -> None:
    assert frame_of(states, None, None).fold() == folded


@pytest.mark.parametrize(
    ("state", "failure", "warning", "softened"),
    [
        ("FAILED", False, False, "FAILED"),
        ("FAILED", True, False, "WARNING"),
        ("FAILED", True, True, "SUCCESS"),
        ("FAILED", False, True, "FAILED"),
        ("WARNING", False, True, "SUCCESS"),
        ("WARNING", True, False, "WARNING"),
        ("KILLED", True, True, "KILLED"),
        ("CANCELLED", True, True, "CANCELLED"),
        ("SUCCESS", True, True, "SUCCESS"),
    ],
)
def test_what_may_fail_ends_softly(state: str, failure: bool, warning: bool, softened: str) -> None:
    task = Log("t", allow_failure=failure, allow_warning=warning)
    assert soften(task, state) == softened
    assert soften(None, state) == state


@pytest.mark.parametrize(
    ("main", "errors", "finally_", "retries", "state"),
    [
        ("", None, None, "", None),
        ("S", None, None, "", None),
        ("SS", None, None, "", "SUCCESS"),
        ("SW", None, None, "", "WARNING"),
        ("SR", None, None, "", None),
        ("F", None, None, "", "FAILED"),
        ("F", None, None, "0", None),
        ("F", "", None, "", None),
        ("F", "SS", None, "", "FAILED"),
        ("F", "SF", None, "", "FAILED"),
        ("SS", None, "S", "", None),
        ("SS", None, "SF", "", "SUCCESS"),
    ],
)
def test_the_state_in_which_a_block_ends(
    main: str, errors: str | None, finally_: str | None, retries: str, state: str | None
) -> None:
    assert frame_of(main, errors, finally_, retries=retries).resolve() == state


def test_a_list_without_tasks_is_at_its_end() -> None:
    frame = frame_of("", None, None, wanted=0)
    assert frame.empty()
    assert frame.resolve() == "SUCCESS"
    assert not frame_of("S", None, None).empty()


@pytest.mark.parametrize(
    ("main", "made"),
    [
        ("", "t0"),
        ("S", "t1"),
        ("SS", None),
        ("R", None),
        ("U", None),
        ("F", None),
        ("X", "t1"),
        ("W", "t1"),
    ],
)
def test_the_next_task_of_a_list(main: str, made: str | None) -> None:
    found = frame_of(main, None, None).sequential()
    assert [run.task.id for run in found] == ([made] if made else [])


@pytest.mark.parametrize(
    ("main", "role", "next_one"),
    [
        ("", MAIN, True),
        ("S", MAIN, True),
        # one before the last is open still
        ("RS", MAIN, False),
        ("CS", MAIN, False),
        ("US", MAIN, False),
        ("PS", MAIN, True),
        ("GS", MAIN, True),
        # the other lists do not look at the main one
        ("FR", ERRORS, True),
        ("FR", FINALLY, True),
        ("", NONE, False),
    ],
)
def test_what_a_list_waits_for(main: str, role: int, next_one: bool) -> None:
    assert bool(frame_of(main, "", "", wanted=3).next_of(role)) is next_one


def test_runs_that_leave_memory_stay_counted() -> None:
    frame = frame_of("SSFSS", "SS", None, wanted=5)
    assert frame.over(MAIN)
    frame.put_away(set(frame.runs[MAIN][:2]))
    assert len(frame.runs[MAIN]) == 3
    assert frame.away == 2
    assert frame.over(MAIN)
    assert not frame.over(ERRORS)  # three more are wanted
    frame.put_away(set(frame.runs[MAIN]))
    assert frame.away == 5
    assert not frame.empty()
    assert frame.over(MAIN)
    frame.reset(ERRORS)
    assert (frame.away, frame.tally["FAILED"]) == (5, 1)
    frame.reset(MAIN)
    assert (frame.away, frame.tally) == (0, {})
    assert not frame.over(MAIN)  # all of them are wanted anew


@pytest.mark.parametrize(
    ("old", "new", "opened"), [("C", "S", 0), ("C", "R", 1), ("S", "C", 1), ("S", "F", 0)]
)
@pytest.mark.parametrize("role", [MAIN, ERRORS, FINALLY])
def test_what_is_open_is_counted(old: str, new: str, opened: int, role: int) -> None:
    lists: list[str] = ["", "", ""]
    lists[role] = old
    frame = frame_of(*lists)
    run = frame.runs[role][0]
    run.state = STATES[new]
    frame.moved(run, STATES[old])
    assert frame.unended[role] == opened
    if role == MAIN:
        assert frame.tally == {STATES[old]: 0, STATES[new]: 1}
    frame.reset(role)
    assert frame.unended[role] == 0
    assert frame.runs[role] == []


def test_whether_something_waits_for_another_attempt_is_counted() -> None:
    frame = frame_of("F", None, None)
    run = frame.runs[MAIN][0]
    run.state = "RETRYING"
    frame.moved(run, "FAILED")
    assert frame.retrying == 1
    run.state = "CREATED"
    frame.moved(run, "RETRYING")
    assert frame.retrying == 0


async def two(run: Run) -> None:
    await run(Log("a"))
    await run(Log("b"))


def names(line: Line, count: int) -> list[tuple[str, Any, Any, Any]]:
    """The next requests of a line, granted one by one."""
    found = []
    for _ in range(count):
        request: Any = line.peek()
        if request is None:
            break
        found.append((request.targets[0].task.id, request.value, request.iteration, request.chain))
        line.take()
    return found


def test_the_rounds_of_a_loop_follow_each_other() -> None:
    line = LoopLine(lambda: ["x", "y"], lambda value: two(Run(value)))
    expected = [("a", "x", 0, 0), ("b", "x", 0, 0), ("a", "y", 1, 1), ("b", "y", 1, 1)]
    assert names(line, 9) == expected
    assert line.taken == 4


def test_a_loop_goes_on_when_its_values_become_more() -> None:
    values = ["x"]
    line = LoopLine(lambda: values, lambda value: two(Run(value)))
    assert len(names(line, 9)) == 2
    values.append("y")
    assert names(line, 9) == [("a", "y", 1, 1), ("b", "y", 1, 1)]


def test_a_loop_ends_when_its_values_become_fewer() -> None:
    values = ["x", "y", "z"]
    line = LoopLine(lambda: values, lambda value: two(Run(value)))
    assert len(names(line, 4)) == 4
    del values[:]
    assert names(line, 9) == []


def test_no_chain_begins_when_values_become_fewer() -> None:
    values = ["x", "y", "z"]
    line = Chains(lambda: values, lambda value: two(Run(value)))
    assert len(names(line, 2)) == 2
    del values[1:]
    assert names(line, 9) == []
    line.ended(SimpleNamespace(chain=0, state="SUCCESS"))  # type: ignore[arg-type]
    assert names(line, 9) == [("b", "x", 0, 0)]


@pytest.mark.parametrize("begun", [False, True])
def test_a_line_that_is_closed_has_no_next_request(begun: bool) -> None:
    for line in (Line(lambda: two(Run())), LoopLine(lambda: ["x"], lambda value: two(Run(value)))):
        if begun:
            assert line.peek() is not None
        line.close()
        assert line.body is None
        assert line.peek() is None


def test_chains_begin_in_the_order_of_their_values_and_the_first_that_is_free_goes_on() -> None:
    line = Chains(lambda: ["x", "y", "z"], lambda value: two(Run(value)))
    assert names(line, 2) == [("a", "x", 0, 0), ("a", "y", 1, 1)]
    line.ended(SimpleNamespace(chain=1, state="SUCCESS"))  # type: ignore[arg-type]
    assert names(line, 2) == [("b", "y", 1, 1), ("a", "z", 2, 2)]
    line.ended(SimpleNamespace(chain=0, state="FAILED"))  # type: ignore[arg-type]
    assert names(line, 2) == []
    line.ended(SimpleNamespace(chain=2, state="WARNING"))  # type: ignore[arg-type]
    line.ended(SimpleNamespace(chain=0, state="SUCCESS"))  # type: ignore[arg-type]
    assert names(line, 9) == [("b", "x", 0, 0), ("b", "z", 2, 2)]


def runs_of(*made: str) -> list[Any]:
    """Runs by task and value."""
    pairs = (each.split() for each in made)
    return [SimpleNamespace(task=SimpleNamespace(id=id), value=value) for id, value in pairs]


def test_a_line_is_brought_to_where_its_runs_are() -> None:
    line = LoopLine(lambda: ["x", "y"], lambda value: two(Run(value)))
    assert line.restore(runs_of("a x", "b x", "a y"))
    assert names(line, 9) == [("b", "y", 1, 1)]


@pytest.mark.parametrize(
    ("made", "fits", "strays"),
    [
        (("a x", "b x", "a y"), True, []),
        (("b x", "a x"), True, []),
        (("a y",), False, []),
        (("a z", "b z", "a x"), False, ["a z", "b z"]),
        (("a x", "b x", "a y", "b y", "a z"), False, ["a z"]),
        (("c x",), False, ["c x"]),
    ],
)
def test_runs_that_a_list_would_never_make_are_no_part_of_it(
    made: tuple[str, ...], fits: bool, strays: list[str]
) -> None:
    def line() -> LoopLine:
        return LoopLine(lambda: ["x", "y"], lambda value: two(Run(value)))

    runs = runs_of(*made)
    assert line().restore(runs) is fits
    assert [f"{run.task.id} {run.value}" for run in line().strays(runs)] == strays


@pytest.mark.parametrize("line_of", [LoopLine, Chains])
def test_values_that_were_read_anew_at_each_step_go_on_behind_their_runs(line_of: Any) -> None:
    """An earlier process has left the last ones that it read: runs that were made for others before are theirs, too."""
    runs = runs_of("a w", "b w")
    for run in runs:
        run.chain, run.terminal, run.state = 0, True, "SUCCESS"
    line = line_of(lambda: ["x", "y"], lambda value: two(Run(value)), True)
    assert line.restore(runs)
    assert names(line, 1) == [("a", "y", 1, 1)]


def test_the_own_policy_decides_whether_a_failure_is_final() -> None:
    frame = frame_of("F", None, None)
    assert frame.failed_for_good()
    assert not frame_of("F", None, None, retries="0").failed_for_good()
    assert not frame_of("S", None, None).failed_for_good()
    assert Constant(interval="PT1S").max_attempts is None
