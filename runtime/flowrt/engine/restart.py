"""An execution that has ended lives again: a restart, or another state for one of its task runs.

These work on a loaded execution, before the engine has built frames for it; `live_again` then sets it going.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import AFTER, ASIDE, ERRORS, FINALLY, GONE, LISTENER
from flowrt.engine.flowable import Flowable
from flowrt.engine.successors import successors
from flowrt.engine.takeup import go_on, rebuild
from flowrt.model.failures import Refusal
from flowrt.model.states import CREATED, FAILED, KILLED, PAUSED, RESTARTED, RUNNING, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.executor import Executor
    from flowrt.engine.ports import Process


def restart(execution: Execution) -> list[TaskRun]:
    """Make an execution run its failed and paused runs again; answers the runs that were taken out.

    Raises `Refusal` when it has not ended, was killed, or nothing in it failed.
    """
    state = execution.state
    if state == KILLED or not (state in TERMINAL or state == PAUSED):
        raise Refusal(
            "Execution must be terminated or paused and not killed to be restarted,"
            f" current state is '{state}' !"
        )
    again = with_ancestors([run for run in execution.runs if run.state in (FAILED, PAUSED)])
    if not again:
        raise Refusal("No task found to restart execution from!")
    for run in execution.runs:
        if run.orphaned:
            run.stand_alone()
    gone = handlers(execution)
    again = [run for run in again if run not in gone and not is_left_over(run, gone)]
    for run in again:
        move(run, state_again(run))
    gone |= below_folders(execution, again)
    execution.remove(gone)
    execution.labels["system.restarted"] = "true"
    _live(execution)
    return list(gone)


def change_state(execution: Execution, run: TaskRun, state: str) -> list[TaskRun]:
    """Give an ended run another state and let the execution go on from there; answers the runs taken out.

    Raises `Refusal` when the execution has not ended or was killed.
    """
    if execution.state not in TERMINAL or execution.state == KILLED:
        raise Refusal(
            "You can only change the state of a task run for a terminated non killed execution."
        )
    for above in ancestors(run):
        move(above, RUNNING)
    if isinstance(run.task, Flowable):
        state = run.task.marked(run, state)
    move(run, state)
    run.end_attempt(state)
    gone = handlers(execution)
    execution.remove(gone)
    _live(execution)
    return list(gone)


def live_again(host: Process, execution: Execution, gone: list[TaskRun]) -> Executor:
    """Write what was changed, and let the execution run."""
    executor = rebuild(host, execution)
    host.journal.removed(execution, gone)
    host.journal.execution(execution)
    for run in execution.runs:
        if run.parent is not None and run.parent.role == GONE:
            host.journal.run(run.parent)
        host.journal.run(run)
    if executor.flow.concurrency is not None and _takes_a_place(execution):
        host.slots.admit(executor)
    if execution.state in TERMINAL:
        return executor
    go_on(executor)
    return executor


def _takes_a_place(execution: Execution) -> bool:
    """Whether it counts against the limit of its flow: what is new does, and what had failed; what goes on otherwise has a place."""
    *_, before, _, state, _ = (None, None, *execution.history)
    return state == CREATED or (state == RESTARTED and before == FAILED)


# ---- what happens to single runs ------------------------------------------------------------------------------------


def move(run: TaskRun, state: str) -> None:
    """Another state in the history of a loaded run."""
    if run.state != state:
        run.enter(state)


def state_again(run: TaskRun) -> str:
    """The state of a run that is done once more: what works is restarted, what holds others runs on."""
    task = run.task
    return RUNNING if isinstance(task, Flowable) and not task.starts_over else RESTARTED


def ancestors(run: TaskRun) -> set[TaskRun]:
    """The runs of the flowables around a run."""
    found = set()
    at = run.around
    while at is not None:
        found.add(at)
        at = at.around
    return found


def below_folders(execution: Execution, again: Iterable[TaskRun]) -> set[TaskRun]:
    """What comes after the working directories among runs, which start over: their children, and whatever follows."""
    folders = {run for run in again if isinstance(run.task, Flowable) and run.task.runs_children}
    return successors(execution, folders) if folders else set()


def with_ancestors(runs: list[TaskRun]) -> list[TaskRun]:
    """Runs and the flowables around them, in order."""
    found = set(runs)
    for run in runs:
        found |= ancestors(run)
    return sorted(found, key=lambda run: run.index)


def handlers(execution: Execution) -> set[TaskRun]:
    """The runs of all `errors` and `finally` lists and those after the end; what a block among them ran stays."""
    return {run for run in execution.runs if run.role in (ERRORS, FINALLY, AFTER, LISTENER)}


def is_left_over(run: TaskRun, gone: set[TaskRun]) -> bool:
    """Whether a block around a run was taken out, or is among those that are: the run stays as it ended.

    Kestra runs it once more, without its block, and the block runs it again.
    """
    at = run
    while at.parent is not None:
        at = at.parent
        if at.role == GONE or at in gone:
            return True
    return at.role == ASIDE and not _is_of_a_pause(at)


def _is_of_a_pause(run: TaskRun) -> bool:
    """Whether a run that is in no list is one of `onPause`."""
    declared = run.execution.flow.declared.values()
    return any(run.task.id == inner.id for task in declared for inner in task.inner())


def _live(execution: Execution) -> None:
    execution.attempt_number += 1
    execution.over = False
    execution.enter(RESTARTED)
    execution.tree.stale()
