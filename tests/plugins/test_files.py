"""SSH, SFTP, FTP and files of this machine, against servers on the loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure

USER, PASSWORD = "ann", "p w"


def task(name: str, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.fs.{name}")
    assert found is not None
    return found("t", **properties)


class Running:
    """A server by its port; `root` is the folder that it shows."""

    def __init__(self, port: int, root: Path, key: str = "") -> None:
        self.port = port
        self.root = root
        self.key = key


# ---- SSH and SFTP -------------------------------------------------------------------------------------------------


@contextmanager
def ssh_server(root: Path) -> Iterator[Running]:
    """An SSH server in a thread of its own; its commands are run by a shell."""
    ssh = pytest.importorskip("asyncssh")
    key = ssh.generate_private_key("ssh-ed25519")

    class Server(ssh.SSHServer):  # type: ignore[misc, name-defined]
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, given: Any) -> bool:
            return bool(given.public_data == key.convert_to_public().public_data)

    async def run_command(process: Any) -> None:
        shell = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", **process.env},
            cwd=root,
        )
        out, err = await shell.communicate()
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(shell.returncode)

    class Files(ssh.SFTPServer):  # type: ignore[misc, name-defined]
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(root).encode())

    loop = asyncio.new_event_loop()

    async def start() -> Any:
        return await ssh.create_server(
            Server,
            "127.0.0.1",
            0,
            server_host_keys=[ssh.generate_private_key("ssh-ed25519")],
            process_factory=run_command,
            sftp_factory=Files,
            encoding=None,
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> None:
        acceptor.close()
        await acceptor.wait_closed()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield Running(acceptor.get_port(), root, key.export_private_key().decode())
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Running]:
    root = tmp_path / "there"
    root.mkdir()
    with ssh_server(root) as found:
        yield found


def command(server: Running, *commands: str, **more: Any) -> Any:
    given = {"username": USER, "password": PASSWORD, **more}
    return task(
        "ssh.Command", host="127.0.0.1", port=str(server.port), commands=list(commands), **given
    )


def test_commands_run_on_the_other_machine(tmp_path: Path, ssh: Running) -> None:
    run = FakeRun(tmp_path, who="Ann")
    found = run.run(
        command(
            ssh,
            "pwd",
            't="hello"; echo "$t $WHO"',
            'echo \'::{"outputs": {"n": 1}}::\'',
            "echo careful >&2",
            env={"WHO": t("{{ who }}")},
        )
    )
    assert found == {"vars": {"n": 1}, "exitCode": 0}
    assert run.messages("INFO") == [str(ssh.root), "hello Ann"]
    assert run.messages("ERROR") == ["careful"]


def test_the_status_of_the_last_command_counts(tmp_path: Path, ssh: Running) -> None:
    assert FakeRun(tmp_path).run(command(ssh, "false", "true"))["exitCode"] == 0
    with pytest.raises(TaskFailure, match="SSH command fails with exit status 3"):
        FakeRun(tmp_path).run(command(ssh, "true", "exit 3"))


def test_a_key_instead_of_a_password(tmp_path: Path, ssh: Running) -> None:
    given = {"auth_method": "PUBLIC_KEY", "private_key": ssh.key, "password": None}
    assert FakeRun(tmp_path).run(command(ssh, "true", **given))["exitCode"] == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": None}, "Password is necessary"),
        ({"auth_method": "PUBLIC_KEY"}, "Private key is necessary"),
        ({"auth_method": "PUBLIC_KEY", "private_key": "nonsense"}, "private key cannot be used"),
        ({"password": "wrong"}, "Permission denied"),
        ({"strict_host_key_checking": "yes"}, "Host key is not trusted"),
        ({"port": "1"}, "SSH to 127"),
        ({"port": "x"}, "`port` is a number"),
    ],
)
def test_connections_that_fail_say_why(
    tmp_path: Path, ssh: Running, given: dict[str, Any], words: str
) -> None:
    run = FakeRun(tmp_path)
    made = command(ssh, "true", **{k: v for k, v in given.items() if k != "port"})
    if "port" in given:
        made.port = given["port"]
    with pytest.raises(TaskFailure, match=words) as caught:
        run.run(made)
    assert PASSWORD not in str(caught.value)


# ---- file systems of other machines --------------------------------------------------------------------------------


@contextmanager
def ftp_server(root: Path) -> Iterator[Running]:
    """An FTP server in a thread of its own."""
    with warnings.catch_warnings():
        # it uses modules of Python 3.11 that are said to go, and brings its own where they are gone
        warnings.simplefilter("ignore", DeprecationWarning)
        pytest.importorskip("pyftpdlib")
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.ioloop import IOLoop
        from pyftpdlib.servers import FTPServer

    people = DummyAuthorizer()
    people.add_user(USER, PASSWORD, str(root), perm="elradfmwMT")

    class Handler(FTPHandler):  # type: ignore[misc]
        authorizer = people
        log_prefix = ""

    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), Handler, ioloop=loop)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            loop.loop(timeout=0.05, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Running(server.address[1], root)
    finally:
        ended.set()
        thread.join()


SERVERS: dict[str, Callable[[Path], Any]] = {"sftp": ssh_server, "ftp": ftp_server}


@pytest.fixture(params=SERVERS)
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Makes the tasks of a protocol; `root` is the folder that the server shows."""
    protocol = request.param
    root = tmp_path / "there"
    (root / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.csv", "in/b.txt", "in/deep/c.csv"):
        (root / name).write_text(name, "utf-8")
    with SERVERS[protocol](root) as server:

        def make(verb: str, **properties: Any) -> Any:
            return task(
                f"{protocol}.{verb}",
                host="127.0.0.1",
                port=str(server.port),
                username=USER,
                password=PASSWORD,
                **properties,
            )

        make.root = root  # type: ignore[attr-defined]
        make.protocol = protocol  # type: ignore[attr-defined]
        yield make


def test_files_are_listed(tmp_path: Path, remote: Any) -> None:
    run = FakeRun(tmp_path)
    flat = run.run(remote("List", from_="/in/"))["files"]
    assert [each["name"] for each in flat] == ["a.csv", "b.txt"]
    assert flat[0]["path"] == "/in/a.csv" and flat[0]["size"] == 8
    assert flat[0]["updatedDate"] is not None
    deep = run.run(remote("List", from_="in", recursive=True, reg_exp=r".*\.csv", sort="NAME_DESC"))
    assert [each["path"] for each in deep["files"]] == ["/in/deep/c.csv", "/in/a.csv"]
    assert len(run.run(remote("List", from_="in", max_files=1))["files"]) == 1
    assert any("limiting to 1" in each for each in run.messages("WARN"))
    with pytest.raises(TaskFailure, match="Invalid regExp"):
        run.run(remote("List", from_="in", reg_exp="("))


def test_a_file_is_taken_and_checked(tmp_path: Path, remote: Any) -> None:
    run = FakeRun(tmp_path)
    found = run.run(remote("Download", from_="/in/a.csv"))
    assert run.content(found["to"]) == "in/a.csv"
    assert found["from"] == f"{remote.protocol}://127.0.0.1/in/a.csv"
    assert len(found["checksum"]) == 64
    again = remote("Download", from_="/in/a.csv", validate_checksum=True)
    again.checksum_expected = found["checksum"].upper()
    assert run.run(again)["checksum"] == found["checksum"]
    again.checksum_expected = "0"
    with pytest.raises(TaskFailure, match="Checksum mismatch"):
        run.run(again)
    with pytest.raises(TaskFailure, match="missing"):
        run.run(remote("Download", from_="/in/missing"))


@pytest.mark.parametrize("action", ["NONE", "DELETE", "MOVE"])
def test_files_are_taken_and_cleared_away(tmp_path: Path, remote: Any, action: str) -> None:
    run = FakeRun(tmp_path)
    found = run.run(remote("Downloads", from_="/in", action=action, move_directory="/done/today"))
    assert {k: run.content(v) for k, v in found["outputFiles"].items()} == {
        "a.csv": "in/a.csv",
        "b.txt": "in/b.txt",
    }
    left = sorted(each.name for each in (remote.root / "in").iterdir())
    assert left == (["a.csv", "b.txt", "deep"] if action == "NONE" else ["deep"])
    moved = remote.root / "done" / "today" / "a.csv"
    assert moved.exists() == (action == "MOVE")


def test_files_are_given(tmp_path: Path, remote: Any) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("mine", "mine.txt")
    found = run.run(remote("Upload", from_=uri, to="/new/folder/x y.txt"))
    assert found["to"] == f"{remote.protocol}://127.0.0.1/new/folder/x%20y.txt"
    assert (remote.root / "new" / "folder" / "x y.txt").read_text() == "mine"
    with pytest.raises(TaskFailure, match="already exists"):
        run.run(remote("Upload", from_=uri, to="/new/folder/x y.txt", overwrite=False))
    run.run(remote("Upload", from_=uri, to="/new/folder/"))
    assert (remote.root / "new" / "folder" / "mine.txt").exists()
    with pytest.raises(TaskFailure, match="internal storage"):
        run.run(remote("Upload", from_="/etc/passwd", to="/x"))
    several = run.run(remote("Uploads", from_={"p": uri, "q": uri}, to="/many"))
    assert [each.rpartition("/")[2] for each in several["files"]] == ["p", "q"]
    run.run(remote("Uploads", from_=f'["{uri}"]', to="/list/"))
    assert (remote.root / "list" / "mine.txt").read_text() == "mine"
    with pytest.raises(TaskFailure, match="no name of a file"):
        run.run(remote("Uploads", from_={"../up": uri}, to="/many"))


def test_files_are_moved(tmp_path: Path, remote: Any) -> None:
    run = FakeRun(tmp_path)
    found = run.run(remote("Move", from_="/in/a.csv", to="/out/new.csv"))
    assert found["to"].endswith("/out/new.csv")
    assert (remote.root / "out" / "new.csv").read_text() == "in/a.csv"
    run.run(remote("Move", from_="/in/b.txt", to="/out/"))
    (remote.root / "in" / "b.txt").write_text("newer")
    with pytest.raises(TaskFailure, match="cannot be overwritten"):
        run.run(remote("Move", from_="/in/b.txt", to="/out/"))
    run.run(remote("Move", from_="/in/b.txt", to="/out/", overwrite=True))
    assert (remote.root / "out" / "b.txt").read_text() == "newer"
    with pytest.raises(TaskFailure, match="Unable to find file"):
        run.run(remote("Move", from_="/in/none", to="/out/"))


def test_files_are_deleted(tmp_path: Path, remote: Any) -> None:
    run = FakeRun(tmp_path)
    assert run.run(remote("Delete", uri="/in/b.txt"))["deleted"] is True
    assert run.run(remote("Delete", uri="/in/b.txt"))["deleted"] is False
    with pytest.raises(TaskFailure, match="Unable to find file"):
        run.run(remote("Delete", uri="/in/b.txt", error_on_missing=True))
    gone = run.run(remote("Delete", uri="/in", reg_exp=r".*\.csv", recursive=True))
    assert [each.rpartition("/")[2] for each in gone["uris"]] == ["a.csv", "c.csv"]
    run.run(remote("Delete", uri="/in", recursive=True))
    assert not (remote.root / "in").exists()


def test_a_wrong_password_is_told_without_it(tmp_path: Path, remote: Any) -> None:
    made = remote("List", from_="/")
    made.password = "wrong word"
    with pytest.raises(TaskFailure) as caught:
        FakeRun(tmp_path).run(made)
    assert "127.0.0.1" in str(caught.value) and "wrong word" not in str(caught.value)


# ---- this machine -----------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path) -> tuple[FakeRun, Path]:
    """A run that may use one folder, and the folder."""
    folder = tmp_path / "free"
    (folder / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.csv", "in/b.txt", "in/deep/c.csv"):
        (folder / name).write_text(name, "utf-8")
    run = FakeRun(tmp_path / "run")
    run.services.allowed_paths = (str(folder),)
    return run, folder


def test_files_of_this_machine(here: tuple[FakeRun, Path]) -> None:
    run, folder = here
    found = run.run(task("local.Download", from_=f"{folder}/in/a.csv"))
    assert run.content(found["uri"]) == "in/a.csv" and found["size"] == 8
    listed = run.run(task("local.List", from_=f"{folder}/in", recursive=True, reg_exp=r".*csv"))
    assert [each["name"] for each in listed["files"]] == ["a.csv", "c.csv"]
    assert listed["count"] == 2
    uri = run.store("mine", "m.txt")
    run.run(task("local.Upload", from_=uri, to=f"{folder}/up/x.txt"))
    assert (folder / "up" / "x.txt").read_text() == "mine"
    with pytest.raises(TaskFailure, match="already exists"):
        run.run(task("local.Upload", from_=uri, to=f"{folder}/up/x.txt", overwrite=False))
    run.run(task("local.Copy", from_=f"{folder}/in", to=f"{folder}/copy"))
    assert (folder / "copy" / "deep" / "c.csv").read_text() == "in/deep/c.csv"
    run.run(task("local.Move", from_=f"{folder}/copy", to=f"{folder}/moved"))
    assert not (folder / "copy").exists() and (folder / "moved" / "a.csv").exists()
    taken = run.run(
        task("local.Downloads", from_=f"{folder}/moved", action="DELETE", recursive=True)
    )
    assert len(taken["outputFiles"]) == 3
    run.run(task("local.Delete", from_=f"{folder}/moved", recursive=True))
    assert not (folder / "moved").exists()
    assert run.run(task("local.Delete", from_=f"{folder}/moved"))["deleted"] is False
    run.run(task("local.Uploads", from_=[uri], to=f"{folder}/many"))
    assert (folder / "many" / "m.txt").exists()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{folder}/../secret", "{folder}/link", "relative", "{folder}x/a"]
)
def test_other_files_of_this_machine_are_refused(here: tuple[FakeRun, Path], path: str) -> None:
    run, folder = here
    (folder / "link").symlink_to("/etc/passwd")
    (folder.parent / "secret").write_text("s")
    given = path.format(folder=folder)
    uri = run.store("x")
    for made in (
        task("local.Download", from_=given),
        task("local.List", from_=given),
        task("local.Copy", from_=given, to=f"{folder}/x"),
        task("local.Copy", from_=f"{folder}/in", to=given),
        task("local.Move", from_=given, to=f"{folder}/x"),
        task("local.Delete", from_=given),
        task("local.Upload", from_=uri, to=given),
        task("local.Uploads", from_=[uri], to=given),
    ):
        with pytest.raises(TaskFailure, match="not authorized"):
            run.run(made)


def test_links_in_folders_are_not_followed(here: tuple[FakeRun, Path]) -> None:
    run, folder = here
    (folder / "in" / "link").symlink_to("/etc/passwd")
    found = run.run(task("local.Downloads", from_=f"{folder}/in"))
    assert len(found["outputFiles"]) == 2


# ---- ports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "encoding", "data"),
    [("grüß", None, "grüß".encode()), ("AQI=", "BASE64", b"\1\2"), ("ff00", "HEX", b"\xff\0")],
)
def test_bytes_to_a_port(tmp_path: Path, payload: str, encoding: str | None, data: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = FakeRun(tmp_path).run(
            task("tcp.Send", host="127.0.0.1", port=port, payload=payload, encoding=encoding)
        )
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == data
    assert found["sentBytes"] == len(data)
    with pytest.raises(TaskFailure, match="cannot send to 127"):
        FakeRun(tmp_path).run(task("tcp.Send", host="127.0.0.1", port=port, payload="x"))
    with pytest.raises(TaskFailure, match="cannot be written as"):
        FakeRun(tmp_path).run(
            task("tcp.Send", host="127.0.0.1", port=port, payload="é", encoding="ascii")
        )


def test_a_datagram(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        port = server.getsockname()[1]
        FakeRun(tmp_path).run(task("udp.Send", host="127.0.0.1", port=port, payload="x"))
        assert server.recv(10) == b"x"
