"""The process that executions live in: its loop, its timers, its worker, and the services behind it."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.engine.document import ExecutionDocument
from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.executor import Executor
from flowrt.engine.journal import Journal
from flowrt.engine.lifecycle import kill
from flowrt.states import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.jobs import Job
    from flowrt.engine.services import Services
    from flowrt.flow import Flow


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
        self.ready: deque[Executor] = deque()
        self.executors: dict[str, Executor] = {}
        self.known: dict[tuple[str, str], Flow] = {}
        self._jobs: deque[Job] = deque()
        self._finished: deque[Job] = deque()
        self._running: set[Job] = set()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._loop: Any = None
        self._bell: Any = None
        self._killed = False

    # ---- executions -----------------------------------------------------------------------------------------------

    def start(self, execution: Execution) -> Executor:
        """Take up an execution."""
        executor = Executor(self, execution)
        self.executors[execution.id] = executor
        executor.journal.execution(execution)
        executor.wake(executor.root)
        return executor

    def document(self, executor: Executor) -> ExecutionDocument:
        """What updating tasks may change of an execution."""
        return ExecutionDocument(executor.execution)

    def ended(self, executor: Executor) -> None:
        """An execution is over."""

    def start_again_at(self, date: int, executor: Executor) -> None:
        """CREATE_NEW_EXECUTION: a fresh execution with the same inputs takes the place of one that failed."""

        def begin() -> None:
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
        if self._settle():
            return
        import asyncio

        asyncio.run(self._drive())

    def _settle(self) -> bool:
        """Do what needs no waiting. True when nothing is left to wait for."""
        while True:
            if self._jobs:
                job = self._jobs[0]
                if self._loop is None and job.waits and not job.interrupted:
                    return False
                self._jobs.popleft()
                work = job.start()
                if work is not None:
                    self._running.add(job)
                    job.handle = self._loop.create_task(work)
                else:
                    self._finished.append(job)
            elif self._finished:
                self._finished.popleft().finish()
            elif self.ready:
                self.ready.popleft().run_passes()
            elif not self._due():
                return not self._running and not self._pending()

    def _pending(self) -> bool:
        """Whether some timer still matters: one that belongs to an execution that is not over."""
        return bool(self._timers) and any(not e.over for e in self.executors.values())

    async def _drive(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        try:
            while not self._settle():
                wait = None
                if self._timers:
                    wait = max(0.0, (self._timers[0][0] - time_ns()) / 1e9)
                self._bell.clear()
                try:
                    await asyncio.wait_for(self._bell.wait(), wait)
                except TimeoutError:
                    pass
        finally:
            self._loop = None
            self._bell = None

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
