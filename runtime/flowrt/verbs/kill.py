"""Kill: an execution of a store is ended, in whatever process it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.lifecycle import kill as kill_executor
from flowrt.model.states import TERMINAL
from flowrt.store.holders import KILL, Held
from flowrt.verbs.taken import Taken, open_existing, read, wait_for_holder

if TYPE_CHECKING:

    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def kill(flow: Flow, id: str, options: RunOptions) -> Execution:
    """End an execution. When another process has it, that process is asked to, and waited for. Raises `Refusal`."""
    while True:
        try:
            with Taken(flow, id, options) as taken:
                taken.host.holders.wish_nothing(taken.execution.row)
                if taken.end_lost():
                    return taken.execution
                taken.rebuild()
                taken.go_on()
                kill_executor(taken.host.executors[id])
                taken.run()
                return taken.execution
        except Held:
            if _ask(flow, id, options):
                return read(flow, id, options)


def _ask(flow: Flow, id: str, options: RunOptions) -> bool:
    """Ask the holder to kill an execution; False when it let go or died without doing so."""
    host = open_existing(flow, options)
    try:
        row = host.reader.row_of(id)
        state = host.reader.family(row)[0].state
        if state in TERMINAL:
            options.say(f"it has ended as {state}: what follows its end goes on, and is waited for")
        host.holders.wish(row, KILL)
        return wait_for_holder(host, row, lambda state, over, wish: over and wish is None)
    finally:
        host.close()
