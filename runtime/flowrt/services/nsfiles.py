"""Namespace files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowrt.services.paths import CLIMBS, Outside, steps
from flowrt.services.uris import namespace_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.services.tree import Tree


class NamespaceFiles:
    """The files of each namespace, at `<namespace path>/_files`; paths are told with a leading slash.

    The tree is that of the storage, so they have addresses there: `kestra:///<namespace path>/_files/...`.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def seed(self, namespace: str, folder: Path | str) -> None:
        """Put a copy of every file of a local folder into the namespace.

        Raises FileNotFoundError when there is no such folder.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is no folder")
        for found, _, names in os.walk(folder):
            for name in names:
                path = Path(found, name)
                if not path.is_file():  # pipes and devices
                    continue
                self.write(namespace, path.relative_to(folder).as_posix(), path.read_bytes())

    def _folder(self, namespace: str) -> str:
        """Where the files of a namespace lie. Raises `Outside` for a namespace that climbs."""
        if ".." in namespace:
            raise Outside(CLIMBS)
        return f"{namespace_path(namespace)}/_files"

    def _path(self, namespace: str, path: str) -> str:
        """Where a file lies. Raises `Outside` for a path that climbs."""
        return "/".join([self._folder(namespace), *steps(path)])

    def read(self, namespace: str, path: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""
        return self.tree.read(self._path(namespace, path))

    def exists(self, namespace: str, path: str) -> bool:
        return self.tree.is_file(self._path(namespace, path))

    def is_folder(self, namespace: str, path: str) -> bool:
        """Whether a path is that of a folder."""
        return self.tree.is_folder(self._path(namespace, path))

    def paths(self, namespace: str) -> list[str]:
        """The paths of all files, sorted."""
        top = self._folder(namespace)
        found = self.tree.walk(top)
        return sorted(path[len(top) :] for path, folder in found if not folder)

    def purge(self, namespace: str, matches: Callable[[str], bool]) -> int:
        """Delete the files whose paths (without a leading slash) match; how many have gone, folders too, and the top itself."""
        top = self._folder(namespace)
        found = [(path[len(top) + 1 :], folder) for path, folder in self.tree.walk(top)]
        if not found:
            return 0
        named = [("", True), *((f"{path}/" if folder else path, folder) for path, folder in found)]
        wanted = [(path, folder) for path, folder in named if matches(path)]
        for path, folder in wanted:
            if not folder:
                self.delete(namespace, path)
        for path, folder in sorted(wanted, reverse=True):
            if folder:
                self.tree.delete_empty(f"{top}/{path}".rstrip("/"))
        return len(wanted)

    def write(self, namespace: str, path: str, data: bytes | Path) -> str:
        """Store bytes, or a copy of a file; answers its path."""
        self.tree.write(self._path(namespace, path), data)
        return f"/{path.lstrip('/')}"

    def delete(self, namespace: str, path: str) -> bool:
        """Delete a file; says whether it was there."""
        place = self._path(namespace, path)
        return self.tree.is_file(place) and self.tree.delete(place)

    def delete_empty_folders(self, namespace: str, path: str) -> list[str]:
        """Delete the folders around a path that hold nothing any more; answers their paths."""
        gone = []
        around = steps(path)[:-1]
        while around:
            if not self.tree.delete_empty("/".join([self._folder(namespace), *around])):
                break
            gone.append("/".join(around))
            around.pop()
        return gone
