"""Namespace files and flows taken from a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, URI, Kind, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.git.base import (
    CloningTask,
    GitTask,
    GitTokenAuth,
    below,
    clone_branch,
    files_of,
    ignored,
)
from flowrt.plugins.git.flows import flow_id, moved, stored_flows, uri_of
from flowrt.services.plainfiles import is_plain_file

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text


class SyncTask(CloningTask):
    """What is in a folder of a repository is to be here too."""

    output: ClassVar[str] = ""
    """The name of the output that tells what was done."""

    branch: Text = prop(STRING, default="main")
    delete: Flag = prop(BOOLEAN, default=False)
    dry_run: Flag = prop(BOOLEAN, default=False)
    fail_on_missing_directory: Flag = prop(BOOLEAN, default=True)
    git_directory: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        branch = run.text(self.branch) or ""
        git = await clone_branch(self, run, branch, run.flag(self.clone_submodules))
        name = run.text(self.git_directory) or ""
        folder = below(git.folder, name)
        if not folder.exists():
            if run.flag(self.fail_on_missing_directory, True):
                raise TaskFailure(
                    f"The directory '{name}' was not found in the git repository. Verify if the path exists in the "
                    f"specified branch '{branch}'."
                )
            folder.mkdir(parents=True)
        if not folder.is_dir():
            raise TaskFailure(
                f"The path '{name}' exists but is a file, not a directory. Sync tasks require a directory to process "
                "files."
            )
        left_out = await ignored(git, folder)
        files = [each for each in files_of(folder, self.deep(run)) if each not in left_out]
        results = await run.in_thread(lambda: self.take(run, folder, name.rstrip("/"), files))
        return {self.output: _stored(run, results)}

    def deep(self, run: RunContext) -> bool:
        """Whether files of folders inside count."""
        return True

    def take(
        self, run: RunContext, folder: Path, directory: str, files: list[str]
    ) -> list[dict[str, Any]]:
        """Bring what is here in step with the files; answers what was done with each."""
        raise NotImplementedError


def _stored(run: RunContext, results: list[dict[str, Any]]) -> str:
    """Store what was done, a row each."""
    from flowrt.formats.ion import write_ion
    from flowrt.plugins.stored import target_path
    from flowrt.services.rows import RowFile

    target = target_path(run, ".ion")
    with RowFile(target) as rows:
        for result in sorted(results, key=lambda each: each.get("gitPath") or ""):
            rows.write(result)
            run.log("DEBUG", write_ion(result))
    return run.put_file(target, target.name)


@task_type("io.kestra.plugin.git.SyncNamespaceFiles")
class GitSyncNamespaceFiles(SyncTask):
    """Put the files of a folder of a repository into a namespace."""

    output = "files"
    outputs: ClassVar[dict[str, Kind] | None] = {"files": URI}

    namespace: Text | None = prop(STRING, default=None)
    git_directory: Text | None = prop(STRING, default="_files")

    def take(
        self, run: RunContext, folder: Path, directory: str, files: list[str]
    ) -> list[dict[str, Any]]:
        namespace = run.namespace if self.namespace is None else run.text(self.namespace) or ""
        dry, results = run.flag(self.dry_run), []
        known = set(run.files.paths(namespace))
        for name in files:
            path = f"/{name}"
            state = "ADDED"
            data = (folder / name).read_bytes()
            if path in known:
                same = run.files.read(namespace, path) == data
                state = "UNCHANGED" if same else "OVERWRITTEN"
            if state != "UNCHANGED" and not dry:
                run.files.write(namespace, path, data)
            results.append(
                {"gitPath": f"{directory}{path}", "syncState": state, "kestraPath": path}
            )
        if run.flag(self.delete):
            for path in sorted(known - {f"/{name}" for name in files}):
                if not dry:
                    run.files.delete(namespace, path)
                    run.files.delete_empty_folders(namespace, path)
                results.append({"syncState": "DELETED", "kestraPath": path})
        return results


@task_type("io.kestra.plugin.git.SyncFlows")
class GitSyncFlows(SyncTask):
    """Put the flows of a folder of a repository into the storage of a namespace."""

    output = "flows"
    outputs: ClassVar[dict[str, Kind] | None] = {"flows": URI}

    target_namespace: Text = prop(STRING)
    git_directory: Text | None = prop(STRING, default="_flows")
    include_child_namespaces: Flag = prop(BOOLEAN, default=False)
    ignore_invalid_flows: Flag = prop(BOOLEAN, default=False)

    def deep(self, run: RunContext) -> bool:
        return run.flag(self.include_child_namespaces)

    def take(
        self, run: RunContext, folder: Path, directory: str, files: list[str]
    ) -> list[dict[str, Any]]:
        target = run.text(self.target_namespace) or ""
        dry, results = run.flag(self.dry_run), []
        known = {
            (each.namespace, each.id): each.source
            for each in stored_flows(run, target, self.deep(run))
        }
        seen = set()
        for name in files:
            parent = name.rpartition("/")[0].replace("/", ".")
            namespace = f"{target}.{parent}" if parent else target
            source = moved((folder / name).read_text("utf-8", "replace"), namespace)
            id = flow_id(source)
            if id is None:
                message = f"Invalid flow imported from Git ({name}): it has no id"
                if not run.flag(self.ignore_invalid_flows):
                    raise TaskFailure(message)
                run.log("WARN", message)
                continue
            key = (namespace, id)
            seen.add(key)
            state = "ADDED" if key not in known else "UPDATED"
            if state == "UPDATED" and known[key].strip() == source.strip():
                state = "UNCHANGED"
            elif not dry:
                run.storage.write(uri_of(namespace, id), f"{source}\n".encode())
            results.append(_result(namespace, id, state, f"{directory}/{name}"))
        if run.flag(self.delete):
            own = (run.namespace, run.flow_id)
            for key in sorted(known.keys() - seen - {own}):
                if not dry:
                    run.storage.delete(uri_of(*key))
                results.append(_result(*key, "DELETED", None))
        return results


def _result(namespace: str, id: str, state: str, path: str | None) -> dict[str, Any]:
    found = {} if path is None else {"gitPath": path}
    return {**found, "syncState": state, "flowId": id, "namespace": namespace}


@task_type("io.kestra.plugin.git.SyncFlow")
class GitSyncFlow(GitTask):
    """Put one flow of a repository into the storage of a namespace."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "flowId": STRING,
        "namespace": STRING,
        "revision": INTEGER,
    }

    auth: GitTokenAuth = prop(record(GitTokenAuth), ignored=True)
    branch: Text = prop(STRING, default="main")
    target_namespace: Text = prop(STRING)
    flow_path: Text = prop(STRING)
    dry_run: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        git = await clone_branch(self, run, run.text(self.branch) or "")
        name = run.text(self.flow_path) or ""
        path = below(git.folder, name)
        if not is_plain_file(path):
            raise TaskFailure(f"Flow file not found at path: {name}")
        namespace = run.text(self.target_namespace) or ""
        source = moved(path.read_text("utf-8", "replace"), namespace)
        id = flow_id(source)
        if id is None:
            raise TaskFailure(f"Cannot parse flow id from YAML at path: {name}")
        if not run.flag(self.dry_run):
            run.storage.write(uri_of(namespace, id), f"{source}\n".encode())
        return {"flowId": id, "namespace": namespace}
