"""BigQuery: rows that are streamed into a table by the Storage Write API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt import missing, packages
from flowrt.model.declare import DATETIME, INTEGER, STRING, Kind, enum, prop, task_type
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.google.bigquery import ADDRESS, table
from flowrt.plugins.google.bigquery_cells import Misfit, RowMaker
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text
    from flowrt.plugins.google.auth import Google

HOST = "bigquerystorage.googleapis.com"
STREAMS = enum("DEFAULT", "COMMITTED", "PENDING")
LARGEST = 8_000_000
"""Bytes of rows that go in one message; the service takes ten millions."""


def channel_to(host: str) -> Any:
    """A connection to a service that speaks gRPC."""
    grpc = missing.load("grpc", "BigQuery's storage", packages.BIGQUERY_STORAGE, "bigquery")
    return grpc.secure_channel(host, grpc.ssl_channel_credentials())


@task_type("io.kestra.plugin.gcp.bigquery.StorageWrite")
class BigQueryStorageWrite(CloudTask):
    """Write the rows of a stored file to a table that is there; those of a `PENDING` stream are seen together at the end."""

    packages: ClassVar[tuple[str, ...]] = (*CloudTask.packages, packages.BIGQUERY_STORAGE)
    outputs: ClassVar[dict[str, Kind] | None] = {
        "rows": INTEGER,
        "rowsCount": INTEGER,
        "commitTime": DATETIME,
    }

    from_: Text | None = prop(STRING, default=None)
    destination_table: Text = prop(STRING)
    write_stream_type: Text = prop(STREAMS, default="DEFAULT")
    buffer_size: Integer = prop(INTEGER, default=1000)
    location: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        library = missing.load(
            "google.cloud.bigquery_storage_v1",
            "BigQuery's storage",
            packages.BIGQUERY_STORAGE,
            "bigquery",
        )
        from google.api_core.exceptions import GoogleAPICallError

        names = _named(required_text(run, self.destination_table))
        kind = str(run.constant(self.write_stream_type, STREAMS))
        maker = RowMaker(_schema(google, names))
        with channel_to(HOST) as channel:
            stop = Stop(run)
            run.on_kill(channel.close)
            writer = _Writer(run, google, library, channel, names)
            try:
                outputs = self._written(run, writer, kind, maker, stop)
            except GoogleAPICallError as error:
                stop.check()
                raise TaskFailure(f"BigQuery: {error.message}") from None
            except ValueError as error:  # of a channel that is closed
                stop.check()
                raise TaskFailure(f"BigQuery: {reason(error)}") from None
        tags = {"write_stream_type": kind, "project_id": names[0], "dataset": names[1]}
        run.metric("counter", "rows", outputs["rows"], tags)
        if outputs["rowsCount"] is not None:
            run.metric("counter", "rows_count", outputs["rowsCount"], tags)
        return outputs

    def _written(
        self, run: RunContext, writer: _Writer, kind: str, maker: RowMaker, stop: Stop
    ) -> dict[str, Any]:
        from flowrt.plugins.stored import plain_rows

        rows = stop.each(plain_rows(stored_path(run, required_text(run, self.from_))))
        stream = writer.default if kind == "DEFAULT" else writer.begun(kind)
        size = max(1, run.integer(self.buffer_size) or 1)
        outputs: dict[str, Any] = {
            "rows": writer.append(stream, maker, rows, size),
            "rowsCount": None,
            "commitTime": None,
        }
        if kind == "PENDING":
            run.log("DEBUG", f"Commit pending stream '{stream}'")
            outputs |= writer.committed(stream)
        return outputs


class _Writer:
    """Writes to streams of a table."""

    def __init__(
        self, run: RunContext, google: Google, library: Any, channel: Any, names: tuple[str, ...]
    ) -> None:
        from google.cloud.bigquery_storage_v1.services.big_query_write import transports

        transport = transports.BigQueryWriteGrpcTransport(channel=channel)
        self._run = run
        self._types = library.types
        self._client = library.BigQueryWriteClient(transport=transport)
        self._table = "projects/{}/datasets/{}/tables/{}".format(*names)
        self._about = [("authorization", f"Bearer {google.token().value}")]
        self.default = f"{self._table}/streams/_default"

    def begun(self, kind: str) -> str:
        """The name of a new stream."""
        wanted = self._types.WriteStream(type_=self._types.WriteStream.Type[kind])
        found = self._client.create_write_stream(
            parent=self._table, write_stream=wanted, metadata=self._about
        )
        return str(found.name)

    def append(self, stream: str, maker: RowMaker, rows: Iterator[Any], size: int) -> int:
        """Send rows, and hear that they were taken; how many there were. Raises TaskFailure for one that does not fit."""
        count, failures = 0, list[Exception]()

        def requests() -> Iterator[Any]:
            nonlocal count
            try:
                for batch in _batches(maker, rows, size):
                    data = self._types.AppendRowsRequest.ProtoData(
                        rows=self._types.ProtoRows(serialized_rows=batch)
                    )
                    if not count:
                        data.writer_schema = self._types.ProtoSchema(
                            proto_descriptor=maker.descriptor
                        )
                    count += len(batch)
                    yield self._types.AppendRowsRequest(write_stream=stream, proto_rows=data)
            except Exception as error:  # the library would only say that there was one
                failures.append(error)

        about = [*self._about, ("x-goog-request-params", f"write_stream={quote(stream, safe='')}")]
        for answer in self._client.append_rows(requests(), metadata=about):
            if answer.error.code:
                told = "; ".join(str(each.message) for each in answer.row_errors)
                said = f"{answer.error.message}{f': {told}' if told else ''}"
                raise TaskFailure(f"Failed to append records with error: {said}")
        if failures:
            raise failures[0]
        return count

    def committed(self, stream: str) -> dict[str, Any]:
        """End a stream, and have its rows seen. Raises TaskFailure when they are not."""
        from datetime import UTC, datetime

        ended = self._client.finalize_write_stream(name=stream, metadata=self._about)
        wanted = {"parent": self._table, "write_streams": [stream]}
        found = self._client.batch_commit_write_streams(request=wanted, metadata=self._about)
        if not found.commit_time:
            told = "\n- ".join(each.error_message for each in found.stream_errors)
            raise TaskFailure(f"Error on commit with error: {told}")
        moment = datetime.fromtimestamp(int(found.commit_time.timestamp()), UTC)
        return {"rowsCount": ended.row_count, "commitTime": moment}


def _batches(maker: RowMaker, rows: Iterator[Any], size: int) -> Iterator[list[bytes]]:
    """Rows as they are sent, so many at once, and not too large. Raises TaskFailure for one that does not fit."""
    batch, filled = list[bytes](), 0
    for row in rows:
        try:
            data = maker.bytes_of(row)
        except Misfit as error:
            raise TaskFailure(f"Failed to append records with error: {error}") from None
        if batch and (len(batch) >= size or filled + len(data) > LARGEST):
            yield batch
            batch, filled = [], 0
        batch.append(data)
        filled += len(data)
    if batch:
        yield batch


def _named(text: str) -> tuple[str, str, str]:
    """Project, dataset and table. Raises TaskFailure when one of them is missing."""
    found = table(text, "")
    names = tuple(str(found.get(f"{each}Id") or "") for each in ("project", "dataset", "table"))
    if not all(names):
        raise TaskFailure(f"Invalid destinationTable {text}")
    return names  # type: ignore[return-value]


def _schema(google: Google, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The columns of a table. Raises TaskFailure for one that has none."""
    places = zip(("projects", "datasets", "tables"), names, strict=True)
    path = "/".join(f"{kind}/{quote(name, safe='')}" for kind, name in places)
    found = google.ask("GET", f"{ADDRESS}/bigquery/v2/{path}")
    fields = (found.get("schema") or {}).get("fields")
    if not fields:
        raise TaskFailure(f"No schema defined for table '{'.'.join(names)}'")
    return list(fields)
