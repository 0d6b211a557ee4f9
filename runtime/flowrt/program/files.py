"""Files that a program writes where it is told to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_file(path: str, pieces: Iterable[str], option: str) -> bool:
    """Write a document that an option asks for. When that cannot be it is told, no half of it stays, and this is False."""
    from contextlib import suppress
    from os import path as paths
    from os import unlink

    begun = False
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            begun = True
            file.writelines(pieces)
    except OSError as error:
        print(f"FO102: {option}: cannot write {path}: {error.strerror}", file=sys.stderr)
        if begun and paths.isfile(path):
            with suppress(OSError):
                unlink(path)
        return False
    return True


def unwritable(error: OSError) -> str:
    """What is said of a failure of the system that ends the program."""
    where = f"{error.filename}: " if error.filename else ""
    return f"error FO103: {where}{error.strerror or error}; make room or repair it, then begin again or resume"
