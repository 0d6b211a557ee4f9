"""Objects of Google's storage, in an emulator of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gcp_storage_emulator.server import create_server
from plugins.servers import free_port
from tasks.fake import FakeRun

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import auth, upload

ACCOUNT = json.dumps({"type": "authorized_user", "project_id": "proj"})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRun]:
    """A run whose requests to Google go to an emulator with the bucket `b`."""
    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="b")
    server.start()
    for place in ("gcs.ADDRESS", "gcs_buckets.ADDRESS"):
        monkeypatch.setattr(f"flowrt.plugins.google.{place}", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(auth.Google, "token", lambda self: SimpleNamespace(value="t"))
    monkeypatch.setattr(upload, "CHUNK", 1 << 18)
    yield FakeRun(tmp_path)
    server.stop()


def made(kind: str, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.gcp.gcs.{kind}")
    assert found is not None
    return found("t", service_account=ACCOUNT, **properties)


def given(run: FakeRun, name: str, data: bytes) -> str:
    uri = run.put_file(data, "source")
    return str(run.run(made("Upload", from_=uri, to=f"gs://b/{name}"))["uri"])


def names(run: FakeRun) -> list[str]:
    found = run.run(made("List", from_="gs://b/", listing_type="RECURSIVE"))["blobs"]
    return sorted(each["name"] for each in found)


@pytest.mark.parametrize("size", [0, 5, 1 << 18, (1 << 18) + 1, 1 << 20])
def test_objects_go_and_come(run: FakeRun, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert given(run, "in/x y.bin", data) == "gs://b/in/x%20y.bin"
    found = run.run(made("Download", from_="gs://b/in/x y.bin", validate_checksum=True))
    assert run.storage.read(found["uri"]) == data
    with pytest.raises(TaskFailure, match="status 404"):
        run.run(made("Download", from_="gs://b/none"))


def test_objects_are_listed_taken_and_moved(run: FakeRun) -> None:
    for name in ("in/a.csv", "in/b.txt", "in/deep/c.csv"):
        given(run, name, name.encode())
    found = run.run(made("List", from_="gs://b/in/"))["blobs"]
    assert [each["name"] for each in found] == ["in/a.csv", "in/b.txt", "in/deep/"]
    taken = run.run(
        made("Downloads", from_="gs://b/in/", action="MOVE", move_directory="gs://b/done/")
    )
    contents = {key: run.content(value) for key, value in taken["outputFiles"].items()}
    assert contents == {each: each for each in ("in/a.csv", "in/b.txt")}
    assert names(run) == ["done/a.csv", "done/b.txt", "in/deep/c.csv"]


def test_objects_are_copied_and_deleted(run: FakeRun) -> None:
    given(run, "a", b"one")
    run.run(made("Copy", from_="gs://b/a", to="gs://b/folder/b"))
    assert names(run) == ["a", "folder/b"]
    assert run.run(made("Delete", uri="gs://b/a"))["deleted"] is True
    assert run.run(made("Delete", uri="gs://b/a"))["deleted"] is False
    assert names(run) == ["folder/b"]


def test_buckets_are_made_and_taken_away(run: FakeRun) -> None:
    run.run(made("CreateBucket", name="new"))
    uri = run.put_file(b"x", "source")
    run.run(made("Upload", from_=uri, to="gs://new/x"))
    run.run(made("Delete", uri="gs://new/x"))
    run.run(made("DeleteBucket", name="new"))
    with pytest.raises(TaskFailure):
        run.run(made("Upload", from_=uri, to="gs://new/x"))
