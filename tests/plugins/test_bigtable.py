"""Bigtable: a service of gRPC that keeps tables, and sends rows in parts as its protocol allows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from plugins.googles import made, standing
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import bigtable
from flowrt.plugins.google.bigtable import BigtableRow

DATA = "google.bigtable.v2.Bigtable"
ADMIN = "google.bigtable.admin.v2.BigtableTableAdmin"
PLACE = "projects/proj/instances/inst"
TABLE = f"{PLACE}/tables/t"


class Tables:
    """Tables with their families and rows; a reader loses its connection after `breaks` rows."""

    def __init__(self, types: Any, admin: Any) -> None:
        self.types = types
        self.admin = admin
        self.families: dict[str, list[str]] = {TABLE: ["cf", "other"]}
        self.rows: dict[bytes, dict[tuple[str, bytes], tuple[int, bytes]]] = {}
        self.reads: list[Any] = []
        self.batches: list[int] = []
        self.breaks: list[int] = []
        self.refusals: list[tuple[int, int]] = []
        self.authorized = True
        self.sent = lambda: None

    def check(self, context: Any, field: str, name: str) -> None:
        known = dict(context.invocation_metadata())
        assert known.get("authorization") == ("Bearer tok" if self.authorized else None)
        assert parse_qs(known["x-goog-request-params"])[field] == [name]

    def fill(self, *keys: str) -> None:
        for key in keys:
            self.rows[key.encode()] = {
                ("cf", b"a"): (1000, f"{key}!".encode()), ("other", b"b"): (2000, b"\xffx"),
            }  # fmt: skip

    def read(self, request: Any, context: Any) -> Iterator[Any]:
        import grpc

        self.check(context, "table_name", request.table_name)
        if request.table_name not in self.families:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such table")
        self.reads.append(request)
        left = self.breaks.pop(0) if self.breaks else None
        found = [each for each in sorted(self.rows) if self._wanted(request.rows, each)]
        for number, key in enumerate(found[: request.rows_limit or None]):
            if number == left:
                context.abort(grpc.StatusCode.UNAVAILABLE, "the connection is gone")
            self.sent()
            yield from self._parts(key, self._cells(request.filter, key))

    @staticmethod
    def _wanted(wanted: Any, key: bytes) -> bool:
        def within(each: Any) -> bool:
            if each.start_key_open and key <= each.start_key_open:
                return False
            return key >= each.start_key_closed and not (
                each.end_key_open and key >= each.end_key_open
            )

        return not wanted.row_ranges or any(within(each) for each in wanted.row_ranges)

    def _cells(self, filter: Any, key: bytes) -> list[Any]:
        cells = [(*name, *value) for name, value in sorted(self.rows[key].items())]
        if filter.family_name_regex_filter:
            pattern = re.compile(filter.family_name_regex_filter)
            return [each for each in cells if pattern.fullmatch(each[0])]
        if filter.chain.filters:
            first, second = filter.chain.filters
            assert (first.cells_per_row_limit_filter, second.strip_value_transformer) == (1, True)
            return [(*each[:3], b"") for each in cells[:1]]
        return cells

    def _parts(self, key: bytes, cells: list[Any]) -> Iterator[Any]:
        """A row that is begun, dropped, and sent with each value cut in two, the parts in answers of their own."""
        kind = self.types.ReadRowsResponse
        dropped = {"row_key": key, "family_name": "cf", "qualifier": b"x", "value": b"dropped"}
        yield kind(chunks=[dropped, {"reset_row": True}])
        for number, (family, qualifier, timestamp, value) in enumerate(cells):
            head = {"row_key": key} if number == 0 else {}
            about = {"family_name": family, "qualifier": qualifier, "timestamp_micros": timestamp}
            last = {"commit_row": True} if number == len(cells) - 1 else {}
            if len(value) > 1:
                first = {**head, **about, "value": value[:1], "value_size": len(value)}
                yield kind(chunks=[first])
                yield kind(chunks=[{"value": value[1:], **last}])
            else:
                yield kind(chunks=[{**head, **about, "value": value, **last}])

    def mutate(self, request: Any, context: Any) -> Iterator[Any]:
        self.check(context, "table_name", request.table_name)
        self.batches.append(len(request.entries))
        refused = self.refusals.pop(0) if self.refusals else None
        statuses = []
        for number, entry in enumerate(request.entries):
            if refused is not None and refused[0] == number:
                statuses.append({"code": refused[1], "message": "not now"})
                continue
            for each in entry.mutations:
                self._apply(entry.row_key, each)
            statuses.append({"code": 0})
        entries = [{"index": n, "status": each} for n, each in enumerate(statuses)]
        half = len(entries) // 2
        yield self.types.MutateRowsResponse(entries=entries[:half])
        yield self.types.MutateRowsResponse(entries=entries[half:])

    def _apply(self, key: bytes, change: Any) -> None:
        row = self.rows.setdefault(key, {})
        if "set_cell" in change:
            cell = change.set_cell
            assert cell.timestamp_micros % 1000 == 0
            row[cell.family_name, cell.column_qualifier] = (cell.timestamp_micros, cell.value)
        elif "delete_from_column" in change:
            gone = change.delete_from_column
            row.pop((gone.family_name, gone.column_qualifier), None)
        else:
            assert "delete_from_row" in change
            del self.rows[key]

    def create(self, request: Any, context: Any) -> Any:
        import grpc

        self.check(context, "parent", request.parent)
        name = f"{request.parent}/tables/{request.table_id}"
        if name in self.families:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{name} is there")
        self.families[name] = sorted(request.table.column_families)
        return self.admin.Table(name=name)

    def delete(self, request: Any, context: Any) -> Any:
        from google.protobuf.empty_pb2 import Empty

        self.check(context, "name", request.name)
        del self.families[request.name]
        return Empty()


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    grpc = pytest.importorskip("grpc")
    types = pytest.importorskip("google.cloud.bigtable_v2")
    admin = pytest.importorskip("google.cloud.bigtable_admin_v2")
    found = Tables(types, admin.types)

    def unary(call: Any, kind: Any) -> Any:
        def written(answer: Any) -> bytes:
            plain = hasattr(answer, "SerializeToString")
            return bytes(answer.SerializeToString() if plain else type(answer).serialize(answer))

        return grpc.unary_unary_rpc_method_handler(call, kind.deserialize, written)

    def stream(call: Any, kind: Any, answer: Any) -> Any:
        return grpc.unary_stream_rpc_method_handler(call, kind.deserialize, answer.serialize)

    data = {
        "ReadRows": stream(found.read, types.ReadRowsRequest, types.ReadRowsResponse),
        "MutateRows": stream(found.mutate, types.MutateRowsRequest, types.MutateRowsResponse),
    }
    management = {
        "CreateTable": unary(found.create, admin.CreateTableRequest),
        "DeleteTable": unary(found.delete, admin.DeleteTableRequest),
    }
    server = grpc.server(ThreadPoolExecutor(4))
    for place, methods in ((DATA, data), (ADMIN, management)):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(place, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    def channel_to(host: str, plain: bool) -> Any:
        expected = ("emulator:1", True), (bigtable.HOST, False), (bigtable.ADMIN_HOST, False)
        assert (host, plain) in expected
        return grpc.insecure_channel(f"127.0.0.1:{port}")

    monkeypatch.setattr(bigtable, "channel_to", channel_to)
    monkeypatch.setattr(bigtable, "PAUSE", 0.0)
    with standing(monkeypatch):
        yield found
    server.stop(0).wait()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, name="t")


def make(name: str, **properties: Any) -> Any:
    given = {
        "project_id": "proj", "instance_id": "inst", "table_id": t("{{ name }}"), **properties,
    }  # fmt: skip
    return made(f"gcp.bigtable.{name}", **given)


def told(key: str) -> dict[str, Any]:
    return {
        "rowKey": key,
        "cells": [
            {"family": "cf", "qualifier": "a", "value": f"{key}!", "timestamp": 1000},
            {"family": "other", "qualifier": "b", "value": "\ufffdx", "timestamp": 2000},
        ],
    }


def test_rows_are_stored_as_they_come(tables: Tables, run: FakeRun) -> None:
    tables.fill("a", "b", "c")
    found = run.run(make("ReadRows"))
    assert rows(run, found["uri"]) == [told("a"), told("b"), told("c")]
    assert found["rowCount"] == 3
    assert run.run(make("ReadRows", fetch_type="NONE")) == {"rowCount": 3}


def test_rows_become_outputs(tables: Tables, run: FakeRun) -> None:
    tables.fill("a", "b", "c")
    found = run.run(make("ReadRows", fetch_type="FETCH", limit=2))
    assert found == {"rows": [told("a"), told("b")], "rowCount": 2}
    assert run.run(make("ReadRows", fetch_type="FETCH"))["rowCount"] == 3
    assert [each.rows_limit for each in tables.reads] == [2, 5000]
    assert run.run(make("ReadRows", fetch_type="FETCH_ONE"))["row"] == told("a")
    nothing = make("ReadRows", fetch_type="FETCH_ONE", row_key_start="x")
    assert run.run(nothing) == {"row": None, "rowCount": 0}


@pytest.mark.parametrize(
    ("within", "keys"),
    [
        ({"row_key_prefix": "b#"}, ["b#1", "b#2"]),
        ({"row_key_start": "b#2"}, ["b#2", "c"]),
        ({"row_key_end": "b#2"}, ["a", "b#1"]),
        ({"row_key_start": "b#1", "row_key_end": "c"}, ["b#1", "b#2"]),
        ({"row_key_prefix": "b#", "row_key_start": "x"}, ["b#1", "b#2"]),
        ({"row_key_prefix": ""}, ["a", "b#1", "b#2", "c"]),
    ],
)
def test_ranges_of_keys(
    tables: Tables, run: FakeRun, within: dict[str, str], keys: list[str]
) -> None:
    tables.fill("a", "b#1", "b#2", "c")
    found = run.run(make("ReadRows", fetch_type="FETCH", **within))
    assert [each["rowKey"] for each in found["rows"]] == keys
    assert run.run(make("DeleteRows", **within)) == {"rowCount": len(keys)}
    assert sorted(tables.rows) == sorted(
        each.encode() for each in {"a", "b#1", "b#2", "c"} - set(keys)
    )


def test_the_end_of_a_prefix() -> None:
    assert bigtable._prefixed(b"a\xff\xff") == {
        "start_key_closed": b"a\xff\xff", "end_key_open": b"b",
    }  # fmt: skip
    assert bigtable._prefixed(b"\xff") == {"start_key_closed": b"\xff"}


def test_one_family(tables: Tables, run: FakeRun) -> None:
    tables.fill("a")
    found = run.run(make("ReadRows", fetch_type="FETCH_ONE", column_family="cf"))["row"]
    assert [each["family"] for each in found["cells"]] == ["cf"]
    run.run(make("ReadRows", fetch_type="FETCH_ONE", column_family="c."))
    assert tables.reads[-1].filter.family_name_regex_filter == r"c\."


def test_reading_goes_on_where_a_connection_breaks(tables: Tables, run: FakeRun) -> None:
    tables.fill("a", "b", "c", "d", "e")
    tables.breaks = [2, 0, 1]
    found = run.run(make("ReadRows", fetch_type="FETCH", limit=4, row_key_end="z"))
    assert [each["rowKey"] for each in found["rows"]] == ["a", "b", "c", "d"]
    asked = [(each.rows.row_ranges[0], each.rows_limit) for each in tables.reads]
    assert [(each.start_key_open, each.end_key_open, most) for each, most in asked] == [
        (b"", b"z", 4), (b"b", b"z", 2), (b"b", b"z", 2), (b"c", b"z", 1),
    ]  # fmt: skip
    tables.breaks = [0] * 9
    with pytest.raises(TaskFailure, match="Bigtable: the connection is gone"):
        run.run(make("ReadRows"))


def test_rows_are_written(tables: Tables, run: FakeRun) -> None:
    tables.fill("r2")
    begin = time.time_ns() // 1000 - 1_000_000
    given = [
        BigtableRow(row_key=t("r{{ 1 }}"), cells={"x": t("{{ name }}"), "n": 7}),
        BigtableRow(row_key="r2", column_family="other", delete_cells=["b"]),
    ]
    assert run.run(make("WriteRows", column_family="cf", rows=given)) == {"rowCount": 2}
    assert list(tables.rows[b"r2"]) == [("cf", b"a")]
    assert {key: value[1] for key, value in tables.rows[b"r1"].items()} == {
        ("cf", b"x"): b"t", ("cf", b"n"): b"7",
    }  # fmt: skip
    assert all(value[0] > begin for value in tables.rows[b"r1"].values())
    assert ("counter", "rows.written", 2) in run.metrics and run.tags[-1] == {"table_id": "t"}
    whole = t('[{"rowKey": "r3", "columnFamily": "cf", "cells": {"a": "b"}}]')
    assert run.run(make("WriteRows", rows=whole)) == {"rowCount": 1}
    assert tables.rows[b"r3"]["cf", b"a"][1] == b"b"


def test_changes_are_tried_again(tables: Tables, run: FakeRun) -> None:
    tables.refusals = [(1, 14), (0, 10)]
    given = [BigtableRow(row_key=each, cells={"x": each}) for each in "abc"]
    assert run.run(make("WriteRows", column_family="cf", rows=given)) == {"rowCount": 3}
    assert (tables.batches, sorted(tables.rows)) == ([3, 1, 1], [b"a", b"b", b"c"])
    tables.refusals = [(0, 3)]
    with pytest.raises(TaskFailure, match="1 rows of Bigtable could not be changed: not now"):
        run.run(make("WriteRows", column_family="cf", rows=given))
    tables.refusals = [(0, 14)] * 5
    with pytest.raises(TaskFailure, match="could not be changed"):
        run.run(make("WriteRows", column_family="cf", rows=given))
    assert tables.refusals == []


def test_rows_are_deleted_in_batches(tables: Tables, run: FakeRun) -> None:
    keys = [f"{number:04}" for number in range(2001)]
    tables.fill(*keys)
    assert run.run(make("DeleteRows", row_key_prefix="0")) == {"rowCount": 1000}
    assert run.run(make("DeleteRows", row_keys=keys[1000:])) == {"rowCount": 1001}
    assert (tables.batches, tables.rows) == ([1000, 1000, 1], {})


def test_keys_are_deleted_whatever_is_in_them(tables: Tables, run: FakeRun) -> None:
    tables.rows[b"k\xff"] = {("cf", b"a"): (1000, b"x")}
    assert run.run(make("DeleteRows", row_key_prefix="k")) == {"rowCount": 1}
    assert tables.rows == {}


def test_tables_are_made_and_deleted(tables: Tables, run: FakeRun) -> None:
    create = make("CreateTable", table_id="new", column_families=["a", "b"])
    assert run.run(create) == {"tableId": "new", "columnFamilyCount": 2}
    assert tables.families[f"{PLACE}/tables/new"] == ["a", "b"]
    with pytest.raises(
        TaskFailure, match="Bigtable: projects/proj/instances/inst/tables/new is there"
    ):
        run.run(create)
    assert run.run(make("DeleteTable", table_id="new")) == {"tableId": "new"}
    assert list(tables.families) == [TABLE]


def test_an_emulator_wants_no_token(tables: Tables, run: FakeRun) -> None:
    tables.authorized = False
    tables.fill("a")
    found = run.run(make("ReadRows", emulator_host="emulator:1", fetch_type="NONE"))
    assert found == {"rowCount": 1}
    run.run(make("DeleteTable", emulator_host="emulator:1"))


@pytest.mark.parametrize(
    ("name", "properties", "said"),
    [
        ("ReadRows", {"table_id": "none"}, "Bigtable: no such table"),
        ("ReadRows", {"table_id": "t/../x"}, "is no name of Bigtable"),
        ("DeleteRows", {}, "One of `rowKeys`, `rowKeyPrefix`, or"),
        ("WriteRows", {"rows": [BigtableRow(row_key="r", cells={})]}, "No columnFamily defined"),
        ("WriteRows", {"rows": [BigtableRow(row_key="")]}, "a row has `rowKey`"),
    ],
)
def test_what_cannot_be_done(
    tables: Tables, run: FakeRun, name: str, properties: dict[str, Any], said: str
) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(make(name, **properties))


def test_a_task_that_is_stopped_reads_no_more(tables: Tables, run: FakeRun) -> None:
    tables.fill(*(f"{number:04}" for number in range(1000)))
    seen: list[int] = []

    def sent() -> None:
        seen.append(1)
        if len(seen) == 3:
            run.stop()

    tables.sent = sent
    with pytest.raises(TaskFailure, match="The task was stopped"):
        run.run(make("ReadRows"))
