"""The last step of a pass: runs that wait are given to a worker, or begin as flowables."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from flowrt.engine import lifecycle
from flowrt.engine.frames import Frame
from flowrt.engine.jobs import Job
from flowrt.engine.runcontext import TaskContext
from flowrt.engine.runs import Attempt, TaskRun, failed_attempt, started_attempt
from flowrt.expr.truth import truthy
from flowrt.states import CREATED, FAILED, RUNNING, SKIPPED, SUBMITTED, SUCCESS, UNSTARTED

if TYPE_CHECKING:
    from flowrt.engine.executor import Executor
    from flowrt.tasks.base import Task


def context_of(executor: Executor, run: TaskRun) -> TaskContext:
    """The face of the engine for a run that is not in a worker."""
    return TaskContext(executor, run)


def skip(executor: Executor, run: TaskRun) -> None:
    """`runIf` says no."""
    now = time_ns()
    run.attempts = [*(run.attempts or []), Attempt([CREATED, now, SKIPPED, now])]
    executor.move(run, SKIPPED)


def wanted(executor: Executor, run: TaskRun) -> bool:
    """Evaluate `runIf`; a run that is not wanted, or whose condition fails, ends here."""
    run_if = run.task.run_if
    if run_if == "true":
        return True
    from flowrt.engine.executor import message

    try:
        if truthy(context_of(executor, run).text(run_if)):
            return True
    except Exception as error:
        executor.log(
            run,
            "ERROR",
            f"Failed to evaluate the runIf condition for task {run.task.id}."
            f" Cause: {message(error)}",
            error=error,
        )
        executor.trace(run, error)
        executor.move(run, FAILED)
        return False
    skip(executor, run)
    return False


def dispatch(executor: Executor, waiting: list[TaskRun], seen: int) -> None:
    """Flowables begin, leaf tasks go to the worker.

    All of them see the execution as it is before the first one begins. `seen` is when the pass began.
    """
    flowables: list[TaskRun] = []
    jobs: list[Job] = []
    for run in waiting:
        task = run.task
        if task.updating or task.executable:
            continue
        if run.state not in UNSTARTED:
            # Forced into a state after its turn had come: the worker gets it all the same.
            if not task.is_flowable:
                jobs.append(Job(executor, run, seen, forced=True))
            continue
        if not wanted(executor, run):
            continue
        if task.is_flowable:
            flowables.append(run)
        else:
            jobs.append(Job(executor, run, seen))
    if jobs:
        # What ended is remembered before other work begins.
        executor.journal.commit()
    if not executor.watched:
        for job in jobs:
            job.prepare()
    for run in flowables:
        begin(executor, run)
    for job in jobs:
        if not job.forced:
            executor.move(job.run, SUBMITTED)
        executor.host.submit(job)
    if jobs:
        executor.changed()


def begin(executor: Executor, run: TaskRun) -> None:
    """A flowable starts: from now on its frame decides what runs below it."""
    if run.frame is None:
        run.frame = Frame(executor, run.task.block, run)
    run.attempts = [started_attempt(time_ns())] if not run.attempts else run.attempts
    executor.move(run, RUNNING)
    executor.wake(run.frame)
    run.task.begun(executor, run)  # type: ignore[attr-defined]


def updating(executor: Executor, waiting: list[TaskRun]) -> None:
    """Tasks that change the execution itself; they never see a worker."""
    from flowrt.engine.executor import Result

    updated: set[Task] = set()
    for run in waiting:
        task = run.task
        if not task.updating or run.state not in UNSTARTED:
            continue
        try:
            context = context_of(executor, run)
            if task.run_if != "true" and not truthy(context.text(task.run_if)):
                skip(executor, run)
                continue
            state = SUCCESS
            if not (task.renders_once and task in updated):
                document = executor.host.document(executor)
                state = task.update(context, document) or SUCCESS  # type: ignore[attr-defined]
                updated.add(task)
            if task.exits:
                lifecycle.exit_execution(executor, run, state)
            else:
                executor.journal.execution(executor.execution)
        except Exception as error:
            run.attempts = [failed_attempt()]
            executor.move(run, FAILED)
            executor.error = error
            continue
        attempt = started_attempt(time_ns())
        executor.move(run, RUNNING)
        executor.apply(Result(run, state, None, [attempt.end(state)]))


def executable(executor: Executor, waiting: list[TaskRun]) -> None:
    """Tasks that start other executions."""
    for run in waiting:
        task = run.task
        if not task.executable or run.state not in UNSTARTED:
            continue
        try:
            context = context_of(executor, run)
            wanted_now = task.run_if == "true" or truthy(context.text(task.run_if))
            if not wanted_now:
                skip(executor, run)
                continue
            task.launch(executor, run, context)  # type: ignore[attr-defined]
        except Exception as error:
            run.attempts = [*(run.attempts or []), failed_attempt()]
            executor.move(run, FAILED)
            executor.error = error
