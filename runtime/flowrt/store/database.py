"""The SQLite file of a store: its schema, and transactions on it."""

from __future__ import annotations

import os
import sqlite3
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from flowrt.services.paths import PRIVATE_FILE, make_folder
from flowrt.store.errors import DAMAGED, MISSING, NEWER, StoreError, store_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FILE = "executions.db"
VERSION = 1
APPLICATION = 0x666C6F77
"""Marks the file as ours ("flow")."""

BUSY_SECONDS = 30.0
DURABILITY = {"full": "FULL", "normal": "NORMAL"}

_SCHEMA = """
CREATE TABLE execution (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    flow TEXT NOT NULL,
    state TEXT NOT NULL,
    started INTEGER NOT NULL,
    starter INTEGER,             -- the execution that started it, as a subflow or a retry
    over INTEGER NOT NULL,       -- ended, and nothing of it is left to do
    wish TEXT,                   -- what another process asks its holder to do: KILL
    program TEXT,                -- the program it was begun with
    record TEXT NOT NULL         -- everything else, as JSON
);
CREATE INDEX execution_starter ON execution (starter);
CREATE INDEX execution_open ON execution (namespace, flow) WHERE NOT over;
CREATE TABLE holder (
    execution INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    born TEXT NOT NULL,          -- when the process began, so that a reused pid is told apart
    token TEXT NOT NULL,         -- tells apart holders within one process
    seen REAL NOT NULL           -- the last sign of life, for holders on other hosts
);
CREATE TABLE slot (              -- those that run in a flow with a limit
    execution INTEGER PRIMARY KEY
);
CREATE TABLE run (
    execution INTEGER NOT NULL,
    seq INTEGER NOT NULL,        -- the order of task runs
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    parent INTEGER,
    role INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    value TEXT,
    iteration INTEGER,
    force INTEGER NOT NULL,
    history TEXT NOT NULL,
    attempts TEXT,
    outputs TEXT,
    PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
CREATE TABLE choice (            -- what the control flow read and must read again
    execution INTEGER NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, run, name)
) WITHOUT ROWID;
CREATE TABLE log (
    execution INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    run TEXT,                    -- id and task of the run: the log outlives runs that are taken out
    task TEXT,
    attempt INTEGER NOT NULL,
    level TEXT NOT NULL,
    time INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
"""


class Database:
    """One connection to the file of a store.

    Raises `StoreError` for everything that goes wrong; a failed transaction leaves nothing behind.
    """

    def __init__(self, root: Path, *, durability: str = "normal", create: bool = True) -> None:
        self.path = root / FILE
        if not create and not self.path.exists():
            raise StoreError(MISSING, f"there is no store in {root}")
        try:
            if create:
                make_folder(root)
                if not self.path.exists():
                    # SQLite gives its other files the mode of this one
                    os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
            self._connection = sqlite3.connect(
                self.path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
            try:
                self._prepare(DURABILITY[durability])
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error
        except OSError as error:
            raise store_error(
                self.path, sqlite3.OperationalError(f"unable to open: {error.strerror}")
            ) from error

    def _prepare(self, synchronous: str) -> None:
        execute = self._connection.execute
        version = execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreError(
                NEWER,
                f"the store {self.path} was written by a newer flowrt (schema {version},"
                f" this one knows {VERSION}): upgrade flowrt",
            )
        execute(f"PRAGMA synchronous={synchronous}")
        if version == VERSION:
            return
        self._write_ahead()
        with self:
            if execute("PRAGMA user_version").fetchone()[0] == VERSION:
                return
            if execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise StoreError(DAMAGED, f"{self.path} is a database, but no store of flowrt")
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    execute(statement)
            execute(f"PRAGMA application_id={APPLICATION}")
            execute(f"PRAGMA user_version={VERSION}")

    def _write_ahead(self) -> None:
        """Switch the new file to a write-ahead log.

        SQLite does not wait by itself while another process switches the same file, so this waits for it.
        """
        end = monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                    raise
            sleep(0.01)

    # ---- transactions ---------------------------------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return self._connection.in_transaction

    def __enter__(self) -> Database:
        """Begin a transaction that writes."""
        self._try("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
                return
            except sqlite3.Error as failure:
                self._roll_back()
                raise store_error(self.path, failure) from failure
        self._roll_back()

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite has done so itself

    def _try(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement; answers the number of the row that it inserted."""
        return self._try(sql, values).lastrowid or 0

    def write_all(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each of the rows."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query."""
        try:
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
