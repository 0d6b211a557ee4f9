"""Services for single expressions: what `flowc eval` and tests evaluate with."""

from typing import Any

from flowrt.java.errors import ExpressionError
from flowrt.java.printing import text_of


class DictEnvironment:
    """Services over plain values, for tests and for evaluating single expressions.

    `kv` maps namespaces to their entries, `files` namespaces to paths to contents, `storage` URIs
    of the internal storage to contents.
    """

    def __init__(
        self,
        secrets: dict[str, str] | None = None,
        kv: dict[str, dict[str, Any]] | None = None,
        files: dict[str, dict[str, bytes]] | None = None,
        storage: dict[str, bytes] | None = None,
        zone: str = "UTC",
    ) -> None:
        self.secrets = {name.upper(): text for name, text in (secrets or {}).items()}
        self.entries = kv or {}
        self.files = files or {}
        self.storage = storage or {}
        self.zone = zone
        self.in_worker = False
        self.recursive = False
        self.masked: list[str] = []

    def now_ns(self) -> int:
        import time

        return time.time_ns()

    def secret(self, name: str) -> str | None:
        return self.secrets.get(name.upper())

    def register_secret(self, text: str) -> None:
        self.masked.append(text)

    def namespace_exists(self, namespace: str) -> bool:
        return namespace in self.entries or namespace in self.files

    def kv(self, namespace: str, key: str) -> tuple[bool, Any]:
        entries = self.entries.get(namespace, {})
        return key in entries, entries.get(key)

    def drop_expired(self, namespace: str, key: str) -> None:
        self.entries[namespace].pop(key, None)

    def read_file(self, uri: str) -> bytes | None:
        return self.storage.get(uri)

    def file_size(self, uri: str) -> int | None:
        found = self.storage.get(uri)
        return None if found is None else len(found)

    def local_file(self, path: str) -> bytes | None:
        return None

    def file_name(self, uri: str) -> str:
        return uri.removeprefix("kestra://")

    def namespace_file(self, namespace: str, path: str, version: int | None) -> bytes | None:
        if version not in (None, 1):
            return None
        files = self.files.get(namespace, {})
        name = path.lstrip("/")
        if any(own.startswith(f"{name}/") for own in files):
            raise IsADirectoryError
        return files.get(name)

    def error_logs(self) -> list[dict[str, Any]]:
        return []

    def subflow(self, request: dict[str, Any]) -> Any:
        revision = request.get("revision")
        which = "" if revision is None else f" with revision {text_of(revision)}"
        flow = f"'{text_of(request.get('namespace'))}'.'{text_of(request.get('id'))}'"
        raise ExpressionError(f"Unable to find flow {flow}{which}.")
