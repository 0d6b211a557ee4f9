"""Plain files: what is made anew, and what is no link, pipe or device."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from flowrt.services.paths import PRIVATE_FILE


def create_file(path: Path) -> IO[bytes]:
    """Open a file that must not be there yet, for its owner alone, to write bytes into it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, PRIVATE_FILE), "wb")


def is_plain_file(path: Path) -> bool:
    """Whether a path is a regular file itself: no link to one, no pipe, no device."""
    from stat import S_ISREG

    try:
        return S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
