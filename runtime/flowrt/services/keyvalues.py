"""The key-value store in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from time import time_ns
from typing import Any

from flowrt.services.paths import resolve, write_atomically
from flowrt.services.uris import namespace_path

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


class LocalKeyValues:
    """One ION file a key at `<root>/<namespace path>/_kv/<key>.ion`, and beside it what is known about the entry.

    `known` are the namespaces that exist without entries, those of the flows; `now` tells the time in nanoseconds.
    """

    def __init__(
        self, root: Path, known: Iterable[str] = (), now: Callable[[], int] = time_ns
    ) -> None:
        self.root = root
        self.known = set(known)
        self._now = now
        self.changed = False
        """Whether an entry was set."""

    def _expired(self, path: Path) -> bool:
        notes = _notes(path)
        if not notes.exists():
            return False
        import json

        expires = json.loads(notes.read_text()).get("expires")
        return expires is not None and self._now() > float(expires) * 1e9

    def _folder(self, namespace: str) -> Path:
        if any(part in ("", "..") or "/" in part for part in namespace.split(".")):
            raise ValueError(f"Invalid namespace '{namespace}'")
        return resolve(self.root, f"{namespace_path(namespace)}/_kv")

    def _path(self, namespace: str, key: str) -> Path:
        check_key(key)
        return self._folder(namespace) / f"{key}.ion"

    def check_namespace(self, namespace: str, origin: str) -> None:
        """ValueError when a flow of namespace `origin` names a namespace that does not exist."""
        if origin.startswith(namespace) or namespace in self.known or self.keys(namespace):
            return
        raise ValueError(f"Cannot access the KV store. The namespace '{namespace}' does not exist.")

    def get(self, namespace: str, key: str, *, keep_expired: bool = False) -> Any:
        """The value. KeyError when missing; ValueError when expired or the key is malformed.

        An entry that has expired is gone then, unless `keep_expired`.
        """
        path = self._path(namespace, key)
        try:
            text = path.read_text()
        except FileNotFoundError:
            raise KeyError(key) from None
        if self._expired(path):
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
        """Set an entry. ValueError when it is there and `overwrite` is false."""
        path = self._path(namespace, key)
        if not overwrite and path.exists() and not self._expired(path):
            raise ValueError(
                f"Cannot set value for key '{key}'. Key already exists and `overwrite` is set to `false`."
            )
        from flowrt.services.rows import write_row

        text = f'"{value}"' if type(value).__name__ == "Duration" else write_row(value)
        about: dict[str, Any] = {}
        if ttl is not None:
            about["expires"] = self._now() / 1e9 + ttl
        if description is not None:
            about["description"] = description
        notes = _notes(path)
        if about:
            import json

            write_atomically(notes, json.dumps(about).encode())
        else:
            notes.unlink(missing_ok=True)
        write_atomically(path, text.encode())
        self.changed = True

    def delete(self, namespace: str, key: str) -> bool:
        """Delete an entry; says whether it was there."""
        path = self._path(namespace, key)
        _notes(path).unlink(missing_ok=True)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def keys(self, namespace: str, prefix: str = "") -> list[str]:
        """The keys that are not expired, sorted."""
        return [
            key
            for key, expired in self.entries(namespace).items()
            if not expired and key.startswith(prefix)
        ]

    def entries(self, namespace: str) -> dict[str, bool]:
        """Every key, sorted, and whether it has expired."""
        folder = self._folder(namespace)
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            return {}
        keys = sorted(
            name.removesuffix(".ion")
            for name in names
            if name.endswith(".ion") and not name.startswith(".")
        )
        return {key: self._expired(folder / f"{key}.ion") for key in keys}

    def purge(self, namespace: str, keys: list[str]) -> int:
        """Remove entries, expired ones too; answers how many."""
        return sum(self.delete(namespace, key) for key in keys)

    def namespaces(self) -> list[str]:
        """The namespaces that hold entries, sorted."""
        return sorted(
            Path(folder).parent.relative_to(self.root).as_posix().replace("/", ".")
            for folder, _, _ in os.walk(self.root)
            if os.path.basename(folder) == "_kv"
        )


def _notes(path: Path) -> Path:
    return path.with_name(f"{path.name}.metadata")
