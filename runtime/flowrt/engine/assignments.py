"""What the engine knows of an attempt that a worker has, and how its result finds its way back into the execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.attempt import Attempt, History
from flowrt.engine.execution import TaskRun
from flowrt.engine.lifecycle import kill_parents
from flowrt.engine.results import Result, failure_texts, wordless
from flowrt.engine.variables import Variables, View
from flowrt.engine.work import Abandoned, Report, Work, changes_lists, keep_apart
from flowrt.java.time.duration import SECOND, clock_text
from flowrt.model.failures import Outcome, TaskFailure
from flowrt.model.states import (
    CREATED,
    FAILED,
    KILLED,
    RUNNING,
    SUBMITTED,
    SUCCESS,
    TERMINAL,
    WARNING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.ports import Engine

GRACE = 8 * SECOND
"""How long interrupted work has to end before it is abandoned: longer than a script has, which is asked before it is forced."""


class Assignment:
    """Work that a worker has, begun or not."""

    __slots__ = (
        "at_work",
        "deadline",
        "ended",
        "executor",
        "file_lines",
        "handle",
        "interrupted",
        "limited",
        "run",
        "work",
    )

    def __init__(self, executor: Engine, run: TaskRun, work: Work) -> None:
        self.executor = executor
        self.run = run
        self.work = work
        self.handle: Any = None
        """The worker's own."""
        self.at_work = False
        self.ended = False
        self.interrupted = False
        self.file_lines: list[str] = []
        """What a task with `logToFile` has logged."""
        self.deadline: int | None = None
        """When the time is over that its timeout grants."""
        self.limited = ""
        """What the failure says then."""

    # ---- what the worker says -------------------------------------------------------------------------------------

    def begin(self) -> bool:
        """The worker takes it up. False when it need not."""
        if self.executor.killed and not self.run.force:
            self.interrupt()
        if self.interrupted:
            return False
        self.at_work = True
        self.executor.host.busy += 1
        self.began(self.executor.clock.now())
        self.executor.journal.commit()
        return True

    def began(self, now: int) -> None:
        """What that means for the execution."""

    def limit(self, seconds: float) -> None:
        """The work may take no longer than this."""
        host = self.executor.host
        with host.lock:
            self.deadline = self.executor.clock.now() + round(seconds * SECOND)
            self.limited = f"Timeout after {clock_text(round(seconds * SECOND))}"
            host.at(self.deadline, self._time_is_up)

    def alive(self) -> None:
        """Raises `Abandoned` when its end has been delivered already."""
        if self.ended:
            raise Abandoned

    @property
    def attempt(self) -> int:
        """The attempts before this one, as log records count them."""
        return self.work.attempt

    def log(self, level: str, text: str) -> None:
        """A log record of the task."""
        with self.executor.host.lock:
            self.alive()
            self._log(level, text)

    def trace(self, error: BaseException) -> None:
        """The stack of an error, at TRACE."""
        with self.executor.host.lock:
            self.alive()
            self.executor.trace(self.run, error)

    def log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        """The log of an execution so far."""
        with self.executor.host.lock:
            return self.executor.host.log_of(execution_id)

    async def sleep(self, seconds: float) -> None:
        """Wait, by the clock of the engine."""
        await self.executor.clock.sleep(seconds)

    def fail(self, error: BaseException, limit: float | None) -> None:
        """The work raised: say so in the log, unless it was made to. `limit` is what its timeout grants."""
        executor = self.executor
        with executor.host.lock:
            if self.interrupted or self.ended:
                return
            if not (isinstance(error, TaskFailure) and error.logged) and not wordless(error):
                self.log_failure(*failure_texts(error, limit is not None), error)
            executor.trace(self.run, error)

    def log_failure(self, text: str, causes: str, error: BaseException | None = None) -> None:
        """The log records of a failure: what it is, and what is behind it."""
        self._log("ERROR", text, error)
        if causes:
            self._log("ERROR", causes)

    def _log(self, level: str, text: str, error: BaseException | None = None) -> None:
        """To the log, or for a task with `logToFile` to a file of the run, which then is the only place."""
        if not self.run.task.log_to_file:
            self.executor.log(self.run, level, text, self.attempt, error)
            return
        from flowrt.engine.document import iso

        masks = self.executor.host.services.masks
        text = masks.hide(text) if masks else text
        self.file_lines.append(f"{iso(self.executor.clock.now())} {level} {text}\n")

    def report(self, report: Report) -> None:
        """The work is over. What comes too late is dropped."""
        if self.ended:
            return
        report.ended = self.executor.clock.now()
        self.executor.host.reported(self, report)

    # ---- interrupting ---------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """The execution is being killed: the work has some time to end, then it is abandoned."""
        if self.interrupted or self.ended:
            return
        self.interrupted = True
        self.deadline = None
        if self.at_work:
            self._stop()
        else:
            self.executor.host.reported(self, Report(error=Abandoned()))

    def _time_is_up(self) -> None:
        if not self.ended and not self.interrupted:
            self.interrupted = True
            self._stop()

    def _stop(self) -> None:
        host = self.executor.host
        host.at(self.executor.clock.now() + GRACE, self._abandon)
        host.worker.interrupt(self)

    def _abandon(self) -> None:
        """Go on without the work: it does not end."""
        self.take_in(Report(error=Abandoned()))

    # ---- into the execution ---------------------------------------------------------------------------------------

    def take_in(self, report: Report) -> None:
        """What the work came to is brought into the execution."""
        if self.ended:
            return
        self.ended = True
        host = self.executor.host
        host.assigned.discard(self)
        if self.at_work:
            host.busy -= 1
        self.concluded(report)

    def concluded(self, report: Report) -> None:
        """What that means for the execution."""
        raise NotImplementedError


