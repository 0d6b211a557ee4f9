"""Dropbox, against a stand-in that keeps files and answers in the documented forms of its interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answer, Asked, rows, serving
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure

CHANGED = "2024-01-02T03:04:05Z"


class Files:
    """The files that are kept, and what was asked."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.session = b""
        self.asked: list[tuple[str, Any]] = []

    def about(self, path: str, tag: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": path.rpartition("/")[2],
            "path_lower": path.lower(),
            "path_display": path,
        }
        if tag:
            found[".tag"] = "file" if path in self.held else "folder"
        if path in self.held:
            found |= {"size": len(self.held[path]), "client_modified": CHANGED}
        return found

    def __call__(self, asked: Asked) -> Answer:
        assert asked.method == "POST"
        if asked.headers["authorization"] != "Bearer T0K3N":
            return 401, {"error_summary": "invalid_access_token/.."}
        what = asked.path.partition("/2/files/")[2]
        given = asked.headers.get("dropbox-api-arg")
        told = asked.json if given is None else json.loads(given)
        self.asked.append((what, told))
        if asked.path.startswith("/content/"):
            return self.carry(what, told, asked.body)
        return self.answer(what, told)

    def carry(self, what: str, told: Any, body: bytes) -> Answer:
        if what == "download":
            if told["path"] not in self.held:
                return 409, {"error_summary": "path/not_found/.."}
            result = json.dumps(self.about(told["path"]))
            return 200, self.held[told["path"]], {"Dropbox-API-Result": result}
        if what == "upload_session/start":
            self.session = body
            return 200, {"session_id": "s"}
        if what.startswith("upload_session/"):
            assert told["cursor"] == {"session_id": "s", "offset": len(self.session)}
            self.session += body
            if what.endswith("append_v2"):
                return 200, None
            told, body = told["commit"], self.session
        if told["path"] in self.held and told["mode"] == "add":
            return 409, {"error_summary": "path/conflict/file/.."}
        self.held[told["path"]] = body
        return 200, self.about(told["path"], tag=False)

    def answer(self, what: str, told: Any) -> Answer:
        if what in ("copy_v2", "move_v2"):
            if told["from_path"] not in self.held:
                return 409, {"error_summary": "from_lookup/not_found/.."}
            data = self.held[told["from_path"]]
            if what == "move_v2":
                del self.held[told["from_path"]]
            self.held[told["to_path"]] = data
            return 200, {"metadata": self.about(told["to_path"])}
        if what == "delete_v2":
            known = self.about(told["path"])
            del self.held[told["path"]]
            return 200, {"metadata": known}
        if what == "create_folder_v2":
            return 200, {"metadata": self.about(told["path"], tag=False)}
        if what == "get_metadata":
            return 200, self.about(told["path"])
        if what == "list_folder":
            names = sorted(name for name in self.held if name.startswith(told["path"]))
            return 200, {"entries": [self.about(names[0])], "has_more": True, "cursor": "c"}
        if what == "list_folder/continue":
            assert told == {"cursor": "c"}
            return 200, {"entries": [self.about(each) for each in sorted(self.held)[1:]]}
        if what == "search_v2":
            found = [name for name in sorted(self.held) if told["query"] in name]
            matches = [{"metadata": {".tag": "metadata", "metadata": self.about(n)}} for n in found]
            return 200, {"matches": matches, "has_more": False}
        return 429, {}


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    with serving() as service:
        found = Files()
        service.answer = found
        here = "flowrt.plugins.files.dropbox."
        monkeypatch.setattr(f"{here}API", f"{service.url}/api/2/files")
        monkeypatch.setattr(f"{here}CONTENT", f"{service.url}/content/2/files")
        monkeypatch.setattr(f"{here}CHUNK", 4)
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", secret="T0K3N")


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.dropbox.files.{name}")
    assert found is not None
    return found("t", **{"access_token": t("{{ secret }}"), **properties})


