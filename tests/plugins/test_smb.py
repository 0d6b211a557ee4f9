"""SMB, against a Samba that the tests start."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure

services = pytest.mark.services
Server = tuple[int, str, Path]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.samba() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


class Shares:
    """The shares of a server, which are empty at first; `here` is the folder in which they lie."""

    def __init__(self, run: FakeRun, server: Server) -> None:
        port, user, self.here = server
        self.run, self.base = run, f"smb://127.0.0.1:{port}"
        self.login = {"host": "127.0.0.1", "port": str(port), "username": user,
                      "password": servers.PASSWORD}  # fmt: skip
        for share in ("share", "other"):
            for top, _, names in os.walk(self.here / share, topdown=False):
                for name in names:
                    Path(top, name).unlink()
                if Path(top) != self.here / share:
                    os.rmdir(top)

    def __call__(self, name: str, /, **properties: Any) -> Any:
        return self.run.run(task(f"fs.smb.{name}", **{**self.login, **properties}))

    def put(self, path: str, text: str) -> Path:
        place = self.here / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place


@pytest.fixture
def shares(run: FakeRun, server: Server) -> Shares:
    return Shares(run, server)


@services
def test_files_go_up_and_down(shares: Shares, run: FakeRun) -> None:
    big = "äöü" * 400_000
    source = run.store(big, "a.txt")
    up = shares("Upload", from_=source, to="/share/new/folder/b.txt")
    assert up == {"from": source, "to": f"{shares.base}/share/new/folder/b.txt"}
    assert (shares.here / "share/new/folder/b.txt").read_text() == big
    down = shares("Download", from_="share/new/folder/b.txt")
    assert run.content(down["to"]) == big
    assert down["from"] == f"{shares.base}/share/new/folder/b.txt"
    again = run.store("second", "a.txt")
    shares("Upload", from_=again, to="/share/new/folder/b.txt")  # a file takes the place of a file
    assert (shares.here / "share/new/folder/b.txt").read_text() == "second"
    with pytest.raises(TaskFailure, match="Folder /share/new will be overwritten"):
        shares("Upload", from_=again, to="/share/new")
    shares("Upload", from_=again, to="/share/new", overwrite=True)
    assert (shares.here / "share/new").read_text() == "second"
    with pytest.raises(TaskFailure, match="must be a Kestra's internal storage URI"):
        shares("Upload", from_="/etc/hostname", to="/share/x")


@services
def test_several_files_go_up(shares: Shares, run: FakeRun) -> None:
    one, two = run.store("1", "one.txt"), run.store("2", "two.txt")
    found = shares("Uploads", from_={"x.txt": one, "y.txt": two}, to="/share/many/")
    assert found == {"files": [f"{shares.base}/share/many/{name}.txt" for name in "xy"]}
    name = one.rpartition("/")[2]
    assert shares("Uploads", from_=[one, two], to="/share", max_files=1)["files"] == [
        f"{shares.base}/share/{name}"
    ]
    assert (shares.here / "share" / name).read_text() == "1"
    with pytest.raises(TaskFailure, match="is no name of a file"):
        shares("Uploads", from_={"../z": one}, to="/share")


@services
def test_folders_are_listed(shares: Shares) -> None:
    shares.put("share/a.csv", "12345")
    shares.put("share/b.txt", "")
    shares.put("share/deep/c.csv", "x")
    os.utime(shares.here / "share/a.csv", (1_700_000_000, 1_700_000_000))
    [entry] = shares("List", from_="/share", reg_exp=r".*\.csv")["files"]
    assert entry["updatedDate"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert {**entry, "updatedDate": None} == {
        "path": "/share/a.csv", "name": "a.csv", "fileType": "FILE", "symbolicLink": False,
        "size": 5, "updatedDate": None, "serverPath": f"{shares.base}/share/a.csv",
    }  # fmt: skip

    def names(**more: Any) -> list[str]:
        return [each["name"] for each in shares("List", from_="/share/", **more)["files"]]

    assert names() == ["a.csv", "b.txt"]
    assert names(recursive=True, sort="NAME_DESC") == ["c.csv", "b.txt", "a.csv"]
    assert names(recursive=True, max_files=1) == ["a.csv"]
    assert names(sort="LAST_MODIFIED_ASC")[0] == "a.csv"
    assert shares("List", from_="/share/none") == {"files": []}
    assert [each["name"] for each in shares("List", from_="/share/b.txt")["files"]] == ["b.txt"]


@services
def test_a_folder_comes_down(shares: Shares, run: FakeRun) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        shares.put(f"share/in/{name}", name)
    found = shares("Downloads", from_="/share/in", reg_exp=r".*\.csv", action="MOVE",
                   move_directory="/other/done")  # fmt: skip
    assert {name: run.content(uri) for name, uri in found["outputFiles"].items()} == {
        "a.csv": "a.csv",
        "b.csv": "b.csv",
    }
    assert sorted(os.listdir(shares.here / "other/done")) == ["a.csv", "b.csv"]
    assert os.listdir(shares.here / "share/in") == ["c.txt"]
    shares("Downloads", from_="/share/in", action="DELETE")
    assert os.listdir(shares.here / "share/in") == []


@services
def test_files_are_moved_and_deleted(shares: Shares, run: FakeRun) -> None:
    shares.put("share/a.txt", "a")
    shares.put("share/deep/down/b.txt", "b")
    assert shares("Move", from_="/share/a.txt", to="/share/new/") == {
        "from": f"{shares.base}/share/a.txt",
        "to": f"{shares.base}/share/new/a.txt",
    }
    shares("Move", from_="/share/deep", to="/other/deep")  # from share to share
    assert (shares.here / "other/deep/down/b.txt").read_text() == "b"
    assert not (shares.here / "share/deep").exists()
    shares.put("share/a.txt", "again")
    with pytest.raises(TaskFailure, match=r"'a\.txt' already exists"):
        shares("Move", from_="/share/a.txt", to="/share/new/")
    shares("Move", from_="/share/a.txt", to="/share/new/", overwrite=True)
    assert (shares.here / "share/new/a.txt").read_text() == "again"
    with pytest.raises(TaskFailure, match="Unable to find file"):
        shares("Move", from_="/share/none", to="/share/x")
    gone = shares("Delete", uri="/other/deep", reg_exp=r".*\.txt", recursive=True)
    assert gone["uris"] == [f"{shares.base}/other/deep/down/b.txt"] and gone["deleted"]
    assert shares("Delete", uri="/other/deep")["deleted"]  # with what it holds
    assert os.listdir(shares.here / "other") == []
    assert not shares("Delete", uri="/share/none")["deleted"]
    with pytest.raises(TaskFailure, match="Unable to find file"):
        shares("Delete", uri="/share/none", error_on_missing=True)


@services
def test_what_a_server_refuses(shares: Shares, run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match=r"SMB to 127\.0\.0\.1: "):
        shares("List", from_="/share", password="not that")
    assert not [text for _, text in run.logs if "not that" in text]
    assert shares("List", from_="/nothing") == {"files": []}
    with pytest.raises(TaskFailure, match=r"'/share/none\.txt': .*0xc0000034"):
        shares("Download", from_="/share/none.txt")
    source = run.store("x", "x.txt")
    with pytest.raises(TaskFailure, match="characters that are invalid in SMB"):
        shares("Upload", from_=source, to="/share/a*b.txt")
    with pytest.raises(TaskFailure, match="`username` is needed"):
        shares("List", from_="/share", username=None)


def test_a_server_that_hangs_is_left_when_the_task_is_killed(run: FakeRun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        listing = task("fs.smb.List", host="127.0.0.1", port=str(silent.getsockname()[1]),
                       username="u", password="p", from_="/share")  # fmt: skip

        def watch() -> None:
            taken, _ = silent.accept()
            taken.recv(1)  # the first request, which is not answered
            run.stop()
            while taken.recv(1024):
                pass
            taken.close()

        async def killed() -> None:
            thread = threading.Thread(target=watch, daemon=True)
            thread.start()
            with pytest.raises(TaskFailure):
                await listing.run(run)
            thread.join(20)
            assert (
                not thread.is_alive()
            )  # the connection was closed, before the server was given up

        asyncio.run(killed())
