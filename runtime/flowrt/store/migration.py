"""Stores that older versions have written, brought to the newest schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.store.codec import digest, mark
from flowrt.store.errors import BUSY, StoreError

if TYPE_CHECKING:
    from flowrt.store.sqlite import SqliteDatabase

_CHANGES = (
    "ALTER TABLE execution ADD COLUMN mark INTEGER",
    "ALTER TABLE run ADD COLUMN mark INTEGER",
    "ALTER TABLE choice ADD COLUMN mark INTEGER",
    "ALTER TABLE log ADD COLUMN mark INTEGER",
    "CREATE TABLE program (hash TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "DROP INDEX execution_open",
    "CREATE INDEX execution_open ON execution (namespace, flow) WHERE over = 0",
)
_MARKED = {
    "execution": (
        ("no",),
        ("id", "namespace", "flow", "state", "started", "starter", "over", "program", "record"),
    ),
    "run": (
        ("execution", "seq"),
        (
            *("execution", "seq", "id", "task", "parent", "role", "chain", "value"),
            *("iteration", "force", "history", "attempts", "outputs"),
        ),
    ),
    "choice": (("execution", "run", "name"), ("execution", "run", "name", "value")),
    "log": (
        ("execution", "seq"),
        ("execution", "seq", "run", "task", "attempt", "level", "time", "message"),
    ),
}
"""Table → its key, and the columns whose checksum a row has."""


def migrate(database: SqliteDatabase) -> None:
    """From version 1: no checksums, and with each execution the whole of its program.

    Raises `StoreError` while a process works with it that knows the old version alone.
    """
    from flowrt.store.holders import Holder

    with database:
        if database.version() != 1:
            return  # another process was faster
        for values in database.rows("SELECT pid, host, born, seen FROM holder"):
            holder = Holder(*values)
            if holder.alive():
                raise StoreError(
                    BUSY, f"the store {database.name} is in use by an older flowrt: {holder}"
                )
        for change in _CHANGES:
            database.write(change)
        for no, text in database.rows("SELECT no, program FROM execution WHERE program NOTNULL"):
            database.write(
                "INSERT INTO program (hash, text) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING",
                (digest(text), text),
            )
            database.write("UPDATE execution SET program = ? WHERE no = ?", (digest(text), no))
        for table, (keys, columns) in _MARKED.items():
            found = database.rows(f"SELECT {', '.join((*keys, *columns))} FROM {table}")
            wanted = " AND ".join(f"{key} = ?" for key in keys)
            database.write_all(
                f"UPDATE {table} SET mark = ? WHERE {wanted}",
                [(mark(row[len(keys) :]), *row[: len(keys)]) for row in found],
            )
        database.set_version()
