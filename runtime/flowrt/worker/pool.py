"""A worker with threads: as many plain functions at once as Kestra's own worker does."""

from __future__ import annotations

from _thread import start_new_thread
from collections import deque
from typing import TYPE_CHECKING

from flowrt.engine.work import Report
from flowrt.worker.context import WorkContext
from flowrt.worker.local import Handle, LocalWorker

if TYPE_CHECKING:
    from flowrt.engine.assignments import Assignment
    from flowrt.engine.host import Host

THREADS_A_PROCESSOR = 8
"""As Kestra's worker has them."""


class ThreadWorker(LocalWorker):
    """Plain functions are done in threads, coroutines in an event loop; the engine keeps its own thread for itself."""

    def __init__(self, host: Host) -> None:
        from os import cpu_count

        super().__init__(host, patience=False)
        self._waiting: deque[Assignment] = deque()
        self._free = (cpu_count() or 1) * THREADS_A_PROCESSOR

    def take(self, assignment: Assignment) -> None:
        """Begin with an assignment when a thread is free."""
        if assignment.work.task.waits:
            super().take(assignment)
            return
        self._waiting.append(assignment)
        if self._free:
            self._free -= 1
            start_new_thread(self._work, ())

    def _work(self) -> None:
        lock = self._host.lock
        with lock:
            while self._waiting:
                assignment = self._waiting.popleft()
                try:
                    self._do(assignment)
                except BaseException:
                    pass  # thrown into the thread from outside, behind its work
            self._free += 1

    def _do(self, assignment: Assignment) -> None:
        if not assignment.begin():
            return
        handle = assignment.handle = Handle(WorkContext(assignment.work, assignment))
        done = self._done_by(handle)
        if isinstance(done, Report):
            assignment.report(done)
        else:
            self.wait_for(assignment, handle, done)
