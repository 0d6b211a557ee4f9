"""CREATE_NEW_EXECUTION: a new execution takes the place of one that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import Execution, TaskRun
from flowrt.model.states import RETRIED

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine


def supersede(executor: Engine, run: TaskRun, date: int) -> None:
    """A run, its ancestors and the execution are superseded; the new execution begins at a time (nanoseconds)."""
    at: TaskRun | None = run
    while at is not None:
        executor.move(at, RETRIED)
        at = at.parent
    executor.execution.due = date
    executor.move_execution(RETRIED)
    await_next(executor, date)


def await_next(executor: Engine, date: int) -> None:
    """Begin a new execution with the same inputs at a time, or before it when somebody does not wait for that."""
    host = executor.host

    def begin() -> None:
        if host.awaited.pop(executor, None) is not None:
            again = host.start(next_of(executor))
            if host.flow_triggers is not None:
                # the executor makes it itself, so its first state is news
                host.flow_triggers.hear(again)
            for tell in executor.on_again:
                tell(again)

    host.awaited[executor] = begin
    host.at(date, begin)


def next_of(executor: Engine) -> Execution:
    """The execution that takes the place of another one."""
    old = executor.execution
    new = Execution(
        executor.flow,
        inputs=old.inputs,
        labels={**old.labels, "system.replay": "true"},
        trigger=old.trigger,
        clock=executor.host.clock,
        ids=executor.host.ids,
    )
    new.labels["system.correlationId"] = old.labels["system.correlationId"]
    new.parent_id = old.id
    new.starter = old
    new.original_id = old.original_id
    new.created_date = old.created_date
    new.attempt_number = old.attempt_number + 1
    old.children.append(new)
    return new
