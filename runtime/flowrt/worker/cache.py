"""`taskCache`: outputs of a task run, found again by the hash of its rendered properties.

As in Kestra an entry is a file of the internal storage, below the flow; its age counts from when it was stored, and what is
found is not stored again. The hash is not Kestra's, which is that of the task as its server writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.time.duration import parse_duration

if TYPE_CHECKING:
    from flowrt.model.task import TaskCache
    from flowrt.worker.context import WorkContext

_ENTRY = "outputs.ion"


class CachedOutputs:
    """The cache entry of one attempt."""

    def __init__(self, run: WorkContext, cache: TaskCache) -> None:
        self._run = run
        self._cache = cache
        self._task = run.work.task
        run.log("DEBUG", f"Task output caching is enabled for task '{self._task.id}''")
        self._key = self._hash()
        self._uri = self._address()

    def _hash(self) -> str:
        import json
        from hashlib import sha256

        task, run = self._task, self._run
        properties = {
            name: run.structure(value)
            for name, value in vars(task).items()
            if name in task.properties
        }
        key = json.dumps([task.type_name, properties], sort_keys=True, default=repr)
        return sha256(key.encode()).hexdigest()

    def _address(self) -> str:
        from hashlib import md5

        from flowrt.services.uris import namespace_path, slug

        run = self._run
        parts = [namespace_path(run.namespace), slug(run.flow_id), self._key, "cache"]
        if run.value is not None:
            parts.append(md5(run.value.encode(), usedforsecurity=False).hexdigest())
        return "kestra:///" + "/".join([*parts, "cache.zip"])

    def found(self) -> dict[str, Any] | None:
        """The outputs of an earlier run, if they are there and young enough."""
        from flowrt.formats.ion import read_ion
        from flowrt.services.caches import open_cache

        run, ttl = self._run, self._cache.ttl
        if not run.storage.exists(self._uri):
            return None
        if ttl is not None:
            allowed = parse_duration(ttl)
            stored = run.storage.modified(self._uri)
            if run.services.now() > stored + allowed:
                run.log(
                    "DEBUG",
                    f"Cache is expired for cache-id={self._key}, object-id={run.value or 'null'},"
                    f" and ttl={allowed // 1_000_000}, deleting it",
                )
                run.storage.delete(self._uri)
                return None
        archive = open_cache(run, self._uri)
        if archive is None:
            return None
        run.log(
            "INFO",
            f"Skipping task execution for task '{self._task.id}' as there is an existing cache entry for it",
        )
        with archive:
            [outputs] = read_ion(archive.read(_ENTRY).decode(), True)
        return dict(outputs or {})

    def keep(self, outputs: dict[str, Any] | None) -> None:
        """Keep the outputs of a run that ended SUCCESS or WARNING."""
        import io
        import zipfile

        from flowrt.formats.ion import write_ion

        run = self._run
        run.log("INFO", f"Uploading a cache entry for task '{self._task.id}'")
        kept = {key: value for key, value in (outputs or {}).items() if value is not None}
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(_ENTRY, write_ion(kept))
        run.storage.write(self._uri, data.getvalue())
        run.log("DEBUG", f"Caching entry uploaded in URI {self._uri}")
