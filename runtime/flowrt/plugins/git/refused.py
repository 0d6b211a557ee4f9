"""Tasks that ask a server of Kestra for what only it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.git.base import CloningTask, GitTask, GitTokenAuth

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text

SYNTAX = enum("SKIP", "WARN", "FAIL")
TRUTH = enum("GIT", "KESTRA")
MISSING = enum("DELETE", "KEEP", "FAIL")


class Refused(GitTask):
    """Fails, with the reason."""

    needs: ClassVar[str] = ""

    def run(self, run: RunContext) -> dict[str, Any]:
        raise TaskFailure(
            f"{self.type_name} needs {self.needs} of a Kestra server, and there is no server here. "
            "PushFlows, PushNamespaceFiles, SyncFlows and SyncNamespaceFiles work without one."
        )


class WholeSync(Refused):
    """What the syncs of whole namespaces share."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "commitId": STRING,
        "commitURL": STRING,
        "diff": URI,
    }

    branch: Text = prop(STRING)
    commit_message: Text | None = prop(STRING, default=None)
    author_email: Text | None = prop(STRING, default=None)
    author_name: Text | None = prop(STRING, default=None)
    dry_run: Flag = prop(BOOLEAN, default=False)
    git_directory: Text | None = prop(STRING, default=None)
    on_invalid_syntax: Text = prop(SYNTAX, default="FAIL")
    protected_namespaces: Listing | None = prop(listing(STRING), default=None)
    source_of_truth: Text = prop(TRUTH, default="KESTRA")
    when_missing_in_source: Text = prop(MISSING, default="DELETE")


@task_type("io.kestra.plugin.git.NamespaceSync")
class GitNamespaceSync(WholeSync, CloningTask):
    """Refused: it syncs flows, files and dashboards of a namespace with a server."""

    needs = "the flows, files and dashboards of a namespace"

    namespace: Text = prop(STRING)


@task_type("io.kestra.plugin.git.TenantSync")
class GitTenantSync(WholeSync):
    """Refused: it syncs everything that a server has."""

    needs = "the namespaces, flows, files and dashboards"

    auth: GitTokenAuth = prop(record(GitTokenAuth))
    clone_submodules: Flag | None = prop(BOOLEAN, default=None)


@task_type("io.kestra.plugin.git.Sync")
class GitSync(Refused, CloningTask):
    """Refused: it writes flows into a server. `SyncFlows` and `SyncNamespaceFiles` took its place."""

    needs = "the flows"

    branch: Text | None = prop(STRING, default=None)
    dry_run: Flag | None = prop(BOOLEAN, default=None)
    git_directory: Text | None = prop(STRING, default=None)
    namespace_files_directory: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.git.SyncDashboards")
class GitSyncDashboards(Refused, CloningTask):
    """Refused: dashboards are a server's."""

    outputs: ClassVar[dict[str, Kind] | None] = {"dashboards": URI}
    needs = "the dashboards"

    branch: Text = prop(STRING, default="main")
    delete: Flag = prop(BOOLEAN, default=False)
    dry_run: Flag = prop(BOOLEAN, default=False)
    fail_on_missing_directory: Flag = prop(BOOLEAN, default=True)
    git_directory: Text = prop(STRING, default="_dashboards")


@task_type("io.kestra.plugin.git.PushDashboards")
class GitPushDashboards(Refused, CloningTask):
    """Refused: dashboards are a server's."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "commitId": STRING,
        "commitURL": STRING,
        "flows": URI,
    }
    needs = "the dashboards"

    branch: Text = prop(STRING, default="main")
    commit_message: Text | None = prop(STRING, default=None)
    dry_run: Flag = prop(BOOLEAN, default=False)
    author_email: Text | None = prop(STRING, default=None)
    author_name: Text | None = prop(STRING, default=None)
    delete: Flag = prop(BOOLEAN, default=True)
    dashboards: Any = prop(ANY, default=None)
    git_directory: Text = prop(STRING, default="_dashboards")
