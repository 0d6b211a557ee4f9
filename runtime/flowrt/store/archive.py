"""The ended executions of a store, as tasks count them and take them away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowrt.model.archive import Purged, Selection
from flowrt.store.codec import mark, unpack, unpack_history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowrt.engine.ports import Lock
    from flowrt.services.storage import Storage
    from flowrt.store.database import Database
    from flowrt.store.holders import Holders

_ENDED = """
WITH RECURSIVE line (no, top) AS (
    SELECT no, no FROM execution WHERE starter IS NULL
    UNION ALL SELECT e.no, l.top FROM execution e JOIN line l ON e.starter = l.no
)
SELECT e.no, e.record FROM execution e JOIN line l ON l.no = e.no
WHERE l.top NOT IN (SELECT o.top FROM line o JOIN execution x ON x.no = o.no WHERE x.over = 0)
AND l.top NOT IN (SELECT o.top FROM line o WHERE o.no IN ({held})) AND e.started >= ? {asked} ORDER BY e.no
"""
"""Executions of families of which none has anything left to do, and none is held: of all others somebody may still ask."""
_ROW = (
    "SELECT no, id, namespace, flow, state, started, starter, over, program, record FROM execution"
)
_BATCH = 100
"""So many executions go in one transaction."""


class StoreArchive:
    """What a store keeps, for the tasks of one process: they ask under the lock of the engine, after what waits is written."""

    def __init__(
        self,
        database: Database,
        holders: Holders,
        storage: Storage,
        lock: Lock,
        commit: Callable[[], None],
    ) -> None:
        self._database = database
        self._holders = holders
        self._storage = storage
        self._lock = lock
        self._commit = commit

    def counts(self, since: int, until: int, states: Sequence[str]) -> list[tuple[str, str, int]]:
        """Namespace, flow, and how many executions of it began between two times (nanoseconds), in those states if there are any."""
        asked, values = _among("state", states)
        with self._lock:
            self._commit()
            found: list[tuple[str, str, int]] = self._database.rows(
                "SELECT namespace, flow, count(*) FROM execution WHERE started >= ? AND started <= ?"
                f"{asked} GROUP BY namespace, flow ORDER BY namespace, flow",
                *(since, until, *values),
            )
        return found

    def purge(self, wanted: Selection, *, rows: bool, logs: bool, files: bool) -> Purged:
        """Take away executions that have ended: themselves, their logs, their stored files.

        Those whose family has not ended stay, and those that a process holds.
        """
        executions = logs_gone = files_gone = 0
        waiting = self._ended(wanted)
        for start in range(0, len(waiting), _BATCH):
            batch = waiting[start : start + _BATCH]
            with self._alone():
                free = [row for row in batch if self._is_free(row)]
                names = [self._names(row) for row in free] if files else []
                for row in free:
                    # whoever comes now finds them held, until all that belongs to them has gone
                    self._holders.take(row)
            # the files first: when the process dies here, the next one finds their executions, and goes on
            files_gone += sum(map(self._forget_files, names))
            with self._alone():
                for row in filter(self._holders.has, free):
                    logs_gone += self._forget_logs(row) if logs else 0
                    executions += rows
                    if rows:
                        self._forget(row)
                    else:
                        self._holders.release(row)
        return Purged(executions, logs_gone, files_gone)

    def purge_logs(self, wanted: Selection, levels: Sequence[str], execution: str | None) -> int:
        """Take away the log records of a time, of executions that have ended or not."""
        asked, values = _among("level", levels)
        about, named = _about(wanted.namespace, wanted.flow_id)
        if execution is not None:
            about, named = f"{about} AND id = ?", [*named, execution]
        where = (
            f"WHERE time >= ? AND time <= ?{asked}"
            f" AND execution IN (SELECT no FROM execution WHERE 1 = 1{about})"
        )
        given = (wanted.since, wanted.until, *values, *named)
        with self._lock:
            self._commit()
            with self._database:
                (count,) = self._database.row(f"SELECT count(*) FROM log {where}", *given) or (0,)
                self._database.write(f"DELETE FROM log {where}", given)
        return int(count)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A transaction in which nobody else writes, after what waits is written."""
        with self._lock:
            self._commit()
            with self._database.alone():
                yield

    def _ended(self, wanted: Selection) -> list[int]:
        """The numbers of what may go."""
        about, named = _about(wanted.namespace, wanted.flow_id)
        among, states = _among("state", wanted.states)
        with self._lock:
            self._commit()
            held = [
                row
                for (row,) in self._database.rows("SELECT execution FROM holder")
                if self._holders.holder(row) is not None
            ]
            sql = _ENDED.format(held=", ".join(map(str, held)), asked=about + among)
            return [
                row
                for row, record in self._database.each(sql, wanted.since, *named, *states)
                if unpack_history(unpack(record)["history"])[-1] <= wanted.until
            ]

    def _names(self, row: int) -> tuple[str, str, str]:
        """Namespace, flow and id."""
        found = self._database.row("SELECT namespace, flow, id FROM execution WHERE no = ?", row)
        assert found is not None
        namespace, flow, id = found
        return namespace, flow, id

    def _is_free(self, row: int) -> bool:
        """Whether no living process has taken an execution up, and nothing of it is left to do."""
        found = self._database.row("SELECT over FROM execution WHERE no = ?", row)
        return bool(found and found[0]) and self._holders.holder(row) is None

    def _forget_logs(self, row: int) -> int:
        (count,) = self._database.row("SELECT count(*) FROM log WHERE execution = ?", row) or (0,)
        self._database.write("DELETE FROM log WHERE execution = ?", (row,))
        return int(count)

    def _forget(self, row: int) -> None:
        for table in ("run", "choice", "log", "slot", "holder"):
            self._database.write(f"DELETE FROM {table} WHERE execution = ?", (row,))
        for values in self._database.rows(f"{_ROW} WHERE starter = ?", row):
            # what it has started stays, and has no starter any more; the checksum is over that, too
            kept: list[Any] = [*values]
            kept[6] = None
            self._database.write(
                "UPDATE execution SET starter = NULL, mark = ? WHERE no = ?",
                (mark(kept[1:]), kept[0]),
            )
        self._database.write("DELETE FROM execution WHERE no = ?", (row,))

    def _forget_files(self, names: tuple[str, str, str]) -> int:
        from flowrt.services.uris import execution_path

        folder = execution_path(*names)
        return len(self._storage.delete_tree(f"kestra://{folder}"))


def _about(namespace: str | None, flow: str | None) -> tuple[str, list[Any]]:
    """The condition that an execution is one of a namespace, or of those below it when no flow is named."""
    text, values = "", list[Any]()
    if flow is not None:
        text, values = " AND flow = ?", [flow]
    if namespace is not None and flow is not None:
        text, values = f"{text} AND namespace = ?", [flow, namespace]
    elif namespace is not None:
        below = f"{namespace}."
        text = " AND (namespace = ? OR substr(namespace, 1, ?) = ?)"
        values = [namespace, len(below), below]
    return text, values


def _among(column: str, values: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The condition that a column has one of some values; none when there are none."""
    return (f" AND {column} IN ({', '.join('?' * len(values))})" if values else ""), values
