"""What all tasks of git share: how the repository is reached, and a clone to work in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import ANY as ANYTHING
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Declared, mapping, prop, record
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Task
from flowrt.plugins.git.program import Access, Git, checked_name, environment_of, remote, set_config

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text


class GitAuth(Declared):
    """How a Kestra server is reached, which no task here asks."""

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    auto: Flag = prop(BOOLEAN, default=True)


class GitTokenAuth(GitAuth):
    """The same, with a token."""

    api_token: Text | None = prop(STRING, default=None)


class GitTask(Task):
    """A task that reaches a repository."""

    url: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    private_key: Text | None = prop(STRING, default=None)
    passphrase: Text | None = prop(STRING, default=None)
    trusted_ca_pem_path: Text | None = prop(STRING, default=None)
    no_proxy: Flag | None = prop(BOOLEAN, default=None)
    connect_timeout: Integer = prop(INTEGER, default=10000)
    read_timeout: Integer = prop(INTEGER, default=60000)
    git_config: Mapping | None = prop(mapping(ANYTHING), default=None)
    kestra_url: Text | None = prop(STRING, default=None, ignored=True)

    def git(self, run: RunContext, folder: Path) -> Git:
        """The program, for a folder."""
        origin = remote(run.text(self.url), run.text(self.username), run.text(self.password))
        access = Access(
            origin,
            run.text(self.private_key),
            run.text(self.passphrase),
            run.text(self.trusted_ca_pem_path),
            run.flag(self.no_proxy),
            int(required(run.integer(self.connect_timeout))),
            int(required(run.integer(self.read_timeout))),
        )
        return Git(run, folder, origin, environment_of(run, access))

    async def configure(self, git: Git) -> None:
        """Set what `gitConfig` asks for."""
        await set_config(git, git.run.mapping(self.git_config))


class CloningTask(GitTask):
    """A task that works in a clone."""

    auth: GitAuth | None = prop(record(GitAuth), default=None, ignored=True)
    clone_submodules: Flag | None = prop(BOOLEAN, default=None)


async def clone_branch(
    task: GitTask, run: RunContext, branch: str, submodules: bool = False
) -> Git:
    """A clone of a branch in a folder of its own; a branch that is not there yet is made."""
    checked_name(branch, "branch")
    git = task.git(run, run.private_folder())
    url = git.origin.url
    found = await git("ls-remote", "--", url, f"refs/heads/{branch}")
    words = ["clone", "--quiet", "--depth", "1", "--no-tags"]
    if submodules:
        words += ["--recurse-submodules", "--shallow-submodules"]
    if found:
        words += ["--branch", branch, "--single-branch"]
    else:
        run.log("INFO", f"Branch {branch} does not exist, creating it")
    await git(*words, "--", url, "work")
    git = git.at(git.folder / "work")
    await task.configure(git)
    if not found:
        await git("checkout", "--quiet", "-B", branch)
    return git


async def head(git: Git) -> str:
    """The commit at hand; empty where there is none yet."""
    return (await git("rev-parse", "--verify", "--quiet", "HEAD", may_fail=True)).strip()


async def commit(git: Git, message: str, author: tuple[str | None, str | None]) -> str | None:
    """Commit what is in the index; answers the commit, None where nothing changed."""
    if not await git("status", "--porcelain", "--untracked-files=no"):
        return None
    name, email = author
    settings: list[str] = []
    if name and email:
        settings = ["-c", f"user.name={name}", "-c", f"user.email={email}"]
    elif not await git("config", "--get", "user.email", may_fail=True):
        settings = ["-c", "user.name=flowrt", "-c", "user.email=flowrt@localhost"]
    await git(*settings, "commit", "--quiet", "--no-verify", f"--message={message}")
    return await head(git)


async def changes(git: Git) -> list[dict[str, int | str]]:
    """What the index changes, by file: lines that came, went, or changed."""
    words = ("diff", "--cached", "--no-renames", "--no-color", "--no-ext-diff")
    names = (await git(*words, "--name-only", "-z")).split("\0")
    found: list[dict[str, int | str]] = []
    import re

    for line in (await git(*words, "-U0", "--diff-algorithm=histogram")).split("\n"):
        if line.startswith("diff --git "):
            name = names[len(found)]
            found.append({"file": name, "additions": 0, "deletions": 0, "changes": 0})
            continue
        hunk = re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if hunk is None or not found:
            continue
        before, after = (1 if size is None else int(size) for size in hunk.groups())
        kind, size = (
            ("additions", after - before) if after > before else ("deletions", before - after)
        )
        kind, size = ("changes", after) if after == before else (kind, size)
        found[-1][kind] = int(found[-1][kind]) + size
    return sorted(found, key=lambda each: str(each["file"]))


def below(folder: Path, name: str) -> Path:
    """The path of a folder of the repository. Raises TaskFailure for a name that leads out of it."""
    from flowrt.services.paths import Outside, resolve

    try:
        return resolve(folder, name)
    except Outside:
        raise TaskFailure(f"The path '{name}' leads out of the repository") from None


async def ignored(git: Git, folder: Path) -> set[str]:
    """The files of a folder that its `.kestraignore` names."""
    if not (folder / ".kestraignore").is_file():
        return set()
    found = await git.at(folder)(
        *("--work-tree=.", "ls-files", "-z", "--others", "--ignored"),
        *("--exclude-from=.kestraignore", "--", "."),
        GIT_DIR=str(git.folder / ".git"),
        GIT_INDEX_FILE=str(git.folder.parent / "no-index"),
    )
    return {name for name in found.split("\0") if name}


def files_of(folder: Path, deep: bool = True) -> list[str]:
    """The regular files of a folder of a repository, by their paths in it; links are not followed."""
    from flowrt.services.folders import folder_files

    names = (name for name, _ in folder_files(folder))
    return [
        name
        for name in names
        if not {".git", ".gitignore", ".gitkeep", ".kestraignore"}.intersection(name.split("/"))
        and (deep or "/" not in name)
    ]
