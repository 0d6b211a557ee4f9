"""Places of a flow with a limit, shared by all processes that use a store.

An execution that no process holds keeps its place when its process has let go of it, since it is paused, or waits for one
that is. One whose process died keeps none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.concurrency import Slots
from flowrt.model.states import CREATED, KILLING, PAUSED, QUEUED, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine
    from flowrt.store.database import Database
    from flowrt.store.holders import Holders

_HOLDING = """
SELECT e.no, e.id FROM slot s JOIN execution e ON e.no = s.execution
WHERE e.namespace = ? AND e.flow = ? AND e.over = 0 AND e.no <> ?
"""
_KEEPING = {*TERMINAL, CREATED, KILLING, PAUSED}
"""States in which nobody needs to take a place again: it was kept, or is needed no more, or never was taken."""
_BEFORE = """
SELECT no FROM execution
WHERE namespace = ? AND flow = ? AND state = ? AND over = 0 AND no < ?
"""


class StoreSlots(Slots):
    """Places that the store keeps."""

    def __init__(self, database: Database, holders: Holders, commit: Callable[[], None]) -> None:
        super().__init__()
        self._database = database
        self._holders = holders
        self._commit = commit
        self._told: set[str] = set()

    def take(self, executor: Engine) -> bool:
        database, holders = self._database, self._holders
        flow, limit, execution = executor.flow, executor.flow.concurrency, executor.execution
        assert limit is not None
        self._commit()
        row = execution.row
        with database.alone():
            if len(self._others(executor)) >= limit.limit:
                return False
            if execution.state == QUEUED and any(
                holders.holder(no) is not None
                for (no,) in database.rows(_BEFORE, flow.namespace, flow.id, QUEUED, row)
            ):
                return False
            database.write(
                "INSERT INTO slot (execution) VALUES (?) ON CONFLICT (execution) DO NOTHING", (row,)
            )
        return True

    def _others(self, executor: Engine) -> dict[str, int]:
        """The other executions that hold places of a flow: their ids and rows."""
        flow, row = executor.flow, executor.execution.row
        return {
            id: no
            for no, id in self._database.rows(_HOLDING, flow.namespace, flow.id, row)
            if not self._holders.abandoned(no)
        }

    def held(self, executor: Engine) -> Collection[str]:
        return self._others(executor)

    def may_change(self, living: Iterable[Engine]) -> bool:
        return any(map(self._may_get_a_place, _queued(living)))

    def tell_once(self, living: Iterable[Engine], say: Callable[[str], None]) -> None:
        """Say that an execution waits behind those of other processes: it may take long, and nothing else is seen of it."""
        for each in _queued(living):
            id = each.execution.id
            if id not in self._told and not all(
                map(self._holders.has, self._others(each).values())
            ):
                self._told.add(id)
                self.tell({id: each}, say)

    def _may_get_a_place(self, executor: Engine) -> bool:
        # who is held by no process waits for somebody
        limit, others = executor.flow.concurrency, self._others(executor)
        assert limit is not None
        return len(others) < limit.limit or any(
            self._holders.holder(row) is not None and not self._holders.has(row)
            for row in others.values()
        )

    def take_up(self, executor: Engine, go_on: Callable[[], None]) -> None:
        execution = executor.execution
        state = execution.state
        if state == CREATED:
            self.admit(executor)
        has_lost_it = state not in _KEEPING and self._had_place(execution)
        if state == QUEUED or (has_lost_it and not self.take(executor)):
            self.free(executor)
            self.wait_to_go_on(executor, go_on)
        else:
            go_on()

    def _had_place(self, execution: Execution) -> bool:
        row = execution.row
        return self._database.row("SELECT 1 FROM slot WHERE execution = ?", row) is not None

    def free(self, executor: Engine) -> None:
        self._commit()
        self._database.write("DELETE FROM slot WHERE execution = ?", (executor.execution.row,))


def _queued(living: Iterable[Engine]) -> Iterable[Engine]:
    """Executions that wait for a place, the last one of each flow."""
    return {each.flow: each for each in living if each.execution.state == QUEUED}.values()
