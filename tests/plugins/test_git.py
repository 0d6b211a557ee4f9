"""Git: against bare repositories in a folder, and a server that only asks for credentials."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.catalog import find
from flowrt.model.failures import TaskFailure
from flowrt.plugins.git.program import remote
from flowrt.services.rows import read_rows

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CONFIG_GLOBAL": os.devnull,
}  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """What a command of git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class Repository:
    """A bare repository, and a clone to change it by."""

    def __init__(self, root: Path) -> None:
        self.bare, self.work = root / "bare.git", root / "work"
        self.url = f"file://{self.bare}"
        git(root, "init", "--quiet", "--bare", "-b", "main", str(self.bare))
        git(root, "clone", "--quiet", self.url, str(self.work))
        git(self.work, "checkout", "--quiet", "-B", "main")

    def commit(self, message: str = "m", **files: str) -> str:
        """Commit files, named with `__` for a slash and `_dot_` for a point, and push them; the commit."""
        for name, text in files.items():
            path = self.work / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.work, "add", "-A")
        git(self.work, "commit", "--quiet", "--allow-empty", "-m", message)
        git(self.work, "push", "--quiet", "origin", "HEAD")
        return git(self.work, "rev-parse", "HEAD")

    def show(self, name: str, branch: str = "main") -> str:
        """The text of a file of a branch."""
        return git(self.bare, "show", f"{branch}:{name}")

    def names(self, branch: str = "main") -> list[str]:
        """The names of all files of a branch."""
        return git(self.bare, "ls-tree", "-r", "--name-only", branch).split("\n")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "git").mkdir()
    return Repository(tmp_path / "git")


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path / "run")


def task(run: FakeRun, name: str, **properties: Any) -> dict[str, Any]:
    """Run a task; its outputs."""
    cls: Any = find(f"io.kestra.plugin.git.{name}")
    result: dict[str, Any] = run.run(cls("t", **properties))
    return result


def rows(run: FakeRun, uri: str) -> list[Any]:
    return list(read_rows(run.storage.path(uri)))


# ---- Clone ----------------------------------------------------------------------------------------------------------


def test_a_clone(run: FakeRun, repository: Repository) -> None:
    repository.commit(a_dot_txt="one")
    repository.commit(a_dot_txt="two", d__b_dot_txt="b")
    outputs = task(run, "Clone", url=repository.url)
    assert outputs == {"directory": str(run.working_dir)}
    assert (run.working_dir / "a.txt").read_text() == "two"
    assert git(run.working_dir, "rev-list", "--count", "HEAD") == "1"
    assert git(run.working_dir, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert f"Start cloning from '{repository.url}'" in run.messages("INFO")


def test_a_clone_over_another(run: FakeRun, repository: Repository) -> None:
    repository.commit(a_dot_txt="one")
    task(run, "Clone", url=repository.url, directory="d")
    repository.commit(a_dot_txt="two")
    task(run, "Clone", url=repository.url, directory="d")
    assert (run.working_dir / "d" / "a.txt").read_text() == "two"


def test_a_clone_beside_other_files(run: FakeRun, repository: Repository) -> None:
    repository.commit(a_dot_txt="one")
    folder = run.working_dir / "d"
    folder.mkdir()
    (folder / "own.txt").write_text("own")
    task(
        run,
        "Clone",
        url=repository.url,
        directory="d",
        branch="main",
        depth=0,
        git_config={"core.fileMode": False},
    )
    assert sorted(each.name for each in folder.iterdir()) == [".git", "a.txt", "own.txt"]
    assert git(folder, "config", "core.fileMode") == "false"
    assert "Applied git config core.fileMode = false" in run.messages("INFO")


def test_a_branch_a_tag_a_commit(run: FakeRun, repository: Repository) -> None:
    first = repository.commit(a_dot_txt="first")
    git(repository.work, "tag", "-a", "-m", "t", "v1")
    git(repository.work, "push", "--quiet", "origin", "v1")
    repository.commit(a_dot_txt="second")
    git(repository.work, "checkout", "--quiet", "-b", "feature/x")
    repository.commit(a_dot_txt="third")
    for given, text in (
        ({"branch": "feature/x", "clone_all_branches": False}, "third"),
        ({"tag": "v1"}, "first"),
        ({"commit": first, "no_tags": True}, "first"),
        ({"commit": first[:10]}, "first"),
        ({}, "second"),
    ):
        folder = Path(
            task(run, "Clone", url=repository.url, directory=f"d{text}{len(given)}", **given)[
                "directory"
            ]
        )
        assert (folder / "a.txt").read_text() == text
        shutil.rmtree(folder)


def test_an_empty_repository(run: FakeRun, repository: Repository) -> None:
    assert task(run, "Clone", url=repository.url, directory="d") == {
        "directory": f"{run.working_dir}/d"
    }


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"url": "--upload-pack=touch x"}, "it is no address"),
        ({"url": None}, "`url` of the repository is missing"),
        ({"branch": "--help"}, "is no name of a branch"),
        ({"branch": "nowhere"}, "git checkout failed"),
        ({"tag": "nowhere"}, "git fetch failed"),
        ({"commit": "0" * 40}, "git checkout failed"),
        ({"directory": "../out"}, "leads out of the repository"),
        ({"url": "file:///nowhere.git"}, "git ls-remote failed"),
        ({"trusted_ca_pem_path": "/nowhere"}, "cannot be read"),
    ],
)
def test_clones_that_are_refused(
    run: FakeRun, repository: Repository, properties: dict[str, Any], message: str
) -> None:
    repository.commit(a_dot_txt="x")
    with pytest.raises(TaskFailure, match=message):
        task(run, "Clone", **{"url": repository.url, **properties})


