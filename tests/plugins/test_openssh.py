"""Commands and files over an OpenSSH server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import sshd
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, Path, str]]:
    pytest.importorskip("asyncssh")
    with sshd() as found:
        yield found


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder of the other machine, which is this one."""
    folder = tmp_path / "there"
    folder.mkdir()
    for name in ("a.csv", "b c.txt"):
        (folder / name).write_text(name, "utf-8")
    return folder


def made(server: tuple[int, Path, str], name: str, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.fs.{name}")
    assert found is not None
    port, key, user = server
    if name.startswith("ssh"):
        given: dict[str, Any] = {"auth_method": "PUBLIC_KEY", "private_key": key.read_text()}
    else:
        given = {"keyfile": key.read_text(), "root_dir": False}
    given |= {"host": "127.0.0.1", "port": str(port), "username": user}
    return found("t", **{**given, **properties})


def test_commands_run(tmp_path: Path, server: Any, there: Path) -> None:
    run = FakeRun(tmp_path, who="Ann O'Hara")
    commands = [f"cd '{there}'", "ls", "echo {{ who }} >&2", 'echo \'::{"outputs": {"n": 1}}::\'']
    found = run.run(made(server, "ssh.Command", commands=[*map(t, commands[:2]), commands[3]]))
    assert found == {"vars": {"n": 1}, "exitCode": 0}
    assert run.messages("INFO") == ["a.csv", "b c.txt"]
    with pytest.raises(TaskFailure, match="exit status 7"):
        run.run(made(server, "ssh.Command", commands=["exit 7"]))


def test_a_key_that_is_not_known_is_refused(tmp_path: Path, server: Any) -> None:
    port, key, user = server
    other = (port, key.with_name("host"), user)
    with pytest.raises(TaskFailure, match="Permission denied"):
        FakeRun(tmp_path).run(made(other, "ssh.Command", commands=["true"]))
    with pytest.raises(TaskFailure, match="Host key is not trusted"):
        FakeRun(tmp_path).run(
            made(server, "ssh.Command", commands=["true"], strict_host_key_checking="yes")
        )


def test_files_are_listed_and_taken(tmp_path: Path, server: Any, there: Path) -> None:
    run = FakeRun(tmp_path)
    found = run.run(made(server, "sftp.List", from_=f"{there}/", sort="NAME_ASC"))["files"]
    assert [each["name"] for each in found] == ["a.csv", "b c.txt"]
    taken = run.run(made(server, "sftp.Downloads", from_=f"{there}/", action="DELETE"))
    assert {k: run.content(v) for k, v in taken["outputFiles"].items()} == {
        "a.csv": "a.csv",
        "b c.txt": "b c.txt",
    }
    assert not list(there.iterdir())


def test_files_are_given_moved_and_deleted(tmp_path: Path, server: Any, there: Path) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("mine" * 100_000, "mine.txt")
    run.run(made(server, "sftp.Upload", from_=uri, to=f"{there}/new/x y.txt"))
    assert (there / "new" / "x y.txt").read_text() == "mine" * 100_000
    run.run(made(server, "sftp.Move", from_=f"{there}/new/x y.txt", to=f"{there}/old.txt"))
    assert (there / "old.txt").exists() and not (there / "new" / "x y.txt").exists()
    run.run(made(server, "sftp.Delete", uri=f"{there}/old.txt"))
    assert not (there / "old.txt").exists()
    with pytest.raises(TaskFailure, match="missing"):
        run.run(made(server, "sftp.Download", from_=f"{there}/missing"))
