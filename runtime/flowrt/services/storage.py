"""Internal storage in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from flowrt.services.paths import (
    PRIVATE_FILE,
    Outside,
    create_file,
    make_folder,
    resolve,
    write_atomically,
)
from flowrt.services.uris import SCHEME, escape, storage_path


class LocalStorage:
    """Files by `kestra:///` URI below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path:
        """The local path of a URI. Raises ValueError for a bad URI, or one that leads out of the storage."""
        return below(self.root, storage_path(uri))

    def _entry(self, uri: str) -> Path:
        """The path of something within the storage, which the storage itself is not."""
        path = self.path(uri)
        if path == self.root:
            raise Outside(f"Invalid internal storage uri, got uri '{uri}'")
        return path

    def read(self, uri: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError, ValueError for a bad URI."""
        path = self.path(uri)
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise _missing(path) from None

    def write(self, uri: str, data: bytes | Path) -> str:
        """Store bytes, or a copy of a file; answers the URI."""
        write_atomically(self._entry(uri), data)
        return uri

    def adopt(self, uri: str, source: Path) -> str:
        """Move a local file into the storage.

        Raises `Outside` for what is no regular file: a link would store what it leads to, a pipe would never end.
        """
        from stat import S_ISREG

        target = self._entry(uri)
        found = source.lstat()
        if not S_ISREG(found.st_mode):
            raise Outside(f"Only regular files can be stored: {source.name}")
        make_folder(target.parent)
        try:
            if found.st_nlink > 1:  # a file that has another name elsewhere keeps it, and its mode
                raise OSError
            os.replace(source, target)
            os.chmod(target, PRIVATE_FILE)
        except OSError:  # another file system
            _copy(source, target)
            source.unlink()
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
        path = self._entry(uri)
        if path.is_dir() and not path.is_symlink():
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
        top = self._entry(uri)
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


def below(root: Path, path: str) -> Path:
    """The local path of a path of the storage. Raises `Outside`.

    Colons are dropped, as the engine's own local storage does: before anything is asked about the steps of the path.
    """
    return resolve(root, path.replace(":", ""))


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


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(f"{path} (No such file or directory)")