def test_hooks_of_others_do_not_run(
    run: FakeRun, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a_dot_txt="x")
    template = run.root / "template"
    (template / "hooks").mkdir(parents=True)
    hook = template / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {run.root}/ran\n")
    hook.chmod(0o755)
    config = run.root / "config"
    config.write_text(f"[init]\n\ttemplateDir = {template}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(run.root))
    (run.root / "git").mkdir()
    shutil.copy(config, run.root / "git" / "config")
    task(run, "Clone", url=repository.url)
    assert not (run.root / "ran").exists()


class _Asks(BaseHTTPRequestHandler):
    """Asks for credentials, and has nothing."""

    seen: list[str]

    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        if given is None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
        else:
            self.seen.append(given)
            self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def asking() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Asks,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


SECRET = "s3cr%t'\"$(x) ö"


@pytest.mark.parametrize("in_the_address", [False, True])
def test_credentials_reach_the_server_and_nothing_else(
    run: FakeRun, asking: tuple[str, list[str]], in_the_address: bool
) -> None:
    from urllib.parse import quote

    place, seen = asking
    given: dict[str, Any] = {"url": f"http://{place}/r.git", "username": "me", "password": SECRET}
    if in_the_address:
        given = {"url": f"http://me:{quote(SECRET, safe='')}@{place}/r.git"}
    with pytest.raises(TaskFailure) as failure:
        task(run, "Clone", **given)
    assert seen[0] == "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
    kept = "".join(
        path.read_text("utf-8", "replace") for path in run.root.rglob("*") if path.is_file()
    )
    told = "\n".join([str(failure.value), kept, *(text for _, text in run.logs)])
    assert "s3cr" not in told
    assert f"http://{place}/r.git" in kept


def test_a_password_of_several_lines_is_refused() -> None:
    with pytest.raises(TaskFailure, match="cannot have several lines"):
        remote("https://h/r.git", "me", "a\nhost=evil")


@pytest.mark.parametrize(
    ("url", "commit"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/commit/c"),
        ("git@github.com:o/r.git", "https://github.com/o/r/commit/c"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/commits/c"),
        ("git@ssh.dev.azure.com:v3/o/p/r", "https://dev.azure.com/o/p/_git/r/commit/c?refName=refs%2Fheads%2Fmain"),
    ],
)  # fmt: skip
def test_addresses_of_commits(url: str, commit: str) -> None:
    assert remote(url, None, None).commit_url("main", "c") == commit


def test_a_key_lies_in_a_private_file(run: FakeRun, repository: Repository) -> None:
    from flowrt.plugins.git.program import Access, environment_of

    access = Access(remote("git@h:r", None, None), "KEY", "pass phrase", None, True, 10_000, 60_000)
    environment = environment_of(run, access)
    words = environment["GIT_SSH_COMMAND"].split()
    key = Path(words[words.index("-i") + 1])
    assert key.read_text() == "KEY\n"
    assert key.stat().st_mode & 0o777 == 0o600
    asked = subprocess.run(
        [environment["SSH_ASKPASS"]], env=environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout == "pass phrase\n"
    assert "pass phrase" not in Path(environment["SSH_ASKPASS"]).read_text()
    assert environment["NO_PROXY"] == "*"


def test_a_kill_ends_git(run: FakeRun) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cls: Any = find("io.kestra.plugin.git.Clone")
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/r.git"

        async def killed() -> None:
            work = asyncio.ensure_future(cls("t", url=url).run(run))
            connection, _ = await asyncio.get_running_loop().run_in_executor(None, silent.accept)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            connection.close()

        asyncio.run(killed())
    assert any("Killing process" in text for text in run.messages("WARN"))


# ---- namespace files ------------------------------------------------------------------------------------------------


def test_files_are_synced(run: FakeRun, repository: Repository) -> None:
    repository.commit(_files__a_dot_txt="a", _files__d__b_dot_txt="b", other_dot_txt="x")
    run.files.write("a.b", "a.txt", b"old")
    run.files.write("a.b", "gone/c.txt", b"c")
    dry = task(run, "SyncNamespaceFiles", url=repository.url, dry_run=True, delete=True)
    assert run.files.paths("a.b") == ["/a.txt", "/gone/c.txt"]
    outputs = task(run, "SyncNamespaceFiles", url=repository.url, delete=True)
    done = [
        {"syncState": "DELETED", "kestraPath": "/gone/c.txt"},
        {"gitPath": "_files/a.txt", "syncState": "OVERWRITTEN", "kestraPath": "/a.txt"},
        {"gitPath": "_files/d/b.txt", "syncState": "ADDED", "kestraPath": "/d/b.txt"},
    ]
    assert rows(run, outputs["files"]) == rows(run, dry["files"]) == done
    assert run.files.paths("a.b") == ["/a.txt", "/d/b.txt"]
    assert run.files.read("a.b", "a.txt") == b"a"
    again = task(run, "SyncNamespaceFiles", url=repository.url, namespace="a.b")
    assert {row["syncState"] for row in rows(run, again["files"])} == {"UNCHANGED"}


def test_links_and_ignored_files_are_not_synced(run: FakeRun, repository: Repository) -> None:
    (repository.work / "_files").mkdir()
    (repository.work / "_files" / "passwd").symlink_to("/etc/passwd")
    (repository.work / "_files" / "etc").symlink_to("/etc")
    repository.commit(
        _files___dot_kestraignore="*.log\nout/\n",
        _files__x_dot_log="l",
        _files__out__y="y",
        _files__z="z",
    )
    task(run, "SyncNamespaceFiles", url=repository.url)
    assert run.files.paths("a.b") == ["/z"]


def test_a_folder_that_is_missing(run: FakeRun, repository: Repository) -> None:
    repository.commit(a_dot_txt="a")
    with pytest.raises(TaskFailure, match="The directory 'x' was not found in the git repository"):
        task(run, "SyncNamespaceFiles", url=repository.url, git_directory="x")
    with pytest.raises(TaskFailure, match="is a file, not a directory"):
        task(run, "SyncNamespaceFiles", url=repository.url, git_directory="a.txt")
    with pytest.raises(TaskFailure, match="leads out of the repository"):
        task(run, "SyncNamespaceFiles", url=repository.url, git_directory="../..")
    outputs = task(
        run,
        "SyncNamespaceFiles",
        url=repository.url,
        git_directory="x",
        fail_on_missing_directory=False,
    )
    assert rows(run, outputs["files"]) == []


def test_files_are_pushed(run: FakeRun, repository: Repository) -> None:
    repository.commit(_files__old_dot_txt="1\n2\n", _files__same_dot_txt="s", README="r")
    run.files.write("a.b", "same.txt", b"s")
    run.files.write("a.b", "d/new.txt", b"1\n2\n3\n")
    dry = task(run, "PushNamespaceFiles", url=repository.url, dry_run=True)
    assert "commitId" not in dry
    outputs = task(
        run,
        "PushNamespaceFiles",
        url=repository.url,
        author_name="Ada",
        author_email="ada@b.c",
    )
    assert outputs["commitId"] == git(repository.bare, "rev-parse", "main")
    assert outputs["commitURL"].endswith(f"/bare/commit/{outputs['commitId']}")
    assert repository.names() == ["README", "_files/d/new.txt", "_files/same.txt"]
    assert git(repository.bare, "log", "-1", "--format=%an <%ae> %s", "main") == (
        "Ada <ada@b.c> Add files from a.b namespace"
    )
    assert (
        rows(run, outputs["files"])
        == rows(run, dry["files"])
        == [
            {"file": "_files/d/new.txt", "additions": "+3", "deletions": "-0", "changes": "0"},
            {"file": "_files/old.txt", "additions": "+0", "deletions": "-2", "changes": "0"},
        ]
    )
    again = task(run, "PushNamespaceFiles", url=repository.url)
    assert again.keys() == {"files"}
    assert "No changes to commit. Skipping push." in run.messages("INFO")


def test_some_files_into_a_new_branch(run: FakeRun, repository: Repository) -> None:
    repository.commit(_files__keep_dot_md="k")
    run.files.write("a.b", "a.py", b"1")
    run.files.write("a.b", "b.txt", b"2")
    task(
        run,
        "PushNamespaceFiles",
        url=repository.url,
        branch="dev",
        files="*.py",
        commit_message="mine",
    )
    assert repository.names("dev") == ["_files/a.py", "_files/keep.md"]
    assert repository.names() == ["_files/keep.md"]
    assert "Branch dev does not exist, creating it" in run.messages("INFO")
    with pytest.raises(TaskFailure, match="No Namespace Files matched"):
        task(run, "PushNamespaceFiles", url=repository.url, files=["*.zip"], error_on_missing=True)


def test_the_first_push_of_all(run: FakeRun, repository: Repository) -> None:
    run.files.write("a.b", "a.txt", b"1")
    task(run, "PushNamespaceFiles", url=repository.url, git_directory=".")
    assert repository.names() == ["a.txt"]


def test_files_of_an_execution_are_pushed(
    run: FakeRun, repository: Repository, tmp_path: Path
) -> None:
    repository.commit(README="r")
    uri = run.store("x", "x")
    task(run, "PushExecutionFiles", url=repository.url, files_map={"d/x.txt": uri})
    assert repository.show("_outputs/d/x.txt") == "x"
    (run.working_dir / "local.csv").write_text("l")
    task(run, "PushExecutionFiles", url=repository.url, files=["*.csv"], delete=False)
    assert repository.names() == ["README", "_outputs/d/x.txt", "_outputs/local.csv"]
    other = FakeRun(tmp_path / "other", outputs={"s": {"outputFiles": {"o.txt": "URI"}}, "e": 1})
    stored = other.store("out", "o.txt")
    other.variables["outputs"]["s"]["outputFiles"]["o.txt"] = stored
    task(other, "PushExecutionFiles", url=repository.url)
    assert repository.names() == ["README", "_outputs/o.txt"]


# ---- flows ----------------------------------------------------------------------------------------------------------

FLOW = "id: {id}\nnamespace: {namespace}\ntasks: []\n"


def test_flows_are_synced_and_pushed(run: FakeRun, repository: Repository) -> None:
    repository.commit(
        _flows__one_dot_yml=FLOW.format(id="one", namespace="git.ns"),
        _flows__sub__two_dot_yaml=FLOW.format(id="two", namespace="git.ns"),
    )
    outputs = task(run, "SyncFlows", url=repository.url, target_namespace="my.ns")
    assert rows(run, outputs["flows"]) == [
        {"gitPath": "_flows/one.yml", "syncState": "ADDED", "flowId": "one", "namespace": "my.ns"}
    ]
    assert (
        run.content("kestra:///my/ns/_flows/one.yaml") == "id: one\nnamespace: my.ns\ntasks: []\n"
    )
    outputs = task(
        run,
        "SyncFlows",
        url=repository.url,
        target_namespace="my.ns",
        include_child_namespaces=True,
    )
    assert [
        (row["flowId"], row["namespace"], row["syncState"]) for row in rows(run, outputs["flows"])
    ] == [
        ("one", "my.ns", "UNCHANGED"),
        ("two", "my.ns.sub", "ADDED"),
    ]
    (repository.bare.parent / "second").mkdir()
    second = Repository(repository.bare.parent / "second")
    second.commit(_flows__gone_dot_yml="x")
    pushed = task(
        run,
        "PushFlows",
        url=second.url,
        source_namespace="my.ns",
        target_namespace="prod",
        include_child_namespaces=True,
    )
    assert second.names() == ["_flows/one.yml", "_flows/sub/two.yml"]
    assert second.show("_flows/sub/two.yml") == "id: two\nnamespace: prod.sub\ntasks: []"
    assert pushed["commitId"]
    git(repository.work, "rm", "-q", "-r", "_flows/sub")
    repository.commit()
    outputs = task(
        run,
        "SyncFlows",
        url=repository.url,
        target_namespace="my.ns",
        include_child_namespaces=True,
        delete=True,
    )
    assert [row["syncState"] for row in rows(run, outputs["flows"])] == ["DELETED", "UNCHANGED"]
    assert not run.storage.exists("kestra:///my/ns/sub/_flows/two.yaml")


def test_files_that_are_no_flows(run: FakeRun, repository: Repository) -> None:
    repository.commit(_flows__a_dot_yml="no: flow\n")
    with pytest.raises(TaskFailure, match=r"Invalid flow imported from Git \(a.yml\)"):
        task(run, "SyncFlows", url=repository.url, target_namespace="x")
    task(run, "SyncFlows", url=repository.url, target_namespace="x", ignore_invalid_flows=True)
    assert run.messages("WARN") == ["Invalid flow imported from Git (a.yml): it has no id"]


def test_one_flow(run: FakeRun, repository: Repository) -> None:
    repository.commit(f__one_dot_yml=FLOW.format(id="'one'", namespace="x"))
    given: dict[str, Any] = {"url": repository.url, "target_namespace": "my.ns", "auth": {}}
    found = task(run, "SyncFlow", flow_path="f/one.yml", **given)
    assert found == {"flowId": "one", "namespace": "my.ns"}
    assert run.storage.exists("kestra:///my/ns/_flows/one.yaml")
    for path in ("f/two.yml", "f"):
        with pytest.raises(TaskFailure, match="Flow file not found"):
            task(run, "SyncFlow", flow_path=path, **given)


def test_the_older_push(run: FakeRun, repository: Repository) -> None:
    repository.commit(old_dot_txt="o")
    run.files.write("a.b", "ns.txt", b"n")
    run.storage.write("kestra:///a/b/_flows/f.yaml", FLOW.format(id="f", namespace="a.b").encode())
    from flowrt.services.folders import LoadNamespaceFiles

    outputs = task(
        run,
        "Push",
        url=repository.url,
        branch="main",
        commit_message="all",
        input_files={"in.txt": "i"},
        namespace_files=LoadNamespaceFiles(),
    )
    assert outputs["commitId"] == git(repository.bare, "rev-parse", "main")
    assert repository.names() == ["_flows/a.b.f.yml", "in.txt", "ns.txt"]


def test_a_push_of_the_working_folder(run: FakeRun, repository: Repository) -> None:
    from flowrt.plugins.git.push import GitFlowFiles

    repository.commit(a_dot_txt="a")
    task(run, "Clone", url=repository.url, directory="d")
    (run.working_dir / "d" / "b.txt").write_text("b")
    task(
        run,
        "Push",
        directory="d",
        branch="main",
        commit_message="b",
        flows=GitFlowFiles(enabled=False),
    )
    assert repository.names() == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "name", ["NamespaceSync", "TenantSync", "Sync", "SyncDashboards", "PushDashboards"]
)
def test_what_needs_a_server_is_refused(run: FakeRun, name: str) -> None:
    with pytest.raises(TaskFailure, match="of a Kestra server, and there is no server here"):
        task(run, name)
