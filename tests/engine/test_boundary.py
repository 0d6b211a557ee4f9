"""Deciding and doing are apart: what a task does, however long, does not hold up the engine.

The tasks here wait for events that only the engine, or a sibling, brings about. A time-out of a wait means that it never came.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from clock import JumpingClock

from flowrt import Flow, Run
from flowrt.control.parallel import Parallel
from flowrt.engine.document import execution_document
from flowrt.engine.host import Host
from flowrt.engine.services import Services
from flowrt.model.clock import SystemClock
from flowrt.model.context import RunContext
from flowrt.model.declare import ANY, prop
from flowrt.model.task import Constant, Task
from flowrt.tasks.debug import Return
from flowrt.tasks.sleep import Sleep
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

LONG = 60.0
"""Seconds after which something does not happen any more."""


class Calls(Task):
    """Calls what the test gives it."""

    what: Any = prop(ANY, static=True)

    def run(self, run: RunContext) -> Any:
        return self.what(run)


class Awaits(Task):
    """Awaits what the test gives it."""

    what: Any = prop(ANY, static=True)

    async def run(self, run: RunContext) -> Any:
        return await self.what(run)


def flow_of(*tasks: Task, parallel: bool = False) -> Flow:
    """A flow with tasks one after the other, or side by side."""
    flow = Flow(id="f", namespace="a.b")
    for task in tasks:
        flow.task(task)
    if not parallel:

        @flow.tasks
        async def in_sequence(run: Run) -> None:
            for task in tasks:
                await run(task)

        return flow

    @flow.block(Parallel("p"))
    async def p(run: Run) -> None:
        await run.all(*tasks)

    @flow.tasks
    async def side_by_side(run: Run) -> None:
        await run(p)

    return flow


def run(flow: Flow, **options: Any) -> dict[str, Any]:
    """The document of an execution of the flow."""
    return execution_document(execute(flow, RunOptions(keep_logs=True, **options)))


def of(document: dict[str, Any], task: str) -> dict[str, Any]:
    return next(run for run in document["taskRunList"] if run["taskId"] == task)


def dates(document: dict[str, Any], task: str) -> dict[str, str]:
    return {each["state"]: each["date"] for each in of(document, task)["state"]["histories"]}


def errors(document: dict[str, Any]) -> list[str]:
    return [each["message"] for each in document["logs"] if each["level"] == "ERROR"]


@pytest.mark.parametrize("kind", [Calls, Awaits])
def test_a_run_is_running_before_its_work_begins(kind: type[Task]) -> None:
    def said(run: RunContext) -> None:
        run.log("INFO", "at work")

    async def awaited(run: RunContext) -> None:
        said(run)

    document = run(flow_of(kind("t", what=said if kind is Calls else awaited)))
    at = dates(document, "t")
    assert list(at) == ["CREATED", "SUBMITTED", "RUNNING", "SUCCESS"]
    [entry] = document["logs"]
    assert at["RUNNING"] <= entry["timestamp"] <= at["SUCCESS"]


def test_the_duration_of_an_attempt_is_that_of_its_work() -> None:
    began: list[int] = []
    ended: list[int] = []

    def work(run: RunContext) -> None:
        began.append(time.time_ns())
        time.sleep(0.01)
        ended.append(time.time_ns())

    flow = flow_of(Calls("t", what=work))
    execution = execute(flow, RunOptions())
    [attempt] = execution.runs[0].attempts or []
    assert attempt.started <= began[0]
    assert attempt.ended >= ended[0]


def test_a_slow_function_does_not_delay_its_siblings() -> None:
    """The first waits for what the second does, and the third is a coroutine that waits for both."""
    second = threading.Event()
    both = threading.Event()

    def waits(run: RunContext) -> dict[str, Any]:
        met = second.wait(LONG)
        both.set()
        return {"met": met}

    async def waits_for_both(run: RunContext) -> dict[str, Any]:
        return {"met": await run.in_thread(lambda: both.wait(LONG))}

    document = run(
        flow_of(
            Calls("slow", what=waits),
            Calls("quick", what=lambda run: second.set()),
            Awaits("last", what=waits_for_both),
            parallel=True,
        )
    )
    assert document["state"]["current"] == "SUCCESS"
    assert of(document, "slow")["outputs"] == {"met": True}
    assert of(document, "last")["outputs"] == {"met": True}


@pytest.mark.parametrize(
    "blocks",
    [lambda stop: stop.wait(LONG), lambda stop: next(i for i in iter(int, 1) if stop.is_set())],
    ids=["waits", "computes"],
)
def test_a_timeout_ends_a_function(blocks: Any) -> None:
    stop = threading.Event()
    try:
        document = run(
            flow_of(
                Calls(
                    "t",
                    what=lambda run: blocks(stop),
                    timeout="PT0.1S",
                    allow_failure=True,
                ),
                Return("then", format="x"),
            )
        )
    finally:
        stop.set()
    assert errors(document) == ["Timeout after 00:00:00.100"]
    assert of(document, "t")["state"]["current"] == "WARNING"
    assert of(document, "then")["state"]["current"] == "SUCCESS"


def test_each_attempt_has_the_whole_timeout() -> None:
    stops: list[threading.Event] = []

    def blocks(run: RunContext) -> Any:
        stops.append(threading.Event())
        return {} if len(stops) == 3 else {"met": stops[-1].wait(LONG)}

    retry = Constant(interval="PT1S", max_attempts=5)
    try:
        document = run(
            flow_of(Calls("t", what=blocks, timeout="PT0.1S", retry=retry)), clock=JumpingClock()
        )
    finally:
        for stop in stops:
            stop.set()
    assert [each["state"]["current"] for each in of(document, "t")["attempts"]] == [
        "FAILED",
        "FAILED",
        "SUCCESS",
    ]


def test_what_an_abandoned_function_does_later_is_dropped() -> None:
    go, done = threading.Event(), threading.Event()
    refused: list[type[BaseException]] = []

    def blocks(run: RunContext) -> dict[str, Any]:
        try:
            while not go.is_set():
                go.wait(0.01)
        except BaseException:
            pass  # a task that does not let itself be ended
        for late in (lambda: run.log("INFO", "late"), lambda: run.kv.put("a.b", "late", 1)):
            try:
                late()
            except BaseException as error:
                refused.append(type(error))
        done.set()
        return {"late": True}

    def lets_go(run: RunContext) -> None:
        go.set()
        done.wait(LONG)

    document = run(
        flow_of(
            Calls("t", what=blocks, timeout="PT0.1S", allow_failure=True),
            Calls("then", what=lets_go),
        )
    )
    assert [error.__name__ for error in refused] == ["Abandoned", "Abandoned"]
    assert not of(document, "t").get("outputs")
    assert "late" not in [each["message"] for each in document["logs"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_function_and_a_coroutine(number: int) -> None:
    stop, both = threading.Event(), threading.Event()

    def blocks(run: RunContext) -> None:
        both.set()
        stop.wait(LONG)

    async def waits(run: RunContext) -> None:
        await run.in_thread(lambda: both.wait(LONG))
        os.kill(os.getpid(), number)
        await run.sleep(LONG)

    flow = flow_of(Awaits("waits", what=waits), Calls("blocks", what=blocks), parallel=True)
    try:
        document = run(flow, stoppable=True)
    finally:
        stop.set()
    assert document["state"]["current"] == "KILLED"
    assert {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]} == {
        "p": "KILLED",
        "waits": "KILLED",
        "blocks": "KILLED",
    }


def test_what_is_due_at_the_same_time_comes_in_the_order_of_its_date() -> None:
    """A clock that jumps: an hour passes at once, and nothing but the dates decides."""
    clock = JumpingClock()
    began = time.monotonic()
    document = run(
        flow_of(
            *(Sleep(f"s{minutes}", duration=f"PT{minutes}M") for minutes in (40, 10, 60, 20)),
            parallel=True,
        ),
        clock=clock,
    )
    ended = sorted(
        document["taskRunList"][1:], key=lambda each: each["state"]["histories"][-1]["date"]
    )
    assert [each["taskId"] for each in ended] == ["s10", "s20", "s40", "s60"]
    assert clock.jumped > 3500e9
    assert time.monotonic() - began < LONG


def test_an_engine_that_fails_says_so_to_its_caller() -> None:
    def breaks(record: Any) -> None:
        raise MemoryError("no room for the log")

    flow = flow_of(Calls("t", what=lambda run: None))
    clock = JumpingClock()
    clock.wait = breaks  # type: ignore[method-assign, assignment]
    with pytest.raises((MemoryError, TypeError)):
        run(flow_of(Sleep("s", duration="PT1S")), clock=clock)
    assert run(flow)["state"]["current"] == "SUCCESS"


class Announcing(SystemClock):
    """Tells each time when somebody is about to wait."""

    def __init__(self) -> None:
        self.waits = threading.Semaphore(0)

    def wait(self, wait: Any, until: int | None, busy: int) -> None:
        self.waits.release()
        wait(None)


def test_a_word_of_a_worker_reaches_the_thread_that_has_the_turn(tmp_path: Path) -> None:
    """Also when one that has lost it waits beside that, and is woken in its place."""
    clock = Announcing()
    host = Host(Services(tmp_path), clock=clock)
    host.assigned.add(None)  # type: ignore[arg-type]  # something is at work
    threads = []
    for turn in (1, 2):
        with host.lock:
            host.turn = turn
            threads.append(threading.Thread(target=host.go_on, args=(turn,), daemon=True))
            threads[-1].start()
        assert clock.waits.acquire(timeout=LONG)
    with host.lock:
        host.hear(host.assigned.clear)
    threads[-1].join(LONG)
    assert not threads[-1].is_alive()


class Dead(Parallel):
    """A flowable that neither goes on nor ends: a fault that no rule of the engine covers."""

    def nexts(self, frame: Any) -> list[Any]:
        return []

    def state(self, frame: Any) -> str | None:
        return None


class Undead(Dead):
    """One that does not even take the state that is forced upon it."""

    def begun(self, executor: Any, run: Any) -> None:
        executor.force = lambda run, state: None


@pytest.mark.parametrize("kind", [Dead, Undead])
def test_an_execution_that_stands_still_for_no_reason_fails(kind: type[Parallel]) -> None:
    flow = Flow(id="f", namespace="a.b")
    block = flow.block(kind("p"))(None)

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(block)

    document = run(flow)
    assert document["state"]["current"] == "FAILED"
    errors = [entry["message"] for entry in document["logs"] if entry["level"] == "ERROR"]
    assert errors and all(text.startswith("FR102: internal error: ") for text in errors)
