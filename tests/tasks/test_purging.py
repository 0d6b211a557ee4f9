"""What is taken away of entries and files, as Kestra 1.3.34 does it; but only one version of each is kept here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.model.failures import PlainFailure, TaskFailure
from flowrt.tasks.archive import PurgeExecutions, PurgeLogs
from flowrt.tasks.purging import PurgeFiles, PurgeKv, PurgeStorage

VERSION = {"type": "version"}
ALL = ["a.txt", "d/b.sql", "d/e/c.txt"]


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def filled(run: FakeRun, *namespaces: str) -> None:
    for namespace in namespaces or ("a.b",):
        run.services.namespaces.add(namespace)
        for path in ALL:
            run.files.write(namespace, path, b"x")
        for key in ("old", "new"):
            run.kv.put(namespace, key, 1, ttl=-1 if key == "old" else None)


@pytest.mark.parametrize(
    ("given", "size", "left"),
    [
        ({}, 0, ALL),
        ({"behavior": VERSION}, 6, []),
        ({"behavior": {**VERSION, "keepAmount": 0}}, 6, []),
        ({"behavior": {**VERSION, "keepAmount": 1}}, 0, ALL),
        ({"behavior": {**VERSION, "before": "2999-01-01T00:00:00Z"}}, 0, ALL),
        ({"behavior": VERSION, "file_pattern": "*.txt"}, 2, ["d/b.sql"]),
        ({"behavior": VERSION, "file_pattern": "**/*.sql"}, 1, ["a.txt", "d/e/c.txt"]),
        ({"behavior": VERSION, "file_pattern": "d*"}, 4, ["a.txt"]),
        ({"behavior": VERSION, "file_pattern": "?.txt"}, 1, ["d/b.sql", "d/e/c.txt"]),
        ({"behavior": VERSION, "file_pattern": "*/"}, 2, ALL),
        ({"behavior": VERSION, "file_pattern": "/*"}, 0, ALL),
    ],
)
def test_files(run: FakeRun, given: dict[str, Any], size: int, left: list[str]) -> None:
    filled(run)
    assert run.run(PurgeFiles("p", namespaces=["a.b"], **given)) == {"size": size}
    assert run.files.paths("a.b") == [f"/{path}" for path in left]
    assert run.logs == [("INFO", "purging 1 namespaces: [a.b]"), ("INFO", f"purged {size} files")]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "a.b, a.b.c, a.bc, b"),
        ({"namespaces": ["a.b"]}, "a.b, a.b.c, a.bc"),
        ({"namespaces": ["a.b"], "include_child_namespaces": False}, "a.b"),
        ({"namespaces": ["b", "a.b.c"]}, "a.b.c, b"),
        ({"namespaces": ["a"]}, "a.b, a.b.c, a.bc, a"),
        ({"namespaces": ["none"]}, "none"),
        ({"namespace_pattern": "a.*"}, "a.b, a.b.c, a.bc"),
        ({"namespace_pattern": "a.??"}, "a.bc"),
    ],
)
@pytest.mark.parametrize("kind", [PurgeFiles, PurgeKv])
def test_namespaces(run: FakeRun, kind: Any, given: dict[str, Any], names: str) -> None:
    filled(run, "a.b", "a.b.c", "a.bc", "b")
    run.run(kind("p", **given))
    count = names.count(",") + 1
    assert run.logs[0] == ("INFO", f"purging {count} namespaces: [{names}]")


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, ["new"]),
        ({"behavior": {"type": "key"}}, ["new"]),
        ({"behavior": {"type": "key", "expiredOnly": False}}, []),
        ({"behavior": {"type": "key", "expiredOnly": False}, "key_pattern": "n?w"}, ["old"]),
        ({"behavior": VERSION}, []),
        ({"behavior": {**VERSION, "keepAmount": 0}}, []),
        ({"behavior": {**VERSION, "keepAmount": 1}}, ["new", "old"]),
        ({"behavior": {**VERSION, "before": "2999-01-01T00:00:00Z"}}, ["new", "old"]),
        ({"behavior": VERSION, "expired_only": True}, ["new"]),
        ({"expired_only": False}, []),
    ],
)
def test_entries(run: FakeRun, given: dict[str, Any], left: list[str]) -> None:
    filled(run)
    assert run.run(PurgeKv("p", namespaces=["a.b"], **given)) == {"size": 2 - len(left)}
    assert sorted(run.kv.entries("a.b")) == left


@pytest.mark.parametrize("kind", [PurgeFiles, PurgeKv])
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"namespaces": ["a"], "namespace_pattern": "b"}, "Resource fails validation"),
        ({"behavior": {"type": "foo"}}, "Could not resolve type id 'foo' as a subtype of"),
        (
            {"behavior": {**VERSION, "before": "2024-01-01T00:00:00Z", "keepAmount": 1}},
            "behavior: Cannot set both 'before' and 'keepAmount' properties",
        ),
        ({"behavior": {**VERSION, "before": "yesterday"}}, "Text 'yesterday' could not be parsed"),
    ],
)
def test_what_is_refused(run: FakeRun, kind: Any, given: dict[str, Any], reason: str) -> None:
    filled(run)
    with pytest.raises(Exception, match=reason):
        run.run(kind("p", **given))
    assert len(run.files.paths("a.b")) == 3 and len(run.kv.entries("a.b")) == 2


STORED = [
    "/a/b/first/executions/E1/tasks/t/r/one.txt",
    "/a/b/first/executions/E1/two.txt",
    "/a/b/first/executions/E2/one.txt",
    "/a/b/second/executions/E3/one.txt",
    "/a/b/c/third/executions/E4/one.txt",
    "/a/bc/other/executions/E5/one.txt",
    "/a/b/_files/executions/x/kept.txt",
]
LATER, EARLIER = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"


def counts(scanned: int, purged: int, deleted: int) -> dict[str, int]:
    return {"scannedCount": scanned, "purgedCount": purged, "deletedFilesCount": deleted}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"end_date": LATER}, counts(5, 5, 0)),
        ({"end_date": LATER, "dry_run": False}, counts(5, 5, 6)),
        ({"end_date": LATER, "dry_run": False, "namespace": "a.b"}, counts(4, 4, 5)),
        ({"end_date": LATER, "dry_run": False, "namespace": "a"}, counts(5, 5, 6)),
        (
            {"end_date": LATER, "dry_run": False, "namespace": "a.b", "flow_id": "First"},
            counts(2, 2, 3),
        ),
        ({"end_date": LATER, "dry_run": False, "namespace": "none"}, counts(0, 0, 0)),
        ({"end_date": EARLIER, "dry_run": False}, counts(5, 0, 0)),
        ({"end_date": LATER, "start_date": LATER, "dry_run": False}, counts(5, 0, 0)),
        ({"end_date": LATER, "start_date": EARLIER, "dry_run": False}, counts(5, 5, 6)),
        ({"end_date": "2010-01-01T00:00:00Z", "dry_run": False}, counts(5, 1, 1)),
    ],
)
def test_stored_files(run: FakeRun, given: dict[str, Any], found: dict[str, int]) -> None:
    for path in STORED:
        run.storage.write(f"kestra://{path}", b"x")
    os.utime(run.storage.path(f"kestra://{STORED[1]}"), (1_200_000_000, 1_200_000_000))
    assert run.run(PurgeStorage("p", **given)) == found
    left = sum(run.storage.exists(f"kestra://{path}") for path in STORED)
    assert left == len(STORED) - found["deletedFilesCount"]


def test_a_flow_needs_its_namespace(run: FakeRun) -> None:
    with pytest.raises(PlainFailure, match="'namespace' is required when 'flowId' is set"):
        run.run(PurgeStorage("p", end_date=LATER, flow_id="f"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"states": ["NOPE"]}, "Unrecognized token 'NOPE'"),
        ({"states": ["99"]}, "from number 99: index value outside legal index range"),
        ({"batch_size": 0}, r"^size > 0 required but it was 0$"),
    ],
)
def test_executions_of_no_state_or_no_number_are_not_purged(
    run: FakeRun, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(PurgeExecutions("p", end_date="2024-01-01T00:00:00Z", **given))


def test_log_records_of_no_level_are_not_purged(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Unrecognized token 'NOPE'"):
        run.run(PurgeLogs("p", end_date="2024-01-01T00:00:00Z", log_levels=["NOPE"]))
