"""Places of a flow with a limit, shared by all processes that use a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.concurrency import Slots
from flowrt.model.states import PAUSED, QUEUED

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.ports import Engine
    from flowrt.store.database import Database
    from flowrt.store.holders import Holders

_HOLDING = """
SELECT e.no, e.state FROM slot s JOIN execution e ON e.no = s.execution
WHERE e.namespace = ? AND e.flow = ? AND e.over = 0 AND e.no <> ?
"""
_BEFORE = """
SELECT no FROM execution
WHERE namespace = ? AND flow = ? AND state = ? AND over = 0 AND no < ?
"""


class StoreSlots(Slots):
    """A paused execution keeps its place without a process; one whose process died does not."""

    def __init__(self, database: Database, holders: Holders, commit: Callable[[], None]) -> None:
        super().__init__()
        self._database = database
        self._holders = holders
        self._commit = commit

    def take(self, executor: Engine) -> bool:
        database, holders = self._database, self._holders
        flow, limit, execution = executor.flow, executor.flow.concurrency, executor.execution
        assert limit is not None
        self._commit()
        row = execution.row
        with database.alone():
            held = sum(
                state == PAUSED or holders.holder(no) is not None
                for no, state in database.rows(_HOLDING, flow.namespace, flow.id, row)
            )
            if held >= limit.limit:
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

    def free(self, executor: Engine) -> None:
        self._commit()
        self._database.write("DELETE FROM slot WHERE execution = ?", (executor.execution.row,))
