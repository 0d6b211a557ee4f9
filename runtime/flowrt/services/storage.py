"""Internal storage in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from flowrt.services.uris import SCHEME, escape, storage_path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{os.urandom(6).hex()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


class LocalStorage:
    """Files by `kestra:///` URI below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path:
        """The local path of a URI. Raises ValueError for a bad URI."""
        # colons are dropped from paths, as the engine's own local storage does
        return self.root / storage_path(uri).replace(":", "").lstrip("/")

    def read(self, uri: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError, ValueError for a bad URI."""
        path = self.path(uri)
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise _missing(path) from None

    def write(self, uri: str, data: bytes) -> str:
        """Store bytes; answers the URI."""
        write_atomically(self.path(uri), data)
        return uri

    def adopt(self, uri: str, source: Path) -> str:
        """Move a local file into the storage."""
        target = self.path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(source, target)
        except OSError:  # another file system
            import shutil

            shutil.move(source, target)
        return uri

    def exists(self, uri: str) -> bool:
        return self.path(uri).exists()

    def size(self, uri: str) -> int:
        path = self.path(uri)
        try:
            return path.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(str(path)) from None

    def delete(self, uri: str) -> bool:
        """Delete a file or folder; says whether it was there."""
        path = self.path(uri)
        if path.is_dir():
            import shutil

            shutil.rmtree(path)
            return True
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def delete_tree(self, uri: str) -> list[str]:
        """Delete a folder; answers the URIs of all files and folders that went, the last in order first."""
        top = self.path(uri)
        if not top.is_dir():
            return []
        found = [top, *top.rglob("*")]
        uris = sorted((self._uri(path) for path in found), reverse=True)
        self.delete(uri)
        return uris

    def _uri(self, path: Path) -> str:
        return f"{SCHEME}:///{escape(path.relative_to(self.root).as_posix())}"

    def list_files(self, prefix: str) -> list[str]:
        """The URIs of all files below a URI, sorted."""
        top = self.path(prefix)
        found = []
        for folder, _, names in os.walk(top):
            for name in names:
                found.append(self._uri(Path(folder, name)))
        return sorted(found)


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(f"{path} (No such file or directory)")
