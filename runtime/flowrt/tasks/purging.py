"""Tasks that take away what namespaces and executions have stored: entries, files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, BOOLEAN, INTEGER, STRING, Kind, listing, prop, task_type
from flowrt.model.failures import PlainFailure, required
from flowrt.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowrt.model.context import RunContext, Storage
    from flowrt.model.declare import Flag, Listing, Text


class PurgeTask(Task):
    """Takes away what some namespaces hold, as far as a `behavior` says and a pattern fits."""

    behaviors: ClassVar[tuple[str, tuple[str, ...]]]
    """The engine's class of the behavior, and the types that it knows."""

    namespaces: Listing | None = prop(listing(STRING), default=None)
    namespace_pattern: Text | None = prop(STRING, default=None)
    include_child_namespaces: Flag = prop(BOOLEAN, default=True)
    behavior: Any = prop(ANY, default=None)

    def _namespaces(self, run: RunContext, known: Iterable[str]) -> list[str]:
        """Those that are meant, of all that are known; those that are named, known or not."""
        named, pattern = run.listing(self.namespaces), run.text(self.namespace_pattern)
        if named and pattern:
            raise PlainFailure("Resource fails validation")
        found = sorted(known)
        if pattern:
            found = list(filter(_wildcard(pattern), found))
        elif named:
            if run.flag(self.include_child_namespaces, True):
                # all that begin alike, as the engine takes it: `company` is `company2`, too
                found = [each for each in found if each.startswith(tuple(named))]
            else:
                found = [each for each in found if each in named]
            found += [each for each in named if each not in found]
        run.log("INFO", f"purging {len(found)} namespaces: [{', '.join(found)}]")
        return found

    def _behavior(self, run: RunContext, default: dict[str, Any]) -> dict[str, Any]:
        found = default if self.behavior is None else run.structure(self.behavior)
        name, types = self.behaviors
        kind = found.get("type") if isinstance(found, dict) else None
        if kind not in types:
            raise PlainFailure(
                "com.fasterxml.jackson.databind.exc.InvalidTypeIdException: Could not resolve type id"
                f" '{kind}' as a subtype of `{name}`: known type ids = [{', '.join(types)}]"
            )
        if found.get("before") is not None:
            if found.get("keepAmount") is not None:
                raise PlainFailure("behavior: Cannot set both 'before' and 'keepAmount' properties")
            _moment(str(found["before"]))
        return dict(found)

    def _matches(self, run: RunContext, pattern: Text | None) -> Callable[[str], bool]:
        text = run.text(pattern)
        return _wildcard(text) if text else lambda name: True


def _takes_the_only_version(behavior: dict[str, Any]) -> bool:
    """Whether versions go with the last one, the only one that is kept here."""
    return behavior.get("before") is None and not behavior.get("keepAmount")


