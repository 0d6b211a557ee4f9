"""What goes wrong with a store, each with a code: the file is missing, damaged, full, locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Error

MISSING = "FS101"
UNREADABLE = "FS102"
DAMAGED = "FS103"
NEWER = "FS104"
READ_ONLY = "FS105"
FULL = "FS106"
BUSY = "FS107"
FAILED = "FS108"


class StoreError(Exception):
    """The store cannot be read or written. What was committed before is still there."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"error {code}: {text}")
        self.code = code


def store_error(path: Path, error: Error) -> StoreError:
    """SQLite's error in the words of the program."""
    text = str(error)
    for part, code, said in _KINDS:
        if part in text:
            return StoreError(code, f"the store {path} {said} ({text})")
    return StoreError(FAILED, f"the store {path} failed ({text})")


_KINDS = (
    ("unable to open", UNREADABLE, "cannot be opened; check the folder and its permissions"),
    ("readonly", READ_ONLY, "is read-only"),
    ("is full", FULL, "has no room left: free some, then resume"),
    ("disk I/O error", FULL, "could not be written: check the disk, then resume"),
    ("not a database", DAMAGED, "is no store, or its file is damaged"),
    ("malformed", DAMAGED, "is damaged; what can be read of it: sqlite3 FILE .recover"),
    ("locked", BUSY, "is locked by another program"),
)
