"""The Avro schema of rows that have none: what the first of them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, ByteArray, Float
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE = "io.kestra.plugin.serdes.avro"

_LOGICAL = {
    "Instant": ("long", "local-timestamp-millis"),
    "Zoned": ("long", "local-timestamp-millis"),
    "LocalDateTime": ("long", "local-timestamp-millis"),
    "LegacyDate": ("int", "date"),
    "LocalDate": ("int", "date"),
    "LocalTime": ("int", "time-millis"),
}


def infer_schema(rows: Iterable[Any]) -> dict[str, Any]:
    """The schema of all rows together. Raises TaskFailure for none, and for rows that no record can hold."""
    found: Any = None
    for row in rows:
        seen = _schema(row, "root", top=True)
        found = seen if found is None else _merged(found, seen)
    if not isinstance(found, dict) or found.get("type") != "record":
        raise TaskFailure(
            "Cannot infer Avro schema from ION input: the file appears to be empty or contains no valid records."
        )
    return found


def _record(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "namespace": NAMESPACE,
        "fields": [{"name": each, "type": schema} for each, schema in fields.items()],
    }


def _schema(value: Any, name: str, top: bool = False) -> Any:
    if isinstance(value, dict):
        record = _record(name, {key: _schema(item, key) for key, item in value.items()})
        return record if top else [record, "null"]
    if isinstance(value, list):
        items: Any = None
        for item in value:
            seen = _schema(item, f"{name}_items")
            items = seen if items is None else _merged(items, seen)
        array = {"type": "array", "items": "string" if items is None else items}
        return _record(name, {"value": array}) if top else [array, "null"]
    plain = _plain(value)
    return plain if plain == "null" else ["null", plain]


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "boolean"
    if isinstance(value, int):
        if INT_MIN <= value <= INT_MAX:
            return "int"
        return "long" if LONG_MIN <= value <= LONG_MAX else "string"
    if kind is Float:
        return "float"
    if kind is float:
        return "double"
    if isinstance(value, (ByteArray, bytes)):
        return "bytes"
    logical = _LOGICAL.get(kind.__name__)
    return "string" if logical is None else {"type": logical[0], "logicalType": logical[1]}


def _kind(schema: Any) -> str:
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _merged(one: Any, other: Any) -> Any:
    """A schema that holds what either holds."""
    if isinstance(one, list) or isinstance(other, list):
        members = [*(one if isinstance(one, list) else [one])]
        for each in other if isinstance(other, list) else [other]:
            _join(members, each)
        return members
    if _kind(one) == "record" and _kind(other) == "record":
        return _merged_records(one, other)
    if one == other:
        return one
    members = [one]
    _join(members, other)
    return members if len(members) > 1 else members[0]


def _join(members: list[Any], schema: Any) -> None:
    """Add a schema to those of a union, which has one record and one array at the most."""
    if schema in members:
        return
    for at, member in enumerate(members):
        if _kind(member) == _kind(schema) == "record":
            members[at] = _merged_records(member, schema)
            return
        if _kind(member) == _kind(schema) == "array":
            members[at] = {"type": "array", "items": _merged(member["items"], schema["items"])}
            return
    members.append(schema)


def _merged_records(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    fields = {field["name"]: field["type"] for field in one["fields"]}
    for field in other["fields"]:
        name = field["name"]
        fields[name] = _merged(fields[name], field["type"]) if name in fields else field["type"]
    return _record(one["name"], fields)
