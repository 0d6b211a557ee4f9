"""Change state: a task run of an ended execution gets another state, and the execution goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine import restart as engine
from flowrt.verbs.restart import live_again_in_store
from flowrt.verbs.taken import find_run

if TYPE_CHECKING:

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def change_state(flow: Flow, id: str, task: str, state: str, options: RunOptions) -> Execution:
    """Give a task run of an ended execution another state, and let the execution go on. Raises `Refusal`."""

    def change(execution: Execution) -> list[TaskRun]:
        return engine.change_state(execution, find_run(execution, task), state)

    return live_again_in_store(flow, id, options, change)
