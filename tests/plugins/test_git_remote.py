"""Git over SSH and HTTP: repositories behind an OpenSSH server, and behind git's own program for web servers."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import sshd
from plugins.test_git import Repository, git, task
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

USER, PASSWORD = "ann", "p w:é"


class Handler(BaseHTTPRequestHandler):
    """Passes requests on to `git http-backend` when they bear the password."""

    root: Path

    def answer(self) -> None:
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {token}":
            self.send_response_only(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "REMOTE_USER": USER,
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response_only(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer

    def log_message(self, *said: Any) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "git").mkdir()
    return Repository(tmp_path / "git")


@pytest.fixture(scope="module")
def ssh() -> Iterator[tuple[int, Path, str]]:
    with sshd() as found:
        yield found


@pytest.fixture(params=["http", pytest.param("ssh", marks=pytest.mark.services)])
def access(request: pytest.FixtureRequest, repository: Repository) -> Iterator[dict[str, Any]]:
    """The address of the repository, and what lets a task in."""
    if request.param == "ssh":
        port, key, user = request.getfixturevalue("ssh")
        url = f"ssh://{user}@127.0.0.1:{port}{repository.bare}"
        yield {"url": url, "private_key": key.read_text()}
        return
    handler = type("Here", (Handler,), {"root": repository.bare.parent})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    subprocess.run(
        ["git", "-C", str(repository.bare), "config", "http.receivepack", "true"], check=True
    )
    url = f"http://127.0.0.1:{server.server_port}/{repository.bare.name}"
    yield {"url": url, "username": USER, "password": PASSWORD}
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_clone(tmp_path: Path, repository: Repository, access: dict[str, Any]) -> None:
    repository.commit(a_dot_txt="one", d__b_dot_txt="é" * 100_000)
    run = FakeRun(tmp_path / "run")
    task(run, "Clone", **access)
    assert (run.working_dir / "a.txt").read_text() == "one"
    assert (run.working_dir / "d" / "b.txt").read_text() == "é" * 100_000


def test_namespace_files_go_there_and_come_back(
    tmp_path: Path, repository: Repository, access: dict[str, Any]
) -> None:
    repository.commit(readme_dot_md="hello")
    run = FakeRun(tmp_path / "run")
    run.files.write("a.b", "scripts/x y.py", b"print(1)")
    given = {"author_email": "a@b", "author_name": "a", "branch": "main", **access}
    task(run, "PushNamespaceFiles", git_directory="_files", namespace="a.b", **given)
    assert repository.show("_files/scripts/x y.py") == "print(1)"
    git(repository.work, "pull", "--quiet", "origin", "main")
    repository.commit(_files__new_dot_txt="n")
    other = FakeRun(tmp_path / "other")
    task(
        other,
        "SyncNamespaceFiles",
        git_directory="_files",
        namespace="a.b",
        branch="main",
        **access,
    )
    assert other.files.read("a.b", "scripts/x y.py") == b"print(1)"
    assert other.files.read("a.b", "new.txt") == b"n"


def test_who_is_not_let_in_is_told_without_the_password(
    tmp_path: Path, repository: Repository, access: dict[str, Any]
) -> None:
    repository.commit(a_dot_txt="one")
    run = FakeRun(tmp_path / "run")
    wrong = {"password": "wrong-one"} if "password" in access else {"private_key": "no key"}
    with pytest.raises(TaskFailure) as failure:
        task(run, "Clone", **{**access, **wrong})
    assert "wrong-one" not in f"{failure.value} {run.logs}"
    assert not (run.working_dir / "a.txt").exists()
