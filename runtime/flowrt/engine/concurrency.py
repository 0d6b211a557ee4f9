"""How many executions of a flow run at once, and what becomes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.states import CANCELLED, FAILED, QUEUED, RUNNING

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine

_STATES = {"QUEUE": QUEUED, "CANCEL": CANCELLED, "FAIL": FAILED}


class Slots:
    """The places that the executions of this process hold, as many a flow as its limit."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], set[str]] = {}

    def take(self, executor: Engine) -> bool:
        """Take a place for an execution, if one is free."""
        flow, limit = executor.flow, executor.flow.concurrency
        held = self._held.setdefault((flow.namespace, flow.id), set())
        if limit is not None and len(held - {executor.execution.id}) >= limit.limit:
            return False
        held.add(executor.execution.id)
        return True

    def free(self, executor: Engine) -> None:
        """Give the place of an execution back."""
        flow = executor.flow
        self._held.get((flow.namespace, flow.id), set()).discard(executor.execution.id)

    def admit(self, executor: Engine) -> None:
        """An execution begins (again): it runs, waits for its turn, or ends at once."""
        limit = executor.flow.concurrency
        assert limit is not None
        if self.take(executor):
            executor.move_execution(RUNNING)
            return
        state = _STATES[limit.behavior]
        if state == FAILED:
            executor.log(None, "ERROR", "Execution is FAILED due to concurrency limit exceeded")
        executor.move_execution(state)
