"""Files and flows pushed into a repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.git.base import (
    CloningTask,
    below,
    changes,
    clone_branch,
    commit,
    files_of,
    ignored,
)
from flowrt.plugins.git.flows import moved, stored_flows
from flowrt.services.folders import NAMESPACE_FILES, LoadNamespaceFiles, prepare_folder

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text
    from flowrt.plugins.git.program import Git

_REVISION = re.compile(r"(?m)^revision:\s*\d+\n?")


class PushTask(CloningTask):
    """What is here is to be in a folder of a repository too."""

    output: ClassVar[str] = ""
    """The name of the output that tells what changed."""

    branch: Text = prop(STRING, default="main")
    commit_message: Text | None = prop(STRING, default=None)
    dry_run: Flag = prop(BOOLEAN, default=False)
    author_email: Text | None = prop(STRING, default=None)
    author_name: Text | None = prop(STRING, default=None)
    delete: Flag = prop(BOOLEAN, default=True)
    git_directory: Text | None = prop(STRING, default=None)

    def globs(self, run: RunContext) -> list[str] | None:
        """The patterns of names that are pushed; None for all."""
        raise NotImplementedError

    def contents(self, run: RunContext, globs: list[str] | None) -> dict[str, bytes]:
        """What is pushed, by path in the folder."""
        raise NotImplementedError

    def message(self, run: RunContext) -> str:
        """The message of a commit when none is given."""
        raise NotImplementedError

    async def run(self, run: RunContext) -> dict[str, Any]:
        branch = run.text(self.branch) or ""
        git = await clone_branch(self, run, branch, run.flag(self.clone_submodules))
        folder = below(git.folder, run.text(self.git_directory) or "")
        folder.mkdir(parents=True, exist_ok=True)
        globs = self.globs(run)
        contents = await run.in_thread(lambda: self.contents(run, globs))
        await run.in_thread(lambda: _write(folder, contents))
        left_out = await ignored(git, folder)
        kept = [name for name in contents if name not in left_out]
        if run.flag(self.delete, True):
            outdated = _outdated(folder, set(kept) | left_out, globs)
            for start in range(0, len(outdated), 500):
                part = outdated[start : start + 500]
                await git.at(folder)("rm", "--quiet", "--force", "--ignore-unmatch", "--", *part)
        if not kept:
            run.log("INFO", "No content to push - skipping Git operations.")
            return {}
        for start in range(0, len(kept), 500):
            await git.at(folder)("add", "--", *(f"./{name}" for name in kept[start : start + 500]))
        diff = _stored(run, await changes(git))
        pushed = await self._push(git, branch)
        return {**pushed, self.output: diff}

    async def _push(self, git: Git, branch: str) -> dict[str, Any]:
        run, web = git.run, git.origin.web
        if run.flag(self.dry_run):
            run.log(
                "INFO",
                f"Dry run — no changes will be pushed to {web} for now until you set the `dryRun` parameter to false",
            )
            return {}
        run.log("INFO", f"Pushing to {web} on branch {branch}")
        name = run.text(self.author_name) or run.text(self.username)
        message = (
            self.message(run) if self.commit_message is None else run.text(self.commit_message)
        )
        done = await commit(git, message or "", (name, run.text(self.author_email)))
        if done is None:
            run.log("INFO", "No changes to commit. Skipping push.")
            return {}
        await git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        url = git.origin.commit_url(branch, done)
        run.log("INFO", f"Pushed to {url}")
        return {"commitId": done, "commitURL": url}


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    from flowrt.services.paths import make_folder

    for name, data in contents.items():
        path = below(folder, name)
        make_folder(path.parent)
        if path.is_symlink():
            path.unlink()
        path.write_bytes(data)


def _outdated(folder: Path, kept: set[str], globs: list[str] | None) -> list[str]:
    """The files of a folder that are not pushed, among those whose names are chosen."""
    from flowrt.services.globs import compile_glob

    patterns = None if globs is None else [compile_glob(each) for each in globs]
    found = []
    for name in files_of(folder):
        last = name.rpartition("/")[2]
        names = (name, last, last.rpartition(".")[0] or last)
        chosen = patterns is None or any(p.fullmatch(n) for p in patterns for n in names)
        if chosen and name not in kept:
            found.append(name)
    return found


def _stored(run: RunContext, found: list[dict[str, int | str]]) -> str:
    """Store what changed, a row a file."""
    from flowrt.plugins.stored import target_path
    from flowrt.services.rows import RowFile

    target = target_path(run, ".ion")
    with RowFile(target) as rows:
        for each in found:
            rows.write(
                {
                    "file": each["file"],
                    "additions": f"+{each['additions']}",
                    "deletions": f"-{each['deletions']}",
                    "changes": str(each["changes"]),
                }
            )
    return run.put_file(target, target.name)


def _patterns(run: RunContext, value: Any) -> list[str] | None:
    """One pattern, several, or a text that is a JSON list of them."""
    if value is None:
        return None
    if isinstance(value, list):
        return [run.text(each) or "" for each in value]
    from flowrt.formats.jsonlist import parse_list
    from flowrt.formats.jsonread import JsonError

    text = run.text(value) or ""
    try:
        return [str(each) for each in parse_list(text)]
    except JsonError:
        return [text]


@task_type("io.kestra.plugin.git.PushNamespaceFiles")
class GitPushNamespaceFiles(PushTask):
    """Push the files of a namespace."""

    output = "files"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "commitId": STRING,
        "commitURL": STRING,
        "files": URI,
    }

    namespace: Text | None = prop(STRING, default=None)
    git_directory: Text | None = prop(STRING, default="_files")
    files: Any = prop(ANY, default=None)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def _namespace(self, run: RunContext) -> str:
        return run.namespace if self.namespace is None else run.text(self.namespace) or ""

    def globs(self, run: RunContext) -> list[str] | None:
        return _patterns(run, self.files)

    def contents(self, run: RunContext, globs: list[str] | None) -> dict[str, bytes]:
        from flowrt.services.globs import matcher

        namespace = self._namespace(run)
        wanted = matcher(["**"] if globs is None else globs)
        found = {
            path.lstrip("/"): run.files.read(namespace, path)
            for path in run.files.paths(namespace)
            if wanted(path) or wanted(path.lstrip("/"))
        }
        if not found and run.flag(self.error_on_missing):
            raise TaskFailure(
                "No Namespace Files matched the provided 'files' parameter to commit."
            )
        return found

    def message(self, run: RunContext) -> str:
        return f"Add files from {self._namespace(run)} namespace"


@task_type("io.kestra.plugin.git.PushFlows")
class GitPushFlows(PushTask):
    """Push the flows of a namespace that lie in the storage."""

    output = "flows"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "commitId": STRING,
        "commitURL": STRING,
        "flows": URI,
    }

    git_directory: Text | None = prop(STRING, default="_flows")
    source_namespace: Text | None = prop(STRING, default=None)
    target_namespace: Text | None = prop(STRING, default=None)
    flows: Any = prop(ANY, default=None)
    include_child_namespaces: Flag = prop(BOOLEAN, default=False)

    def _source(self, run: RunContext) -> str:
        given = self.source_namespace
        return run.namespace if given is None else run.text(given) or ""

    def globs(self, run: RunContext) -> list[str] | None:
        return _patterns(run, self.flows)

    def contents(self, run: RunContext, globs: list[str] | None) -> dict[str, bytes]:
        from flowrt.services.globs import compile_glob

        source = self._source(run)
        target = run.text(self.target_namespace) or source
        patterns = None if globs is None else [compile_glob(each) for each in globs]
        found = {}
        for flow in stored_flows(run, source, run.flag(self.include_child_namespaces)):
            if patterns is None or any(each.fullmatch(flow.id) for each in patterns):
                rest = flow.namespace.removeprefix(source).lstrip(".")
                name = f"{rest.replace('.', '/')}/{flow.id}.yml" if rest else f"{flow.id}.yml"
                text = moved(_REVISION.sub("", flow.source), f"{target}.{rest}" if rest else target)
                found[name] = f"{text}\n".encode()
        return found

    def message(self, run: RunContext) -> str:
        return f"Add flows from {self._source(run)} namespace"


@task_type("io.kestra.plugin.git.PushExecutionFiles")
class GitPushExecutionFiles(PushTask):
    """Push files of the execution: those of the working folder, of outputs, or named one by one."""

    output = "files"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "commitId": STRING,
        "commitURL": STRING,
        "files": URI,
    }

    git_directory: Text | None = prop(STRING, default="_outputs")
    files: Any = prop(ANY, default=None)
    files_map: Any = prop(ANY, default=None)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def globs(self, run: RunContext) -> list[str] | None:
        return _patterns(run, self.files)

    def contents(self, run: RunContext, globs: list[str] | None) -> dict[str, bytes]:
        if self.files_map is not None:
            from flowrt.plugins.data import maps_of

            pairs = [pair for each in maps_of(run, self.files_map) for pair in each.items()]
            return {name: run.open_file(str(uri)) for name, uri in pairs}
        from flowrt.services.folders import matching_files
        from flowrt.services.globs import compile_glob

        folder = run.working_dir
        local = matching_files(folder, globs or [])
        if local:
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in local}
        if globs is None:
            run.log(
                "INFO",
                "No files or filesMap provided - pushing all execution output files instead.",
            )
        patterns = [compile_glob(each) for each in globs or ["**"]]
        found = {
            name: run.open_file(uri)
            for name, uri in _output_files(run)
            if any(pattern.fullmatch(name) for pattern in patterns)
        }
        if not found and run.flag(self.error_on_missing):
            raise TaskFailure(f"No files matched the provided patterns: {globs}")
        return found

    def message(self, run: RunContext) -> str:
        return "Add files from execution"


def _output_files(run: RunContext) -> list[tuple[str, str]]:
    """The output files of all tasks of the execution."""
    found: list[tuple[str, str]] = []
    outputs = run.variables.get("outputs", {})
    for each in outputs.values() if isinstance(outputs, dict) else ():
        files = each.get("outputFiles") if isinstance(each, dict) else None
        if isinstance(files, dict):
            found += [(str(name), str(uri)) for name, uri in files.items()]
    return found


class GitFlowFiles(Declared):
    """Which flows go along with a push."""

    enabled: Flag = prop(BOOLEAN, default=True)
    child_namespaces: Flag = prop(BOOLEAN, default=True)
    git_directory: Text = prop(STRING, default="_flows")


class GitAuthor(Declared):
    """Who commits."""

    name: Text | None = prop(STRING, default=None)
    email: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.git.Push")
class GitPush(CloningTask):
    """The older form of the pushes: files of the working folder, namespace files and flows together."""

    outputs: ClassVar[dict[str, Kind] | None] = {"commitId": STRING}

    directory: Text | None = prop(STRING, default=None)
    branch: Text = prop(STRING)
    commit_message: Text = prop(STRING)
    namespace_files: LoadNamespaceFiles | None = prop(NAMESPACE_FILES, default=None)
    flows: GitFlowFiles | None = prop(record(GitFlowFiles), default=None)
    input_files: Any = prop(ANY, default=None)
    add_files_pattern: Listing | None = prop(listing(STRING), default=None)
    author: GitAuthor | None = prop(record(GitAuthor), default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        branch = run.text(self.branch) or ""
        if self.url is None:
            git = await self._present(run, branch)
        else:
            git = await clone_branch(self, run, branch, run.flag(self.clone_submodules))
            await git("rm", "-r", "--quiet", "--ignore-unmatch", "--", ".")
        await run.in_thread(lambda: self._fill(run, git.folder))
        run.log("INFO", f"Pushing to {git.origin.web}/tree/{branch}")
        await git("add", "--", *(run.listing(self.add_files_pattern) or ["."]))
        author = self.author or GitAuthor()
        name = run.text(author.name) or run.text(self.username)
        done = await commit(
            git, run.text(self.commit_message) or "", (name, run.text(author.email))
        )
        if done is None:
            run.log("INFO", "No changes to commit. Skipping push.")
            return {}
        await git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return {"commitId": done}

    async def _present(self, run: RunContext, branch: str) -> Git:
        """The repository that lies in the working folder."""
        from flowrt.plugins.git.program import Git, checked_name, remote

        folder = below(run.working_dir, run.text(self.directory) or "")
        plain = Git(run, folder, remote("file:///", None, None), _environment())
        url = await plain("remote", "get-url", "origin")
        origin = remote(url.strip(), run.text(self.username), run.text(self.password))
        git = self._with_url(origin.url).git(run, folder)
        await self.configure(git)
        await git("checkout", "--quiet", "-B", checked_name(branch, "branch"))
        return git

    def _with_url(self, url: str) -> GitPush:
        given = {**self.__dict__, "url": url}
        given.pop("id", None)
        return GitPush(self.id, **given)

    def _fill(self, run: RunContext, folder: Path) -> None:
        prepare_folder(run, folder, self.input_files, self.namespace_files)
        flows = self.flows or GitFlowFiles()
        if not run.flag(flows.enabled, True):
            return
        target = below(folder, run.text(flows.git_directory) or "")
        children = run.flag(flows.child_namespaces, True)
        _write(
            target,
            {
                f"{each.namespace}.{each.id}.yml": _REVISION.sub("", each.source).encode()
                for each in stored_flows(run, run.namespace, children)
            },
        )


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
