"""Parquet from and to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import INTEGER, enum, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.packages import PYARROW
from flowrt.plugins.serdes.records import RecordWriter
from flowrt.plugins.stored import Converter, Stop
from flowrt.plugins.values import engine_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

CODEC = enum("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD")
VERSION = enum("V1", "V2")
MEGABYTE = 1024 * 1024
BATCH = 2_000
"""Rows that are handed over at once."""


def _library(module: str = "pyarrow") -> Any:
    return load(module, "Parquet", PYARROW, "parquet")


@task_type(
    "io.kestra.plugin.serdes.parquet.IonToParquet", "io.kestra.plugin.serdes.parquet.ParquetWriter"
)
class IonToParquet(RecordWriter):
    """Write rows as a Parquet file."""

    extension = ".parquet"
    packages: ClassVar[tuple[str, ...]] = (PYARROW,)

    compression_codec: Text = prop(CODEC, default="GZIP")
    parquet_version: Text = prop(VERSION, default="V2")
    row_group_size: Integer = prop(INTEGER, default=128 * MEGABYTE)
    page_size: Integer = prop(INTEGER, default=MEGABYTE)
    dictionary_page_size: Integer = prop(INTEGER, default=MEGABYTE)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        pa, pq = _library(), _library("pyarrow.parquet")
        schema = self.schema_of(run, source, stop)
        shape = _Shape(pa)
        columns = shape.columns(schema)
        codec = required(run.constant(self.compression_codec, CODEC)).lower()
        group = int(required(run.integer(self.row_group_size)))
        count = 0
        try:
            with pq.ParquetWriter(
                target,
                columns,
                compression="none" if codec == "uncompressed" else codec,
                data_page_version="1.0" if run.text(self.parquet_version) == "V1" else "2.0",
                data_page_size=int(required(run.integer(self.page_size))),
                dictionary_pagesize_limit=int(required(run.integer(self.dictionary_page_size))),
            ) as writer:
                pending: list[Any] = []
                size = 0
                for records in _batches(self.records(run, source, schema, stop)):
                    rows = [shape.row(schema, record) for record in records]
                    batch = pa.RecordBatch.from_pylist(rows, schema=columns)
                    pending.append(batch)
                    size += batch.nbytes
                    count += len(rows)
                    if size >= group:
                        writer.write_table(pa.Table.from_batches(pending, columns))
                        pending, size = [], 0
                if pending:
                    writer.write_table(pa.Table.from_batches(pending, columns))
        except (pa.ArrowException, OverflowError, TypeError):
            raise TaskFailure(
                f"A record behind the record {count} does not fit the schema, or a field without null has none"
            ) from None
        return count


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    from itertools import islice

    while batch := list(islice(records, BATCH)):
        yield batch


class _Shape:
    """The columns of a Parquet file for an Avro schema."""

    def __init__(self, pa: Any) -> None:
        self._pa = pa
        self._named: dict[str, Any] = {}
        self._logical = {
            "date": pa.date32(),
            "time-millis": pa.time32("ms"),
            "time-micros": pa.time64("us"),
            "timestamp-millis": pa.timestamp("ms", tz="UTC"),
            "timestamp-micros": pa.timestamp("us", tz="UTC"),
            "local-timestamp-millis": pa.timestamp("ms"),
            "local-timestamp-micros": pa.timestamp("us"),
        }
        self._plain = {
            "null": pa.null(),
            "boolean": pa.bool_(),
            "int": pa.int32(),
            "long": pa.int64(),
            "float": pa.float32(),
            "double": pa.float64(),
            "bytes": pa.binary(),
            "string": pa.string(),
            "enum": pa.string(),
        }

    def columns(self, schema: Any) -> Any:
        return self._pa.schema(self._fields(schema))

    def _fields(self, schema: Any) -> list[Any]:
        return [self._field(field["name"], field["type"]) for field in schema["fields"]]

    def _field(self, name: str, schema: Any) -> Any:
        nullable = schema == "null" or (isinstance(schema, list) and "null" in schema)
        return self._pa.field(name, self._kind(schema), nullable=nullable)

    def _kind(self, schema: Any) -> Any:
        pa = self._pa
        if isinstance(schema, list):
            members = _members(schema)
            if len(members) == 1:
                return self._kind(members[0])
            if not members:
                return pa.null()
            return pa.struct(
                [pa.field(f"member{at}", self._kind(each)) for at, each in enumerate(members)]
            )
        if isinstance(schema, str):
            found = self._plain.get(schema) or self._named.get(schema)
            if found is None:
                raise TaskFailure(f"The schema names an unknown type '{schema}'")
            return found
        kind, logical = schema.get("type"), schema.get("logicalType")
        if isinstance(kind, (dict, list)):
            return self._kind(kind)
        if logical == "decimal":
            return pa.decimal128(int(schema["precision"]), int(schema.get("scale", 0)))
        if logical in self._logical:
            return self._logical[logical]
        if kind == "record":
            found = pa.struct(self._fields(schema))
        elif kind == "array":
            found = pa.list_(self._field("element", schema["items"]))
        elif kind == "map":
            found = pa.map_(pa.string(), self._field("value", schema["values"]))
        elif kind == "fixed":
            found = pa.binary(int(schema["size"]))
        else:
            return self._kind(kind)
        self._named[str(schema.get("name", ""))] = found
        return found

    def row(self, schema: Any, record: dict[str, Any]) -> dict[str, Any]:
        """A record with the members of its unions in their places, and its maps as pairs."""
        return {
            field["name"]: self._cell(field["type"], record.get(field["name"]))
            for field in schema["fields"]
        }

    def _cell(self, schema: Any, value: Any) -> Any:
        if value is None or isinstance(schema, str):
            return value
        if isinstance(schema, list):
            members = _members(schema)
            if len(members) == 1:
                return self._cell(members[0], value)
            at = next((at for at, each in enumerate(members) if _fits(each, value)), 0)
            return {f"member{at}": self._cell(members[at], value)}
        kind = schema.get("type")
        if isinstance(kind, (dict, list)):
            return self._cell(kind, value)
        if kind == "record":
            return self.row(schema, value)
        if kind == "array":
            return [self._cell(schema["items"], item) for item in value]
        if kind == "map":
            return [(key, self._cell(schema["values"], item)) for key, item in value.items()]
        return value


def _members(schema: list[Any]) -> list[Any]:
    return [member for member in schema if member != "null"]


_PYTHON: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (float,),
    "double": (float,),
    "string": (str,),
    "enum": (str,),
    "bytes": (bytes,),
    "fixed": (bytes,),
    "record": (dict,),
    "map": (dict,),
    "array": (list,),
}


def _fits(schema: Any, value: Any) -> bool:
    """Whether a converted value may be one of a member of a union."""
    kind = schema.get("type") if isinstance(schema, dict) else schema
    wanted = _PYTHON.get(str(kind), (object,))
    return isinstance(value, wanted) and not (isinstance(value, bool) and bool not in wanted)


@task_type(
    "io.kestra.plugin.serdes.parquet.ParquetToIon", "io.kestra.plugin.serdes.parquet.ParquetReader"
)
class ParquetToIon(Converter):
    """Read Parquet: a row for each record."""

    packages: ClassVar[tuple[str, ...]] = (PYARROW,)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        pa, pq = _library(), _library("pyarrow.parquet")
        with RowFile(target) as rows:
            try:
                with pq.ParquetFile(source) as file:
                    columns = _without_nanos(pa, file.schema_arrow)
                    for batch in file.iter_batches(batch_size=BATCH):
                        stop.check()
                        table = pa.Table.from_batches([batch])
                        for row in table.cast(columns, safe=False).to_pylist():
                            rows.write(engine_value(row))
            except (pa.ArrowException, OSError, ValueError, OverflowError):
                raise TaskFailure("The file is no Parquet file, or it is damaged") from None
            return rows.count


def _without_nanos(pa: Any, schema: Any) -> Any:
    """A schema whose times and moments have microseconds, which is what Python's have."""
    fields = []
    for field in schema:
        kind = field.type
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            field = field.with_type(pa.timestamp("us", tz=kind.tz))
        elif pa.types.is_time64(kind) and kind.unit == "ns":
            field = field.with_type(pa.time64("us"))
        fields.append(field)
    return pa.schema(fields)
