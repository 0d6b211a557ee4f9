"""Storage, ION, patterns, hashes, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrt.java.time.temporal import Instant, LocalDate
from flowrt.java.uri import InvalidUri, split_uri
from flowrt.services.globs import PatternError, compile_glob, matcher, selection
from flowrt.services.hashing import murmur3, value_hash
from flowrt.services.keyvalues import KeyValues
from flowrt.services.merge import deep_merge
from flowrt.services.nsfiles import NamespaceFiles
from flowrt.services.rows import read_row, write_row
from flowrt.services.secrets import EnvironmentSecrets
from flowrt.services.storage import Storage, storage_path
from flowrt.services.tree import LocalTree
from flowrt.services.uris import escape, slug


def test_storage_by_uri(tmp_path: Path) -> None:
    storage = Storage(LocalTree(tmp_path / "s"))
    uri = storage.write("kestra:///a/b%5B1%5D.txt", b"x")
    assert (tmp_path / "s/a/b[1].txt").read_bytes() == b"x"
    assert storage.read(uri) == b"x" and storage.size(uri) == 1 and storage.exists(uri)
    (tmp_path / "local").write_bytes(b"y")
    storage.adopt("kestra:///a/c", tmp_path / "local")
    assert not (tmp_path / "local").exists()
    assert storage.list_files("kestra:///a") == ["kestra:///a/b%5B1%5D.txt", "kestra:///a/c"]
    assert storage.delete("kestra:///a") and not storage.delete("kestra:///a")
    with pytest.raises(FileNotFoundError, match=r"c \(No such file or directory\)"):
        storage.read("kestra:///a/c")


@pytest.mark.parametrize(
    "uri", ["kestra:///../x", "kestra:///a/../../x", "kestra:///%2e%2e/x", "file:///x", "/x"]
)
def test_no_path_leaves_the_root(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ValueError):
        Storage(LocalTree(tmp_path)).path(uri)


@pytest.mark.parametrize("path", ["../x", "a/../../x", "..\\x"])
def test_no_namespace_file_leaves_the_root(tmp_path: Path, path: str) -> None:
    files = NamespaceFiles(LocalTree(tmp_path))
    with pytest.raises(ValueError):
        files.write("a", path, b"")
    with pytest.raises(ValueError):
        KeyValues(LocalTree(tmp_path)).put("a...b", "k", 1)


def test_uris() -> None:
    assert split_uri("http://h:1/p?q=[1]#f") == ("http", "h:1", "/p")
    assert split_uri("/a b"[:2]) == (None, None, "/a")
    for text, message in (
        ("kestra://", "Expected authority at index 9: kestra://"),
        ("/a b", "Illegal character in path at index 2: /a b"),
        ("kestra:///a[", "Illegal character in path at index 11: kestra:///a["),
        ("/%zz", "Malformed escape pair at index 1: /%zz"),
    ):
        with pytest.raises(InvalidUri) as error:
            split_uri(text)
        assert str(error.value) == message
    assert storage_path("kestra:///é/%20") == "/é/ "
    assert escape("/a b/é[1]%") == "/a%20b/é%5B1%5D%25"
    assert slug("My_flow  é--x_") == "my-flow-e-x"


def test_rows_keep_kinds_and_drop_nulls() -> None:
    row = {"a b": "x\ny", "n": [1.5, None, True], "gone": None, "d": LocalDate(2024, 1, 2)}
    text = write_row(row)
    assert "\n" not in text
    assert read_row(text) == {key: value for key, value in row.items() if value is not None}
    assert read_row('{"a": "1"} {"b": 2}') == {"a": "1"}
    assert read_row("2024-01-02T00:00:01Z") == Instant(1704153601 * 10**9)
    with pytest.raises(ValueError, match="No content"):
        read_row(" ")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.txt", ["/wd/a.txt", "/wd/.txt"], ["/wd/b/a.txt"]),
        ("**/*.txt", ["/wd/b/a.txt"], ["/wd/a.txt"]),
        ("**.txt", ["/wd/b/a.txt", "/wd/a.txt"], []),
        ("{a,b}.?", ["/wd/a.x", "/wd/b.y"], ["/wd/c.x", "/wd/a.xx"]),
        ("[a-c!]", ["/wd/b", "/wd/!"], ["/wd/d"]),
        ("[!a]", ["/wd/b"], ["/wd/a", "/wd//"]),
        ("glob:**/out/*", ["/wd/out/x"], ["/wd/outer/x"]),
        ("regex:.*\\d", ["/wd/a1"], ["/wd/a"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    wanted = matcher([pattern], "/wd")
    assert all(map(wanted, yes)) and not any(map(wanted, no))


def test_patterns_without_a_folder() -> None:
    chosen = selection(["b.txt", "/deep/**"], ["*.sql", "**/*.sql"])
    paths = ["/b.txt", "/x/b.txt", "/deep/a", "/deep/a.sql", "/other"]
    assert list(filter(chosen, paths)) == ["/b.txt", "/x/b.txt", "/deep/a"]
    for broken in ("{a", "[a", "{a,{b}}", "a\\"):
        with pytest.raises(PatternError):
            matcher([f"glob:{broken}"])


def test_hashes() -> None:
    assert value_hash("a") == "897859f6655555855a890e51483ab5e6"
    assert value_hash("b") == "eed1d3b157a9987ae9944e541e132efa"
    assert murmur3(b"") == bytes(16)
    assert len({murmur3(b"x" * size) for size in range(40)}) == 40


def test_merge() -> None:
    old = {"a": {"b": 1}, "l": [1, 2], "t": "x", "kept": 1}
    assert deep_merge(old, {"a": {"c": 2}, "l": [2, 3], "t": 5, "kept": None}) == {
        "a": {"b": 1, "c": 2},
        "l": [1, 2, 3],
        "t": 5,
        "kept": 1,
    }
    assert old["a"] == {"b": 1}


def test_keys_expire(tmp_path: Path) -> None:
    store = KeyValues(LocalTree(tmp_path))
    store.put("n.s", "k", 1, ttl=-1)
    assert store.keys("n.s") == [] and store.entries("n.s") == {"k": True}
    with pytest.raises(ValueError, match="Key already exists and `overwrite` is set to `false`"):
        store.put("n.s", "k", 2, overwrite=False)
    with pytest.raises(ValueError, match="has expired"):
        store.get("n.s", "k")
    with pytest.raises(KeyError):
        store.get("n.s", "k")
    assert store.entries("n.s") == {"k": True} and not store.delete("n.s", "k")
    store.put("n.s", "k", 2, overwrite=False)
    assert KeyValues(LocalTree(tmp_path)).find("n.s.deep", "k") == ("n.s", 2)
    assert store.namespaces() == ["n.s"]


def test_what_has_expired_is_found_by_purging_alone(tmp_path: Path) -> None:
    store = KeyValues(LocalTree(tmp_path))
    for key in ("read", "deleted", "kept"):
        store.put("n.s", key, 1, ttl=-1)
    with pytest.raises(ValueError, match="has expired"):
        store.get("n.s", "read")
    assert store.delete("n.s", "deleted") and not store.delete("n.s", "deleted")
    keys = ["deleted", "kept", "read"]
    assert store.entries("n.s") == dict.fromkeys(keys, True)
    assert (store.purge("n.s", keys), store.entries("n.s")) == (3, {})
    assert store.purge("n.s", keys) == 0


def test_a_changed_entry_expires_when_it_would_have(tmp_path: Path) -> None:
    now = 0
    store = KeyValues(LocalTree(tmp_path), now=lambda: now)
    store.put("n.s", "k", 1, ttl=10, description="d")
    store.change("n.s", "k", lambda old, found: [old, found])
    assert store.get("n.s", "k") == [1, True]
    now = 11 * 10**9
    with pytest.raises(ValueError, match="has expired"):
        store.get("n.s", "k")
    store.put("n.s", "k", 1, ttl=-1)
    store.change("n.s", "k", lambda old, found: [old, found])
    assert store.get("n.s", "k") == [None, False]


def test_a_key_that_no_file_can_have_is_missing(tmp_path: Path) -> None:
    store = KeyValues(LocalTree(tmp_path))
    with pytest.raises(KeyError):
        store.get("n.s", "k" * 300)
    assert not store.delete("n.s", "k" * 300)
    assert store.find("n.s", "k" * 300) is None


def test_secrets() -> None:
    secrets = EnvironmentSecrets({"SECRET_A": "eA==", "secret_b": "e\nQ==", "SECRET_C": "?"})
    assert secrets.names() == ["A", "B", "C"]
    assert [secrets.get(name) for name in ("a", "B", "c", "d")] == ["x", "y", None, None]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ('["s/*.txt"]', "Explicit 'name separator' in class near index 3\n[\"s/*.txt\"]\n   ^"),
        ("[!/]*", "Explicit 'name separator' in class near index 2\n[!/]*\n  ^"),
        ("[abc", "Missing '] near index 3\n[abc\n   ^"),
        ("{a", "Missing '} near index 1\n{a\n ^"),
        ("[z-a]", "Invalid range near index 1\n[z-a]\n ^"),
        ("{a,{b}}", "Cannot nest groups near index 3\n{a,{b}}\n   ^"),
        ("a\\", "No character to escape near index 1\na\\\n ^"),
    ],
)
def test_globs_that_are_none(pattern: str, said: str) -> None:
    with pytest.raises(PatternError) as failure:
        compile_glob(pattern)
    assert str(failure.value) == said


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("[a-c]x", ["ax", "cx"], ["dx", "/x", "-x"]),
        ("[!a-c]x", ["dx", "^x"], ["ax", "/x"]),
        ("[^a]x", ["^x", "ax"], ["bx"]),
        ("[-a]x", ["-x", "ax"], ["bx"]),
        ("[!-a]x", ["bx"], ["-x", "ax"]),
        ("[a-]x", ["ax", "-x"], ["bx"]),
        ("[a&&b]x", ["ax", "&x", "bx"], ["cx"]),
        ("[\\w]x", ["\\x", "wx"], ["ax"]),
        ("[a[b]x", ["[x", "bx"], ["cx"]),
        ("[ac-eg]x", ["ax", "dx", "gx"], ["bx", "fx"]),
    ],
)
def test_classes_of_globs(pattern: str, yes: list[str], no: list[str]) -> None:
    glob = compile_glob(pattern)
    assert [path for path in yes + no if glob.fullmatch(path)] == yes


@pytest.mark.parametrize(
    ("pattern", "yes"),
    [
        (r"/[^/]*\.(?<ext>txt)", ["/a.txt", "/b.txt", "/\u00e9.txt"]),
        (r"\Q/a.txt\E", ["/a.txt"]),
        (r"/\p{Lower}\.txt", ["/a.txt", "/b.txt"]),
        (r"/\h*a\.txt", ["/a.txt"]),
        (r"/[a-z&&[^b]]\.txt", ["/a.txt"]),
        (r"/\w+\.txt", ["/a.txt", "/b.txt"]),
        (r"/.*", ["/a.txt", "/b.txt", "/\u00e9.txt", "/s/c.txt"]),
    ],
)
def test_regular_expressions_are_those_of_java(pattern: str, yes: list[str]) -> None:
    matches = matcher([f"regex:{pattern}"])
    paths = ["/a.txt", "/b.txt", "/\u00e9.txt", "/s/c.txt"]
    assert [path for path in paths if matches(path)] == yes


@pytest.mark.parametrize("pattern", [r"/(?P<x>a)\.txt", "(", "[z-a]"])
def test_regular_expressions_that_java_refuses(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher([f"regex:{pattern}"])
