"""The last step of a pass: runs that wait are given to a worker, or begin as flowables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine import lifecycle
from flowrt.engine.assignments import AttemptAssignment
from flowrt.engine.blockcontext import context_of
from flowrt.engine.flowable import Executable, Flowable, works
from flowrt.engine.frames import Frame
from flowrt.engine.rendering import truthy
from flowrt.engine.results import Result, message
from flowrt.model.states import CREATED, FAILED, RUNNING, SKIPPED, SUBMITTED, SUCCESS, UNSTARTED
from flowrt.model.task import UpdatingTask

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.ports import Engine
    from flowrt.engine.variables import View
    from flowrt.model.task import Task


def skip(executor: Engine, run: TaskRun) -> None:
    """`runIf` says no."""
    now = executor.clock.now()
    run.add_attempt(CREATED, now, SKIPPED, now)
    executor.move(run, SKIPPED)


def skip_here(executor: Engine, run: TaskRun) -> None:
    """`runIf` says no to a task of the engine. It goes on to a worker all the same, which skips it, too.

    That is seen where it has attempts of an earlier time: the worker's do not take the place of the engine's then.
    """
    if run.attempt_count:
        run.add_attempt(SKIPPED, executor.clock.now())
    skip(executor, run)


def _run_if(executor: Engine, run: TaskRun, view: View) -> bool:
    """Whether `runIf` says yes. Raises what its expression raises."""
    run_if = run.task.run_if
    return run_if == "true" or truthy(context_of(executor, run, view).text(run_if))


def wanted(executor: Engine, run: TaskRun, view: View) -> bool:
    """Evaluate `runIf`; a run that is not wanted, or whose condition fails, ends here."""
    try:
        if _run_if(executor, run, view):
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


def dispatch(executor: Engine, waiting: list[TaskRun], views: dict[TaskRun, View]) -> None:
    """Flowables begin, leaf tasks go to the worker.

    `views` are what they see: the execution as it was when the pass came to them.
    """
    flowables: list[TaskRun] = []
    leaves: list[AttemptAssignment] = []
    for run in waiting:
        task = run.task
        if not works(task) and not isinstance(task, Flowable):
            continue
        forced = run.state not in UNSTARTED
        if forced and task.run_if != "true" and _takes_back(executor, run, views[run]):
            continue
        if isinstance(task, Flowable):
            if not forced and wanted(executor, run, views[run]):
                flowables.append(run)
        elif forced or wanted(executor, run, views[run]):
            # Forced into a state after its turn had come: the worker gets it all the same.
            leaves.append(AttemptAssignment(executor, run, views[run], forced=forced))
    for run in flowables:
        begin(executor, run)
    for assignment in leaves:
        if not assignment.forced:
            executor.move(assignment.run, SUBMITTED)
        executor.host.assign(assignment)


def _takes_back(executor: Engine, run: TaskRun, view: View) -> bool:
    """`runIf` is asked for a run that was forced into a state, too; where it says no, that is what becomes of the run."""
    try:
        if _run_if(executor, run, view):
            return False
    except Exception:
        pass  # it is told below
    rewind(run, len(run.history) - 2)
    return not wanted(executor, run, view)


def begin(executor: Engine, run: TaskRun) -> None:
    """A flowable starts: from now on its frame decides what runs below it."""
    task = run.task
    assert isinstance(task, Flowable)
    if run.frame is None:
        run.frame = Frame(executor, task.block, run)
    if not run.attempt_count:
        run.begin_attempt(executor.clock.now())
    executor.move(run, RUNNING)
    executor.wake(run.frame)
    task.begun(executor, run)


def updating(executor: Engine, due: list[tuple[TaskRun, int]], views: dict[TaskRun, View]) -> None:
    """Tasks that change the execution itself; they never see a worker.

    Each run comes with the length of its history when the pass came to it: what was forced upon it since, by its block
    or by an Exit before it, the engine overwrites. What it renders is of its view, what it changes of now.
    """
    updated: set[Task] = set()
    ended: list[tuple[TaskRun, int, str | None]] = []
    for run, length in due:
        task = run.task
        if not isinstance(task, UpdatingTask):
            continue
        try:
            if not _run_if(executor, run, views[run]):
                rewind(run, length)
                skip_here(executor, run)
                continue
            state = SUCCESS
            if not (task.renders_once and task in updated):
                context = context_of(executor, run, views[run])
                state = task.update(context, executor.execution) or SUCCESS
                updated.add(task)
            if task.exits:
                lifecycle.exit_execution(executor, run, state)
            else:
                executor.journal.execution(executor.execution)
        except Exception as error:
            ended.append((run, length, None))
            executor.error = error
            continue
        rewind(run, length)
        now = executor.clock.now()
        executor.move(run, RUNNING, now)
        run.only_attempt(CREATED, now, RUNNING, now)
        ended.append((run, length, state))
    # Until all are through, those before count as running: an Exit ends what stands around the last of them.
    for run, length, end in ended:
        if end is None:
            rewind(run, length)
            run.add_attempt(FAILED, executor.clock.now())
            executor.move(run, FAILED)
        else:
            run.end_attempt(end)
            executor.apply(Result(run, end, None, run.attempts))


def rewind(run: TaskRun, length: int) -> None:
    """Take back what has happened to a run since its history was so long."""
    old = run.rewind(length)
    if old is not None:
        run.owner.moved(run, old)


def executable(
    executor: Engine, due: list[tuple[TaskRun, int]], views: dict[TaskRun, View]
) -> None:
    """Tasks that start other executions, even where their block has ended meanwhile; lengths as in `updating`.

    Whether they do is of their view, what they give is of now.
    """
    for run, length in due:
        task = run.task
        if not isinstance(task, Executable):
            continue
        try:
            if not _run_if(executor, run, views[run]):
                skip_here(executor, run)
                continue
            task.launch(executor, run, context_of(executor, run))
        except Exception as error:
            rewind(run, length)
            run.add_attempt(FAILED, executor.clock.now())
            executor.move(run, FAILED)
            executor.error = error
