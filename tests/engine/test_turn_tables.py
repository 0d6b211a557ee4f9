"""When the engine goes on without the thread that works, as tables: one row is what it finds at each of its looks."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Thread, get_native_id
from types import SimpleNamespace
from typing import Any

import pytest

from flowrt.engine import turns
from flowrt.engine.turns import Turns, own_clock, processor_time, wants_processor


class Looks:
    """A lock that nobody lets go of while there are looks left, and the host as each of them finds it.

    A look is the work that is done, how long it has had a processor, and whether it wants one.
    """

    def __init__(self, looks: list[tuple[str | None, float, bool]], **more: Any) -> None:
        self._looks = iter(looks)
        worker = SimpleNamespace(at_work=None, patience=more.pop("patience", True))
        self.host: Any = SimpleNamespace(
            turn=0, stopping=False, lock=nullcontext(), worker=worker, **more
        )
        self.used, self.wants = 0.0, True
        self.let_go = 0

    def acquire(self, blocking: bool = True, seconds: float = -1) -> bool:
        if seconds < 0:
            return True
        found = next(self._looks, None)
        if found is not None:
            work, self.used, self.wants = found
            self.host.stopping = work == "stop"
            self.host.worker.at_work = None if work in (None, "stop") else work
        return found is None

    def release(self) -> None:
        self.let_go += 1


def turns_of(looks: Looks, monkeypatch: pytest.MonkeyPatch, inline: bool = False) -> list[int]:
    """The turns that are given to new threads, which run at once or not at all."""
    given: list[int] = []

    def start(work: Any, arguments: tuple[int]) -> None:
        given.extend(arguments)
        if inline:
            work(*arguments)

    monkeypatch.setattr(turns, "allocate_lock", lambda: looks)
    monkeypatch.setattr(turns, "start_new_thread", start)
    monkeypatch.setattr(turns, "processor_time", lambda thread: looks.used)
    monkeypatch.setattr(turns, "wants_processor", lambda thread: looks.wants)
    monkeypatch.setattr(turns, "IN_VAIN", 3)
    Turns(looks.host).run()
    return given


COMPUTES, WAITS, IN_VAIN = ("a", 1.0, True), ("a", 0.0, False), ("a", 0.0, True)
FIRST = ("a", 0.0, True)


@pytest.mark.parametrize(
    ("looks", "given"),
    [
        ([], 1),
        ([(None, 0.0, False)] * 4, 1),
        # what is seen for the first time may be over soon
        ([WAITS], 1),
        ([FIRST, WAITS], 2),
        ([FIRST, COMPUTES], 2),
        ([FIRST, ("a", 0.02, True)], 2),
        ([FIRST, ("a", 0.01, True)], 1),
        # it counts what it has computed since it was seen
        ([COMPUTES, COMPUTES], 1),
        ([COMPUTES, ("a", 1.5, True)], 2),
        # other work each time
        ([FIRST, ("b", 0.0, False), FIRST, ("b", 0.0, False)], 1),
        ([FIRST, (None, 0.0, False), WAITS], 1),
        # it wants a processor and has none
        ([FIRST, *[IN_VAIN] * 3], 1),
        ([FIRST, *[IN_VAIN] * 4], 2),
        ([FIRST, *[IN_VAIN] * 3, ("b", 0.0, True), *[("b", 0.0, True)] * 3], 1),
        # the next thread may work as well
        ([FIRST, WAITS, FIRST], 2),
        ([FIRST, WAITS, FIRST, WAITS], 3),
        # a wish to stop is heard at once, but by a thread that waits for nothing
        ([("stop", 0.0, False)], 1),
    ],
)
def test_when_the_engine_goes_on_in_another_thread(
    looks: list[tuple[str | None, float, bool]], given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert turns_of(Looks(looks), monkeypatch) == list(range(1, given + 1))


@pytest.mark.parametrize(("patience", "given"), [(True, 2), (False, 1)])
def test_it_waits_for_its_own_thread_without_patience(
    patience: bool, given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(turns_of(Looks([FIRST, WAITS], patience=patience), monkeypatch)) == given


def test_who_wants_to_stop_does_not_wait_for_work(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks([FIRST])
    looks.host.worker.at_work = "a"
    acquire = looks.acquire

    def stopping(blocking: bool = True, seconds: float = -1) -> bool:
        found = acquire(blocking, seconds)
        looks.host.stopping = True
        return found

    looks.acquire = stopping  # type: ignore[method-assign]
    assert turns_of(looks, monkeypatch) == [1, 2]


class Fault(Exception):
    """Of the engine."""


def test_the_one_who_called_hears_that_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    for over in (True, False):
        looks = Looks([], go_on=lambda turn, over=over: over)
        turns_of(looks, monkeypatch, inline=True)
        assert looks.let_go == over


def test_the_one_who_called_hears_of_a_fault_of_the_thread_that_has_the_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Looks([])

    def fails(turn: int) -> bool:
        looks.host.turn += lost
        raise Fault

    looks.host.go_on = fails
    lost = 0
    with pytest.raises(Fault):
        turns_of(looks, monkeypatch, inline=True)
    assert looks.let_go == 1
    lost = 1
    turns_of(looks, monkeypatch, inline=True)
    assert looks.let_go == 1


def test_how_long_a_thread_has_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = own_clock()
    before = processor_time(clock)
    while processor_time(clock) == before:
        pass
    assert processor_time(clock) > before

    def unknown(thread: int) -> int:
        raise OSError

    monkeypatch.setattr("time.pthread_getcpuclockid", unknown)
    monkeypatch.setattr("time.monotonic", iter([3.0, 4.0]).__next__)
    assert [processor_time(own_clock()) for _ in range(2)] == [3.0, 4.0]


def test_a_thread_that_has_ended_is_asked_for_nothing() -> None:
    """By its number the C library would look into memory that is gone, and the process would die."""
    clocks: list[int] = []
    threads = [Thread(target=lambda: clocks.append(own_clock())) for _ in range(30)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(processor_time(each) <= processor_time(each) for each in clocks)


def test_a_thread_that_runs_wants_a_processor() -> None:
    assert wants_processor(get_native_id())
    assert not wants_processor(2**31 - 1)  # there is none
