"""The process that executions live in: its loop, its timers, its worker, and the services behind it."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.engine.concurrency import Slots, admit
from flowrt.engine.document import ExecutionDocument
from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.executor import Executor
from flowrt.engine.journal import Journal
from flowrt.engine.lifecycle import kill
from flowrt.states import QUEUED, RUNNING, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.jobs import Job
    from flowrt.engine.services import Services
    from flowrt.flow import Flow


GRACE = 50_000_000
"""Nanoseconds that delays of an execution are late."""


class Host:
    """Runs executions to their end in one process.

    Passes and tasks that are over at once need no event loop; asyncio is imported when the first task or timer has
    to be waited for.
    """

    def __init__(
        self,
        services: Services,
        *,
        sink: Callable[[LogRecord], None] | None = None,
        keep_logs: bool = False,
        wants_trace: bool = False,
    ) -> None:
        self.services = services
        self.sink = sink
        self.keep_logs = keep_logs
        self.wants_trace = wants_trace
        self.journal = Journal()
        self.slots = Slots(self)
        self.ready: deque[Executor] = deque()
        self.executors: dict[str, Executor] = {}
        self.known: dict[tuple[str, str], Flow] = {}
        self._jobs: deque[Job] = deque()
        self._finished: deque[Job] = deque()
        self._running: set[Job] = set()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._awaited = 0
        self._loop: Any = None
        self._bell: Any = None
        self._begun = False
        self._stopping = False

    # ---- executions -----------------------------------------------------------------------------------------------

    def start(self, execution: Execution) -> Executor:
        """Take up a new execution."""
        executor = Executor(self, execution)
        self.executors[execution.id] = executor
        executor.journal.execution(execution)
        executor.wake(executor.root)
        if executor.flow.concurrency is not None:
            admit(executor)
        return executor

    def document(self, executor: Executor) -> ExecutionDocument:
        """What updating tasks may change of an execution."""
        return ExecutionDocument(executor.execution)

    def ended(self, executor: Executor) -> None:
        """An execution is over."""
        if executor.flow.concurrency is not None:
            self.slots.free(executor)
            self.admit_waiting()

    def admit_waiting(self) -> None:
        """Let executions run that waited for their turn, the oldest first."""
        for executor in list(self.executors.values()):
            if executor.execution.state == QUEUED and self.slots.take(executor):
                executor.move_execution(RUNNING)

    def start_again_at(self, date: int, executor: Executor) -> None:
        """CREATE_NEW_EXECUTION: a fresh execution with the same inputs takes the place of one that failed."""

        def begin() -> None:
            self._awaited -= 1
            old = executor.execution
            new = Execution(
                executor.flow,
                inputs=old.inputs,
                labels={**old.labels, "system.replay": "true"},
                trigger=old.trigger,
            )
            new.labels["system.correlationId"] = old.labels["system.correlationId"]
            new.parent_id = old.id
            new.starter = old
            new.original_id = old.original_id
            new.created_date = old.created_date
            new.attempt_number = old.attempt_number + 1
            old.children.append(new)
            self.start(new)

        self._awaited += 1
        self.at(date, begin)

    # ---- the worker -----------------------------------------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Give an attempt to the worker."""
        self._jobs.append(job)
        if self._bell is not None:
            self._bell.set()

    def done(self, job: Job) -> None:
        """An attempt has ended."""
        self._running.discard(job)

    def progress(self, executor: Executor) -> None:
        """A result arrived from outside the passes."""
        executor.wake()
        if self._bell is not None:
            self._bell.set()

    def interrupt(self, executor: Executor) -> None:
        """Stop the workers of an execution and kill the executions that it started."""
        for job in [*self._running, *self._jobs]:
            if job.executor is executor and not job.run.force:
                job.interrupt()
        for child in executor.execution.children:
            other = self.executors.get(child.id)
            if other is not None and child.state not in TERMINAL:
                kill(other)

    # ---- time -----------------------------------------------------------------------------------------------------

    def later(self, date: int, act: Callable[[], None]) -> None:
        """Call `act` when a delay of an execution is over.

        Kestra looks at delays once a second, so what else happens at that time comes first; a moment is enough here.
        """
        self.at(date + GRACE, act)

    def at(self, date: int, act: Callable[[], None]) -> None:
        """Call `act` at a time (nanoseconds)."""
        self._sequence += 1
        heappush(self._timers, (date, self._sequence, act))
        if self._bell is not None:
            self._bell.set()

    def _due(self) -> bool:
        """Fire the first timer whose time has come."""
        if self._timers and self._timers[0][0] <= time_ns():
            heappop(self._timers)[2]()
            return True
        return False

    # ---- the loop -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until nothing is left to do: all executions are over or stand still, and all workers are idle."""
        if self._settled():
            return
        import asyncio

        asyncio.run(self._drive())

    def stop(self) -> None:
        """Kill what runs, as soon as possible. May be called from a signal handler."""
        self._stopping = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._bell.set)

    def abandon(self) -> None:
        """Stop the processes of all workers: this one is about to die."""
        for job in self._running:
            if job.context is not None:
                job.context.stop()

    def _settled(self) -> bool:
        """Do what needs no waiting, and remember it. True when nothing is left to wait for."""
        over = self._settle()
        self.journal.commit()
        return over and not self.waits_for_others()

    def waits_for_others(self) -> bool:
        """Whether something outside of the process may set an execution going."""
        return False

    def look_around(self) -> float | None:
        """See what other processes want, before the loop waits; answers the seconds until the next look."""
        return None

    def _settle(self) -> bool:
        while True:
            if self._stopping:
                self._stopping = False
                for executor in [e for e in self.executors.values() if e.execution.starter is None]:
                    kill(executor)
            if self._jobs:
                job = self._jobs[0]
                if self._loop is None and job.waits and not job.interrupted:
                    return False
                self._jobs.popleft()
                work = job.start()
                if work is not None:
                    self._running.add(job)
                    job.handle = self._loop.create_task(work)
                    self._begun = True
                else:
                    self._finished.append(job)
            elif self._begun:
                # Work that has to be waited for begins before results of the same step arrive.
                return False
            elif self._finished and not (self.ready and self.ready[0].watched):
                self._finished.popleft().finish()
            elif self.ready:
                self.ready.popleft().run_passes()
            elif not self._due():
                return not self._running and not self._pending()

    def _pending(self) -> bool:
        """Whether some timer still matters: it starts an execution, or belongs to one that is not over."""
        return bool(self._timers) and (
            self._awaited > 0 or any(not e.over for e in self.executors.values())
        )

    async def _drive(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        try:
            while not self._settled():
                if self._begun:
                    self._begun = False
                    await asyncio.sleep(0)
                    continue
                self._bell.clear()
                wait = self.look_around()
                if self._timers:
                    left = max(0.0, (self._timers[0][0] - time_ns()) / 1e9)
                    wait = left if wait is None else min(wait, left)
                try:
                    await asyncio.wait_for(self._bell.wait(), wait)
                except TimeoutError:
                    pass
        finally:
            self._loop = None
            self._bell = None

    def complete(self, execution: Execution) -> None:
        """Bring the runs of an execution back into memory that were put away."""

    def open(self, durability: str) -> None:
        """Begin to remember, for hosts that do."""

    def close(self) -> None:
        """Let go of what the process holds."""
        self.journal.close()
        self.services.close()

    # ---- logs -----------------------------------------------------------------------------------------------------

    def record(self, entry: LogRecord) -> None:
        """Write a log record: masked, kept where somebody will ask for it, shown."""
        masks = self.services.masks
        if masks:
            entry.message = masks.hide(entry.message)
        if self.keep_logs or entry.level == "ERROR":
            entry.execution.logs.append(entry)
        self.journal.log(entry)
        if self.sink is not None:
            self.sink(entry)