def _wildcard(pattern: str) -> Callable[[str], bool]:
    """Whether a name fits: `*` is any text, slashes too, `?` any character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in pattern)
    found = re.compile("".join(parts), re.DOTALL)
    return lambda name: found.fullmatch(name) is not None


@task_type("io.kestra.plugin.core.kv.PurgeKV")
class PurgeKv(PurgeTask):
    """Remove entries for good: the expired ones, or all that match."""

    behaviors: ClassVar[tuple[str, tuple[str, ...]]] = (
        "io.kestra.plugin.core.kv.KvPurgeBehavior",
        ("key", "version"),
    )
    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER}

    key_pattern: Text | None = prop(STRING, default=None)
    expired_only: Flag | None = prop(BOOLEAN, default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        namespaces = self._namespaces(run, {*run.kv.namespaces(), *run.namespaces})
        expired_only = self._expired_only(run)
        matches = self._matches(run, self.key_pattern)
        size = 0
        for namespace in namespaces:
            keys = [
                key
                for key, expired in run.kv.entries(namespace).items()
                if (expired or expired_only is False) and expired_only is not None and matches(key)
            ]
            size += run.kv.purge(namespace, keys)
        run.log("INFO", f"purged {size} keys")
        return {"size": size}

    def _expired_only(self, run: RunContext) -> bool | None:
        """None when nothing goes: of versions only the last is kept here."""
        if self.expired_only is not None:
            return run.flag(self.expired_only, True)
        behavior = self._behavior(run, {"type": "key"})
        if behavior["type"] == "version":
            return False if _takes_the_only_version(behavior) else None
        return run.flag(behavior.get("expiredOnly"), True)


@task_type("io.kestra.plugin.core.namespace.PurgeFiles")
class PurgeFiles(PurgeTask):
    """Remove namespace files for good."""

    behaviors: ClassVar[tuple[str, tuple[str, ...]]] = (
        "io.kestra.plugin.core.namespace.FilesPurgeBehavior",
        ("version",),
    )
    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER}

    file_pattern: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        size: int = await run.in_thread(lambda: self._purge(run))
        run.log("INFO", f"purged {size} files")
        return {"size": size}

    def _purge(self, run: RunContext) -> int:
        namespaces = self._namespaces(run, run.namespaces)
        behavior = self._behavior(run, {"type": "version", "keepAmount": 1})
        if not _takes_the_only_version(behavior):
            return 0
        matches = self._matches(run, self.file_pattern)
        return sum(run.files.purge(namespace, matches) for namespace in namespaces)


@task_type("io.kestra.plugin.core.storage.PurgeStorage")
class PurgeStorage(Task):
    """Delete the files of executions that were stored between two dates, whatever is known of the executions."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "scannedCount": INTEGER,
        "purgedCount": INTEGER,
        "deletedFilesCount": INTEGER,
    }

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    start_date: Text | None = prop(STRING, default=None)
    end_date: Text = prop(STRING)
    dry_run: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        return dict(await run.in_thread(lambda: self._purge(run)))

    def _purge(self, run: RunContext) -> dict[str, int]:
        namespace, flow = run.text(self.namespace), run.text(self.flow_id)
        since = run.text(self.start_date)
        until = required(run.text(self.end_date))
        begins, ends = _moment(since) if since else None, _moment(until)
        dry = run.flag(self.dry_run, True)
        if flow is not None and namespace is None:
            raise PlainFailure("'namespace' is required when 'flowId' is set.")
        run.log(
            "INFO",
            f"Starting PurgeStorage (dryRun={str(dry).lower()}) scope=[namespace={namespace or 'null'},"
            f" flowId={flow or 'null'}] window=[{begins or 'null'}, {ends}]",
        )
        scanned = purged = deleted = 0
        for folder in _executions(run.storage, namespace, flow):
            scanned += 1
            found = [
                uri
                for uri in run.storage.list_files(folder)
                if (begins is None or begins.epoch_nanos <= run.storage.modified(uri))
                and run.storage.modified(uri) <= ends.epoch_nanos
            ]
            purged += bool(found)
            if not dry:
                deleted += sum(map(run.storage.delete, found))
        run.log(
            "INFO",
            f"PurgeStorage complete (dryRun={str(dry).lower()}): scanned={scanned}, purged={purged},"
            f" deletedFiles={deleted}",
        )
        for name, count in (("scanned", scanned), ("purged", purged), ("deleted.files", deleted)):
            run.metric("counter", name, count)
        return {"scannedCount": scanned, "purgedCount": purged, "deletedFilesCount": deleted}


_EXECUTIONS = "executions"


def _executions(storage: Storage, namespace: str | None, flow: str | None) -> Iterable[str]:
    """The folders of executions: of a flow, of all flows of a namespace and of those below it, of all."""
    from flowrt.services.uris import namespace_path, slug

    def folders(path: str) -> list[str]:
        return storage.names(f"kestra://{path or '/'}")[0]

    top = f"/{namespace_path(namespace)}" if namespace else ""
    found: list[str] = []
    waiting = [] if flow is not None else [top]
    flows = [f"{top}/{slug(flow)}"] if flow is not None else []
    while waiting:
        folder = waiting.pop()
        for name in folders(folder):
            if name.startswith("_"):
                continue
            # a flow that is called like the folder in it cannot be told from a namespace
            is_flow = name != _EXECUTIONS and bool(folders(f"{folder}/{name}/{_EXECUTIONS}"))
            (flows if is_flow else waiting).append(f"{folder}/{name}")
    for each in flows:
        inside = f"{each}/{_EXECUTIONS}"
        found += [f"kestra://{inside}/{name}" for name in folders(inside)]
    return found


def _moment(text: str) -> Any:
    """A date with its offset. Raises RawError when it is none."""
    from flowrt.java.time.isoparse import parse_zoned

    return parse_zoned(text)
