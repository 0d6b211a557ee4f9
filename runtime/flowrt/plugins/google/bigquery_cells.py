"""Rows as BigQuery's Storage Write API takes them: messages of Protocol Buffers, made for the schema of a table."""

from __future__ import annotations

import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flowrt import missing, packages
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.java.time.isoparse import parse_zoned
from flowrt.java.time.temporal import LocalDate, LocalDateTime, LocalTime
from flowrt.plugins.values import nanos_of_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime.date(1970, 1, 1).toordinal()


class Misfit(Exception):
    """A value does not fit its column."""


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError
    found = int(value)
    if isinstance(value, (float, Decimal)) and found != value:
        raise ValueError
    return found


def _double(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _string(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError
    return text_of(value)


def _json(value: Any) -> str:
    from flowrt.formats.jsonwrite import to_json

    return to_json(value) if isinstance(value, (dict, list)) else text_of(value)


def _bytes(value: Any) -> bytes:
    if isinstance(value, list):
        return bytes(value)
    return bytes(value) if isinstance(value, bytes) else _string(value).encode()


def _date(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return datetime.date.fromisoformat(_local(value, LocalDate)).toordinal() - EPOCH


def _moment(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    nanos = nanos_of_epoch(value)
    if nanos is None:
        nanos = parse_zoned(_string(value).replace(" ", "T", 1)).epoch_nanos
    return nanos // 1000


def _packed_time(value: Any) -> int:
    return _packed(datetime.time.fromisoformat(_local(value, LocalTime)))


def _packed_date_time(value: Any) -> int:
    found = datetime.datetime.fromisoformat(_local(value, LocalDateTime))
    days = found.year << 26 | found.month << 22 | found.day << 17
    return (days << 20) | _packed(found.time())


def _packed(found: datetime.time) -> int:
    return (found.hour << 12 | found.minute << 6 | found.second) << 20 | found.microsecond


def _local(value: Any, kind: type) -> str:
    """The ISO text of a local date or time, to the microsecond, which is what a column holds."""
    if not isinstance(value, (kind, str)):
        raise ValueError
    head, dot, fraction = str(value).partition(".")
    return f"{head}.{fraction[:6]}" if dot else head


def _decimal(scale: int) -> Callable[[Any], bytes]:
    """What makes the bytes of a number with so many digits behind the point."""

    def made(value: Any) -> bytes:
        from decimal import localcontext

        if isinstance(value, bool):
            raise ValueError
        with localcontext(prec=120):
            scaled = Decimal(str(value)).scaleb(scale)
            whole = int(scaled)
            if whole != scaled:
                raise ValueError
        return whole.to_bytes((whole.bit_length() + 8) // 8, "little", signed=True)

    return made


KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("BOOL", "BOOLEAN"), ("BOOL", _bool)),
    **dict.fromkeys(("INT64", "INTEGER"), ("INT64", _integer)),
    **dict.fromkeys(("FLOAT64", "FLOAT"), ("DOUBLE", _double)),
    **dict.fromkeys(("STRING", "GEOGRAPHY", "INTERVAL"), ("STRING", _string)),
    "JSON": ("STRING", _json),
    "BYTES": ("BYTES", _bytes),
    "DATE": ("INT32", _date),
    "TIME": ("INT64", _packed_time),
    "DATETIME": ("INT64", _packed_date_time),
    "TIMESTAMP": ("INT64", _moment),
    "NUMERIC": ("BYTES", _decimal(9)),
    "BIGNUMERIC": ("BYTES", _decimal(38)),
}
"""The types of columns: as which type of a message they go, and what makes their values."""
RECORDS = ("RECORD", "STRUCT")


class RowMaker:
    """Makes messages of rows; `descriptor` says what they are."""

    def __init__(self, fields: list[dict[str, Any]]) -> None:
        what, package, extra = "BigQuery's storage", packages.BIGQUERY_STORAGE, "bigquery"
        forms = missing.load("google.protobuf.descriptor_pb2", what, package, extra)
        pools = missing.load("google.protobuf.descriptor_pool", what, package, extra)
        factory = missing.load("google.protobuf.message_factory", what, package, extra)
        self._fields = fields
        self.descriptor = forms.DescriptorProto(name="Row")
        self._describe(forms.FieldDescriptorProto, self.descriptor, fields, ".Row")
        file = forms.FileDescriptorProto(name="row.proto", syntax="proto2")
        file.message_type.append(self.descriptor)
        pool = pools.DescriptorPool()
        pool.Add(file)
        self._message = factory.GetMessageClass(pool.FindMessageTypeByName("Row"))

    def _describe(self, form: Any, into: Any, fields: list[dict[str, Any]], place: str) -> None:
        """Add fields to the description of a message. Raises Misfit for a column of a type that is not known."""
        for number, field in enumerate(fields, 1):
            kind, mode = str(field["type"]), field.get("mode") or "NULLABLE"
            label = {"REPEATED": "REPEATED", "REQUIRED": "REQUIRED"}.get(mode, "OPTIONAL")
            added = into.field.add(
                name=str(field["name"]).lower(),
                number=number,
                label=form.Label.Value(f"LABEL_{label}"),
            )
            if kind in RECORDS:
                name = f"Part{number}"
                added.type = form.TYPE_MESSAGE
                added.type_name = f"{place}.{name}"
                self._describe(
                    form, into.nested_type.add(name=name), field["fields"], added.type_name
                )
            elif kind in KINDS:
                added.type = form.Type.Value(f"TYPE_{KINDS[kind][0]}")
            else:
                raise Misfit(f"columns of the type {kind} are not there")

    def bytes_of(self, row: Any) -> bytes:
        """A row as it is sent. Raises Misfit."""
        message = self._message()
        self._fill(message, self._fields, row, "root")
        return bytes(message.SerializeToString())

    def _fill(self, message: Any, fields: list[dict[str, Any]], row: Any, place: str) -> None:
        if not isinstance(row, dict):
            raise Misfit(f"{place} is no map")
        given = {str(name).lower(): value for name, value in row.items()}
        for field in fields:
            name, mode = str(field["name"]).lower(), field.get("mode") or "NULLABLE"
            value, here = given.pop(name, None), f"{place}.{name}"
            if value is None:
                if mode == "REQUIRED":
                    raise Misfit(f"{here} is required, and has no value")
            elif mode == "REPEATED":
                if not isinstance(value, list):
                    raise Misfit(f"{here} is no list")
                for each in value:
                    self._add(getattr(message, name), field, each, here)
            elif field["type"] in RECORDS:
                part = getattr(message, name)
                part.SetInParent()
                self._fill(part, field["fields"], value, here)
            else:
                setattr(message, name, _made(field, value, here))
        if given:
            raise Misfit(f"the table has no column {place}.{next(iter(given))}")

    def _add(self, repeated: Any, field: dict[str, Any], value: Any, place: str) -> None:
        if field["type"] in RECORDS:
            self._fill(repeated.add(), field["fields"], value, place)
        else:
            repeated.append(_made(field, value, place))


def _made(field: dict[str, Any], value: Any, place: str) -> Any:
    try:
        return KINDS[str(field["type"])][1](value)
    except (ValueError, TypeError, OverflowError, InvalidOperation, RawError):
        raise Misfit(f"{text_of(value)} is no {field['type']}, as {place} is") from None
