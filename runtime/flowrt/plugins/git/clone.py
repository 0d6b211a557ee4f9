"""Cloning a repository into the working folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, prop, task_type
from flowrt.model.failures import required
from flowrt.plugins.git.base import CloningTask, below
from flowrt.plugins.git.program import Git, checked_name

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text


@task_type("io.kestra.plugin.git.Clone")
class GitClone(CloningTask):
    """Clone a repository into the working folder, or a folder in it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"directory": STRING}

    directory: Text | None = prop(STRING, default=None)
    branch: Text | None = prop(STRING, default=None)
    depth: Integer = prop(INTEGER, default=1)
    commit: Text | None = prop(STRING, default=None)
    tag: Text | None = prop(STRING, default=None)
    clone_all_branches: Flag = prop(BOOLEAN, default=True)
    no_tags: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.paths import make_folder

        folder = run.working_dir
        if self.directory is not None:
            folder = below(folder, run.text(self.directory) or "")
        make_folder(folder)
        git = self.git(run, folder)
        run.log("INFO", f"Start cloning from '{git.origin.url}'")
        if any(folder.iterdir()):
            run.log("INFO", f"Target directory '{folder}' is not empty, using init+fetch strategy")
        # `git clone` refuses a folder that is not empty; these steps do the same in any
        await git("init", "--quiet")
        await git("config", "remote.origin.url", git.origin.url)
        await git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
        await self.configure(git)
        if await git("ls-remote", "origin"):  # there are commits
            await self._fetch(git)
            await self._check_out(git)
        if run.flag(self.clone_submodules):
            await git("submodule", "update", "--init", "--recursive", "--quiet")
        return {"directory": str(folder)}

    async def _fetch(self, git: Git) -> None:
        run = git.run
        branch = run.text(self.branch)
        words = ["fetch", "--quiet", "--no-tags" if run.flag(self.no_tags) else "--tags"]
        depth = int(required(run.integer(self.depth)))
        if self.commit is None and self.tag is None and depth > 0:
            words += ["--depth", str(depth)]
        which = "*"
        if branch is not None and not run.flag(self.clone_all_branches, True):
            which = checked_name(branch, "branch")
        references = [f"+refs/heads/{which}:refs/remotes/origin/{which}"]
        tag = run.text(self.tag) or None
        if tag is not None:
            references.append(f"+refs/tags/{checked_name(tag, 'tag')}:refs/tags/{tag}")
        await git(*words, "origin", *references)

    async def _check_out(self, git: Git) -> None:
        run = git.run
        commit, tag = run.text(self.commit) or None, run.text(self.tag) or None
        if commit is not None:
            name = checked_name(commit, "commit")
            await git("checkout", "--quiet", "--detach", f"{name}^{{commit}}")
            run.log("INFO", f"Checked out commit {name} (detached HEAD)")
        elif tag is not None:
            await git("checkout", "--quiet", "--detach", f"refs/tags/{tag}^{{commit}}")
            run.log("INFO", f"Checked out tag {tag}")
        else:
            branch = run.text(self.branch) or await _default_branch(git)
            if branch:
                checked_name(branch, "branch")
                await git("checkout", "--quiet", "-B", branch, "--track", f"origin/{branch}")
                run.log("INFO", f"Checked out branch {branch}")


async def _default_branch(git: Git) -> str:
    """The branch that the repository shows first; empty for a repository without commits."""
    for line in (await git("ls-remote", "--symref", "origin", "HEAD")).split("\n"):
        if line.startswith("ref: refs/heads/"):
            name = line.removeprefix("ref: refs/heads/").partition("\t")[0]
            if await git("rev-parse", "--verify", "--quiet", f"origin/{name}", may_fail=True):
                return name
    return ""
