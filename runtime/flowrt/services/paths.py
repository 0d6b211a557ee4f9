"""The one place where a name becomes a path: names that people, servers or flows choose stay below their root.

A name is resolved after all decoding, so there is nothing left in it that could turn into a step upwards later.
"""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
LONGEST_STEP = 255
"""The bytes of a file name, as file systems limit them."""

CLIMBS = "File should be accessed with their full path and not using relative '..' path."


class Outside(ValueError):
    """A name that leads out of the folder that it belongs to, or that no file can have."""


class TooLong(Outside):
    """A name that is longer than that of any file."""


def steps(name: str) -> list[str]:
    """The steps of a name, without those that are empty or `.`. Raises `Outside` for a step `..`, and for what no file can have."""
    if ".." in name.replace("\\", "/").split("/"):
        raise Outside(CLIMBS)
    if "\0" in name:
        raise Outside("Nul character not allowed in a file name")
    found = [step for step in name.split("/") if step not in ("", ".")]
    for step in found:
        try:
            size = len(os.fsencode(step))
        except UnicodeEncodeError:
            raise Outside("Malformed input or input contains unmappable characters") from None
        if size > LONGEST_STEP:
            raise TooLong(f"File name too long: {step[:40]}…")
    return found


def resolve(root: Path, name: str) -> Path:
    """The path that a name has below a root: always the root itself, or something in it.

    The name is taken as it is: nothing is decoded here. Empty steps and `.` are passed over, a name that begins with a
    slash begins at the root. Raises `Outside` for a step `..`, for links that lead out, and for names that no file can
    have.
    """
    path = root.joinpath(*steps(name))
    try:
        real, top = os.path.realpath(path), os.path.realpath(root)
    except OSError:
        raise Outside(f"The path cannot be resolved: {path}") from None
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise Outside(f"The path leads outside of its folder: {path}")
    return path


def make_folder(path: Path) -> None:
    """Make a folder, and those around it that are missing, for their owner alone."""
    try:
        path.mkdir(PRIVATE_FOLDER)
    except FileNotFoundError:
        make_folder(path.parent)
        path.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except FileExistsError:
        if not path.is_dir():
            raise