class AttemptAssignment(Assignment):
    """One attempt of a leaf task. It keeps the history that its worker knows, which a forced state does not touch.

    The run is seen as `view` shows the execution. `when_over` is called at the end, by those whose children are worked on
    in their own order.
    """

    __slots__ = ("attempts", "earlier", "forced", "history", "view", "when_over")

    def __init__(
        self,
        executor: Engine,
        run: TaskRun,
        view: View,
        *,
        forced: bool = False,
        when_over: Callable[[], None] | None = None,
    ) -> None:
        services = executor.host.services
        super().__init__(
            executor, run, Work(run.task, run, services, self.variables, run.attempt_count)
        )
        self.view = view
        self.forced = forced
        self.history: History = (
            [*run.history[:2], SUBMITTED, executor.clock.now()] if forced else run.history
        )
        self.attempts: list[Attempt] = []
        self.earlier = run.attempt_count
        """The attempts that the worker knows of: what the engine adds later, it does not."""
        self.when_over = when_over

    def variables(self) -> Variables:
        """The variables of the attempt."""
        with self.executor.host.lock:
            variables = Variables(self.executor, self.run, self.view, in_worker=True)
            if changes_lists(self.run.task, self.executor.changers):
                keep_apart(variables)
            return variables

    def began(self, now: int) -> None:
        run = self.run
        if run.history is self.history and run.state not in TERMINAL:
            self.attempts = run.begin_attempt(now)
            self.executor.move(run, RUNNING, now)
            slas = self.executor.slas
            if slas is not None and self.work.task.waits:
                # A word of the worker like its result: the engine looks at the promises before it hears that.
                self.executor.host.hear(slas.check_assertions)
            elif slas is not None:
                slas.unheard = True
            return
        # Forced while it waited for its worker: the worker does not know and begins all the same.
        if not self.forced:
            self.history = run.history[:4]
        self.history += (RUNNING, now)
        before = (run.attempts or [])[: self.earlier]
        self.attempts = [*before, Attempt([CREATED, now, RUNNING, now])]

    def _write_file(self) -> None:
        """Keep what was logged to a file, beside the other files of the run."""
        from flowrt.services.uris import execution_path, slug, whole_path

        run, execution = self.run, self.executor.execution
        path = (
            f"{execution_path(execution.namespace, execution.flow_id, execution.id)}"
            f"/tasks/{slug(run.task.id)}/{run.id}/logs/attempt-{self.attempt}.log"
        )
        storage = self.executor.host.services.storage
        storage.write("kestra://" + whole_path(path), "".join(self.file_lines).encode())

    def concluded(self, report: Report) -> None:
        error = report.error
        if self.file_lines:
            self._write_file()
        if self.deadline is not None and (self.interrupted or report.ended >= self.deadline):
            self.executor.log(self.run, "ERROR", self.limited, self.attempt)
            self._deliver(FAILED, report.kept or {})
        elif self.interrupted and error is not None:
            self._deliver(KILLED, None)
        elif error is not None:
            outputs = error.outputs if isinstance(error, TaskFailure) else None
            self._deliver(FAILED, outputs or report.kept or {})
        else:
            state, outputs = SUCCESS, report.result
            if isinstance(outputs, Outcome):
                state, outputs = outputs.state, outputs.outputs
            found = {key: value for key, value in (outputs or {}).items() if value is not None}
            self._deliver(state, found)

    def _deliver(self, state: str, outputs: dict[str, Any] | None) -> None:
        """Bring the result into the execution, unless something newer stands there."""
        executor, run, task = self.executor, self.run, self.run.task
        now = executor.clock.now()
        if self.attempts:
            self.attempts = [*self.attempts[:-1], self.attempts[-1].end(state, now)]
        final = state
        if state == SUCCESS and len(self.attempts) > 1:
            retry = task.retry
            if retry is not None and retry.warning_on_retry:
                final = WARNING
        if state != FAILED or not task.allow_failure or not self._tried_again():
            final = run.soften(final)
        if run.history is self.history and run.state not in TERMINAL:
            executor.apply(Result(run, final, outputs, self.attempts or run.attempts))
            run.compact()
            executor.journal.leaf_ended(run)
        elif self._replaces(final):
            executor.replaced(run, [*self.history, final, now], self.attempts, outputs)
            if final == KILLED and run.parent is not None:
                kill_parents(executor, run.parent)
        executor.wake(executor.root if executor.execution.terminal else None)
        if self.when_over is not None:
            self.when_over()

    def _tried_again(self) -> bool:
        """Whether the retry of the task itself grants another attempt after this one."""
        retry = self.run.task.retry
        if retry is None:
            return False
        from flowrt.engine.retries import next_attempt

        return next_attempt(retry, self.attempts) is not None

    def _replaces(self, state: str) -> bool:
        """Whether a late result takes the place of a forced state."""
        run = self.run
        if run.attempt_count >= len(self.attempts) and run.state == state:
            return False
        return len(run.history) <= len(self.history) + 2


class Worker(Protocol):
    """Does work. The engine calls its methods while it holds its lock.

    A worker calls `begin` and `report` of an assignment with the lock held, from whatever thread.
    """

    patience: bool
    """Whether the engine goes on without its thread when work that is done there lasts."""
    at_work: Assignment | None
    """What the engine's own thread is doing instead of the engine's work."""

    def take(self, assignment: Assignment) -> None:
        """Begin with an assignment, as soon as there is room for it."""

    def interrupt(self, assignment: Assignment) -> None:
        """End the work of an assignment. It reports when it has, or the engine goes on without it."""

    def close(self) -> None:
        """Nothing more follows; what is still at work is abandoned."""
