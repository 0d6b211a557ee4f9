"""Where files are kept by path: below a folder of this machine, or (`flowrt.services.remote`) wherever an address leads.

Paths have slashes between their steps and begin at the top; what leads above it is refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowrt.services.paths import (
    PRIVATE_FILE,
    Outside,
    make_folder,
    resolve,
)
from flowrt.services.plainfiles import create_file, is_plain_file

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tree(Protocol):
    """Files by path. A bad path raises `Outside`, a file that is not there FileNotFoundError."""

    def name(self, path: str) -> str:
        """The path as messages tell it."""

    def local(self, path: str) -> Path:
        """A local file with the bytes of a file, to be read; where there is none, neither is the file."""

    def read(self, path: str) -> bytes: ...

    def write(self, path: str, data: bytes | Path) -> None:
        """Write bytes, or a copy of a local file: whoever reads it sees the old bytes or the new ones, never a part."""

    def adopt(self, path: str, source: Path) -> None:
        """Move a local file here."""

    def exists(self, path: str) -> bool: ...
    def is_file(self, path: str) -> bool: ...
    def is_folder(self, path: str) -> bool: ...
    def size(self, path: str) -> int: ...

    def modified(self, path: str) -> int:
        """When a file was written (nanoseconds)."""

    def delete(self, path: str) -> bool:
        """Delete a file, or a folder with all that is in it; says whether it was there."""

    def delete_empty(self, path: str) -> bool:
        """Delete a folder if nothing is in it; says whether it is gone."""

    def names(self, path: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, sorted."""

    def walk(self, path: str) -> Iterator[tuple[str, bool]]:
        """All that lies below a folder at any depth: its path from the top, and whether it is a folder."""


class LocalTree:
    """Files below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def name(self, path: str) -> str:
        return str(self.local(path))

    def local(self, path: str) -> Path:
        # colons are dropped, as the engine's own local storage does: before anything is asked about the steps of the path
        return resolve(self.root, path.replace(":", ""))

    def read(self, path: str) -> bytes:
        place = self.local(path)
        try:
            return place.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(f"{place} (No such file or directory)") from None

    def write(self, path: str, data: bytes | Path) -> None:
        write_atomically(self.local(path), data)

    def adopt(self, path: str, source: Path) -> None:
        target = self.local(path)
        make_folder(target.parent)
        try:
            if source.lstat().st_nlink > 1:
                # a file that has another name elsewhere keeps it, and its mode
                raise OSError
            os.replace(source, target)
            os.chmod(target, PRIVATE_FILE)
        except OSError:  # another file system
            _copy(source, target)
            source.unlink()

    def exists(self, path: str) -> bool:
        return os.path.exists(self.local(path))

    def is_file(self, path: str) -> bool:
        return os.path.isfile(self.local(path))

    def is_folder(self, path: str) -> bool:
        place = self.local(path)
        return place.is_dir() and not place.is_symlink()

    def size(self, path: str) -> int:
        return self._stat(path).st_size

    def modified(self, path: str) -> int:
        return self._stat(path).st_mtime_ns

    def _stat(self, path: str) -> os.stat_result:
        place = self.local(path)
        try:
            return place.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(str(place)) from None

    def delete(self, path: str) -> bool:
        place = self.local(path)
        if self.is_folder(path):
            from shutil import rmtree

            rmtree(place)
            return True
        try:
            place.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def delete_empty(self, path: str) -> bool:
        try:
            self.local(path).rmdir()
        except OSError:
            return False
        return True

    def names(self, path: str) -> tuple[list[str], list[str]]:
        top = self.local(path)
        try:
            names = sorted(os.listdir(top))
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        folders = [name for name in names if (top / name).is_dir()]
        return folders, [name for name in names if is_plain_file(top / name)]

    def walk(self, path: str) -> Iterator[tuple[str, bool]]:
        for folder, folders, names in os.walk(self.local(path)):
            for name in folders:
                yield Path(folder, name).relative_to(self.root).as_posix(), True
            for name in names:
                if is_plain_file(Path(folder, name)):
                    yield Path(folder, name).relative_to(self.root).as_posix(), False


def plain(source: Path) -> None:
    """Raises `Outside` for what is no regular file: a link would store what it leads to, a pipe would never end."""
    from stat import S_ISREG

    if not S_ISREG(source.lstat().st_mode):
        raise Outside(f"Only regular files can be stored: {source.name}")


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that a reader of the target sees all of it or nothing."""
    import shutil

    temporary = target.with_name(f".{os.urandom(12).hex()}")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(source, flags), "rb") as old, create_file(temporary) as new:
            shutil.copyfileobj(old, new)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: bytes | Path) -> None:
    """Write a file, of bytes or as a copy of another, so that a reader sees all of the old or of the new, never a part."""
    make_folder(path.parent)
    temporary = path.with_name(f".{os.urandom(12).hex()}")
    try:
        with create_file(temporary) as file:
            if isinstance(data, bytes):
                file.write(data)
            else:
                from shutil import copyfileobj

                with data.open("rb") as source:
                    copyfileobj(source, file)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
