"""Work on one attempt of a leaf task, and how its result finds its way back into the execution."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.engine.lifecycle import kill_parents
from flowrt.engine.runcontext import TaskContext
from flowrt.engine.runs import Attempt, History, TaskRun, started_attempt
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.time.duration import clock_text
from flowrt.states import (
    FAILED,
    KILLED,
    RESUBMITTED,
    RUNNING,
    SUBMITTED,
    SUCCESS,
    TERMINAL,
    WARNING,
)
from flowrt.tasks.base import Outcome, TaskFailure

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from flowrt.engine.executor import Executor


class Job:
    """One attempt. It keeps the history that its worker knows, which a forced state does not touch."""

    __slots__ = (
        "attempts",
        "context",
        "error",
        "executor",
        "forced",
        "handle",
        "history",
        "interrupted",
        "limit",
        "made",
        "prepared",
        "result",
        "run",
        "seen",
        "version",
    )

    def __init__(
        self, executor: Executor, run: TaskRun, seen: int | None = None, forced: bool = False
    ) -> None:
        self.executor = executor
        self.run = run
        self.forced = forced
        self.seen = seen or time_ns()
        self.version = executor.execution.tree.version
        self.made = run.attempt_count
        self.prepared = False
        self.limit: float | None = None
        self.result: Any = None
        self.error: Exception | None = None
        self.history: History = [*run.history[:2], SUBMITTED, time_ns()] if forced else run.history
        self.attempts: list[Attempt] = []
        self.context: TaskContext | None = None
        self.handle: Any = None
        self.interrupted = ""
        executor.live += 1

    def prepare(self) -> None:
        """Work that is over at once is done when it is dispatched, with what can be seen then.

        Its result is delivered in its turn.
        """
        if not self.waits:
            self._work()

    def _work(self) -> None:
        self.prepared = True
        self.context = context = self.make_context()
        task = self.run.task
        if task.task_cache is not None:
            self.result = context.cached_outputs(task.task_cache)
            if self.result is not None:
                return
        try:
            if task.timeout is not None:
                self.limit = context.duration(task.timeout)
            self.result = task.run(context)  # type: ignore[attr-defined]
        except Exception as error:
            self.error = error
            self._log_failure(error)

    def start(self) -> Coroutine[Any, Any, None] | None:
        """The worker takes it up; answers the coroutine of work that has to be waited for.

        Work that is over at once is finished by `finish`, when its turn has come.
        """
        executor, run = self.executor, self.run
        if self.interrupted:
            return None
        now = time_ns()
        attempt = started_attempt(now)
        if run.history is self.history and run.state not in TERMINAL:
            run.attempts = self.attempts = [*(run.attempts or []), attempt]
            executor.move(run, RUNNING, now)
            if self.waits:
                executor.changed()
        else:
            # Forced while it waited for its worker: the worker does not know and begins all the same.
            if not self.forced:
                self.history = run.history[:4]
            self.history += (RUNNING, now)
            self.attempts = [attempt] if self.forced else [*(run.attempts or []), attempt]
        if not self.prepared:
            executor.journal.commit()
            self._work()
        if self.error is None and not (
            self.result is None or isinstance(self.result, (dict, Outcome))
        ):
            return self._wait(self.result)
        return None

    def finish(self) -> None:
        """Deliver the result of work that is over."""
        if self.interrupted and not self.attempts:
            self.deliver(KILLED, None, end_attempt=False)
        elif self.error is not None:
            self.deliver(FAILED, self._kept(self.error))
        else:
            self.succeed(self.result)

    async def _wait(self, work: Coroutine[Any, Any, Any]) -> None:
        """Await the work, no longer than the task's timeout."""
        import asyncio

        assert self.context is not None
        limit = self.limit
        try:
            result = await (asyncio.wait_for(work, limit) if limit is not None else work)
        except asyncio.CancelledError:
            self.context.stop()
            self.deliver(KILLED, None)
        except TimeoutError as error:
            self.context.stop()
            if limit is None or self.interrupted:
                self.fail(error)
            else:
                self.fail(TaskFailure(f"Timeout after {clock_text(round(limit * 1e9))}"))
        except Exception as error:
            if self.interrupted:
                self.deliver(KILLED, None)
            else:
                self.fail(error)
        else:
            self.succeed(result)
        finally:
            work.close()

    def make_context(self) -> TaskContext:
        """The face of the engine for this attempt."""
        return TaskContext(self.executor, self.run, self)

    @property
    def waits(self) -> bool:
        """Whether it needs an event loop."""
        return self.run.task.waits

    def interrupt(self) -> None:
        """The execution is being killed."""
        self.interrupted = KILLED
        if self.context is not None:
            self.context.stop()
        if self.handle is not None:
            self.handle.cancel()

    def succeed(self, result: dict[str, Any] | Outcome | None) -> None:
        """The work returned."""
        state = SUCCESS
        outputs = result
        if isinstance(result, Outcome):
            state = result.state
            outputs = result.outputs
        assert not isinstance(outputs, Outcome)
        found = {key: value for key, value in (outputs or {}).items() if value is not None}
        cache = self.run.task.task_cache
        if cache is not None and self.context is not None:
            from flowrt.engine.taskcache import save

            save(self.context, cache, found)
        self.deliver(state, found)

    def fail(self, error: BaseException) -> None:
        """The work that was waited for raised."""
        self._log_failure(error)
        self.deliver(FAILED, self._kept(error))

    def _log_failure(self, error: BaseException) -> None:
        from flowrt.engine.executor import message

        if not (isinstance(error, TaskFailure) and error.logged):
            text, causes = message(error), _causes(error)
            checked = _checked(error) if self.limit is not None else None
            if checked is not None:
                # The guard of the timeout throws a failure of its own, whose cause is the task's.
                text, causes = f"{checked}: {text}", f"{text}\n{causes}".rstrip("\n")
            self.executor.log(self.run, "ERROR", text, self.made, error)
            if causes:
                self.executor.log(self.run, "ERROR", causes, self.made)
        self.executor.trace(self.run, error)

    def _kept(self, error: BaseException) -> dict[str, Any]:
        """The outputs that a failure leaves."""
        outputs = error.outputs if isinstance(error, TaskFailure) else None
        if not outputs and self.context is not None:
            outputs = self.context.kept
        return outputs or {}

    def deliver(self, state: str, outputs: dict[str, Any] | None, end_attempt: bool = True) -> None:
        """Bring the result into the execution, unless something newer stands there."""
        from flowrt.engine.executor import Result

        executor, run, task = self.executor, self.run, self.run.task
        if self.context is not None:
            self.context.close()
        executor.live -= 1
        executor.host.done(self)
        if end_attempt and self.attempts:
            self.attempts = [*self.attempts[:-1], self.attempts[-1].end(state)]
        final = state
        if state == SUCCESS and len(self.attempts) > 1:
            retry = task.retry
            if retry is not None and retry.warning_on_retry:
                final = WARNING
        if state == FAILED and task.allow_failure and not self._own_retry():
            final = WARNING
        if final == WARNING and task.allow_warning:
            final = SUCCESS
        if run.history is self.history and run.state not in TERMINAL:
            executor.apply(Result(run, final, outputs, self.attempts or run.attempts))
            run.compact()
        elif self._replaces(final):
            run.history = [*self.history, final, time_ns()]
            old, run.state = run.state, final
            run.owner.moved(run, old)
            run.attempts = self.attempts
            run.outputs = outputs
            executor.execution.tree.stale()
            executor.journal.run(run)
            executor.wake(run.owner)
            if final == KILLED and run.parent is not None:
                kill_parents(executor, run.parent)
        executor.host.progress(executor)

    def _own_retry(self) -> bool:
        from flowrt.engine.retries import next_attempt

        retry = self.run.task.retry
        if retry is None:
            return False
        before = self.run.attempts
        self.run.attempts = self.attempts
        try:
            return next_attempt(retry, self.run) is not None
        finally:
            self.run.attempts = before

    def _replaces(self, state: str) -> bool:
        """Whether a late result takes the place of a forced state."""
        run = self.run
        if len(run.attempts or []) >= len(self.attempts) and run.state == state:
            return False
        return len(run.history) <= len(self.history) + 2


def supersede(run: TaskRun) -> None:
    """The worker of a run is lost: its last attempt counts as superseded."""
    attempts = run.attempts
    if attempts and attempts[-1].state not in TERMINAL:
        run.attempts = [*attempts[:-1], attempts[-1].end(RESUBMITTED)]


def _checked(error: BaseException) -> str | None:
    """The Java class of a failure that has to be declared; those that need not be pass a timeout unchanged."""
    if isinstance(error, TaskFailure):
        return error.checked
    if isinstance(error, FileNotFoundError):
        return "java.io.FileNotFoundException"
    if isinstance(error, ExpressionError) and not isinstance(error, RawError):
        return "io.kestra.core.exceptions.IllegalVariableEvaluationException"
    return None


def _causes(error: BaseException) -> str:
    """The messages of the errors behind a failure of a task, one a line."""
    if isinstance(error, RawError):
        return error.cause
    texts = []
    cause = error.__cause__ if isinstance(error, TaskFailure) else None
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__
    return "\n".join(texts)
