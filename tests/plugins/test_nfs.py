"""Files of an NFS mount: the tasks see plain folders; what is mounted where is told by the system."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.files import nfs


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    folder = tmp_path / "open/mount"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("12345")
    (folder / "b.txt").write_text("")
    (folder / "deep/c.csv").write_text("c")
    return folder


@pytest.fixture
def run(tmp_path: Path, mount: Path) -> FakeRun:
    found = FakeRun(tmp_path)
    found.services.allowed_paths = (str(mount.parent),)
    return found


def do(run: FakeRun, name: str, /, **properties: Any) -> Any:
    return run.run(task(f"fs.nfs.{name}", **properties))


def test_what_a_folder_holds(run: FakeRun, mount: Path) -> None:
    os.utime(mount / "a.csv", (1_700_000_000, 1_700_000_000))
    [entry] = do(run, "List", from_=str(mount), reg_exp=r".*\.csv")["files"]
    assert entry.pop("lastModifiedTime").isoformat() == "2023-11-14T22:13:20+00:00"
    assert entry.pop("creationTime") and entry.pop("lastAccessTime")
    assert entry == {
        "name": "a.csv", "localPath": f"{mount}/a.csv", "uri": f"file://{mount}/a.csv",
        "isDirectory": False, "isSymbolicLink": False, "isHidden": False, "size": 5,
    }  # fmt: skip

    def names(**more: Any) -> list[str]:
        return [each["name"] for each in do(run, "List", from_=str(mount), **more)["files"]]

    assert names() == ["a.csv", "b.txt", "deep"]
    assert names(recursive=True, sort="NAME_DESC") == ["deep", "c.csv", "b.txt", "a.csv"]
    assert names(sort="LAST_MODIFIED_ASC")[0] == "a.csv"
    assert names(max_files=1) == ["a.csv"]
    assert run.messages("WARN") == ["Too many files to process (3), limiting to 1"]
    assert run.messages("INFO")[:2] == [
        f"Listing files from '{mount}' (Recursive: false, RegExp: '.*\\.csv')",
        "Found 1 files matching the criteria.",
    ]
    (mount / "loop").symlink_to(mount)
    (mount / "gone").symlink_to(mount / "none")
    assert names(recursive=True) == ["a.csv", "b.txt", "deep", "c.csv", "gone", "loop"]
    for more, said in (({"reg_exp": "("}, "Invalid regExp"), ({"from_": f"{mount}/none"}, "none")):
        with pytest.raises(TaskFailure, match=said):
            do(run, "List", **{"from_": str(mount), **more})


def test_files_are_copied_and_moved(run: FakeRun, mount: Path) -> None:
    source, target = mount / "a.csv", mount / "new/folder/x.csv"
    assert do(run, "Copy", from_=str(source), to=str(target)) == {
        "from": f"file://{source}",
        "to": f"file://{target}",
    }
    assert source.read_text() == target.read_text() == "12345"
    assert run.messages("INFO") == [f"Copying from {source} to {target}"]
    do(run, "Copy", from_=str(mount / "b.txt"), to=str(target))  # it takes the place of the other
    assert target.read_text() == ""
    do(run, "Copy", from_=str(mount / "deep"), to=str(mount / "alone"))
    assert os.listdir(mount / "alone") == []
    do(run, "Move", from_=str(source), to=str(target))
    assert target.read_text() == "12345" and not source.exists()
    do(run, "Move", from_=str(mount / "deep"), to=str(mount / "alone"))
    assert os.listdir(mount / "alone") == ["c.csv"]
    with pytest.raises(TaskFailure, match="not empty"):
        do(run, "Move", from_=str(target), to=str(mount / "alone"))
    with pytest.raises(TaskFailure, match="none"):
        do(run, "Copy", from_=str(mount / "none"), to=str(target))
    do(run, "Move", from_=str(target), to=str(target))
    assert target.read_text() == "12345"


def test_files_are_deleted(run: FakeRun, mount: Path) -> None:
    assert do(run, "Delete", uri=str(mount / "a.csv")) == {
        "uri": f"file://{mount}/a.csv",
        "deleted": True,
        "uris": [],
    }
    with pytest.raises(TaskFailure, match="File not found and 'errorOnMissing' is true"):
        do(run, "Delete", uri=str(mount / "a.csv"))
    again = do(run, "Delete", uri=str(mount / "a.csv"), error_on_missing=False)
    assert not again["deleted"]
    with pytest.raises(TaskFailure, match="not empty"):
        do(run, "Delete", uri=str(mount / "deep"))
    assert not do(run, "Delete", uri=str(mount), reg_exp=r".*\.csv")["deleted"]
    found = do(run, "Delete", uri=str(mount), reg_exp=r".*\.csv", recursive=True)
    assert found["uris"] == [f"file://{mount}/deep/c.csv"] and found["deleted"]
    assert run.messages("WARN")[-1] == (
        f"Deleting 1 file(s) matching regExp '.*\\.csv' under '{mount}'"
    )
    with pytest.raises(TaskFailure, match="Directory not found and 'errorOnMissing' is true"):
        do(run, "Delete", uri=str(mount / "none"), reg_exp="x")
    do(run, "Delete", uri=str(mount / "deep"))
    assert not (mount / "deep").exists()


def test_no_file_elsewhere_is_touched(run: FakeRun, mount: Path, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("own")
    (mount / "way").symlink_to(tmp_path)
    for path in ("/etc/hostname", f"{mount}/../../own", f"{mount}/way/own"):
        for name, given in (
            ("Delete", {"uri": path}),
            ("Copy", {"from_": path, "to": f"{mount}/x"}),
            ("Copy", {"from_": f"{mount}/a.csv", "to": path}),
            ("Move", {"from_": path, "to": f"{mount}/x"}),
            ("CheckMount", {"path": path}),
        ):
            with pytest.raises(TaskFailure):
                do(run, name, **given)
    assert (tmp_path / "own").read_text() == "own" and not (mount / "x").exists()


MOUNTS = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /data rw - nfs4 10.0.0.1:/export rw,vers=4.2
31 30 0:27 / /data/inner\040one rw - tmpfs tmpfs rw
32 22 0:28 / /data2 rw master:3 - xfs /dev/vdb rw
33 22 0:29 / /data2 rw - nfs 10.0.0.2:/b rw
no line of a mount
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/data", "nfs4"), ("/data/a/b", "nfs4"), ("/data/inner one/x", "tmpfs"), ("/database", "ext4"),
     ("/data2/x", "nfs")],
)  # fmt: skip
def test_which_mount_has_a_path(path: str, kind: str) -> None:
    assert nfs.mounted(Path(path), MOUNTS) == kind
    assert nfs.mounted(Path(path), "") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mounted")
def test_a_folder_that_is_no_mount(
    run: FakeRun, mount: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = do(run, "CheckMount", path=str(mount))
    assert found["path"] == str(mount) and not found["isNfsMount"] and found["fileStoreType"]
    told = tmp_path / "mountinfo"
    told.write_text(f"9 1 0:1 / {mount} rw - nfs4 a:/b rw\n")
    monkeypatch.setattr(nfs, "MOUNTS", told)
    assert do(run, "CheckMount", path=str(mount / "deep")) == {
        "path": f"{mount}/deep",
        "isNfsMount": True,
        "fileStoreType": "nfs4",
    }
    assert run.messages("INFO")[-1] == (
        f"Path {mount}/deep is on a file store of type: nfs4. Is NFS: true"
    )
    with pytest.raises(TaskFailure, match="Could not verify file store for path"):
        do(run, "CheckMount", path=str(mount / "none"))
