"""The process of conducted executions: timers and work are those of the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from flowrt.conduct.conductor import Conductor
from flowrt.engine.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from flowrt.engine.assignments import Assignment
    from flowrt.engine.execution import Execution
    from flowrt.engine.work import Report


class Hands(Protocol):
    """Who does what the conductor decides: runs leaf tasks, flows, and asks people."""

    async def leaf(self, conductor: Conductor, run: Any, attempt: Callable[[], Any]) -> None:
        """Have a task run worked on, by calling `attempt` until it has ended."""

    def tries_again(self, run: Any) -> bool:
        """Whether the conductor itself tries a run again that has failed."""

    async def flow(self, conductor: Conductor) -> None:
        """Conduct another flow from its beginning to its end."""

    async def resume(self, conductor: Conductor, run: Any) -> None:
        """Wait until somebody resumes a run that is paused, and resume it; or until its duration is over, if it has one."""


class LoopWorker:
    """Interrupts what is at work: an attempt is a task of the event loop."""

    patience: bool = False
    at_work: Assignment | None = None

    def take(self, assignment: Assignment) -> None:
        """Attempts are begun by the conductor."""

    def interrupt(self, assignment: Assignment) -> None:
        """End the work of an assignment."""
        if assignment.handle is not None:
            context, work = assignment.handle
            context.stop()
            work.cancel()

    def close(self) -> None:
        """Nothing is held."""


class LoopHost(Host):
    """A host whose executions are conducted in the event loop that runs."""

    hands: Hands

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.worker = LoopWorker()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._later: list[tuple[int, Callable[[], None]]] = []

    def start(self, execution: Execution) -> Conductor:
        """Conduct an execution that another one has started."""
        conductor = self.conductor(execution)
        self.spawn(self.hands.flow(conductor))
        return conductor

    def conductor(self, execution: Execution) -> Conductor:
        """The conductor of a new execution."""
        conductor = Conductor(self, execution)
        self.executors[execution.id] = conductor
        return conductor

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside what waits."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits for it has been told

    @property
    def at_work(self) -> bool:
        """Something that was begun beside goes on."""
        return bool(self._tasks)

    async def settled(self) -> None:
        """Wait for all that was begun beside."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def assign(self, assignment: Assignment) -> None:
        self.assigned.add(assignment)
        executor: Any = assignment.executor
        self.spawn(executor.beside(assignment))

    def order(self, what: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(what)

    def reported(self, assignment: Assignment, report: Report) -> None:
        assignment.take_in(report)

    def hear(self, what: Callable[[], None]) -> None:
        what()

    def at(self, date: int, act: Callable[[], None]) -> None:
        if self._loop is None:
            self._later.append((date, act))
            return
        self._loop.call_later(max(0.0, (date - self.clock.now()) / 1e9), act)

    def due(self) -> list[int]:
        """When something is to be done that waits for an event loop to be entered (nanoseconds)."""
        return [date for date, _ in self._later]

    def enter(self) -> None:
        """The event loop of the caller is the one: what was to be done later is due in it."""
        self._loop = asyncio.get_running_loop()
        waiting, self._later = self._later, []
        for date, act in waiting:
            self.at(date, act)
