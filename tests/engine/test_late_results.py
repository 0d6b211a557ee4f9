"""What becomes of a result that comes late: after a timeout, a kill, or when the run has been given another state meanwhile.

The worker here begins and reports when the test says so. A state is a letter with its second behind it (`timelines`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from clock import CountingIds
from running import analysed, loaded
from timelines import lines

from flowrt.control.pause import resumed_elsewhere
from flowrt.engine.assignments import Assignment
from flowrt.engine.creation import create_execution
from flowrt.engine.document import execution_document
from flowrt.engine.lifecycle import kill
from flowrt.engine.work import Abandoned, Report
from flowrt.java.time.duration import SECOND
from flowrt.model.failures import TaskFailure
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import open_host


class Clock:
    """From zero on, and it only jumps to what is due."""

    def __init__(self) -> None:
        self._now = 0

    def now(self) -> int:
        return self._now

    def wait(self, wait: Any, until: int | None, busy: int) -> None:
        assert until is not None, "the engine waits for something that never comes"
        self._now = max(self._now, until)


@dataclass
class Plan:
    """How the worker does each attempt of a task: when it begins, how long it may take, when it reports, what it reports."""

    takes: float | None = None
    error: str = ""
    begins: float = 0
    limit: float | None = None
    value: Any = None
    says: str = ""
    heeds: bool = False
    """Whether it ends when it is interrupted."""


class Planned:
    """A worker that works as planned."""

    patience = False
    at_work = None

    def __init__(self, host: Any, plans: dict[str, Plan]) -> None:
        self._host = host
        self._plans = plans
        self.refused: list[str] = []

    def take(self, assignment: Assignment) -> None:
        plan = self._plans.get(assignment.run.task.id, Plan(0))
        self._after(plan.begins, lambda: self._begin(assignment, plan))

    def _begin(self, assignment: Assignment, plan: Plan) -> None:
        if not assignment.begin():
            return
        if plan.takes is not None:
            self._after(plan.takes, lambda: self._end(assignment, plan))
        if plan.limit is not None:
            assignment.limit(plan.limit)

    def _end(self, assignment: Assignment, plan: Plan) -> None:
        try:
            if plan.says:
                assignment.log("INFO", plan.says)
        except Abandoned:
            self.refused.append(plan.says)
        error = TaskFailure(plan.error) if plan.error else None
        if error is not None:
            assignment.fail(error, plan.limit)
        outputs = None if plan.value is None else {"value": plan.value}
        assignment.report(Report(outputs if error is None else None, error))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._host.at(self._host.clock.now() + round(seconds * SECOND), act)

    def interrupt(self, assignment: Assignment) -> None:
        if self._plans.get(assignment.run.task.id, Plan()).heeds:
            assignment.report(Report(error=Abandoned()))

    def close(self) -> None:
        """Nothing is held."""


def done(
    tasks: str,
    plans: dict[str, Plan],
    killed: float | None = None,
    secret: str = "",
    resumed: float | None = None,
) -> SimpleNamespace:
    """What becomes of a flow: `lines`, `document`, the services."""
    text = f"id: f\nnamespace: a.b\ntasks:\n{tasks}"
    flow = loaded(analysed(text.replace("type: ", "type: io.kestra.plugin.core.")))
    clock: Any = Clock()
    host = open_host(flow, RunOptions(clock=clock, ids=CountingIds(), keep_logs=True))
    worker: Any = Planned(host, plans)
    host.worker = worker
    if secret:
        host.services.masks.add(secret)
    execution = create_execution(host, flow, {})
    executor = host.start(execution)
    if killed is not None:
        host.at(round(killed * SECOND), lambda: kill(executor))
    if resumed is not None:
        host.at(round(resumed * SECOND), lambda: resumed_elsewhere(executor, lambda paused: {}))
    host.run()
    document = execution_document(execution)
    files = [
        host.services.storage.read(f"kestra:///{path}").decode()
        for path, folder in host.services.storage.tree.walk("a/b/f/executions")
        if not folder and path.endswith(".log")
    ]
    host.close()
    return SimpleNamespace(
        lines=list(lines(document)),
        document=document,
        files=files,
        refused=worker.refused,
        said=[(each["level"], each["message"]) for each in document["logs"]],
    )


ONE = "- {id: t, type: log.Log, message: t}\n"
LATE = ("ERROR", "Timeout after 00:00:02.000")


@pytest.mark.parametrize(
    ("plan", "killed", "execution", "run", "said"),
    [
        (Plan(1), None, "c0 r0 S1", "c0 u0 r0 S1 | c0 r0 S1", []),
        (Plan(1, "bad"), None, "c0 r0 F1", "c0 u0 r0 F1 | c0 r0 F1", [("ERROR", "bad")]),
        (Plan(1, limit=2), None, "c0 r0 S1", "c0 u0 r0 S1 | c0 r0 S1", []),
        # over the time that it has: whatever it reports, and it is waited for eight seconds
        (Plan(2, limit=2), None, "c0 r0 F2", "c0 u0 r0 F2 | c0 r0 F2", [LATE]),
        (Plan(3, limit=2), None, "c0 r0 F3", "c0 u0 r0 F3 | c0 r0 F3", [LATE]),
        (Plan(3, "bad", limit=2), None, "c0 r0 F3", "c0 u0 r0 F3 | c0 r0 F3", [LATE]),
        (Plan(9, limit=2, heeds=True), None, "c0 r0 F2", "c0 u0 r0 F2 | c0 r0 F2", [LATE]),
        (Plan(limit=2), None, "c0 r0 F10", "c0 u0 r0 F10 | c0 r0 F10", [LATE]),
        # the time counts from its beginning
        (Plan(1, limit=2, begins=3), None, "c0 r0 S4", "c0 u0 r3 S4 | c3 r3 S4", []),
        # killed: what it has done counts, what it has not is killed
        (Plan(2), 1, "c0 r0 k1 K1", "c0 u0 r0 S2 | c0 r0 S2", []),
        (Plan(2, "bad"), 1, "c0 r0 k1 K1", "c0 u0 r0 K2 | c0 r0 K2", []),
        (Plan(9, heeds=True), 1, "c0 r0 k1 K1", "c0 u0 r0 K1 | c0 r0 K1", []),
        (Plan(), 1, "c0 r0 k1 K1", "c0 u0 r0 K9 | c0 r0 K9", []),
        (Plan(limit=2), 1, "c0 r0 k1 K1", "c0 u0 r0 K9 | c0 r0 K9", []),
        # what the worker has not begun with it never begins
        (Plan(1, begins=2), 1, "c0 r0 k1 K1", "c0 u0 K1 | ", []),
    ],
)
def test_work_that_is_to_end(
    plan: Plan, killed: float | None, execution: str, run: str, said: list[tuple[str, str]]
) -> None:
    found = done(ONE, {"t": plan}, killed)
    assert found.lines == [execution, f"t: {run}"]
    assert found.said == said


SIDE = "- {{id: p, type: flow.Parallel, tasks: [{{id: t, type: log.Log, message: t{}}}, {{id: x, type: log.Log, message: x}}]}}\n"


@pytest.mark.parametrize(
    ("more", "plan", "run", "outputs"),
    [
        # its block fails at one, and with it the run; what the worker says later takes the place of that
        ("", Plan(3, value="v"), "c0 u0 r0 S3 | c0 r0 S3", {"value": "v"}),
        (", allowFailure: true", Plan(3, "bad"), "c0 u0 r0 W3 | c0 r0 F3", {}),
        ("", Plan(3, value="v", begins=2), "c0 u0 r2 S5 | c2 r2 S5", {"value": "v"}),
        # unless it says the same
        ("", Plan(3, "bad"), "c0 u0 r0 F1 | c0 r0", None),
        ("", Plan(9, limit=2), "c0 u0 r0 F1 | c0 r0", None),
        # a worker that begins later has an attempt of its own to tell of
        ("", Plan(3, "bad", begins=2), "c0 u0 r2 F5 | c2 r2 F5", {}),
    ],
)
def test_a_result_takes_the_place_of_a_state_that_was_forced(
    more: str, plan: Plan, run: str, outputs: Any
) -> None:
    found = done(SIDE.format(more), {"t": plan, "x": Plan(1, "bad")})
    assert found.lines[:2] == ["c0 r0 F1", "p: c0 r0 F1 | c0 r0 F1"]
    assert found.lines[2] == f"t: {run}"
    assert found.document["taskRunList"][1]["outputs"] == outputs


def test_a_result_that_comes_after_it_was_given_up_is_dropped() -> None:
    tasks = """\
