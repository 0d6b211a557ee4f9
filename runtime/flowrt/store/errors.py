"""What goes wrong with a store, each with a code: the file is missing, damaged, full, locked."""

from __future__ import annotations

from flowrt.model.failures import ProgramError

MISSING = "FS101"
UNREADABLE = "FS102"
DAMAGED = "FS103"
NEWER = "FS104"
READ_ONLY = "FS105"
FULL = "FS106"
BUSY = "FS107"
FAILED = "FS108"
TAKEN_OVER = "FS109"
GONE = "FS110"


class StoreError(ProgramError):
    """The store cannot be read or written. What was committed before is still there."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"error {code}: {text}")
        self.code = code


def read_only(name: str) -> StoreError:
    """What is said of a store that cannot be written."""
    return StoreError(READ_ONLY, f"the store {name} is read-only")


def sqlite_error(name: str, error: Exception) -> StoreError:
    """SQLite's error in the words of the program."""
    if isinstance(error, (OverflowError, UnicodeDecodeError)):
        return StoreError(DAMAGED, f"the store {name} is damaged ({error.__class__.__name__})")
    text = str(error).partition(" with text ")[0]  # what follows is of the user
    for part, code, said in _KINDS:
        if part in text:
            return StoreError(code, f"the store {name} {said} ({text})")
    return StoreError(FAILED, f"the store {name} failed ({text})")


_KINDS = (
    ("unable to open", UNREADABLE, "cannot be opened; check the folder and its permissions"),
    ("readonly", READ_ONLY, "is read-only"),
    ("is full", FULL, "has no room left: free some, then resume"),
    ("disk I/O error", FULL, "could not be written: check the disk, then resume"),
    ("not a database", DAMAGED, "is no store, or its file is damaged"),
    ("Could not decode", DAMAGED, "is damaged"),
    ("no such column", DAMAGED, "is damaged"),
    ("no such table", DAMAGED, "is damaged"),
    ("has no column", DAMAGED, "is damaged"),
    ("unsupported file format", DAMAGED, "is damaged"),
    ("malformed", DAMAGED, "is damaged; what can be read of it: sqlite3 FILE .recover"),
    ("locked", BUSY, "is locked by another program"),
)
