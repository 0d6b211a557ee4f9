"""Restart: what failed in an execution of a store is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine import restart as engine
from flowrt.model.failures import Refusal
from flowrt.model.states import PAUSED
from flowrt.verbs.taken import Taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def restart(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Run the failed runs of an ended execution again. Raises `Refusal`."""
    return live_again_in_store(flow, id, options, engine.restart)


def live_again_in_store(
    flow: Flow, id: str, options: RunOptions, change: Callable[[Execution], list[TaskRun]]
) -> Execution:
    from flowrt.engine.restart import live_again

    with Taken(flow, id, options, forget_choices=True) as taken:
        if not taken.execution.terminal and taken.execution.state != PAUSED:
            stands, why = "was interrupted as", "its process is gone"
            if not taken.interrupted:
                stands, why = "is", "it has not ended"
            raise Refusal(
                f"Execution '{id}' {stands} {taken.execution.state}: {why}."
                f" Go on where it stood: resume {id}"
            )
        gone = change(taken.execution)
        taken.rebuild(taken.execution)
        live_again(taken.host, taken.execution, gone)
        taken.go_on(taken.execution)
        taken.run()
        return taken.execution
