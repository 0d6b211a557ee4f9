"""How an execution ends, otherwise than by its tasks too: kill, exit, engine failures, promises that are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import TaskRun
from flowrt.engine.flowable import Executable, flowable
from flowrt.model.states import (
    FAILED,
    KILLED,
    KILLING,
    PAUSED,
    RETRYING,
    TERMINAL,
    UNSTARTED,
)

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine


def end(executor: Engine) -> None:
    """All active tasks have ended: the final state, then the outputs of the flow."""
    from flowrt.engine.results import message

    failure: Exception | None = None
    if executor.flow.outputs is not None:
        from flowrt.engine.flow_outputs import render_outputs

        try:
            executor.execution.outputs = render_outputs(executor)
        except Exception as error:
            failure = error
            executor.execution.outputs = None
            executor.log(None, "ERROR", f"Failed to render output values: {message(error)}")
            executor.trace(None, error)
    executor.move_execution(executor.root.fold())
    if failure is not None:
        executor.move_execution(FAILED)


# ---- kill -----------------------------------------------------------------------------------------------------------


def kill(executor: Engine) -> None:
    """Ask an execution to stop: its workers are interrupted, what it has started is killed, even if it is over itself.

    What is to take its place begins now, to be killed: in Kestra that begins later, and runs.
    """
    execution = executor.execution
    if executor in executor.host.awaited:
        executor.host.awaited[executor]()
    if execution.terminal and executor.over:
        executor.host.kill_started(executor)
        return
    if execution.state == PAUSED:
        for run in execution.runs:
            if run.state == PAUSED:
                state = flowable(run.task).killed_while_paused(executor, run)
                executor.move(run, state)
                run.end_attempt(state)
        executor.move_execution("RESTARTED")
    if not execution.terminal:
        executor.move_execution(KILLING)
    # It reaches the worker first: what the passes give out now is refused. What is at work ends behind them.
    executor.host.order(executor.refuse_work)
    executor.host.interrupt(executor)
    for run in execution.runs:
        if run.terminal and isinstance(run.task, Executable):
            run.task.killed(executor, run)


def killed(executor: Engine) -> None:
    """A pass over a KILLING execution: what had not started never will."""
    for run in executor.execution.runs:
        if run.state in UNSTARTED:
            executor.move(run, KILLED)
            if run.parent is not None:
                kill_parents(executor, run.parent)
    for run in executor.execution.runs:
        if run.state in (KILLING, RETRYING):
            # Kestra lets it go on with its next round or attempt, behind the end of the execution.
            kill_parents(executor, run)
    executor.drop_waiting()
    executor.move_execution(KILLED)


def kill_parents(executor: Engine, run: TaskRun) -> None:
    """The ancestors of a killed run are killed too."""
    at: TaskRun | None = run
    while at is not None:
        if at.state != KILLED:
            executor.move(at, KILLED)
            at.end_attempt(KILLED)
        at = at.parent


# ---- exit -----------------------------------------------------------------------------------------------------------


def exit_execution(executor: Engine, own: TaskRun, state: str) -> None:
    """The Exit task: the execution takes the state at once, and so do the ancestors of the last open run."""
    if state == KILLED:
        executor.host.interrupt(executor)
        executor.move_execution(KILLED)
        return
    last = last_open(executor)
    at = last
    while at is not None:
        if at is not own:
            executor.force(at, state)
            if at is not last:
                at.end_from_outside(state)
        at = at.parent
    executor.move_execution(state)


def last_open(executor: Engine) -> TaskRun | None:
    """The last run of the list that is neither terminal nor paused."""
    for run in reversed(executor.execution.runs):
        if run.state not in TERMINAL and run.state != PAUSED:
            return run
    return None


def engine_failure(executor: Engine, error: BaseException) -> None:
    """The engine itself failed while it handled a run: the last open run pays for it, else the execution."""
    from flowrt.engine.results import message, wordless

    last = last_open(executor)
    if not wordless(error):
        executor.log(last, "ERROR", message(error))
    if last is None:
        executor.move_execution(FAILED)
        return
    last.end_from_outside(FAILED)
    executor.force(last, FAILED)
