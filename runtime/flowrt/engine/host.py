"""The process that executions live in: who has their turn, what is due, and the services behind it.

The engine decides and a worker does (`flowrt.worker`). Both may be in several threads, so whoever touches an execution holds
`lock`. One thread at a time is the engine's: the one whose number `turn` is.
"""

from __future__ import annotations

from _thread import RLock, allocate_lock
from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.executor import Executor
from flowrt.engine.journal import Journal
from flowrt.engine.lifecycle import kill
from flowrt.model.clock import RANDOM_IDS, SYSTEM_CLOCK
from flowrt.model.states import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.assignments import Assignment, Worker
    from flowrt.engine.concurrency import Slots
    from flowrt.engine.flowtriggers import FlowTriggers
    from flowrt.engine.ports import Engine
    from flowrt.engine.services import Services
    from flowrt.engine.windows import Kept
    from flowrt.engine.work import Report
    from flowrt.model.clock import Clock, Ids
    from flowrt.model.flow import Flow

LOOK = 50_000_000
"""Nanoseconds between two looks of the engine at delays (pauses, retries, the intervals of loops).

Kestra looks once a second, and a delay that becomes due between two looks waits for the later one. So what ends at the same
time as a delay always comes first there. Here a delay waits for a whole look, which keeps that order; the look is shorter.
"""


DEEPEST = 100
MAX_MESSAGE = 15 * 1024
"""The characters of one log record; longer messages become several."""
SURELY_SHORT = MAX_MESSAGE // 2
"""A character is one or two of those that Java counts."""
MOST_ERRORS = 5_000
"""How many records of errors an execution keeps for `errorLogs()`; a script may write millions."""


def _pieces(text: str) -> list[str]:
    """A message as one or more that are not too long. Java counts in units of 16 bits, and half a sign cannot be shown."""
    units = text.encode("utf-16-le", "surrogatepass")
    size = 2 * MAX_MESSAGE
    pieces = [units[start : start + size] for start in range(0, max(len(units), 1), size)]
    return [
        piece.decode("utf-16-le", "surrogatepass").encode(errors="replace").decode()
        for piece in pieces
    ]


