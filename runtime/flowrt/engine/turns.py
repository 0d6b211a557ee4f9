"""The threads of the engine: one at a time has the turn, and none keeps it while it does something else.

A task that is a plain function is done by the thread of the engine itself, for which nothing is faster. When that lasts, the
engine goes on in a new thread, and the one that is busy becomes a worker that reports when it is done. So a slow task
delays nobody, the engine always hears signals and sees what is due, and the thread that called it waits here, free to
handle signals.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident, get_native_id, start_new_thread
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from flowrt.engine.assignments import Assignment, Worker
    from flowrt.engine.ports import Lock

LOOK = 0.05
"""Seconds between two looks at the engine. Work that two looks find going on may last."""
ENOUGH = 0.02
"""Seconds of a processor that work has had when it does last, however busy the machine is."""
IN_VAIN = 40
"""How many looks a thread may want a processor and have none, before the engine goes on all the same."""


class Turned(Protocol):
    """A host, as far as its turns go."""

    turn: int
    stopping: bool

    @property
    def worker(self) -> Worker: ...
    @property
    def lock(self) -> Lock: ...
    def go_on(self, turn: int) -> bool: ...


class Turns:
    """Gives the engine of a host its thread."""

    def __init__(self, host: Turned) -> None:
        self._host = host
        self._over = allocate_lock()
        self._clock = self._thread = 0
        self._error: BaseException | None = None

    def run(self) -> None:
        """Let the engine run until nothing is left to do; raises what it raised."""
        worker = self._host.worker
        self._over.acquire()
        self._begin()
        seen: Assignment | None = None
        looks, used = 0, 0.0
        while not self._over.acquire(True, LOOK):
            at_work = worker.at_work if worker.patience else None
            if at_work is None:
                seen = None
            elif at_work is not seen and not self._host.stopping:
                seen, looks, used = at_work, 0, processor_time(self._clock)
            elif (
                self._host.stopping
                or looks == IN_VAIN
                or processor_time(self._clock) - used >= ENOUGH
                or not wants_processor(self._thread)
            ):
                self._begin()
                seen = None
            else:
                looks += 1
        if self._error is not None:
            raise self._error

    def _begin(self) -> None:
        """The turn goes to a new thread."""
        with self._host.lock:
            self._host.turn += 1
            start_new_thread(self._engine, (self._host.turn,))

    def _engine(self, turn: int) -> None:
        self._clock, self._thread = own_clock(), get_native_id()
        try:
            if self._host.go_on(turn):
                self._over.release()
        except BaseException as error:
            if self._host.turn == turn:
                self._error = error
                self._over.release()


def own_clock() -> int:
    """The clock of what this thread computes. Only the thread itself may ask: the C library crashes for one that has ended."""
    import time

    try:
        return time.pthread_getcpuclockid(get_ident())
    except (AttributeError, OSError):
        return 0


def processor_time(clock: int) -> float:
    """The seconds that the thread of a clock has computed. Where it cannot be known, or has ended, more at each call."""
    import time

    try:
        if clock:
            return time.clock_gettime(clock)
    except OSError:
        pass
    return time.monotonic()


def wants_processor(thread: int) -> bool:
    """Whether a thread would go on but for other threads and processes. Where it cannot be known: False."""
    try:
        with open(f"/proc/self/task/{thread}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"R"
    except OSError:
        return False
