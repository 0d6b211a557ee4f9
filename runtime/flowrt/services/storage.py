"""Internal storage: files by `kestra:///` URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.java.uri import split_uri, unescape
from flowrt.services.paths import Outside, steps
from flowrt.services.tree import plain
from flowrt.services.uris import SCHEME, escape

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.services.tree import Tree


class Storage:
    """Files by URI in a tree. Each method raises ValueError for a bad URI, or one that leads out of the storage."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def _entry(self, uri: str) -> str:
        """The path of something within the storage, which the storage itself is not."""
        path = storage_path(uri)
        if not steps(path.replace(":", "")):
            raise Outside(f"Invalid internal storage uri, got uri '{uri}'")
        return path

    def path(self, uri: str) -> Path:
        """A local file with the bytes of a file, to be read."""
        return self.tree.local(storage_path(uri))

    def name(self, uri: str) -> str:
        """A file as messages tell it."""
        return self.tree.name(storage_path(uri))

    def read(self, uri: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""
        return self.tree.read(storage_path(uri))

    def write(self, uri: str, data: bytes | Path) -> str:
        """Store bytes, or a copy of a file; answers the URI."""
        self.tree.write(self._entry(uri), data)
        return uri

    def adopt(self, uri: str, source: Path) -> str:
        """Move a local file into the storage. Raises `Outside` for what is no regular file."""
        path = self._entry(uri)
        plain(source)
        self.tree.adopt(path, source)
        return uri

    def exists(self, uri: str) -> bool:
        return self.tree.exists(storage_path(uri))

    def is_folder(self, uri: str) -> bool:
        return self.tree.is_folder(storage_path(uri))

    def size(self, uri: str) -> int:
        return self.tree.size(storage_path(uri))

    def modified(self, uri: str) -> int:
        """When a file was stored (nanoseconds)."""
        return self.tree.modified(storage_path(uri))

    def delete(self, uri: str) -> bool:
        """Delete a file or folder; says whether it was there."""
        return self.tree.delete(self._entry(uri))

    def delete_tree(self, uri: str) -> list[str]:
        """Delete a folder; answers the URIs of all files and folders that went, the last in order first."""
        path = self._entry(uri)
        if not self.tree.is_folder(path):
            return []
        found = [path.strip("/"), *(each for each, _ in self.tree.walk(path))]
        self.tree.delete(path)
        return sorted(map(_uri, found), reverse=True)

    def names(self, uri: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, sorted."""
        return self.tree.names(storage_path(uri))

    def list_files(self, prefix: str) -> list[str]:
        """The URIs of all files below a URI, sorted."""
        return sorted(
            _uri(path) for path, folder in self.tree.walk(storage_path(prefix)) if not folder
        )


def is_within(uri: str, top: str) -> bool:
    """Whether a URI is another one, or below it. Raises `Outside` for one that climbs."""
    found, wanted = (steps(storage_path(each).replace(":", "")) for each in (uri, top))
    return found[: len(wanted)] == wanted


def _uri(path: str) -> str:
    return f"{SCHEME}:///{escape(path)}"


def storage_path(uri: str) -> str:
    """The path that a `kestra:///` URI names, decoded.

    Raises ValueError for other schemes. What the path may reach is told by `flowrt.services.paths`.
    """
    scheme, _, path = split_uri(uri)
    if scheme is None:
        raise ValueError(f"Invalid internal storage uri, got uri '{uri}'")
    if scheme != SCHEME:
        raise ValueError(f"Invalid internal storage scheme, got uri '{uri}'")
    return unescape(path)
