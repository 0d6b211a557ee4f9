"""Resume: an execution that is paused, or whose process died, goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.takeup import unfinished
from flowrt.model.failures import Refusal
from flowrt.model.states import PAUSED
from flowrt.store.holders import Held
from flowrt.verbs.taken import Taken, read

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def resume(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Let a paused execution, or one whose process died, go on.

    When it is paused for a time and a process waits for that, the process is told. Raises `Refusal` when it has ended or is
    held by a process that is at work, `InputError` for wrong values of `onResume`.
    """
    while True:
        try:
            return resume_here(flow, id, options)
        except Held:
            if read(flow, id, options).state != PAUSED:
                raise
            from flowrt.verbs.paused import tell

            told = tell(flow, id, options)
            if told is None:
                raise
            if told:
                return read(flow, id, options)


def resume_here(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Take the execution up and let it go on. Raises `Held` when another process has it."""
    with Taken(flow, id, options) as taken:
        execution = taken.execution
        if not any(map(unfinished, taken.family)):
            raise Refusal(
                f"Execution '{id}' is not paused, can't resume it: it has ended as {execution.state}"
            )
        taken.rebuild()
        end = None
        if execution.state == PAUSED:
            from flowrt.verbs.paused import end_of_pause

            end = end_of_pause(taken)
        taken.go_on()
        if end is not None:
            end()
        taken.host.obey()
        taken.run()
        return taken.first
