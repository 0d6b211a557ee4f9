"""Tasks over namespace files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    one_of,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

CONFLICTS = enum("OVERWRITE", "ERROR", "SKIP")


def _patterns(run: RunContext, files: Any) -> list[str]:
    """One pattern, or a list of them."""
    if isinstance(files, list):
        from flowrt.tasks.texts import no_maps

        no_maps(files)
        patterns = run.listing(files) or []
        if None in patterns:
            raise TaskFailure('Cannot invoke "String.startsWith(String)" because "pattern" is null')
        return patterns
    return [run.text(files) or ""]


def _matching(run: RunContext, namespace: str, files: Any) -> list[str]:
    from flowrt.services.globs import matcher

    wanted = matcher(_patterns(run, files))
    return [path for path in run.files.paths(namespace) if wanted(path)]


@task_type("io.kestra.plugin.core.namespace.UploadFiles")
class UploadFiles(Task):
    """Put files of the working folder, or stored files, into a namespace."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": mapping(URI)}

    namespace: Text = prop(STRING)
    files: Listing | None = prop(listing(STRING), default=None)
    files_map: Mapping | None = prop(mapping(STRING), default=None)
    destination: Text = prop(STRING, default="/")
    conflict: Text = prop(CONFLICTS, default="OVERWRITE")

    async def run(self, run: RunContext) -> dict[str, Any]:
        if self.files is None and self.files_map is None:
            raise TaskFailure("files or filesMap is required")
        await run.in_thread(lambda: self._upload(run))
        return {}

    def _upload(self, run: RunContext) -> None:
        from flowrt.services.folders import matching_files
        from flowrt.services.uris import whole_path

        namespace = run.text(self.namespace) or ""
        destination = run.text(self.destination) or ""
        if not destination.startswith("/"):
            destination = f"/{destination}"
        conflict = str(required(run.constant(self.conflict, CONFLICTS)))
        folder = run.working_dir
        for path in matching_files(folder, run.listing(self.files) or []):
            relative = path.relative_to(folder).as_posix()
            self._put(run, namespace, f"{destination}/{relative}", path, conflict)
        for name, uri in (run.mapping(self.files_map, STRING) or {}).items():
            if not isinstance(uri, str):
                raise TaskFailure("filesMap must be a Map<String, String>")
            if _is_stored(run, whole_path(uri)):
                self._put(run, namespace, destination + name, run.storage.path(uri), conflict)

    def _put(self, run: RunContext, namespace: str, path: str, data: Path, conflict: str) -> None:
        from posixpath import normpath

        path = f"/{normpath(path).lstrip('/')}"
        there = run.files.exists(namespace, path)
        if there and conflict != "OVERWRITE":
            text = (
                f"File '{path}' already exists in namespace '{namespace}' and conflict is set to"
                f" {conflict}"
            )
            if conflict == "ERROR":
                raise TaskFailure(text)
            run.log("DEBUG", f"{text}. Skipping.")
            return
        run.files.write(namespace, path, data)
        done = "overwritten into" if there else "added to"
        run.log("DEBUG", f"File '{path}' {done} namespace '{namespace}'.")


def _is_stored(run: RunContext, uri: str) -> bool:
    """Whether the storage has something at the path of an address; the engine looks at nothing else here.

    Nothing is the path of the storage itself, which is always there.
    """
    from flowrt.java.uri import split_uri

    path = split_uri(uri)[2].lstrip("/")
    return not path or run.storage.exists(f"kestra:///{path}")


@task_type("io.kestra.plugin.core.namespace.DownloadFiles")
class DownloadFiles(Task):
    """Copy namespace files into the storage of the execution."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": mapping(URI)}

    namespace: Text = prop(STRING)
    files: Any = prop(one_of(listing(STRING), STRING))
    destination: Text = prop(STRING, default="")

    async def run(self, run: RunContext) -> dict[str, Any]:
        return {"files": await run.in_thread(lambda: self._download(run))}

    def _download(self, run: RunContext) -> dict[str, str]:
        from flowrt.java.values import hash_map

        namespace = run.text(self.namespace) or ""
        destination = run.text(self.destination) or ""
        copies = []
        for path in _matching(run, namespace, self.files):
            uri = run.put_file(run.files.read(namespace, path), destination + path.lstrip("/"))
            run.log("DEBUG", f"Downloaded {uri}")
            copies.append((path, uri))
        run.metric("counter", "downloaded", len(copies))
        return hash_map(copies)


@task_type("io.kestra.plugin.core.namespace.DeleteFiles")
class DeleteFiles(Task):
    """Delete namespace files."""

    outputs: ClassVar[dict[str, Kind] | None] = {"files": mapping(URI)}

    namespace: Text = prop(STRING)
    files: Any = prop(one_of(listing(STRING), STRING))
    delete_parent_folder: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        await run.in_thread(lambda: self._delete(run))
        return {}

    def _delete(self, run: RunContext) -> None:
        namespace = run.text(self.namespace) or ""
        parents = run.flag(self.delete_parent_folder)
        gone = [
            path
            for path in _matching(run, namespace, self.files)
            if run.files.delete(namespace, path)
        ]
        for path in gone:
            run.log("DEBUG", f"Deleted {path.lstrip('/')}")
        if parents:
            for path in gone:
                for folder in run.files.delete_empty_folders(namespace, path):
                    run.log("DEBUG", f"Deleted empty folder: {folder}")
        run.metric("counter", "deleted", len(gone))
