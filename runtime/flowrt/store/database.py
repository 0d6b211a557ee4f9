"""The database of a store: its schema, and transactions on it, in SQL that SQLite and PostgreSQL take alike."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VERSION = 2

SCHEMA = """
CREATE TABLE execution (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    flow TEXT NOT NULL,
    state TEXT NOT NULL,
    started INTEGER NOT NULL,
    starter INTEGER,             -- the execution that started it, as a subflow or a retry
    over INTEGER NOT NULL,       -- ended, and nothing of it is left to do
    wish TEXT,                   -- what others ask its holder to do, a line each
    program TEXT,                -- the program it was begun with: its hash
    record TEXT NOT NULL,        -- everything else, as JSON
    mark INTEGER                 -- here and below: a checksum of what was written
);
CREATE INDEX execution_starter ON execution (starter);
CREATE INDEX execution_open ON execution (namespace, flow) WHERE over = 0;
CREATE TABLE program (           -- what programs look like, each once
    hash TEXT PRIMARY KEY,
    text TEXT NOT NULL
);
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
    mark INTEGER,
    PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
CREATE TABLE choice (            -- what the control flow read and must read again
    execution INTEGER NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    mark INTEGER,
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
    mark INTEGER,
    PRIMARY KEY (execution, seq)
) WITHOUT ROWID;
"""
"""Statements end with a semicolon at the end of a line."""


class Database(Protocol):
    """One connection to a store.

    Raises `StoreError` for everything that goes wrong; a failed transaction leaves nothing behind. As a context it is a
    transaction that writes, one within another a part of it. Values stand for the `?` of a statement, whole numbers for what is true or false.
    """

    name: str
    """The store, as messages call it."""

    _depth: int = 0

    def _begin(self) -> None: ...
    def _commit(self) -> None: ...
    def _roll_back(self) -> None: ...
    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return self._depth > 0

    def __enter__(self) -> Self:
        if not self._depth:
            self._begin()
        self._depth += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object, /) -> None:
        self._depth -= 1
        if not self._depth:
            (self._commit if kind is None else self._roll_back)()

    def alone(self) -> AbstractContextManager[object]:
        """A transaction in which nobody else decides who holds an execution, or a place."""

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement."""

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert an execution; answers its number."""

    def write_all(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each of the rows."""

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query."""

    def each(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one by one."""

    def check(self) -> None:
        """Look whether the store is whole. Raises `StoreError` when it is not."""

    def close(self) -> None:
        """Let go of it."""


def statements(schema: str) -> list[str]:
    """The statements of a schema."""
    return [each for each in schema.split(";\n") if each.strip()]
