"""Blobs of Azure: Azurite, which the tests start."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from plugins import servers
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.client import CopyObject

services = pytest.mark.services
ACCOUNT = "devstoreaccount1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with servers.azurite() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", key=servers.AZURE_KEY)


def blob(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.azure.storage.blob.{name}")
    assert found is not None
    return found("t", **properties)


class Storage:
    """An account, and an empty container."""

    def __init__(self, run: FakeRun, endpoint: str) -> None:
        from azure.storage.blob import BlobServiceClient

        self.run = run
        self.known = {
            "endpoint": endpoint,
            "shared_key_account_name": ACCOUNT,
            "shared_key_account_access_key": t("{{ key }}"),
        }
        login = {"account_name": ACCOUNT, "account_key": servers.AZURE_KEY}
        self.client = BlobServiceClient(endpoint, credential=login)
        for each in self.client.list_containers():
            self.client.delete_container(each.name)
        self.client.create_container("box")

    def __call__(self, name: str, /, **properties: Any) -> Any:
        return self.run.run(blob(name, **self.known, **properties))

    def names(self) -> list[str]:
        return [each.name for each in self.client.get_container_client("box").list_blobs()]

    def fill(self, *names: str) -> None:
        for each in names:
            self.client.get_blob_client("box", each).upload_blob(each.encode())


@pytest.fixture
def storage(run: FakeRun, endpoint: str) -> Iterator[Storage]:
    found = Storage(run, endpoint)
    yield found
    found.client.close()


@services
def test_a_blob_goes_there_and_back(storage: Storage, run: FakeRun) -> None:
    source = run.store("x" * 100_000)
    given = {
        "metadata": {"who": t("{{ word }}")},
        "tags": {"a": "1"},
        "access_tier": "COOL",
        "validate_checksum": True,
    }
    sent = storage("Upload", from_=source, container="box", name=t("a/{{ word }}.txt"), **given)
    known = sent["blob"]
    assert sent["blobs"] == [known]
    assert (known["container"], known["name"], known["size"]) == ("box", "a/hello.txt", 100_000)
    assert known["eTag"] and str(known["lastModified"]).startswith("20")
    held = storage.client.get_blob_client("box", "a/hello.txt")
    assert held.get_blob_properties().metadata == {"who": "hello"}
    assert held.get_blob_properties().blob_tier == "Cool" and held.get_blob_tags() == {"a": "1"}
    found = storage("Download", container="box", name="a/hello.txt")["blob"]
    assert run.content(found["uri"]) == "x" * 100_000 and found["uri"].endswith(".txt")
    assert found["eTag"] == known["eTag"]
    assert ("counter", "file.size", 100_000) in run.metrics
    assert storage("Delete", container="box", name="a/hello.txt")["blob"]["size"] == 100_000
    assert storage.names() == []
    assert not [text for _, text in run.logs if servers.AZURE_KEY in text]


@services
def test_checksums_are_compared(storage: Storage, run: FakeRun) -> None:
    storage("Upload", from_=run.store("abc"), container="box", name="a", validate_checksum=True)
    place = {"container": "box", "name": "a"}
    md5, sha256 = hashlib.md5(b"abc").digest(), hashlib.sha256(b"abc").digest()
    for given in (
        {"validate_checksum": True},
        {"expected_checksum": md5.hex().upper()},
        {"expected_checksum": b64encode(sha256).decode(), "checksum_algorithm": "SHA_256"},
    ):
        storage("Download", **place, **given)
    assert run.metrics.count(("counter", "checksum.validated", 1)) == 3
    for given, said in (
        ({"expected_checksum": "0" * 32}, "Checksum mismatch for 'a' using MD5"),
        ({"expected_checksum": "zz"}, "is not a valid MD5 digest"),
        ({"validate_checksum": True, "checksum_algorithm": "SHA_256"}, "only supports MD5"),
    ):
        with pytest.raises(TaskFailure, match=said):
            storage("Download", **place, **given)
    kept = storage.client.get_blob_client("box", "a")
    kept.set_http_headers()
    storage("Downloads", container="box", action="NONE", validate_checksum=True)
    assert "Skipping checksum validation." in run.messages("WARN")[-1]
    with pytest.raises(TaskFailure, match="No Content-MD5 stored on server for 'a'"):
        storage("Download", **place, validate_checksum=True, fail_on_missing_checksum=True)


@services
def test_many_files_are_given(storage: Storage, run: FakeRun) -> None:
    first, second = run.store("1", "one.txt"), run.store("2", "two.txt")
    sent = storage("Upload", from_=[first, {"uri": second}], container="box", name="all")
    assert sent["blob"] is None and len(sent["blobs"]) == 2
    assert storage.names() == ["all", "all/two.txt"]
    with pytest.raises(TaskFailure, match="`immutabilityPolicy` is not there"):
        storage("Upload", from_=first, container="box", name="a", immutability_policy={})
    with pytest.raises(TaskFailure, match="`from` is the address of a stored file"):
        storage("Upload", from_="/etc/passwd", container="box", name="a")
    with pytest.raises(TaskFailure, match="`from` is the address of a stored file"):
        storage("Upload", from_=["/etc/passwd"], container="box", name="a")


@services
def test_blobs_are_listed(storage: Storage, run: FakeRun) -> None:
    storage.fill("a/1.csv", "a/2.txt", "a/b/3.csv", "c.csv")

    def listed(**properties: Any) -> list[str]:
        return [each["name"] for each in storage("List", container="box", **properties)["blobs"]]

    assert listed() == ["a/1.csv", "a/2.txt", "a/b/3.csv", "c.csv"]
    assert listed(prefix="a/", regexp=r".*\.csv") == ["a/1.csv", "a/b/3.csv"]
    assert listed(prefix="a/", delimiter="/") == ["a/1.csv", "a/2.txt"]
    assert listed(delimiter="/", filter="DIRECTORY") == ["a/"]
    assert listed(delimiter="/", filter="BOTH") == ["a/", "c.csv"]
    assert listed(max_files=1) == ["a/1.csv"]
    (said,) = run.messages("WARN")
    assert said.startswith("Listing returned 4 blobs but maxFiles limit is 1. Only the first 1 ")
    with pytest.raises(TaskFailure, match="Invalid regexp"):
        listed(regexp="(")


@services
def test_blobs_are_copied(storage: Storage) -> None:
    storage.fill("a.txt")
    source, target = CopyObject(container="box", name="a.txt"), CopyObject(
        container="box", name="b"
    )
    assert storage("Copy", from_=source, to=target)["blob"]["name"] == "b"
    assert storage.names() == ["a.txt", "b"]
    storage("Copy", from_=source, to=CopyObject(container="box", name="c"), delete=True)
    assert storage.names() == ["b", "c"]


@services
@pytest.mark.parametrize(
    ("action", "left"),
    [("NONE", ["a/1", "a/2", "b"]), ("DELETE", ["b"]), ("MOVE", ["b", "done/1", "done/2"])],
)
def test_blobs_are_taken(storage: Storage, run: FakeRun, action: str, left: list[str]) -> None:
    storage.fill("a/1", "a/2", "b")
    place = CopyObject(container="box", name="done/")
    found = storage("Downloads", container="box", prefix="a/", action=action, move_to=place)
    assert {name: run.content(uri) for name, uri in found["outputFiles"].items()} == {
        "a/1": "a/1",
        "a/2": "a/2",
    }
    assert [each["name"] for each in found["blobs"]] == ["a/1", "a/2"] and storage.names() == left
    with pytest.raises(TaskFailure, match="`moveTo` is needed"):
        storage("Downloads", container="box", action="MOVE")


@services
def test_blobs_are_deleted(storage: Storage, run: FakeRun) -> None:
    storage.fill("a/1", "a/22", "b")
    assert storage("DeleteList", container="box", prefix="a/") == {"count": 2, "size": 7}
    assert storage.names() == ["b"] and run.messages("INFO") == ["Deleted 2 keys for 7 bytes"]
    with pytest.raises(TaskFailure, match="Unable to find any files to delete on box with regexp"):
        storage("DeleteList", container="box", prefix="a/", error_on_empty=True)


@services
def test_a_blob_is_shared(storage: Storage, run: FakeRun) -> None:
    storage.fill("a b")
    shared = storage(
        "SharedAccess", container="box", name="a b", expiration_date="2100-01-01T00:00:00Z",
        permissions=["READ", "LIST"],
    )["uri"]  # fmt: skip
    with urlopen(shared) as answer:
        assert answer.read() == b"a b"
    token = shared.partition("?")[2]
    by_token = {"endpoint": storage.known["endpoint"], "sas_token": token}
    found = run.run(blob("Download", container="box", name="a b", **by_token))
    assert run.content(found["blob"]["uri"]) == "a b"
    with pytest.raises(TaskFailure, match="Azure: Status code 403"):
        run.run(blob("Delete", container="box", name="a b", **by_token))
    with pytest.raises(TaskFailure, match="signed with the key of the account"):
        run.run(blob("SharedAccess", container="box", name="a b", permissions=["READ"],
                     expiration_date="2100-01-01T00:00:00Z", **by_token))  # fmt: skip
    with pytest.raises(TaskFailure, match="`ALL` is no permission"):
        storage("SharedAccess", container="box", name="a b", permissions=["ALL"],
                expiration_date="2100-01-01T00:00:00Z")  # fmt: skip


@services
def test_accounts(storage: Storage, run: FakeRun, endpoint: str) -> None:
    storage.fill("a")
    whole = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={servers.AZURE_KEY};"
        f"BlobEndpoint={endpoint};"
    )
    found = run.run(blob("List", container="box", connection_string=whole))
    assert [each["name"] for each in found["blobs"]] == ["a"]
    with pytest.raises(TaskFailure, match="Azure: Status code 404, ContainerNotFound"):
        storage("List", container="none")
    with pytest.raises(TaskFailure, match="Azure: Status code 404, BlobNotFound"):
        storage("Download", container="box", name="none")
    wrong = {**storage.known, "shared_key_account_access_key": "d3Jvbmc="}
    with pytest.raises(TaskFailure, match="Azure: Status code 403"):
        run.run(blob("List", container="box", **wrong))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "`endpoint` or `connectionString` is needed"),
        ({"endpoint": "https://a"}, "nobody is known who could ask Azure"),
        ({"connection_string": "nothing"}, "Azure: Connection string"),
    ],
)
def test_no_account(run: FakeRun, known: dict[str, str], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(blob("List", container="box", **known))
