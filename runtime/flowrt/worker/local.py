"""The worker that is there by default: plain functions in the engine's own thread, coroutines in an event loop."""

from __future__ import annotations

from _thread import get_ident
from typing import TYPE_CHECKING, Any

from flowrt.engine.work import Abandoned, Report
from flowrt.worker.context import WorkContext
from flowrt.worker.perform import attend, perform

if TYPE_CHECKING:
    from flowrt.engine.assignments import Assignment
    from flowrt.engine.host import Host
    from flowrt.worker.threads import Loop

SECONDS_TO_END = 1.0
"""How long the end of the process waits for an event loop to close."""


class Handle:
    """How an assignment is interrupted: a thread for a plain function, a loop and its task for a coroutine."""

    __slots__ = ("context", "loop", "task", "thread")

    def __init__(self, context: WorkContext) -> None:
        self.context = context
        self.thread: int | None = None
        self.loop: Loop | None = None
        self.task: Any = None


class LocalWorker:
    """Does what it takes at once, in the process.

    With `patience` off the engine never goes on without its thread: then order is a matter of the flow alone, and of no
    clock, as those want it who compare executions.
    """

    def __init__(self, host: Host, patience: bool = True) -> None:
        self._host = host
        self.patience = patience
        self.at_work: Assignment | None = None
        self._loop: Loop | None = None
        self._loops: list[Loop] = []

    def take(self, assignment: Assignment) -> None:
        """Begin with an assignment."""
        if not assignment.begin():
            return
        context = WorkContext(assignment.work, assignment)
        handle = assignment.handle = Handle(context)
        if assignment.work.task.waits:
            self.wait_for(assignment, handle, None)
        else:
            self._do_here(assignment, handle)

    def _do_here(self, assignment: Assignment, handle: Handle) -> None:
        """The thread of the engine does the work itself, and lets go of the engine meanwhile."""
        self.at_work = assignment
        try:
            done = self._done_by(handle)
        finally:
            if self.at_work is assignment:
                self.at_work = None
        if isinstance(done, Report):
            # Many reports may wait for the engine; what the work saw need not.
            assignment.handle = None
            assignment.report(done)
        else:
            self.wait_for(assignment, handle, done)

    def _done_by(self, handle: Handle) -> Any:
        """What comes of doing the work in this thread, which lets go of the engine meanwhile: a report, or what waits."""
        lock = self._host.lock
        handle.thread = get_ident()
        lock.release()
        try:
            done = perform(handle.context)
            if isinstance(done, Report):
                handle.context.close()
            return done
        except BaseException as error:
            # thrown into it from outside, between two steps
            return Report(error=error)
        finally:
            lock.acquire()
            handle.thread = None

    def wait_for(self, assignment: Assignment, handle: Handle, rest: Any) -> None:
        """An event loop does the work, or the rest of it."""
        lock = self._host.lock

        async def work() -> None:
            begun = perform(handle.context) if rest is None else rest
            report = begun if isinstance(begun, Report) else await attend(handle.context, begun)
            with lock:
                assignment.report(report)
            handle.context.close()

        def keep(task: Any) -> None:
            handle.task = task

        lock.release()
        try:
            while True:
                handle.loop = self._any_loop()
                if handle.loop.begin(work, keep):
                    break
                self._loop = None
        finally:
            lock.acquire()

    def _any_loop(self) -> Loop:
        if self._loop is None:
            from flowrt.worker.threads import Loop

            self._loop = Loop(self.patience)
            self._loops.append(self._loop)
        return self._loop

    def interrupt(self, assignment: Assignment) -> None:
        """Cancel a coroutine; a plain function is abandoned at once, and ended where Python can."""
        handle: Handle | None = assignment.handle
        if handle is None:
            return  # it has reported
        handle.context.stop()
        if handle.task is not None and handle.loop is not None:
            self._host.lock.release()
            try:
                handle.loop.stop(handle.task)
            finally:
                self._host.lock.acquire()
        else:
            thread = handle.thread
            assignment.report(Report(error=Abandoned()))
            if thread is not None:
                from flowrt.worker.threads import interrupt

                interrupt(thread, Abandoned)

    def close(self) -> None:
        """End the event loops."""
        for loop in self._loops:
            loop.close(SECONDS_TO_END)
