"""Files of this machine by `file://` address: read only where somebody has allowed it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOT_ALLOWED = (
    "The path {path} is not authorized. Only files inside the working directory are allowed by default, others must be"
    " allowed with the option `--allow-path DIR`."
)


def is_below(path: str, folder: str | Path) -> bool:
    """Whether a file lies in a folder, after all links are followed."""
    try:
        real, top = os.path.realpath(path), os.path.realpath(folder)
    except (OSError, ValueError):
        return False
    return os.path.isabs(path) and real.startswith(top.rstrip(os.sep) + os.sep)


def read_local(path: str) -> bytes:
    """The bytes of a regular file. Raises FileNotFoundError, ValueError for pipes and devices."""
    from stat import S_ISREG

    try:
        # a pipe that nobody writes to would let even the opening wait
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} (No such file or directory)") from None
    with os.fdopen(handle, "rb") as file:
        if not S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is no regular file")
        return file.read()
