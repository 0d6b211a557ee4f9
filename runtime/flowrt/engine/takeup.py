"""Taking up an execution where an earlier process left it.

The coroutines of the blocks are brought to where the task runs are (`Frame.line`), with the choices that were recorded, so
they take the same way again. What was at work is done once more, what waits for a time waits on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.assignments import AttemptAssignment
from flowrt.engine.executor import Executor
from flowrt.engine.flowable import Executable, Flowable, flowable, has_policy
from flowrt.engine.frames import Frame
from flowrt.engine.results import Result
from flowrt.engine.variables import View
from flowrt.model.states import (
    ACTIVE,
    KILLED,
    KILLING,
    RETRIED,
    RETRYING,
    TERMINAL,
    UNSTARTED,
)

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.ports import Process


def rebuild(host: Process, execution: Execution) -> Executor:
    """The executor of a loaded execution, with the frames of its flowables. Nothing moves yet."""
    executor = Executor(host, execution)
    host.executors[execution.id] = executor
    executor.dirty = set()
    for run in execution.runs:
        place(executor, run)
    return executor


def place(executor: Executor, run: TaskRun) -> None:
    """Put a loaded run into the frame that it belongs to."""
    parent = run.parent
    owner = executor.root if parent is None else parent.frame
    run.owner = owner if owner is not None else executor.root
    if owner is not None:
        owner.added(run)
    if run.state == RETRYING:
        run.owner.retrying += 1
    run.frame = Frame(executor, run.task.block, run) if isinstance(run.task, Flowable) else None


def go_on(executor: Executor) -> None:
    """Let a rebuilt execution live on."""
    execution, host = executor.execution, executor.host
    if _to_be_followed(execution):
        assert execution.due is not None
        from flowrt.engine.anew import await_next

        await_next(executor, execution.due)
    for run in execution.runs:
        if run.terminal and isinstance(run.task, Executable):
            run.task.told(executor, run)
    if execution.over:
        return
    for run in list(execution.runs):
        if run.state in TERMINAL:
            _look_at_ended(executor, run)
        elif run.state in UNSTARTED:
            executor.fresh.append(run)
        elif run.state == RETRYING:
            known, date = executor.journal.recall(run, "retry")
            host.at(date if known else 0, lambda run=run: executor.retries.try_again(run))  # type: ignore[misc]
        elif isinstance(run.task, (Flowable, Executable)):
            if run.frame is not None and run.state in ACTIVE:
                executor.dirty.add(run.frame)
            run.task.taken_up(executor, run)
        elif not (run.parent is not None and flowable(run.parent.task).runs_children):
            do_again(executor, run)
    executor.wake(executor.root)


def unfinished(execution: Execution) -> bool:
    """Whether something of an execution is left to do: its own tasks, or the start of the one that takes its place."""
    return not execution.over or _to_be_followed(execution)


def _to_be_followed(execution: Execution) -> bool:
    return (
        execution.state == RETRIED and execution.due is not None and execution.outcome is execution
    )


def _look_at_ended(executor: Executor, run: TaskRun) -> None:
    """What the pass in which a run ended may not have come to do."""
    if has_policy(run, executor.flow) and not executor.execution.terminal:
        executor.failed.append(run)
    frame = run.frame
    if frame is not None and any(
        child.state not in TERMINAL for runs in frame.runs for child in runs
    ):
        executor.ended.add(run)


def do_again(executor: Executor, run: TaskRun) -> None:
    """The worker of a run is lost: its attempt is superseded, and another begins."""
    execution = executor.execution
    if execution.state in (KILLING, KILLED):
        run.end_attempt(KILLED)
        executor.apply(Result(run, KILLED, run.outputs, run.attempts or []))
        return
    run.supersede()
    executor.journal.run(run)
    view = View(run, run.attempt_count, executor.clock.now())
    executor.host.assign(AttemptAssignment(executor, run, view))