@pytest.mark.parametrize("text", ["", "abc", "abcd", "abcdefghij"])
def test_a_file_goes_there_and_back(run: FakeRun, files: Files, text: str) -> None:
    sent = run.run(task("Upload", from_=run.store(text), to=t("/{{ word }}/Ü.txt")))
    assert sent["metadata"]["name"] == "Ü.txt" and files.held == {"/hello/Ü.txt": text.encode()}
    found = run.run(task("Download", from_="/hello/Ü.txt"))
    assert run.content(found["uri"]) == text and found["metadata"]["size"] == len(text)
    with pytest.raises(TaskFailure, match=r"Could not upload file.*: path/conflict/file"):
        run.run(task("Upload", from_=run.store(text), to="/hello/Ü.txt"))
    run.run(task("Upload", from_=run.store("new"), to="/hello/Ü.txt", mode="overwrite"))
    assert files.held["/hello/Ü.txt"] == b"new"
    assert not [said for _, said in run.logs if "T0K3N" in said]


def test_files_move(run: FakeRun, files: Files) -> None:
    files.held["/A.txt"] = b"abc"
    found = run.run(task("Copy", from_="/A.txt", to="/b.txt", autorename=True))["file"]
    assert str(found.pop("clientModified")) == CHANGED
    assert found == {
        "id": "/b.txt",
        "name": "b.txt",
        "path": "/b.txt",
        "type": "file",
        "size": 3,
    }
    assert files.asked[-1][1]["autorename"] is True
    stored = run.store("/A.txt\n")
    assert run.run(task("Move", from_=stored, to="/c.txt"))["file"]["path"] == "/c.txt"
    assert run.run(task("GetMetadata", path="/c.txt"))["file"]["size"] == 3
    assert run.run(task("Delete", from_="/c.txt"))["file"]["name"] == "c.txt"
    assert list(files.held) == ["/b.txt"]
    made = run.run(task("CreateFolder", path="/New"))["file"]
    assert (made["type"], made["id"], made["size"]) == ("folder", "/new", None)
    with pytest.raises(TaskFailure, match="Could not move item: from_lookup/not_found"):
        run.run(task("Move", from_="/none", to="/c.txt"))


def test_files_are_listed_and_found(run: FakeRun, files: Files) -> None:
    files.held = {"/a/1.pdf": b"", "/a/2.txt": b"", "/a/3.pdf": b""}
    found = run.run(task("List", from_="/a", recursive=True))
    assert [each["name"] for each in found["rows"]] == ["1.pdf", "2.txt", "3.pdf"]
    assert found["size"] == 3 and ("counter", "files.count", 3) in run.metrics
    assert files.asked[0][1] == {"path": "/a", "recursive": True, "limit": 2000}
    one = run.run(task("List", fetch_type="FETCH_ONE"))
    assert one["row"]["name"] == "1.pdf" and files.asked[-1][1]["path"] == ""
    stored = run.run(task("List", from_="/", fetch_type="STORE"))
    assert len(rows(run, stored["uri"])) == 3 and stored["size"] == 3
    found = run.run(task("Search", query="pdf", path="/a", max_results=5, file_extensions=["pdf"]))
    assert [each["path"] for each in found["rows"]] == ["/a/1.pdf", "/a/3.pdf"]
    assert files.asked[-1][1]["options"] == {
        "path": "/a",
        "max_results": 5,
        "file_extensions": ["pdf"],
    }


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("Download", {"from_": "/none"}, "Could not download file '/none': path/not_found"),
        ("Download", {"from_": "/none", "access_token": "no"}, "Invalid Dropbox Access Token"),
        ("List", {"from_": "/", "access_token": "no"}, "Invalid Dropbox Access Token"),
        ("Delete", {"from_": "a"}, "'from' path must start with '/'"),
        ("Delete", {"from_": " "}, "'from' input is required"),
        ("Upload", {"from_": "/etc/passwd", "to": "/a"}, "must be a Kestra internal storage URI"),
        ("Upload", {"from_": "kestra:///a", "to": "/a", "mode": "UPDATE"}, "Invalid 'mode': UPDATE"),
        ("Upload", {"from_": "kestra:///a", "to": "a"}, "'to' path must start with '/'"),
        ("List", {"fetch_type": "NONE"}, "Unexpected value: NONE"),
    ],
)  # fmt: skip
def test_what_dropbox_cannot_do(
    run: FakeRun, files: Files, name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(task(name, **given))
