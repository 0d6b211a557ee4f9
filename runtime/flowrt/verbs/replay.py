"""Replay: a new execution that begins in the middle of an old one, or at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.creation import create_execution
from flowrt.engine.execution import Execution, TaskRun
from flowrt.engine.restart import ancestors, live_again, move, state_again
from flowrt.model.states import RESTARTED, RESUBMITTED, TERMINAL
from flowrt.store.program import described
from flowrt.verbs.successors import successors
from flowrt.verbs.taken import Taken, find_run

if TYPE_CHECKING:

    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def replay(flow: Flow, id: str, task: str, options: RunOptions) -> Execution:
    """A new execution that begins at a task (or a task run) of an old one; from its start without one. Raises `Refusal`."""

    with Taken(flow, id, options) as taken:
        source = taken.execution
        new = copied(source, find_run(source, task) if task else None)
        if options.inputs:
            given = create_execution(taken.host, source.flow, options.inputs)
            new.inputs = given.inputs
        taken.host.holders.release_all()
        new.program = described(new.flow)
        live_again(taken.host, new, [])
        taken.run(new)
        return new


def copied(source: Execution, chosen: TaskRun | None) -> Execution:
    """A copy of an execution that will run again from a task run, or from its start."""
    new = Execution(
        source.flow,
        inputs=source.inputs,
        trigger=source.trigger,
        clock=source.clock,
        ids=source.ids,
    )
    new.labels = {**source.labels, "system.replay": "true"}
    new.variables = source.variables
    new.undeclared = source.undeclared
    new.parent_id = source.id
    new.original_id = source.original_id
    new.created_date = source.created_date
    new.attempt_number = source.attempt_number + 1
    if chosen is None:
        return new
    new.history = list(source.history)
    new.enter(RESTARTED)
    again = ancestors(chosen) | {chosen}
    gone = successors(source, chosen) - again
    open_ = [
        run
        for run in source.runs
        if run not in again and run not in gone and run.state not in TERMINAL
    ]
    copies: dict[TaskRun, TaskRun] = {}
    waiting = set(open_)
    kept = [run for run in source.runs if run not in gone and run not in waiting]
    for run in [*kept, *open_]:
        above = copies.get(run.parent) if run.parent is not None else None
        copy = copies[run] = _copy(run, new, above)
        if run in waiting:
            _resubmit(copy)
        if run in again or run in waiting:
            move(copy, state_again(run))
        new.append(copy)
    new.tree.stale()
    return new


def _copy(run: TaskRun, into: Execution, parent: TaskRun | None) -> TaskRun:
    copy = TaskRun(run.task, into, run.role, parent, run.value, run.iteration, run.chain)
    copy.load(list(run.history), run.attempts, run.outputs)
    return copy


def _resubmit(run: TaskRun) -> None:
    """A run that had not ended in the old execution: its last attempt is superseded."""
    attempts = run.attempts or []
    if attempts and attempts[-1].state not in TERMINAL:
        run.supersede()
    else:
        run.add_attempt(*run.history, RESUBMITTED, run.execution.clock.now())
