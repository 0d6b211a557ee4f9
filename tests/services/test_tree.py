"""Files by path are the same below a folder, in memory, and (where s3fs is) in an S3 store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowrt.engine.services import Services
from flowrt.services.keyvalues import KeyValues
from flowrt.services.nsfiles import NamespaceFiles
from flowrt.services.paths import Outside
from flowrt.services.remote import RemoteTree
from flowrt.services.storage import Storage
from flowrt.services.tree import LocalTree, Tree
from flowrt.services.uris import without_password

ADDRESSES = {"memory": "memory://tree", "s3": "s3://bucket/some/prefix"}


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    """A server that speaks as S3 does, with one bucket."""
    pytest.importorskip("s3fs", reason="s3fs needs an environment of its own")
    pytest.importorskip("moto")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    told = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    os.environ.update(told)
    boto3.client("s3").create_bucket(Bucket="bucket")
    yield
    server.stop()
    for name in told:
        del os.environ[name]


@pytest.fixture(params=["local", "memory", "s3"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tree]:
    if request.param == "local":
        yield LocalTree(tmp_path / "tree")
        return
    if request.param == "s3":
        request.getfixturevalue("s3")
    (tmp_path / "read").mkdir()
    found = RemoteTree(f"{ADDRESSES[request.param]}/{tmp_path.name}", lambda: tmp_path / "read")
    yield found
    found.delete("")


def test_what_is_written_is_read(tree: Tree, tmp_path: Path) -> None:
    tree.write("a/b c/ö.txt", b"one")
    assert tree.read("/a//b c/./ö.txt") == b"one"
    assert tree.local("a/b c/ö.txt").read_bytes() == b"one"
    assert (tree.exists("a"), tree.is_folder("a"), tree.is_file("a")) == (True, True, False)
    assert (tree.is_file("a/b c/ö.txt"), tree.is_folder("a/b c/ö.txt")) == (True, False)
    assert tree.size("a/b c/ö.txt") == 3
    assert tree.modified("a/b c/ö.txt") > 10**18
    source = tmp_path / "source"
    source.write_bytes(b"moved")
    tree.adopt("a/moved", source)
    assert not source.exists()
    assert tree.read("a/moved") == b"moved"
    assert tree.names("a") == (["b c"], ["moved"])
    assert sorted(tree.walk("a")) == [("a/b c", True), ("a/b c/ö.txt", False), ("a/moved", False)]


def test_what_has_changed_is_seen(tree: Tree) -> None:
    tree.write("f", b"one")
    assert tree.local("f").read_bytes() == b"one"
    tree.write("f", b"three")
    assert tree.local("f").read_bytes() == b"three"
    assert tree.delete("f")
    assert not tree.local("f").exists()
    assert not tree.delete("f")
    assert not tree.exists("f")


def test_what_is_missing_is_told(tree: Tree) -> None:
    for read in (tree.read, tree.size):
        with pytest.raises(FileNotFoundError):
            read("nothing/here")
    with pytest.raises(FileNotFoundError, match=r"here \(No such file or directory\)"):
        tree.read("nothing/here")
    tree.write("folder/f", b"")
    with pytest.raises(FileNotFoundError):
        tree.read("folder")
    assert tree.names("nothing") == ([], [])
    assert list(tree.walk("nothing")) == []


def test_folders_are_deleted_with_all_that_is_in_them(tree: Tree) -> None:
    for path in ("a/1", "a/b/2", "c/3"):
        tree.write(path, b"")
    assert not tree.delete_empty("a")
    assert tree.delete("a")
    assert [path for path, folder in tree.walk("") if not folder] == ["c/3"]
    assert tree.delete("c/3")
    assert not tree.is_file("c/3")


@pytest.mark.parametrize("path", ["..", "a/../../b", ".:./b", "a\\..\\b", "a\0b", "x" * 300])
def test_no_path_leads_above_the_top(tree: Tree, path: str) -> None:
    for use in (tree.read, tree.exists, tree.delete, tree.local, lambda p: tree.write(p, b"")):
        with pytest.raises(Outside):
            use(path)


def test_storage_namespace_files_and_entries_on_it(tree: Tree) -> None:
    storage, files, kv = Storage(tree), NamespaceFiles(tree), KeyValues(tree, now=lambda: 0)
    storage.write("kestra:///a/b/x%20y.txt", b"1")
    assert storage.read("kestra:///a/b/x%20y.txt") == b"1"
    assert storage.list_files("kestra:///a") == ["kestra:///a/b/x%20y.txt"]
    assert storage.delete_tree("kestra:///a/b")[0] == "kestra:///a/b/x%20y.txt"
    with pytest.raises(Outside):
        storage.delete("kestra:///")
    files.write("n.s", "dir/one.txt", b"x")
    assert files.paths("n.s") == ["/dir/one.txt"]
    assert (files.exists("n.s", "/dir/one.txt"), files.is_folder("n.s", "dir")) == (True, True)
    assert files.delete("n.s", "dir/one.txt")
    assert files.delete_empty_folders("n.s", "dir/one.txt") == ["dir"]
    kv.put("n.s", "k", {"a": [1, None]})
    kv.put("n.s", "old", 1, ttl=-1)
    assert kv.find("n.s.deep", "k") == ("n.s", {"a": [1, None]})
    assert kv.entries("n.s") == {"k": False, "old": True}
    assert kv.namespaces() == ["n.s"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ftp://me:p@ss@host/x", "ftp://me:***@host/x"),
        ("s3://bucket/a:b", "s3://bucket/a:b"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:x@host/db", "postgresql://me:***@host/db"),
        (
            "postgresql://h/db?user=me&password=x@y&a=b",
            "postgresql://h/db?user=me&password=***&a=b",
        ),
        ("postgresql://h/db?sslP%61ssword=x", "postgresql://h/db?sslP%61ssword=***"),
        ("s3://b/x?access_token=x&secretKey=y&z", "s3://b/x?access_token=***&secretKey=***&z"),
        ("postgresql://h:5432/db?sslmode=require", "postgresql://h:5432/db?sslmode=require"),
        ("/no/address?password=x", "/no/address?password=x"),
    ],
)
def test_passwords_of_addresses_are_not_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_services_put_all_of_it_there(tmp_path: Path) -> None:
    first = Services(tmp_path / "one", storage=f"file://{tmp_path}/shared")
    second = Services(tmp_path / "two", storage=f"file://{tmp_path}/shared")
    first.storage.write("kestra:///f", b"seen")
    first.kv.put("n", "k", 5)
    first.files.write("n", "g", b"too")
    assert second.storage.read("kestra:///f") == b"seen"
    assert second.kv.get("n", "k") == 5
    assert second.storage.read("kestra:///n/_files/g") == b"too"
    assert not (tmp_path / "one").exists()


def test_settings_take_the_address_to_another_process(tmp_path: Path) -> None:
    settings: dict[str, Any] = Services(tmp_path, storage="memory://told").settings()
    far = Services(tmp_path / "elsewhere", mark=str(tmp_path / "nowhere"), **settings)
    try:
        far.storage.write("kestra:///f", b"seen")
        assert Services(tmp_path, storage="memory://told").storage.read("kestra:///f") == b"seen"
        assert far.storage.path("kestra:///f").read_bytes() == b"seen"
    finally:
        far.close()