- {id: t, type: log.Log, message: t, allowFailure: true}
- {id: u, type: log.Log, message: u}
"""
    plans = {"t": Plan(12, limit=2, says="late", value="v"), "u": Plan(5)}
    found = done(tasks, plans)
    assert found.lines[1] == "t: c0 u0 r0 W10 | c0 r0 F10"
    assert found.refused == ["late"]
    assert found.document["taskRunList"][0]["outputs"] == {}
    assert [message for _, message in found.said] == [LATE[1]]


@pytest.mark.parametrize(
    ("more", "says", "files", "said"),
    [
        ("", "hush-hush now", [], ["****** now", "bad"]),
        (", logToFile: true", "hush-hush now", ["INFO ****** now\n", "ERROR bad\n"], []),
        (", logToFile: true", "plain", ["INFO plain\n", "ERROR bad\n"], []),
    ],
)
@pytest.mark.parametrize("secret", ["hush-hush", ""])
def test_lines_of_a_task_are_masked_wherever_they_go(
    secret: str, more: str, says: str, files: list[str], said: list[str]
) -> None:
    found = done(
        ONE.replace("message: t", f"message: t{more}"),
        {"t": Plan(1, "bad", says=says)},
        secret=secret,
    )
    hidden = [text.replace("******", "hush-hush") if not secret else text for text in files]
    assert "".join(found.files) == "".join(f"1970-01-01T00:00:01.000000Z {each}" for each in hidden)
    assert [message for _, message in found.said] == [
        text.replace("******", "hush-hush") if not secret else text for text in said
    ]


def test_what_comes_after_the_end_begins_when_what_was_killed_has_ended() -> None:
    found = done(f"{ONE}afterExecution:\n{ONE.replace('id: t', 'id: last')}", {"t": Plan()}, 1)
    assert found.lines == [
        "c0 r0 k1 K1",
        "t: c0 u0 r0 K9 | c0 r0 K9",
        "last: c9 u9 r9 S9 | c9 r9 S9",
    ]


def test_the_time_of_a_pause_that_somebody_ended_is_nothing_any_more() -> None:
    tasks = f"- {{id: p, type: flow.Pause, pauseDuration: PT3S, tasks: [{ONE[2:-1]}]}}\n"
    found = done(tasks, {"t": Plan(9)}, resumed=1)
    assert found.lines == [
        "c0 r0 p0 t1 r1 S10",
        "p: c0 r0 p0 r1 S10 | c0 r0 S10",
        "t: c1 u1 r1 S10 | c1 r1 S10",
    ]
    assert found.document["metadata"]["attemptNumber"] == 2
