"""Avro from and to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import INTEGER, STRING, URI, Kind, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.packages import FASTAVRO
from flowrt.plugins.serdes.base import BAD_LINES, BadRecords
from flowrt.plugins.serdes.records import RecordWriter
from flowrt.plugins.stored import Converter, Stop, plain_rows, source_path, target_path
from flowrt.plugins.values import engine_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text


def _library(module: str = "fastavro") -> Any:
    return load(module, "Avro", FASTAVRO, "avro")


@task_type("io.kestra.plugin.serdes.avro.IonToAvro", "io.kestra.plugin.serdes.avro.AvroWriter")
class IonToAvro(RecordWriter):
    """Write rows as the records of an Avro file."""

    extension = ".avro"
    packages: ClassVar[tuple[str, ...]] = (FASTAVRO,)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        fastavro = _library()
        schema = self.schema_of(run, source, stop)
        problems = _library("fastavro.schema")
        count = 0

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal count
            for record in self.records(run, source, schema, stop):
                count += 1
                yield record

        try:
            parsed = fastavro.parse_schema(schema)
            with target.open("wb") as out:
                fastavro.writer(out, parsed, counted(), codec="null")
        except (problems.SchemaParseException, problems.UnknownType, KeyError):
            raise TaskFailure(
                "The schema is no Avro schema: names begin with a letter and have letters, digits and `_`"
            ) from None
        except (ValueError, TypeError, OverflowError, AttributeError):
            raise TaskFailure(f"The record {count} does not fit the schema") from None
        return count


@task_type("io.kestra.plugin.serdes.avro.AvroToIon", "io.kestra.plugin.serdes.avro.AvroReader")
class AvroToIon(Converter):
    """Read Avro: a row for each record."""

    packages: ClassVar[tuple[str, ...]] = (FASTAVRO,)

    on_bad_lines: Text = prop(BAD_LINES, default="ERROR")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        fastavro = _library()
        bad = BadRecords(run, self.on_bad_lines)
        with source.open("rb") as file, RowFile(target) as rows:
            try:
                records = fastavro.reader(file)
                schema = records.writer_schema
            except Exception:
                raise TaskFailure("The file is no Avro file") from None
            bare = _is_bare(schema)
            while True:
                try:
                    record = next(records)
                except StopIteration:
                    break
                except Exception:
                    bad.meet(f"The Avro file cannot be read behind its record {rows.count}")
                    break
                stop.check()
                value = engine_value(record)
                rows.write(value["value"] if bare else value)
            return rows.count


def _is_bare(schema: Any) -> bool:
    """Whether records stand for lists, which Avro cannot have at the top."""
    fields: list[Any] = schema.get("fields", []) if isinstance(schema, dict) else []
    return (
        len(fields) == 1
        and str(schema.get("name", "")).rpartition(".")[2] == "root"
        and fields[0]["name"] == "value"
        and isinstance(fields[0]["type"], dict)
        and fields[0]["type"].get("type") == "array"
    )


@task_type("io.kestra.plugin.serdes.avro.InferAvroSchemaFromIon")
class InferAvroSchemaFromIon(Converter):
    """Store the Avro schema that rows would be written by."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    number_of_rows_to_scan: Integer = prop(INTEGER, default=100)

    from_: Text = prop(STRING, yaml="from")

    def _converted(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        from itertools import islice

        from flowrt.formats.jsonwrite import to_json
        from flowrt.plugins.serdes.inference import infer_schema
        from flowrt.tasks.storage import required_text

        most = int(required(run.integer(self.number_of_rows_to_scan)))
        source = source_path(run, required_text(run, self.from_))
        schema = infer_schema(islice(stop.each(plain_rows(source)), most))
        target = target_path(run, ".avsc")
        target.write_text(to_json(schema), "utf-8")
        return {"uri": run.put_file(target, target.name)}
