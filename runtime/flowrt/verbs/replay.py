"""Replay: a new execution that begins in the middle of an old one, or at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.creation import create_execution
from flowrt.engine.execution import ERRORS, GONE, MAIN, Execution, TaskRun
from flowrt.engine.restart import ancestors, below_folders, live_again, move, state_again
from flowrt.engine.successors import successors
from flowrt.engine.takeup import unfinished
from flowrt.model.states import RESTARTED, RESUBMITTED, TERMINAL
from flowrt.store.holders import Held
from flowrt.store.program import comparable, described, differences
from flowrt.verbs.taken import Taken, find_run, open_existing, refuse_lost, wait_for_holder

if TYPE_CHECKING:

    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def replay(flow: Flow, id: str, task: str, options: RunOptions) -> Execution:
    """A new execution that begins at a task (or a task run) of an old one; from its start without one. Raises `Refusal`."""
    while True:
        try:
            return _replayed(flow, id, task, options)
        except Held:
            if not _let_go(flow, id, options):
                raise


def _replayed(flow: Flow, id: str, task: str, options: RunOptions) -> Execution:
    with Taken(flow, id, options) as taken:
        source = taken.execution
        new = copied(source, find_run(source, task) if task else None)
        before = comparable(source.program)
        refuse_lost(new, before, "Replay from another task, or from the start")
        if options.inputs:
            given = create_execution(taken.host, source.flow, options.inputs)
            new.inputs = given.inputs
        taken.host.holders.release_all()
        new.program = described(new.flow)
        new.changed = source.changed or bool(before and differences(before, new.program))
        live_again(taken.host, new, [])
        taken.run(new)
        return new


def _let_go(flow: Flow, id: str, options: RunOptions) -> bool:
    """Wait until nobody holds an execution that is copied, say; False when something of its family goes on."""
    host = open_existing(flow, options)
    try:
        family = host.reader.family(host.reader.first_of(host.reader.row_of(id)))
        if any(map(unfinished, family)):
            return False
        return not wait_for_holder(host, family[0].row, lambda state, over, wish: not over)
    finally:
        host.close()


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
    new.outputs = source.outputs
    new.enter(RESTARTED)
    again = ancestors(chosen) | {chosen}
    handlers = errors_around(chosen)
    behind = successors(source, {chosen}) | handlers
    gone = (behind - again) | below_folders(source, again)
    stay = [run for run in source.runs if run not in gone]
    waiting = {run for run in stay if run not in again and run.state not in TERMINAL}
    copies: dict[TaskRun, TaskRun] = {}
    for run in sorted(stay, key=waiting.__contains__):
        copy = copies[run] = _copy(run, new, _above(run, new, copies))
        if run in waiting:
            _resubmit(copy)
        if run in again or run in waiting:
            move(copy, state_again(run))
        new.append(copy)
    new.tree.stale()
    return new


def errors_around(chosen: TaskRun) -> set[TaskRun]:
    """What `errors` lists ran because of the main lists that lead to a run.

    Kestra leaves them, and then the new execution ends before the run, or waits for ever behind it.
    """
    led = {at.parent for at in ancestors(chosen) | {chosen} if at.role == MAIN}
    runs = chosen.execution.runs
    handlers = {run for run in runs if run.role == ERRORS and run.parent in led}
    return handlers | {run for run in runs if not handlers.isdisjoint(ancestors(run))}


def _above(run: TaskRun, new: Execution, copies: dict[TaskRun, TaskRun]) -> TaskRun | None:
    """The copy of the run around; also of one that is left out, as long as another one names it."""
    around = run.around
    if around is not None and around not in copies:
        copies[around] = _copy(around, new, None)
        copies[around].role = GONE
    return None if around is None else copies[around]


def _copy(run: TaskRun, into: Execution, parent: TaskRun | None) -> TaskRun:
    copy = TaskRun(run.task, into, run.role, parent, run.value, run.iteration, run.chain)
    if run.parent is not None and parent is None:
        copy.stand_alone()
    copy.load(list(run.history), run.attempts, run.outputs)
    return copy


def _resubmit(run: TaskRun) -> None:
    """A run that had not ended in the old execution: its last attempt is superseded."""
    attempts = run.attempts or []
    if attempts and attempts[-1].state not in TERMINAL:
        run.supersede()
    else:
        run.add_attempt(*run.history, RESUBMITTED, run.execution.clock.now())
