"""A worker with processes: each task in one of its own program's, as many at once as there are processors."""

from __future__ import annotations

from _thread import start_new_thread
from collections import deque
from typing import TYPE_CHECKING, Any

from flowrt.engine.work import Abandoned, Report
from flowrt.model.failures import TaskFailure
from flowrt.worker.local import LocalWorker
from flowrt.worker.parcel import Parcel, hear

if TYPE_CHECKING:
    from subprocess import Popen

    from flowrt.engine.assignments import Assignment
    from flowrt.engine.host import Host


class Process:
    """One process and what it has to do."""

    def __init__(self, command: list[str], claim: int) -> None:
        """`claim` is what tells a later process that this one still runs (`flowrt.services.workplace`)."""
        from os import close, name
        from subprocess import PIPE, Popen

        try:
            self.child: Popen[bytes] = Popen(
                command,
                stdin=PIPE,
                stdout=PIPE,
                start_new_session=True,
                bufsize=-1,
                pass_fds=(claim,) if name == "posix" else (),
            )
        finally:
            close(claim)
        self.assignment: Assignment | None = None

    def kill(self) -> None:
        """End it and whatever it has started."""
        from os import killpg
        from signal import SIGKILL

        try:
            killpg(self.child.pid, SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.child.kill()


class ProcessWorker(LocalWorker):
    """Gives tasks to processes, which end with what they do when it is interrupted; others take their place.

    A process that is lost is a failed attempt. Work that needs the engine at hand stays in this one.
    """

    def __init__(self, host: Host, command: list[str]) -> None:
        from os import cpu_count

        super().__init__(host)
        self._command = command
        self._idle: list[Process] = []
        self._busy: set[Process] = set()
        self._most = cpu_count() or 1
        self._waiting: deque[Assignment] = deque()

    def take(self, assignment: Assignment) -> None:
        """Begin with an assignment when a process is free."""
        work = assignment.work
        if work.task.here or work.task is not assignment.run.task:
            super().take(assignment)
            return
        self._waiting.append(assignment)
        self._give_out()

    def _give_out(self) -> None:
        from flowrt.worker.child import send

        while self._waiting and (self._idle or len(self._busy) < self._most):
            assignment = self._waiting.popleft()
            if not assignment.begin():
                continue
            try:
                parcel = Parcel(assignment.work)
                process = self._idle.pop() if self._idle else self._start()
                process.assignment = assignment
                assignment.handle = process
                self._busy.add(process)
                assert process.child.stdin is not None
                send(process.child.stdin, parcel)  # type: ignore[arg-type]
            except Exception as error:
                assignment.fail(error, None)
                assignment.report(Report(error=error))

    def _start(self) -> Process:
        process = Process(self._command, self._host.services.workplace.claim())
        start_new_thread(self._listen, (process,))
        return process

    def _listen(self, process: Process) -> None:
        from flowrt.worker.child import receive

        assert process.child.stdout is not None
        host = self._host
        while True:
            try:
                message = receive(process.child.stdout)  # type: ignore[arg-type]
            except (EOFError, OSError, ValueError):
                break
            with host.lock:
                self._hear(process, *message)
                host.ring()
        code = process.child.wait()
        with host.lock:
            self._busy.discard(process)
            if process in self._idle:
                self._idle.remove(process)
            assignment = process.assignment
            if assignment is not None and not assignment.interrupted:
                lost = TaskFailure(f"The process of the task has ended with exit code {code}")
                assignment.fail(lost, None)
                assignment.report(Report(error=lost))
            self._give_out()
            host.ring()

    def _hear(self, process: Process, name: str, *said: Any) -> None:
        assignment = process.assignment
        if assignment is None:
            return
        if hear(assignment, name, *said):
            process.assignment = None
            self._busy.discard(process)
            self._idle.append(process)
            self._give_out()

    def interrupt(self, assignment: Assignment) -> None:
        """The process ends with what it does."""
        process = assignment.handle
        if not isinstance(process, Process):
            super().interrupt(assignment)
            return
        process.kill()
        assignment.report(Report(error=Abandoned()))

    def close(self) -> None:
        """End the processes."""
        with self._host.lock:
            for process in [*self._idle, *self._busy]:
                process.kill()
        super().close()
