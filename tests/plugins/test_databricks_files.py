"""The file system of Databricks, against a stand-in that keeps files as its interface is documented."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answer, Asked, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import databricks_files
from flowrt.plugins.services.databricks import Authentication


class FileSystem:
    """Files by path, and the one that is being written by handle."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.open: dict[int, str] = {}

    def __call__(self, asked: Asked) -> Answer:
        assert asked.headers["authorization"] == "Bearer T0K3N"
        place = urlsplit(asked.path)
        what = place.path.removeprefix("/api/2.0/dbfs/")
        if what == "read":
            query = {key: value[0] for key, value in parse_qs(place.query).items()}
            if query["path"] not in self.files:
                return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No file"}
            start = int(query["offset"])
            data = self.files[query["path"]][start : start + int(query["length"])]
            return 200, {"bytes_read": len(data), "data": b64encode(data).decode()}
        told = asked.json
        if what == "create":
            if told["path"] in self.files:
                return 400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "There is one"}
            self.files[told["path"]] = b""
            self.open[7] = told["path"]
            return 200, {"handle": 7}
        if what == "add-block":
            data = b64decode(told["data"])
            assert len(data) <= databricks_files.BLOCK
            self.files[self.open[told["handle"]]] += data
            return 200, {}
        assert what == "close"
        del self.open[told["handle"]]
        return 200, {}


@pytest.fixture
def files(service: Service, monkeypatch: pytest.MonkeyPatch) -> FileSystem:
    monkeypatch.setattr(databricks_files, "BLOCK", 4)
    service.answer = found = FileSystem()
    return found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, secret="T0K3N")


def dbfs(service: Service, kind: str, /, **given: Any) -> Any:
    known = Authentication(token=t("{{ secret }}"))
    return task(f"databricks.dbfs.{kind}", host=service.url, authentication=known, **given)


@pytest.mark.parametrize("content", ["", "abcd", "abcdefghij"])
def test_a_file_goes_there_and_back(
    run: FakeRun, service: Service, files: FileSystem, content: str
) -> None:
    upload = dbfs(service, "Upload", from_=run.store(content), to="/share/a b.csv")
    assert run.run(upload) is None
    assert files.files == {"/share/a b.csv": content.encode()}
    assert files.open == {}
    uri = run.run(dbfs(service, "Download", from_="/share/a b.csv"))["uri"]
    assert uri.endswith(".csv")
    assert run.content(uri) == content
    sizes = [value for _, name, value in run.metrics if name == "file.size"]
    assert sizes == [len(content)] * 2
    assert not [text for _, text in run.logs if "T0K3N" in text]


def test_a_file_that_is_there_stays(run: FakeRun, service: Service, files: FileSystem) -> None:
    files.files["/a"] = b"old"
    with pytest.raises(TaskFailure, match=r"Databricks answered .*RESOURCE_ALREADY_EXISTS"):
        run.run(dbfs(service, "Upload", from_=run.store("new"), to="/a"))
    assert files.files == {"/a": b"old"}


def test_a_file_that_is_not_there(run: FakeRun, service: Service, files: FileSystem) -> None:
    with pytest.raises(TaskFailure, match=r"Databricks answered with status 404: .*No file"):
        run.run(dbfs(service, "Download", from_="/none"))
