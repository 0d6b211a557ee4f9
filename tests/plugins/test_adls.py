"""Data Lake Storage of Azure: a stand-in that keeps files and answers as Azure's documents say."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.adls_update import Permission

KEY = b64encode(b"key").decode()
DATE = "Tue, 02 Jan 2024 03:04:05 GMT"


class File:
    """A file: what it holds, and what is known of it."""

    def __init__(self, data: bytes = b"", folder: bool = False) -> None:
        self.data = data
        self.draft = b""
        self.folder = folder
        self.md5: str | None = None
        self.lease: str | None = None
        self.permissions = "rw-r-----"

    @property
    def about(self) -> dict[str, str]:
        found = {
            "ETag": '"e1"', "Last-Modified": DATE, "x-ms-creation-time": DATE,
            "x-ms-resource-type": "directory" if self.folder else "file",
            "x-ms-lease-status": "locked" if self.lease else "unlocked",
            "x-ms-lease-state": "leased" if self.lease else "available",
            "x-ms-owner": "$superuser", "x-ms-group": "$superuser",
            "x-ms-permissions": self.permissions, "x-ms-blob-type": "BlockBlob",
        }  # fmt: skip
        if self.folder:
            found["x-ms-meta-hdi_isfolder"] = "true"
        return found


class Lake:
    """An account with a file system `lake`."""

    def __init__(self, service: Service) -> None:
        self.url = f"{service.url}/acc"
        self.files: dict[str, File] = {}
        self.steps: list[str] = []
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        place = urlsplit(asked.path)
        query = {
            key: each[0] for key, each in parse_qs(place.query, keep_blank_values=True).items()
        }
        assert asked.headers["authorization"].startswith("SharedKey acc:")
        path = unquote(place.path).removeprefix("/acc/lake").lstrip("/")
        if not path:
            return self.listed(query)
        step = query.get("action") or query.get("resource") or query.get("comp") or ""
        self.steps.append(f"{asked.method} {step}".strip())
        if asked.method == "PUT" and query.get("resource") == "file":
            lease = self.files[path].lease if path in self.files else None
            self.files[path] = File()
            self.files[path].lease = lease
        if path not in self.files:
            return 404, b"", {"x-ms-error-code": "BlobNotFound"}
        return self.done(asked, self.files[path], path, query)

    def listed(self, query: dict[str, str]) -> Answer:
        folder = query["directory"].strip("/")
        assert query["recursive"] == "false"
        paths = [
            {"name": name, "contentLength": str(len(file.data)), "etag": "e1", "lastModified": DATE,
             **({"isDirectory": "true"} if file.folder else {})}
            for name, file in self.files.items()
            if name.rpartition("/")[0] == folder
        ]  # fmt: skip
        return 200, {"paths": paths}

    def done(self, asked: Asked, file: File, path: str, query: dict[str, str]) -> Answer:
        headers = asked.headers
        held = headers.get("x-ms-lease-id")
        writes = asked.method in ("PATCH", "DELETE") or query.get("resource")
        if writes and file.lease and held != file.lease:
            return 412, b"", {"x-ms-error-code": "LeaseIdMissing"}
        if asked.method == "HEAD" and query.get("action") == "getAccessControl":
            acl = "user::rw-,group::r--,other::---"
            return 200, b"", {**file.about, "x-ms-acl": acl}
        if asked.method in ("HEAD", "GET"):
            return self.read(asked, file)
        if asked.method == "DELETE":
            del self.files[path]
            return 200, b"", {}
        if query.get("comp") == "lease":
            return self.leased(headers, file)
        action = query.get("action")
        if action == "append":
            assert int(query["position"]) == len(file.data if not file.draft else b"") + len(
                file.draft
            )
            file.draft += asked.body
            return 202, b"", {}
        if action == "flush":
            file.data += file.draft
            file.draft = b""
            assert int(query["position"]) == len(file.data)
            file.md5 = headers.get("x-ms-content-md5")
        if action == "setAccessControl":
            file.permissions = headers["x-ms-permissions"]
        return (201 if query.get("resource") else 200), b"", file.about

    def read(self, asked: Asked, file: File) -> Answer:
        about = {**file.about}
        if file.md5:
            about["Content-MD5" if asked.method == "HEAD" else "x-ms-blob-content-md5"] = file.md5
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("x-ms-range", ""))
        if asked.method == "GET" and span is not None and file.data:
            begin, end = int(span[1]), min(int(span[2]), len(file.data) - 1)
            about["Content-Range"] = f"bytes {begin}-{end}/{len(file.data)}"
            return 206, file.data[begin : end + 1], about
        if asked.method == "GET" and span is not None:
            return 416, b"", {"x-ms-error-code": "InvalidRange"}
        return 200, file.data, about

    def leased(self, headers: dict[str, str], file: File) -> Answer:
        action = headers["x-ms-lease-action"]
        self.steps[-1] = f"lease {action}"
        if action == "acquire":
            self.steps[-1] += f" {headers['x-ms-lease-duration']}"
            file.lease = headers.get("x-ms-proposed-lease-id") or "L1"
            return 201, b"", {**file.about, "x-ms-lease-id": file.lease}
        assert headers.get("x-ms-lease-id", file.lease) == file.lease
        about = {**file.about, "x-ms-lease-id": file.lease or "", "x-ms-lease-time": "0"}
        if action in ("release", "break"):
            file.lease = None
        return (202 if action == "break" else 200), b"", about


@pytest.fixture
def lake(service: Service) -> Lake:
    pytest.importorskip("azure.storage.filedatalake")
    return Lake(service)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, key=KEY)


def adls(run: FakeRun, lake: Lake, name: str, **properties: Any) -> Any:
    known = {
        "endpoint": lake.url, "file_system": "lake", "shared_key_account_name": "acc",
        "shared_key_account_access_key": t("{{ key }}"),
    }  # fmt: skip
    return run.run(task(f"azure.storage.adls.{name}", **known, **properties))


def test_a_file_comes_and_goes(run: FakeRun, lake: Lake) -> None:
    stored = run.store("é" * 100, "a.txt")
    path = "in/a b.txt"
    sent = adls(run, lake, "Upload", from_=stored, file_path=path, validate_checksum=True)["file"]
    data = ("é" * 100).encode()
    assert lake.files[path].data == data
    md5 = b64encode(hashlib.md5(data).digest()).decode()
    assert (sent["name"], sent["fileName"], sent["fileSystem"]) == (path, "a b.txt", "lake")
    assert (sent["contentMd5"], sent["isDirectory"], sent["uri"]) == (md5, False, None)
    assert str(sent["lastModifed"]) == "2024-01-02T03:04:05Z"
    found = adls(run, lake, "Read", file_path=path, validate_checksum=True)["file"]
    assert run.content(found["uri"]) == "é" * 100
    assert (found["owner"], found["permissions"]) == ("$superuser", "rw-r-----")
    assert ("counter", "file.size", 200) in run.metrics
    lake.files[path].data = data[:-2]
    with pytest.raises(TaskFailure, match="Checksum mismatch"):
        adls(run, lake, "Read", file_path=path, validate_checksum=True)
    assert adls(run, lake, "Delete", file_path=path)["file"]["name"] == path
    assert not lake.files
    with pytest.raises(TaskFailure, match="Azure: Status code 404"):
        adls(run, lake, "Read", file_path=path)


def test_a_file_is_leased_while_it_is_written(run: FakeRun, lake: Lake) -> None:
    lake.files["a"] = File(b"old")
    stored = run.store("new", "a.txt")
    given = {"from_": stored, "file_path": "a", "use_lease": True, "lease_duration_seconds": 90}
    adls(run, lake, "Upload", **given)
    assert lake.files["a"].data == b"new"
    assert "lease acquire 60" in lake.steps and "lease release" in lake.steps
    assert lake.files["a"].lease is None
    del lake.files["a"]
    adls(run, lake, "Upload", **given)
    assert lake.files["a"].data == b"new"
    assert any("Failed to acquire lease" in message for message in run.messages("WARN"))


def test_folders(run: FakeRun, lake: Lake) -> None:
    lake.files = {
        "in": File(folder=True), "in/a": File(b"a"), "in/b": File(b"bb"),
        "in/deep": File(folder=True), "in/deep/c": File(b"c"), "out": File(b"x"),
    }  # fmt: skip
    listed = adls(run, lake, "List", directory_path="in")["files"]
    assert [(each["name"], each["isDirectory"]) for each in listed] == [
        ("in/a", False), ("in/b", False), ("in/deep", True),
    ]  # fmt: skip
    assert len(adls(run, lake, "List", directory_path="in", max_files=1)["files"]) == 1
    assert any("maxFiles limit is 1" in message for message in run.messages("WARN"))
    found = adls(run, lake, "Reads", directory_path="in")
    assert [run.content(uri) for uri in found["outputFiles"].values()] == ["a", "bb"]
    assert len(found["files"]) == 3
    del lake.files["in/deep"], lake.files["in/deep/c"]
    assert adls(run, lake, "DeleteFiles", directory_path="in", concurrent=2) == {
        "count": 2,
        "size": 3,
    }
    assert sorted(lake.files) == ["in", "out"]
    with pytest.raises(TaskFailure, match="Unable to find any files to delete on lake"):
        adls(run, lake, "DeleteFiles", directory_path="in", error_on_empty=True)


def test_files_are_changed(run: FakeRun, lake: Lake) -> None:
    lake.files["a"] = File(b"one")
    assert adls(run, lake, "update.Append", file_path="a", data=" two") is None
    assert lake.files["a"].data == b"one two"
    everything = Permission(read_permission=True, write_permission=True, execute_permission=True)
    given = {"owner_permissions": everything, "group_permissions": Permission(read_permission=True)}
    adls(run, lake, "update.SetAccessControl", file_path="a", **given)
    assert lake.files["a"].permissions == "rwxr-----"
    assert run.messages("INFO")[-1].startswith("Final permissions are : user::rw-")


def test_leases(run: FakeRun, lake: Lake) -> None:
    lake.files["a"] = File()
    lease = adls(run, lake, "update.Lease", file_path="a")["id"]
    assert lake.files["a"].lease == lease
    known = {"file_path": "a", "lease_id": lease}
    assert adls(run, lake, "update.Lease", action="RENEW", **known) == {"id": lease}
    adls(run, lake, "update.Lease", action="BREAK", **known)
    assert lake.steps[-3:] == ["lease acquire -1", "lease renew", "lease break"]
    with pytest.raises(TaskFailure, match="Lease ID must be provided"):
        adls(run, lake, "update.Lease", file_path="a", action="RELEASE")


def test_addresses_for_others(run: FakeRun, lake: Lake) -> None:
    given = {"file_path": "in/a", "expiration_date": "2030-01-02T03:04:05Z"}
    uri = adls(run, lake, "SharedAccess", permissions=["LIST", "READ"], **given)["uri"]
    query = parse_qs(urlsplit(uri).query)
    assert uri.startswith(f"{lake.url}/lake/in/a?")
    assert (query["sp"], query["se"], query["sr"]) == (["rl"], ["2030-01-02T03:04:05Z"], ["b"])
    with pytest.raises(TaskFailure, match="`ALL` is no permission"):
        adls(run, lake, "SharedAccess", permissions=["ALL"], **given)
