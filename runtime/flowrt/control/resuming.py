"""Resuming by a task: a paused execution goes on, in this process or in another one that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.pause import paused_run, resumed_elsewhere, unchecked
from flowrt.model.failures import PlainFailure

if TYPE_CHECKING:
    from flowrt.engine.ports import Process


def resume(host: Process, id: str, inputs: dict[str, Any] | None) -> None:
    """Let an execution go on, with values that are taken as they are given; but secrets are sealed.

    Raises PlainFailure, in the engine's words, when there is none with that id, or it is not paused.
    """
    with host.lock:
        executor = host.executors.get(id)
        if executor is None:
            host.resume_elsewhere(id, inputs)
            return
        if paused_run(executor.execution) is None:
            raise PlainFailure("The execution is not paused")
        host.hear(
            lambda: resumed_elsewhere(
                executor, lambda paused: unchecked(paused, inputs, host.services)
            )
        )
