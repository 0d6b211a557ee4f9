"""The key-value store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.services.paths import TooLong
from flowrt.services.uris import namespace_path

if TYPE_CHECKING:
    from flowrt.services.tree import Tree

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_DURATION = re.compile(r"P(?=[^T]|T.)(?:\d*D)?(?:T(?=.)(?:\d*H)?(?:\d*M)?(?:\d*S)?)?")
EXPIRED = "The requested value has expired"


def check_key(key: str | None) -> None:
    """Raises ValueError for a key that the store does not take."""
    if not key:
        raise ValueError("Key cannot be null or empty")
    if not _KEY.fullmatch(key):
        raise ValueError(
            "Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric"
            " characters (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only."
        )


class KeyValues:
    """One ION file a key at `<namespace path>/_kv/<key>.ion` of a tree, and beside it what is known about the entry.

    `known` are the namespaces that exist without entries, those of the flows; `now` tells the time in nanoseconds.
    """

    def __init__(
        self, tree: Tree, known: Iterable[str] = (), now: Callable[[], int] = time_ns
    ) -> None:
        self.tree = tree
        self.known = set(known)
        self._now = now
        self.changed = False
        """Whether an entry was set."""

    def _about(self, path: str) -> dict[str, Any]:
        """What is known about an entry: when it `expires`, its `description`, whether it is `deleted`."""
        notes = _notes(path)
        if not self.tree.exists(notes):
            return {}
        import json

        try:
            about: dict[str, Any] = json.loads(self.tree.read(notes))
            if about.get("expires") is not None:
                about["expires"] = float(about["expires"])
        except (ValueError, TypeError, AttributeError):
            raise _damaged(notes) from None
        return about

    def _is_over(self, about: dict[str, Any]) -> bool:
        expires = about.get("expires")
        return expires is not None and bool(self._now() > expires * 1e9)

    def _note(self, path: str, about: dict[str, Any]) -> None:
        """Keep what is known about an entry."""
        if about:
            import json

            self.tree.write(_notes(path), json.dumps(about).encode())
        else:
            self.tree.delete(_notes(path))

    def _folder(self, namespace: str) -> str:
        if any(part in ("", "..") or "/" in part for part in namespace.split(".")):
            raise ValueError(f"Invalid namespace '{namespace}'")
        return f"{namespace_path(namespace)}/_kv"

    def _path(self, namespace: str, key: str) -> str:
        check_key(key)
        return f"{self._folder(namespace)}/{key}.ion"

    def check_namespace(self, namespace: str, origin: str) -> None:
        """ValueError when a flow of namespace `origin` names a namespace that does not exist."""
        if origin.startswith(namespace) or namespace in self.known or self.keys(namespace):
            return
        raise ValueError(f"Cannot access the KV store. The namespace '{namespace}' does not exist.")

    def get(self, namespace: str, key: str, *, keep_expired: bool = False) -> Any:
        """The value. KeyError when missing; ValueError when expired or the key is malformed.

        An entry that has expired is taken for deleted from then on, unless `keep_expired`.
        """
        path = self._path(namespace, key)
        try:
            about = self._about(path)
            if about.get("deleted"):
                raise KeyError(key)
            text = self.tree.read(path).decode()
        except (FileNotFoundError, TooLong):
            raise KeyError(key) from None
        except UnicodeDecodeError:
            raise _damaged(path) from None
        if self._is_over(about):
            if not keep_expired:
                self.delete(namespace, key)
            raise ValueError(EXPIRED)
        from flowrt.services.rows import read_row

        value = read_row(text)
        if isinstance(value, str) and _DURATION.fullmatch(value):
            from flowrt.java.time.isoparse import parse_duration

            return parse_duration(value)
        return value

    def find(self, namespace: str, key: str) -> tuple[str, Any] | None:
        """The nearest namespace, from `namespace` up its parents, that has the key, and the value.

        Raises ValueError when the entry that is found first has expired.
        """
        while True:
            try:
                return namespace, self.get(namespace, key)
            except KeyError:
                parent, dot, _ = namespace.rpartition(".")
                if not dot:
                    return None
                namespace = parent

    def put(
        self,
        namespace: str,
        key: str,
        value: Any,
        *,
        overwrite: bool = True,
        ttl: float | None = None,
        description: str | None = None,
    ) -> None:
        """Set an entry. ValueError when it is there, expired or not, and `overwrite` is false."""
        path = self._path(namespace, key)
        if not overwrite and self._is_there(path):
            raise ValueError(
                f"Cannot set value for key '{key}'. Key already exists and `overwrite` is set to `false`."
            )
        about: dict[str, Any] = {}
        if ttl is not None:
            about["expires"] = self._now() / 1e9 + ttl
        if description is not None:
            about["description"] = description
        self._note(path, about)
        self._write(path, value)

    def change(self, namespace: str, key: str, change: Callable[[Any, bool], Any]) -> None:
        """Set an entry to what `change` makes of its value and of whether it is there, which one that has expired is not.

        When it expires, and its description, stay.
        """
        path = self._path(namespace, key)
        try:
            old, found = self.get(namespace, key), True
        except KeyError:
            old, found = None, False
        except ValueError as error:
            if str(error) != EXPIRED:
                raise
            old, found = None, False
        new = change(old, found)
        if not found:
            self._note(path, {})
        self._write(path, new)

    def _write(self, path: str, value: Any) -> None:
        from flowrt.services.rows import write_row

        text = f'"{value}"' if type(value).__name__ == "Duration" else write_row(value)
        self.tree.write(path, text.encode())
        self.changed = True

    def _is_there(self, path: str) -> bool:
        return self.tree.exists(path) and not self._about(path).get("deleted")

    def delete(self, namespace: str, key: str) -> bool:
        """Delete an entry; says whether it was there. Of one that has expired a trace stays, for `purge` to find."""
        path = self._path(namespace, key)
        try:
            about = self._about(path)
        except TooLong:
            return False
        if about.get("deleted"):
            return False
        if self._is_over(about):
            self._note(path, {**about, "deleted": True})
            return True
        self.tree.delete(_notes(path))
        return self.tree.delete(path)

    def keys(self, namespace: str, prefix: str = "") -> list[str]:
        """The keys that are not expired, sorted."""
        return [
            key
            for key, expired in self.entries(namespace).items()
            if not expired and key.startswith(prefix)
        ]

    def entries(self, namespace: str) -> dict[str, bool]:
        """Every key, sorted, and whether it has expired; of those that have, the deleted ones too."""
        folder = self._folder(namespace)
        keys = [
            name.removesuffix(".ion")
            for name in self.tree.names(folder)[1]
            if name.endswith(".ion") and not name.startswith(".")
        ]
        return {key: self._is_over(self._about(f"{folder}/{key}.ion")) for key in sorted(keys)}

    def purge(self, namespace: str, keys: list[str]) -> int:
        """Remove entries, expired ones too; answers how many."""
        paths = [self._path(namespace, key) for key in keys]
        for path in paths:
            self.tree.delete(_notes(path))
        return sum(self.tree.delete(path) for path in paths)

    def namespaces(self) -> list[str]:
        """The namespaces that hold entries, sorted."""
        suffix = "/_kv"
        found = {path.rpartition("/")[0] for path, folder in self.tree.walk("") if not folder}
        return sorted(
            path.removesuffix(suffix).replace("/", ".") for path in found if path.endswith(suffix)
        )


def _damaged(path: str) -> ValueError:
    """What is said of a file that nobody has written like that."""
    return ValueError(f"Corrupt content to decode: the file {path} of the KV store is damaged")


def _notes(path: str) -> str:
    return f"{path}.metadata"
