"""Namespace files in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from flowrt.services.paths import CLIMBS, Outside, is_plain_file, write_atomically
from flowrt.services.storage import below
from flowrt.services.uris import namespace_path


class LocalNamespaceFiles:
    """The files of each namespace, at `<root>/<namespace path>/_files`; paths are told with a leading slash.

    The root is that of the storage, so they have addresses there: `kestra:///<namespace path>/_files/...`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

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

    def folder(self, namespace: str) -> Path:
        """Where the files of a namespace lie. Raises `Outside` for a namespace that climbs."""
        if ".." in namespace:
            raise Outside(CLIMBS)
        return below(self.root, f"{namespace_path(namespace)}/_files")

    def local(self, namespace: str, path: str) -> Path:
        """The local path of a namespace file. Raises `Outside` for a path that climbs."""
        return below(self.folder(namespace), path)

    def read(self, namespace: str, path: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""
        local = self.local(namespace, path)
        try:
            return local.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(f"{local} (No such file or directory)") from None

    def exists(self, namespace: str, path: str) -> bool:
        return self.local(namespace, path).is_file()

    def is_folder(self, namespace: str, path: str) -> bool:
        """Whether a path is that of a folder."""
        return self.local(namespace, path).is_dir()

    def paths(self, namespace: str) -> list[str]:
        """The paths of all files, sorted."""
        top = self.folder(namespace)
        found = [
            f"/{Path(folder, name).relative_to(top).as_posix()}"
            for folder, _, names in os.walk(top)
            for name in names
            if is_plain_file(Path(folder, name))
        ]
        return sorted(found)

    def write(self, namespace: str, path: str, data: bytes | Path) -> str:
        """Store bytes, or a copy of a file; answers its path."""
        write_atomically(self.local(namespace, path), data)
        return f"/{path.lstrip('/')}"

    def delete(self, namespace: str, path: str) -> bool:
        """Delete a file; says whether it was there."""
        try:
            self.local(namespace, path).unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def delete_empty_folders(self, namespace: str, path: str) -> list[str]:
        """Delete the folders around a path that hold nothing any more; answers their paths."""
        gone = []
        folder = self.local(namespace, path).parent
        while folder != self.folder(namespace):
            try:
                folder.rmdir()
            except OSError:
                break
            gone.append(folder.relative_to(self.folder(namespace)).as_posix())
            folder = folder.parent
        return gone
