"""Rows as records of an Avro schema, which Avro and Parquet files are written by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.java.errors import RawError
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, ByteArray
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, listing, prop
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.serdes.base import BAD_LINES, BadRecords, zone_of_property
from flowrt.plugins.stored import Converter, Stop, plain_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

TRUE = ("t", "true", "enabled", "1", "on", "yes")
FALSE = ("f", "false", "disabled", "0", "off", "no", "")
NULL = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "1.#IND", "1.#QNAN", "NA"),
    *("n/a", "nan", "null"),
)
_POSITION = re.compile(r"col(\d+)")


class RecordWriter(Converter):
    """What the writers of records share: the schema, and how texts become values of it."""

    schema: Text | None = prop(STRING, default=None)
    number_of_rows_to_scan: Integer = prop(INTEGER, default=100)
    true_values: Listing | None = prop(listing(STRING), default=None)
    false_values: Listing | None = prop(listing(STRING), default=None)
    null_values: Listing | None = prop(listing(STRING), default=None)
    date_format: Text = prop(STRING, default="yyyy-MM-dd[XXX]")
    time_format: Text = prop(STRING, default="HH:mm[:ss][.SSSSSS][XXX]")
    datetime_format: Text = prop(STRING, default="yyyy-MM-dd'T'HH:mm[:ss][.SSSSSS][XXX]")
    decimal_separator: Text = prop(STRING, default=".")
    strict_schema: Flag = prop(BOOLEAN, default=False)
    infer_all_fields: Flag = prop(BOOLEAN, default=False)
    time_zone_id: Text | None = prop(STRING, default=None)
    on_bad_lines: Text = prop(BAD_LINES, default="ERROR")

    def schema_of(self, run: RunContext, source: Path, stop: Stop) -> dict[str, Any]:
        """The schema that is given, or that of the first rows. Raises TaskFailure for one that is no record."""
        from itertools import islice

        from flowrt.plugins.serdes.inference import infer_schema
        from flowrt.plugins.serdes.json import parsed

        text = run.text(self.schema)
        if text is None:
            most = None
            if not run.flag(self.infer_all_fields):
                most = int(required(run.integer(self.number_of_rows_to_scan)))
                if most < 1:
                    raise TaskFailure("Number of rows to scan must be greater than 0")
            return infer_schema(islice(stop.each(plain_rows(source)), most))
        schema = parsed(text)
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise TaskFailure("The schema must be an Avro schema of type record")
        return schema

    def records(
        self, run: RunContext, source: Path, schema: dict[str, Any], stop: Stop
    ) -> Iterator[dict[str, Any]]:
        """The rows as records. Raises TaskFailure, with `onBadLines: ERROR`, for a value that does not fit."""
        maker = RecordMaker(run, self, schema)
        for row in stop.each(plain_rows(source)):
            yield maker.record(row)


class Misfit(Exception):
    """A value that the schema does not take."""


class RecordMaker:
    """Makes records of rows; logical types become the numbers that stand for them."""

    def __init__(self, run: RunContext, options: RecordWriter, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._bad = BadRecords(run, options.on_bad_lines)
        self._strict = run.flag(options.strict_schema)
        self._infer = run.flag(options.infer_all_fields)
        self._words = {
            name: frozenset(str(word).lower() for word in (run.listing(given) or known))
            for name, given, known in (
                ("true", options.true_values, TRUE),
                ("false", options.false_values, FALSE),
                ("null", options.null_values, NULL),
            )
        }
        self._formats = (
            run.text(options.date_format) or "",
            run.text(options.time_format) or "",
            run.text(options.datetime_format) or "",
        )
        self._separator = run.text(options.decimal_separator) or "."
        self._zone = zone_of_property(run, options.time_zone_id)
        self._named: dict[str, Any] = {}
        self._learn(schema)

    def _learn(self, schema: Any) -> None:
        """Remember the types that have names, since others may refer to them."""
        if isinstance(schema, list):
            for member in schema:
                self._learn(member)
        elif isinstance(schema, dict):
            if "name" in schema:
                self._named[str(schema["name"])] = schema
            for field in schema.get("fields", ()):
                self._learn(field["type"])
            for key in ("items", "values"):
                self._learn(schema.get(key))

    def record(self, row: Any) -> dict[str, Any]:
        """The record of a row."""
        fields = self._schema["fields"]
        if isinstance(row, list):
            if len(fields) == 1 and _type(fields[0]["type"]) == "array":
                return self._fields(self._schema, {fields[0]["name"]: row})
            self._check_width(len(row))
            names = [field["name"] for field in fields]
            row += [None] * (len(names) - len(row))
            return self._fields(self._schema, dict(zip(names, row, strict=False)))
        if not isinstance(row, dict):
            raise TaskFailure("Unable to convert a row that is neither a map nor a list")
        self._check_width(len(row))
        positions = [_POSITION.fullmatch(str(key)) for key in row]
        if row and all(positions):
            by_place = {int(m[1]): v for m, v in zip(positions, row.values(), strict=True) if m}
            row = {field["name"]: by_place.get(at) for at, field in enumerate(fields)}
        return self._fields(self._schema, row)

    def _check_width(self, width: int) -> None:
        if self._strict and width > len(self._schema["fields"]):
            self._bad.meet(
                f"Data contains more fields than schema: expected {len(self._schema['fields'])}, got {width}"
            )

    def _fields(self, schema: Any, row: dict[str, Any]) -> dict[str, Any]:
        record = {}
        for field in schema["fields"]:
            name = field["name"]
            value = row.get(name)
            for alias in field.get("aliases", ()):
                value = row.get(alias) if value is None else value
            try:
                record[name] = self.value(field["type"], value)
            except Misfit as error:
                self._bad.meet(f"The field '{name}' cannot be converted: {error}")
                record[name] = None
        return record

    def value(self, schema: Any, value: Any) -> Any:
        """A value of a schema. Raises Misfit."""
        if self._infer and isinstance(value, str):
            for word, meant in (("null", None), ("true", True), ("false", False)):
                if value.lower() in self._words[word]:
                    return meant
        if isinstance(schema, list):
            for member in schema:
                try:
                    return self.value(member, value)
                except Misfit:
                    continue
            raise Misfit(f"{_shown(value)} is none of {', '.join(map(_type, schema))}")
        schema = self._named.get(schema, schema) if isinstance(schema, str) else schema
        kind = _type(schema)
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        convert: Callable[[Any, Any], Any] | None = getattr(
            self, "_" + str(logical or kind).replace("-", "_"), None
        )
        if convert is None:
            convert = getattr(self, f"_{kind}", None)
        if convert is None:
            raise TaskFailure(f"The schema names an unknown type '{kind}'")
        try:
            return convert(schema, value)
        except (RawError, ValueError, TypeError, OverflowError, ArithmeticError):
            raise Misfit(f"{_shown(value)} is no {logical or kind}") from None

    # ---- plain types ------------------------------------------------------------------------------------------------

    def _null(self, schema: Any, value: Any) -> None:
        if value is not None and not (
            isinstance(value, str) and value.lower() in self._words["null"]
        ):
            raise ValueError

    def _boolean(self, schema: Any, value: Any) -> bool:
        if isinstance(value, str):
            word = value.lower()
            if word in self._words["true"] or word in self._words["false"]:
                return word in self._words["true"]
        if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
            return bool(value)
        raise ValueError

    def _whole(self, value: Any, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    def _int(self, schema: Any, value: Any) -> int:
        return self._whole(value, INT_MIN, INT_MAX)

    def _long(self, schema: Any, value: Any) -> int:
        return self._whole(value, LONG_MIN, LONG_MAX)

    def _double(self, schema: Any, value: Any) -> float:
        if isinstance(value, str):
            return float(value.replace(self._separator, ".", 1))
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError
        return float(value)

    _float = _double

    def _string(self, schema: Any, value: Any) -> str:
        from flowrt.java.printing import text_of

        return text_of(value)

    def _bytes(self, schema: Any, value: Any) -> bytes:
        return bytes(value) if isinstance(value, ByteArray) else self._string(None, value).encode()

    def _fixed(self, schema: Any, value: Any) -> bytes:
        data = self._bytes(None, value)
        if len(data) != schema["size"]:
            raise ValueError
        return data

    def _enum(self, schema: Any, value: Any) -> str:
        text = self._string(None, value)
        if text not in schema["symbols"]:
            raise ValueError
        return text

    # ---- types that hold others -------------------------------------------------------------------------------------

    def _record(self, schema: Any, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError
        return self._fields(schema, value)

    def _array(self, schema: Any, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError
        return [self.value(schema["items"], item) for item in value]

    def _map(self, schema: Any, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError
        return {
            self._string(None, key): self.value(schema["values"], item)
            for key, item in value.items()
        }

    # ---- logical types ----------------------------------------------------------------------------------------------

    def _decimal(self, schema: Any, value: Any) -> Any:
        from decimal import ROUND_HALF_EVEN, Context, Decimal

        precision, scale = int(schema["precision"]), int(schema.get("scale", 0))
        if isinstance(value, str):
            number = Decimal(value.replace(self._separator, ".", 1))
        elif isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise ValueError
        else:
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        context = Context(prec=max(precision, 1), rounding=ROUND_HALF_EVEN)
        return number.quantize(Decimal(1).scaleb(-scale), context=context)

    def _uuid(self, schema: Any, value: Any) -> str:
        from uuid import UUID

        return str(UUID(value))

    def _date(self, schema: Any, value: Any) -> int:
        from flowrt.java.time.partial import read_date
        from flowrt.java.time.temporal import LocalDate

        if isinstance(value, str):
            value = read_date(self._formats[0], value)
        kind = type(value).__name__
        if kind in ("LegacyDate", "Instant"):
            moment = value if kind == "Instant" else value.to_instant()
            value = moment.at_zone(self._zone).date
        elif kind in ("Zoned", "LocalDateTime"):
            value = value.date
        if not isinstance(value, LocalDate):
            raise ValueError
        return value.epoch_day()

    def _time_micros(self, schema: Any, value: Any) -> int:
        from flowrt.java.time.partial import read_time
        from flowrt.java.time.temporal import LocalTime

        time = read_time(self._formats[1], value) if isinstance(value, str) else value
        if not isinstance(time, LocalTime):
            raise ValueError
        return time.nano_of_day // 1000

    def _time_millis(self, schema: Any, value: Any) -> int:
        return self._time_micros(schema, value) // 1000

    def _nanos(self, value: Any, unit: int) -> int:
        """The nanoseconds since 1970 of a moment; numbers count in units of so many nanoseconds."""
        from flowrt.java.time.formatter import formatter
        from flowrt.java.time.temporal import LegacyDate, LocalDateTime, Zoned
        from flowrt.plugins.values import nanos_of_epoch

        if isinstance(value, str):
            if value.lstrip("-").isdecimal():
                return int(value) * unit
            _, local, moment = formatter(self._formats[2]).parse(value)
            value = moment or local
        elif isinstance(value, int) and not isinstance(value, bool):
            return int(value) * unit
        if isinstance(value, LegacyDate):
            value = value.to_instant()
        if isinstance(value, LocalDateTime):
            value = Zoned.of_local(value, self._zone)
        nanos = nanos_of_epoch(value)
        if nanos is None:
            raise ValueError
        return nanos

    def _timestamp_millis(self, schema: Any, value: Any) -> int:
        return self._nanos(value, 1_000_000) // 1_000_000

    def _timestamp_micros(self, schema: Any, value: Any) -> int:
        return self._nanos(value, 1000) // 1000

    def _local(self, value: Any, unit: int) -> int:
        """What the clocks of the zone show, as if it were UTC."""
        from flowrt.java.time.temporal import Instant

        local = Instant(self._nanos(value, unit)).at_zone(self._zone).local
        return local.epoch_nanos() // unit

    def _local_timestamp_millis(self, schema: Any, value: Any) -> int:
        return self._local(value, 1_000_000)

    def _local_timestamp_micros(self, schema: Any, value: Any) -> int:
        return self._local(value, 1000)


def _type(schema: Any) -> str:
    """The name of the type of a schema."""
    if isinstance(schema, list):
        return "union"
    found = schema.get("type") if isinstance(schema, dict) else schema
    return _type(found) if isinstance(found, (dict, list)) else str(found)


def _shown(value: Any) -> str:
    """The beginning of a value, for messages."""
    from flowrt.formats.jsonwrite import to_json

    text = to_json(value)
    return text if len(text) <= 250 else text[:250] + " ..."
