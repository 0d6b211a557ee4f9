"""Files by the address of a file system that all machines reach: S3, and what else fsspec knows.

What is read by path comes into a folder of this process first, and again when it has changed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.missing import load
from flowrt.packages import FSSPEC
from flowrt.services.paths import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class RemoteTree:
    """See `flowrt.services.tree.Tree`. Folders are there when something is in them."""

    def __init__(self, url: str, folder: Callable[[], Path]) -> None:
        """`folder` makes the folder for what is read."""
        fsspec = load("fsspec.core", f"--storage {url.partition(':')[0]}", FSSPEC, "storage")
        self._fs, root = fsspec.url_to_fs(url, use_listings_cache=False)
        self._root = root.rstrip("/")
        self._folder = folder
        self._mirror: Path | None = None
        self._read: dict[str, str] = {}
        """What was read by path, and which state of it."""

    def _steps(self, path: str) -> list[str]:
        return steps(path.replace(":", ""))  # as the engine's own local storage does

    def _place(self, path: str) -> str:
        return "/".join([self._root, *self._steps(path)])

    def name(self, path: str) -> str:
        return str(self._fs.unstrip_protocol(self._place(path)))

    def _missing(self, path: str) -> FileNotFoundError:
        return FileNotFoundError(f"{self.name(path)} (No such file or directory)")

    def local(self, path: str) -> Path:
        if self._mirror is None:
            self._mirror = self._folder()
        copy = self._mirror.joinpath(*self._steps(path))
        if not self.is_file(path):
            copy.unlink(missing_ok=True)
            return copy
        place = self._place(path)
        state = str(self._fs.ukey(place))
        if self._read.get(place) != state or not copy.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            part = copy.with_name(f".{copy.name[:200]}.part")
            self._fs.get_file(place, str(part))
            part.replace(copy)
            self._read[place] = state
        return copy

    def read(self, path: str) -> bytes:
        try:
            return bytes(self._fs.cat_file(self._place(path)))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise self._missing(path) from None

    def write(self, path: str, data: bytes | Path) -> None:
        self._make_room(path)
        if isinstance(data, bytes):
            self._fs.pipe_file(self._place(path), data)
        else:
            self._fs.put_file(str(data), self._place(path))

    def adopt(self, path: str, source: Path) -> None:
        self._make_room(path)
        self._fs.put_file(str(source), self._place(path))
        source.unlink()

    def _make_room(self, path: str) -> None:
        self._fs.makedirs(self._place(path).rpartition("/")[0], exist_ok=True)

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self._place(path)))

    def is_file(self, path: str) -> bool:
        return bool(self._fs.isfile(self._place(path)))

    def is_folder(self, path: str) -> bool:
        return bool(self._fs.isdir(self._place(path)))

    def size(self, path: str) -> int:
        try:
            return int(self._fs.size(self._place(path)))
        except FileNotFoundError:
            raise self._missing(path) from None

    def modified(self, path: str) -> int:
        found: datetime = self._fs.modified(self._place(path))
        return round(found.timestamp() * 1e9)

    def delete(self, path: str) -> bool:
        place = self._place(path)
        if not self._fs.exists(place):
            return False
        self._fs.rm(place, recursive=self._fs.isdir(place))
        return True

    def delete_empty(self, path: str) -> bool:
        folders, files = self.names(path)
        if folders or files:
            return False
        if self._fs.isdir(self._place(path)):
            self._fs.rmdir(self._place(path))
        return True

    def _entries(self, path: str) -> list[tuple[str, bool]]:
        """The paths in a folder, and whether they are folders, sorted."""
        place = self._place(path)
        try:
            found: list[dict[str, Any]] = self._fs.ls(place, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        entries = [(each["name"].rstrip("/"), each["type"] == "directory") for each in found]
        # stores of objects may list the folder itself, as an object without a name
        return sorted(
            (name, folder) for name, folder in entries if name.strip("/") != place.strip("/")
        )

    def names(self, path: str) -> tuple[list[str], list[str]]:
        entries = [(name.rpartition("/")[2], folder) for name, folder in self._entries(path)]
        return (
            [name for name, folder in entries if folder],
            [name for name, folder in entries if not folder],
        )

    def walk(self, path: str) -> Iterator[tuple[str, bool]]:
        top = "/".join(self._steps(path))
        for place, folder in self._entries(path):
            name = f"{top}/{place.rpartition('/')[2]}".lstrip("/")
            yield name, folder
            if folder:
                yield from self.walk(name)
