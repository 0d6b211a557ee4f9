"""A store in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from errno import EROFS
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from flowrt.services.paths import PRIVATE_FILE, make_folder
from flowrt.store.database import SCHEMA, VERSION, Database, statements
from flowrt.store.errors import (
    DAMAGED,
    MISSING,
    NEWER,
    UNREADABLE,
    StoreError,
    read_only,
    sqlite_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FILE = "executions.db"
APPLICATION = 0x666C6F77
"""Marks the file as ours ("flow")."""

FAILURES = (sqlite3.Error, OverflowError, UnicodeDecodeError)
"""What calls of the module raise; the last two where bytes are no text, or numbers are too large."""
BUSY_SECONDS = 30.0
DURABILITY = {"full": "FULL", "normal": "NORMAL"}


class SqliteDatabase(Database):
    """See `flowrt.store.database.Database`."""

    def __init__(self, root: Path, *, durability: str = "normal", create: bool = True) -> None:
        self.path = root / FILE
        self.name = str(self.path)
        if not create and not os.path.exists(self.path):
            raise StoreError(MISSING, f"there is no store in {root}")
        try:
            if create:
                make_folder(root)
                if not os.path.exists(self.path):
                    # SQLite gives its other files the mode of this one
                    os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
            self._connection = sqlite3.connect(
                self.path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
            self._file = os.stat(self.path)
            try:
                self._prepare(DURABILITY[durability])
            except BaseException:
                self._connection.close()
                raise
        except FAILURES as error:
            found = sqlite_error(self.name, error)
            if found.code == UNREADABLE and os.path.isdir(root) and not os.access(root, os.W_OK):
                found = read_only(self.name)
            raise found from error
        except OSError as error:
            if error.errno == EROFS:
                raise read_only(self.name) from error
            raise sqlite_error(
                self.name, sqlite3.OperationalError(f"unable to open: {error.strerror}")
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
        if version:
            return  # an older one is brought up to date by `flowrt.store.migration`
        self._write_ahead()
        with self:
            if self.version() == VERSION:
                return
            if execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise StoreError(DAMAGED, f"{self.path} is a database, but no store of flowrt")
            for statement in statements(SCHEMA):
                execute(statement)
            execute(f"PRAGMA application_id={APPLICATION}")
            self.set_version()

    def version(self) -> int:
        """The version of the schema; 0 when there is none."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def set_version(self) -> None:
        """The schema is the newest now."""
        self._connection.execute(f"PRAGMA user_version={VERSION}")

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

    def _begin(self) -> None:
        self._try("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        if not self._stands():
            self._roll_back()
            raise StoreError(MISSING, f"the store {self.name} was moved or deleted during its use")
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as failure:
            self._roll_back()
            raise sqlite_error(self.name, failure) from failure

    def _stands(self) -> bool:
        """Whether the file is where it was: SQLite goes on with one that has no name."""
        try:
            return os.path.samestat(os.stat(self.path), self._file)
        except OSError:
            return False

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite has done so itself

    def alone(self) -> SqliteDatabase:
        return self  # there is one writer at a time

    # ---- statements -----------------------------------------------------------------------------------------------

    def _try(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except FAILURES as error:
            raise sqlite_error(self.name, error) from error

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._try(sql, values)

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        return self._try(sql, values).lastrowid or 0

    def write_all(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except FAILURES as error:
            raise sqlite_error(self.name, error) from error

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self.each(sql, *values))

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        try:
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found
        except FAILURES as error:
            raise sqlite_error(self.name, error) from error

    def each(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(sql, values)
        except FAILURES as error:
            raise sqlite_error(self.name, error) from error

    def check(self) -> None:
        found = [text for (text,) in self.each("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise StoreError(DAMAGED, f"the store {self.name} is damaged ({found[0].strip()})")

    def close(self) -> None:
        self._connection.close()
