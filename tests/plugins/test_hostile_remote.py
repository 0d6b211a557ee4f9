"""No name that a remote server has for its files leads out of the storage or the folder of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tasks.fake import FakeRun
from tasks.test_hostile_names import NAMES, REFUSALS, SECRET, Place

from flowrt.plugins.aws import objects
from flowrt.plugins.azure import blob
from flowrt.plugins.files import remote
from flowrt.plugins.google import upload

CONTENT = b"of the server"
MORE = [
    *(
        "a.\0x",
        "a.x/../../y",
        "a.x\ny",
        "..",
        ".",
        "...",
        "a.." + "x" * 18,
        "b.%2f",
        "c.\\..\\d",
        "d.;rm -rf",
    ),
    *("e.é", "f.\udcff", "g. ", "h.:", "i.~", "j.*", "k.?x=1#y", "l.'\"", "m.$(id)", "n.`id`"),
]
HOSTILE = [*NAMES, *MORE]


class Names:
    """A file system of another machine in which every name is a file."""

    scheme, host = "sftp", "there"

    def __init__(self, names: list[str]) -> None:
        self._names = names

    async def look(self, path: str) -> Any:
        return remote.Entry(path, False, len(CONTENT))

    async def entries(self, folder: str) -> list[Any]:
        return [remote.Entry(f"/in/{name}", False, len(CONTENT)) for name in self._names]

    async def get(self, path: str, into: Path) -> None:
        into.write_bytes(CONTENT)


def connected(task: Any, names: list[str]) -> Any:
    @asynccontextmanager
    async def connect(run: Any) -> AsyncIterator[Any]:
        yield Names(names)

    task.connect = connect
    return task


def one(run: FakeRun, name: str) -> str:
    return str(run.run(connected(remote.Download("t", from_=name), [name]))["to"])


def listed(run: FakeRun, name: str) -> str:
    found = run.run(connected(remote.Downloads("t", from_="/in"), [name]))["files"]
    return str(found[0]["path"])


def of_s3(run: FakeRun, name: str) -> str:
    answer = {"Body": BytesIO(CONTENT), "ContentLength": len(CONTENT)}
    return objects.take(run, SimpleNamespace(get_object=lambda **asked: answer), "b", name)[0]


def of_azure(run: FakeRun, name: str) -> str:
    settings = SimpleNamespace(content_settings=SimpleNamespace(content_md5=None))
    found = SimpleNamespace(chunks=lambda: [CONTENT], properties=settings)
    source = SimpleNamespace(blob_name=name, download_blob=lambda: found)
    return blob.taken(run, source, blob.Wanted(False, False))[0]


def of_google(run: FakeRun, name: str) -> str:
    google: Any = SimpleNamespace(run=run, token=lambda: SimpleNamespace(value="t"))
    path = upload.fetch(google, "https://storage.example/x", name)
    return run.put_file(path, path.name)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: Any, method: str, url: str, headers: Any, body: Any, file: Any) -> Any:
        file.write(CONTENT)
        return SimpleNamespace(code=200)

    monkeypatch.setattr(
        upload, "HttpClient", lambda *given, **more: SimpleNamespace(send=lambda *a: send(None, *a))
    )


@pytest.mark.parametrize("taken", [one, listed, of_s3, of_azure, of_google])
def test_names_of_remote_files(taken: Callable[[FakeRun, str], str], tmp_path: Path) -> None:
    assert len(HOSTILE) >= 200
    place = Place(tmp_path)
    before = place.beyond()
    kept = 0
    for name in HOSTILE:
        try:
            address = taken(place.run, name)
        except REFUSALS:
            continue
        finally:
            assert place.beyond() == before, name
        assert place.run.storage.read(address) == CONTENT, name
        kept += 1
    assert kept > len(HOSTILE) / 2
    assert SECRET.encode() not in place.everything()
