"""The end of a run: every execution is over or stands still for a reason.

One that is neither is a fault of the engine, which has forgotten it. It fails, with a code, instead of ending without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.lifecycle import engine_failure
from flowrt.model.states import FAILED, PAUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine, Places


class Forgotten(Exception):
    """Nothing is left to do, and an execution has not ended."""

    def __init__(self, execution: Execution) -> None:
        lived = any(f"system.{label}" in execution.labels for label in ("replay", "restarted"))
        super().__init__(
            f"FR102: nothing is left to do, and the execution is {execution.state}: it goes on from where nothing leads any"
            " more; replay it from its start"
            if lived
            else f"FR102: internal error: nothing is left to do, and the execution is {execution.state}. This is a fault"
            " of flowrt: please report it, with the flow and the log of a run with --log-level TRACE"
        )


def forgotten(living: Iterable[Engine], slots: Places | None = None) -> list[Engine]:
    """Of the executions that are not over, those that wait for nothing.

    What waits is paused, has started one that waits, or is queued behind one that does.
    """
    found = {each.execution.id: each for each in living}
    waiting = [each.execution for each in found.values() if each.execution.state == PAUSED]
    while waiting or (slots and (waiting := slots.behind(found))):
        for execution in waiting:
            at: Execution | None = execution
            while at is not None:
                found.pop(at.id, None)
                at = at.starter
        waiting = []
    return list(found.values())


def fail(executor: Engine, again: bool) -> None:
    """End a forgotten execution: its last open run fails; or, when that has led to nothing, the execution itself.

    Raises `Forgotten` when even that has not ended it.
    """
    execution = executor.execution
    error = Forgotten(execution)
    if not again:
        engine_failure(executor, error)
    elif not execution.terminal:
        executor.log(None, "ERROR", str(error))
        executor.move_execution(FAILED)
    else:
        raise error
    executor.wake()
