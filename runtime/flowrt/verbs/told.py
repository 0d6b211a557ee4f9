"""What a process does that waits with a paused execution when another process asks for it to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.pause import Pause, resumed_elsewhere, unchecked
from flowrt.model.failures import Refusal
from flowrt.store.codec import unpack
from flowrt.store.holders import RESUME, SEALED

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.executor import Executor


def told(executor: Executor, form: str, said: str) -> None:
    """Let a paused execution go on, with values in one of the forms of a wish (`flowrt.store.holders`)."""
    services = executor.host.services

    def given(paused: TaskRun) -> dict[str, Any] | None:
        if form == RESUME:
            asked, _, checked = said.partition(" ")
            if paused.id != asked:
                raise Refusal("it waits for somebody else by now")
            kept: dict[str, Any] = unpack(checked)
            assert isinstance(paused.task, Pause)
            if paused.task.awaits_secret():
                services.sealer.reveal(kept)  # with the key of this process
            return kept
        values: Any = unpack(said)
        if form == SEALED:
            values = unpack(services.sealer.open(values, tell=False))
        return unchecked(paused, values, services)

    resumed_elsewhere(executor, given)