class Host:
    """Runs executions to their end in one process."""

    worker: Worker

    def __init__(
        self,
        services: Services,
        *,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = RANDOM_IDS,
        sink: Callable[[LogRecord], None] | None = None,
        keep_logs: bool = False,
        wants_trace: bool = False,
    ) -> None:
        self.services = services
        self.clock = clock
        self.ids = ids
        self.sink = sink
        self.keep_logs = keep_logs
        self.wants_trace = wants_trace
        self.journal = Journal()
        self._slots: Slots | None = None
        self.ready: deque[Executor] = deque()
        self.executors: dict[str, Executor] = {}
        self._living: set[Executor] = set()
        """Those whose executions are not over."""
        self._forgotten: set[Engine] = set()
        """Those that stood still without being over, by a fault of the engine."""
        self.known: dict[tuple[str, str], Flow] = {}
        self.flow_triggers: FlowTriggers | None = None
        """The flows that hear of the executions of this process."""
        self.lock = RLock()
        self.turn = 0
        self.busy = 0
        """The number of tasks at work."""
        self.assigned: set[Assignment] = set()
        """What the worker has, begun or not."""
        self._orders: deque[Callable[[], None]] = deque()
        self._heard: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()
        self.awaited: dict[Engine, Callable[[], None]] = {}
        """Executions whose place others will take, and what begins these (`flowrt.engine.anew`)."""
        self._bell = allocate_lock()
        self._bell.acquire()
        self.stopping = False
        self.deepest = DEEPEST
        """How many executions may have started one another."""

    # ---- executions -----------------------------------------------------------------------------------------------

    def start(self, execution: Execution) -> Executor:
        """Take up a new execution."""
        executor = Executor(self, execution)
        self.executors[execution.id] = executor
        executor.journal.execution(execution)
        executor.wake(executor.root)
        if executor.flow.concurrency is not None:
            self.slots.admit(executor)
        return executor

    @property
    def slots(self) -> Slots:
        """The places of flows that limit how many of their executions run at once."""
        if self._slots is None:
            self._slots = self.places()
        return self._slots

    def tell_waiting(self, say: Callable[[str], None]) -> None:
        """Say who waits for a place."""
        if self._slots:
            self._slots.tell(self.executors, say)

    def places(self) -> Slots:
        """New ones, all free."""
        from flowrt.engine.concurrency import Slots

        return Slots()

    def lives(self, executor: Executor, lives: bool) -> None:
        """Whether an execution is not over yet."""
        if lives:
            self._living.add(executor)
        else:
            self._living.discard(executor)

    def ended(self, executor: Executor) -> None:
        """An execution is over."""
        if executor.flow.concurrency is not None:
            self.slots.free(executor)
            self.slots.admit_waiting(self.executors)

    # ---- work -----------------------------------------------------------------------------------------------------

    def assign(self, assignment: Assignment) -> None:
        """Have an attempt worked on."""
        self.assigned.add(assignment)
        self.order(lambda: self.worker.take(assignment))

    def order(self, what: Callable[[], None]) -> None:
        """Tell the worker something, after all that it was told before."""
        self._orders.append(what)

    def reported(self, assignment: Assignment, report: Report) -> None:
        """The worker has ended an attempt."""
        self.hear(lambda: assignment.take_in(report))

    def hear(self, what: Callable[[], None]) -> None:
        """Take in what a worker says, when it is its turn."""
        self._heard.append(what)
        self.ring()

    def interrupt(self, executor: Executor) -> None:
        """Stop the work of an execution and kill the executions that it started.

        The worker hears of it behind the work that the passes give out which follow from the same event.
        """
        if self._slots:
            self._slots.let_go_on(executor)
        executor.ask(lambda: self._kill_work(executor))
        self.kill_started(executor)

    def kill_started(self, executor: Executor) -> None:
        """Kill the executions that one has started, each as what it has become by being tried again."""
        for child in executor.execution.children:
            other = self.executors.get(child.outcome.id)
            if other is None:
                continue
            if other in self.awaited or other.execution.state not in TERMINAL:
                kill(other)

    def resume_elsewhere(self, id: str, inputs: dict[str, Any] | None) -> None:
        """Ask for an execution to go on that this process does not have."""
        from flowrt.model.failures import PlainFailure

        raise PlainFailure(f"No execution found for execution id {id}")

    def _kill_work(self, executor: Executor) -> None:
        executor.refuse_work()
        for assignment in list(self.assigned):
            if assignment.executor is executor and not assignment.run.force:
                assignment.interrupt()

    # ---- time -----------------------------------------------------------------------------------------------------

    def later(self, date: int, act: Callable[[], None]) -> None:
        """Call `act` when the engine looks at a delay that is over."""
        self.at(date + LOOK, act)

    def at(self, date: int, act: Callable[[], None]) -> None:
        """Call `act` at a time (nanoseconds). What is due at the same time is called in the order in which it was asked for."""
        heappush(self._timers, (date, next(self._numbers), act))

    def _due(self) -> bool:
        """Fire the first timer whose time has come."""
        if self._timers and self._timers[0][0] <= self.clock.now():
            heappop(self._timers)[2]()
            return True
        return False

    # ---- the loop -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until nothing is left to do: all executions are over or stand still, and all work has ended.

        The work that the engine's own thread does (`flowrt.worker.local`) may last: then another thread goes on here.
        """
        from flowrt.engine.turns import Turns

        Turns(self).run()

    def go_on(self, turn: int) -> bool:
        """Do what there is to do, as the thread that has the turn. False when it has lost it.

        In each step the first of these that there is: a wish to stop, an order to the worker, a word of it, a pass, a delay.
        So what becomes due in one step begins in its order, before the result of any of it is seen.
        """
        with self.lock:
            while self.turn == turn:
                if self.stopping:
                    self._stop_all()
                elif self._orders:
                    self._orders.popleft()()
                elif self._heard:
                    self._heard.popleft()()
                elif self.ready:
                    self.ready.popleft().run_passes()
                elif not self._due():
                    self.journal.commit()
                    if self.assigned or self._pending() or self.waits_for_others():
                        self.wait()
                    elif not self._fail_forgotten():
                        return True
            self.ring()  # the one that has the turn now may have been meant by what woke this one
        return False

    def _fail_forgotten(self) -> bool:
        """Whether some execution is neither over nor waits for anything; then it fails."""
        if not self._living:
            return False
        from flowrt.engine.standstill import fail, forgotten

        found = forgotten(self._living, self._slots)
        if found and self._slots and self._slots.unlock(self.executors):
            return True
        for executor in found:
            fail(executor, executor in self._forgotten)
        self._forgotten.update(found)
        return bool(found)

    def wait(self) -> None:
        """Wait for a report, a delay, another process."""
        until = self._timers[0][0] if self._timers else None
        look = self.look_around()
        if look is not None:
            at = self.clock.now() + round(look * 1e9)
            until = at if until is None else min(until, at)
        self.clock.wait(self._listen, until, self.busy)

    def _listen(self, seconds: float | None) -> None:
        self.lock.release()
        try:
            # a lock waits for about 292 years at the most
            self._bell.acquire(True, -1 if seconds is None else min(seconds, 1e9))
        finally:
            self.lock.acquire()

    def ring(self) -> None:
        """Wake the engine, from whatever thread."""
        try:
            self._bell.release()
        except RuntimeError:
            pass  # it rings already

    def stop(self) -> None:
        """Kill what runs, as soon as possible. May be called from a signal handler."""
        self.stopping = True
        self.ring()

    def _stop_all(self) -> None:
        self.stopping = False
        for begin in list(self.awaited.values()):
            begin()
        # the others are stopped by what has started them, unless that is over
        for executor in list(self.executors.values()):
            starter = executor.execution.starter
            if starter is None or starter.over:
                kill(executor)

    def waits_for_others(self) -> bool:
        """Whether something outside of the process may set an execution going."""
        return bool(self._slots and self._slots.may_change(self._living))

    def look_around(self) -> float | None:
        """See what other processes want, before the engine waits; answers the seconds until the next look."""
        return None

    def _pending(self) -> bool:
        """Whether some timer still matters: it starts an execution, or belongs to one that is not over."""
        return bool(self._timers and (self.awaited or self._living))

    def complete(self, execution: Execution) -> None:
        """Bring the runs of an execution back into memory that were put away."""

    def windows(self) -> Kept | None:
        """Where windows of triggers are kept that others look at, too."""
        return None

    def close(self) -> None:
        """Let go of what the process holds."""
        self.worker.close()
        self.journal.close()
        self.services.close()

    # ---- logs -----------------------------------------------------------------------------------------------------

    def record(self, entry: LogRecord) -> None:
        """Write a log record: masked, cut into several if it is long, kept where somebody will ask for it, shown."""
        masks = self.services.masks
        if masks:
            entry.message = masks.hide(entry.message)
            if entry.value:
                entry.value = masks.hide(entry.value)
        if len(entry.message) <= SURELY_SHORT:
            self._keep(entry)
            return
        # cut behind masking: half a secret would not be known as one
        entry.message, *rest = _pieces(entry.message)
        self._keep(entry)
        for piece in rest:
            self._keep(entry.continued(piece))

    def _keep(self, entry: LogRecord) -> None:
        logs = entry.execution.logs
        if self.keep_logs or (entry.level == "ERROR" and len(logs) < MOST_ERRORS):
            logs.append(entry)
        self.journal.log(entry)
        if self.sink is not None:
            self.sink(entry)

    def log_of(self, id: str) -> list[dict[str, Any]]:
        """The log records of an execution as documents; none where nobody knows it."""
        from flowrt.engine.document import log_entries

        executor = self.executors.get(id)
        return [] if executor is None else list(log_entries(executor.execution))
