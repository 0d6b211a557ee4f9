"""The Storage Write API of BigQuery: a service of gRPC that keeps what it is sent, and reads it by the schema that comes along."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import bigquery_write

PLACE = "google.cloud.bigquery.storage.v1.BigQueryWrite"
TABLE = "projects/proj/datasets/d/tables/t"
FIELDS = [
    {"name": "Id", "type": "INTEGER", "mode": "REQUIRED"},
    {"name": "name", "type": "STRING"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
    {
        "name": "parts",
        "type": "RECORD",
        "mode": "REPEATED",
        "fields": [{"name": "price", "type": "NUMERIC"}, {"name": "ok", "type": "BOOL"}],
    },
    {"name": "day", "type": "DATE"},
    {"name": "at", "type": "TIMESTAMP"},
    {"name": "local", "type": "DATETIME"},
    {"name": "hour", "type": "TIME"},
    {"name": "raw", "type": "BYTES"},
    {"name": "doc", "type": "JSON"},
    {"name": "score", "type": "FLOAT"},
]


class Storage:
    """What was appended to each stream, and what was done with streams."""

    def __init__(self, types: Any) -> None:
        self.types = types
        self.rows: dict[str, list[Any]] = {}
        self.batches: list[int] = []
        self.steps: list[str] = []
        self.error = ""
        self.waiting = threading.Event()
        self.commits = True

    def check(self, context: Any) -> None:
        assert dict(context.invocation_metadata())["authorization"] == "Bearer tok"

    def append(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

        self.check(context)
        self.waiting.set()
        kind: Any = None
        for request in requests:
            if kind is None:
                described = request.proto_rows.writer_schema.proto_descriptor
                file = descriptor_pb2.FileDescriptorProto(name="x.proto", syntax="proto2")
                file.message_type.append(described)
                pool = descriptor_pool.DescriptorPool()
                pool.Add(file)
                kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(described.name))
            data = request.proto_rows.rows.serialized_rows
            self.batches.append(len(data))
            self.rows.setdefault(request.write_stream, []).extend(map(kind.FromString, data))
            answer = self.types.AppendRowsResponse()
            if self.error:
                answer.error = {"code": 3, "message": self.error}
            yield answer

    def create(self, request: Any, context: Any) -> Any:
        self.check(context)
        self.steps.append(f"create {request.write_stream.type_.name}")
        return self.types.WriteStream(name=f"{request.parent}/streams/s1")

    def finalize(self, request: Any, context: Any) -> Any:
        self.steps.append(f"finalize {request.name}")
        return self.types.FinalizeWriteStreamResponse(row_count=len(self.rows[request.name]))

    def commit(self, request: Any, context: Any) -> Any:
        self.steps.append(f"commit {list(request.write_streams)}")
        if not self.commits:
            return self.types.BatchCommitWriteStreamsResponse(
                stream_errors=[{"error_message": "gone"}]
            )
        return self.types.BatchCommitWriteStreamsResponse(commit_time={"seconds": 1_700_000_000})


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    grpc = pytest.importorskip("grpc")
    types = pytest.importorskip("google.cloud.bigquery_storage_v1").types
    found = Storage(types)

    def unary(call: Any, kind: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            call, kind.deserialize, lambda answer: type(answer).serialize(answer)
        )

    stream = grpc.stream_stream_rpc_method_handler(
        found.append, types.AppendRowsRequest.deserialize, types.AppendRowsResponse.serialize
    )
    methods = {
        "AppendRows": stream,
        "CreateWriteStream": unary(found.create, types.CreateWriteStreamRequest),
        "FinalizeWriteStream": unary(found.finalize, types.FinalizeWriteStreamRequest),
        "BatchCommitWriteStreams": unary(found.commit, types.BatchCommitWriteStreamsRequest),
    }
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(PLACE, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setattr(
        bigquery_write, "channel_to", lambda host: grpc.insecure_channel(f"127.0.0.1:{port}")
    )
    yield found
    server.stop(0).wait()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(monkeypatch, bigquery_write__ADDRESS="") as found:
        place = f"/bigquery/v2/{TABLE}"
        found.answers["GET", place] = {"schema": {"fields": FIELDS}}
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def write(run: FakeRun, rows: str, **more: Any) -> Any:
    stored = run.store(rows, "in.ion")
    given = {"destination_table": "proj.d.t", "from_": stored, **more}
    return run.run(made("gcp.bigquery.StorageWrite", **given))


def decimal(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


ROW = """{
    id: 1, name: "Ada", tags: ["a", "b"], parts: [{price: -1.5, ok: true}, {price: "2"}],
    day: 2024-01-02, at: 2024-01-02T03:04:05.678Z, local: "2024-01-02T03:04:05.000006",
    hour: "03:04:05", raw: {{AP8=}}, doc: {a: [1]}, score: 1.5
}""".replace("\n", " ")


def test_rows_go_as_the_table_has_them(run: FakeRun, storage: Storage, google: Google) -> None:
    found = write(run, f"{ROW}\n{{id: 2}}\n{{ID: 3, name: null}}\n", buffer_size=2)
    assert found == {"rows": 3, "rowsCount": None, "commitTime": None}
    assert storage.batches == [2, 1]
    first, *others = storage.rows[f"{TABLE}/streams/_default"]
    assert (first.id, first.name, list(first.tags)) == (1, "Ada", ["a", "b"])
    assert [decimal(each.price) for each in first.parts] == [-1_500_000_000, 2_000_000_000]
    assert [each.HasField("ok") for each in first.parts] == [True, False]
    assert (first.day, first.at) == (19724, 1704164645678000)
    clock = (3 << 12 | 4 << 6 | 5) << 20
    assert first.hour == clock
    assert first.local == (2024 << 26 | 1 << 22 | 2 << 17) << 20 | clock | 6
    assert (first.raw, json.loads(first.doc), first.score) == (b"\x00\xff", {"a": [1]}, 1.5)
    assert [(each.id, each.HasField("name")) for each in others] == [(2, False), (3, False)]
    assert ("counter", "rows", 3) in run.metrics
    assert run.tags[-1] == {
        "write_stream_type": "DEFAULT", "project_id": "proj", "dataset": "d",
    }  # fmt: skip


def test_rows_that_are_seen_together(run: FakeRun, storage: Storage, google: Google) -> None:
    found = write(run, "{id: 1}\n{id: 2}\n", write_stream_type="PENDING")
    assert (found["rows"], found["rowsCount"]) == (2, 2)
    assert str(found["commitTime"]) == "2023-11-14 22:13:20+00:00"
    name = f"{TABLE}/streams/s1"
    assert storage.steps == ["create PENDING", f"finalize {name}", f"commit ['{name}']"]
    storage.commits = False
    with pytest.raises(TaskFailure, match="Error on commit with error: gone"):
        write(run, "{id: 1}\n", write_stream_type="PENDING")
    storage.steps = []
    write(run, "{id: 1}\n", write_stream_type="COMMITTED")
    assert storage.steps == ["create COMMITTED"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("{name: 'x'}", "root.id is required"),
        ("{id: 'many'}", "many is no INTEGER, as root.id is"),
        ("{id: 1.5}", "1.5 is no INTEGER"),
        ("{id: 1, other: 2}", "the table has no column root.other"),
        ("{id: 1, tags: 'a'}", "root.tags is no list"),
        ("{id: 1, parts: [1]}", "root.parts is no map"),
        ("{id: 1, parts: [{price: 0.0000000001}]}", "is no NUMERIC"),
        ("{id: 1, at: 'noon'}", "noon is no TIMESTAMP"),
        ("[1]", "root is no map"),
    ],
)
def test_rows_that_do_not_fit(
    run: FakeRun, storage: Storage, google: Google, rows: str, said: str
) -> None:
    with pytest.raises(TaskFailure, match=f"Failed to append records with error: .*{said}"):
        write(run, rows.replace("'", '"') + "\n")
    assert not storage.rows


def test_what_the_service_refuses(run: FakeRun, storage: Storage, google: Google) -> None:
    storage.error = "no such column"
    with pytest.raises(TaskFailure, match="Failed to append records with error: no such column"):
        write(run, "{id: 1}\n")
    with pytest.raises(TaskFailure, match="Invalid destinationTable"):
        write(run, "{id: 1}\n", destination_table="d.t")
    google.answers.clear()
    with pytest.raises(TaskFailure, match="Google answered with status 404"):
        write(run, "{id: 1}\n")


def test_a_task_is_stopped(run: FakeRun, storage: Storage, google: Google) -> None:
    stored = run.store("{id: 1}\n" * 200_000, "in.ion")
    work = made("gcp.bigquery.StorageWrite", destination_table="proj.d.t", from_=stored)

    async def both() -> None:
        def watch() -> None:
            pause = threading.Event()
            while len(run._stops) < 2:
                pause.wait(0.01)
            run.stop()

        threading.Thread(target=watch, daemon=True).start()
        # between two requests, or in one: then that has no answer
        with pytest.raises(TaskFailure, match=r"stopped|failed to respond"):
            await work.run(run)

    asyncio.run(both())
