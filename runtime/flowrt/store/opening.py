"""Which database a store is: a folder names one of SQLite, an address one of PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowrt.missing import part
from flowrt.store.database import VERSION

if TYPE_CHECKING:
    from flowrt.store.database import Database


def is_address(store: str) -> bool:
    """Whether a store is named by an address and not by a folder."""
    return store.startswith(("postgresql://", "postgres://"))


def open_database(store: str, *, durability: str = "normal", create: bool = True) -> Database:
    """The database of a store. Raises `StoreError`, `MissingPackage`."""
    if is_address(store):
        found: Database = part("postgresql", "--store postgresql://").PostgresDatabase(
            store, durability=durability, create=create
        )
        return found
    from flowrt.store.sqlite import SqliteDatabase

    database = SqliteDatabase(Path(store), durability=durability, create=create)
    if database.version() < VERSION:
        from flowrt.store.migration import migrate

        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
    return database
