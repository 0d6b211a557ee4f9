"""Keys and values of Kafka's messages: what Java's serializers write and its deserializers read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.java.values import ByteArray, class_name
from flowrt.missing import load
from flowrt.model.declare import enum
from flowrt.model.failures import TaskFailure, reason
from flowrt.packages import FASTAVRO

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext

NUMBERS = {
    "INTEGER": (">i", "Integer"),
    "LONG": (">q", "Long"),
    "SHORT": (">h", "Short"),
    "FLOAT": (">f", "Float"),
    "DOUBLE": (">d", "Double"),
}
"""How numbers are packed, and the class of Java's library that does it."""
BINARY = {"BYTE_ARRAY": "ByteArray", "BYTES": "Bytes", "BYTE_BUFFER": "ByteBuffer"}
SERDE = enum("STRING", *NUMBERS, *BINARY, "UUID", "VOID", "AVRO", "JSON", "PROTOBUF")

_HEADER = struct.Struct(">bI")
"""What stands before a value of Avro: a zero, and the number of its schema."""


class Unreadable(Exception):
    """The bytes of a message are not what they should be; `data` is their text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data.decode("utf-8", "replace")


def writer(
    run: RunContext, kind: str, part: str, registry: Registry, schema: str | None
) -> Callable[[str, Any], bytes | None]:
    """What makes the bytes of a key or a value of a topic. Raises TaskFailure for what cannot be written so."""
    if kind == "AVRO":
        return registry.writer(run, part, schema)
    _refuse_protobuf(kind)

    def write(topic: str, value: Any) -> bytes | None:
        if value is None or kind == "VOID":
            return None
        if kind == "JSON":
            return to_json(value).encode()
        if kind in BINARY and isinstance(value, bytes):
            return bytes(value)
        if kind in ("STRING", "UUID") and isinstance(value, str):
            return value.encode()
        if kind in NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return struct.pack(NUMBERS[kind][0], value)
            except (struct.error, OverflowError):
                pass  # told below: it is too large, or has a fraction
        name = {"STRING": "String"}.get(kind) or (BINARY.get(kind) or NUMBERS.get(kind, "_UUID")[1])
        raise TaskFailure(
            f"Can't convert {part} of class {class_name(value)} to class "
            f"org.apache.kafka.common.serialization.{name}Serializer specified in {part}.serializer"
        )

    return write


def reader(kind: str, registry: Registry) -> Callable[[bytes | None], Any]:
    """What reads the bytes of a key or a value; it raises Unreadable."""
    _refuse_protobuf(kind)

    def read(data: bytes | None) -> Any:
        if data is None or kind == "VOID":
            return None
        if kind == "AVRO":
            return registry.read(data)
        if kind in BINARY:
            return ByteArray(data)
        if kind in NUMBERS:
            try:
                return struct.unpack(NUMBERS[kind][0], data)[0]
            except struct.error:
                raise Unreadable(data) from None
        text = data.decode("utf-8", "replace")
        if kind == "JSON":
            try:
                return parse_json(text)
            except Exception:
                raise Unreadable(data) from None
        return text

    return read


def _refuse_protobuf(kind: str) -> None:
    if kind == "PROTOBUF":
        raise TaskFailure("PROTOBUF needs the classes of its messages, which a flow cannot name")


class Registry:
    """A schema registry of Confluent's interface, which keeps the schemas of topics under numbers."""

    def __init__(self, run: RunContext, options: dict[str, Any]) -> None:
        self._run = run
        self._url = str(options.get("schema.registry.url") or "").partition(",")[0].rstrip("/")
        self._user = str(options.get("basic.auth.user.info") or "")
        self._register = str(options.get("auto.register.schemas", "true")).lower() == "true"
        self._schemas: dict[int, Any] = {}

    def _ask(self, method: str, path: str, json: Any = None) -> Any:
        from urllib.parse import unquote, urlsplit

        from flowrt.http.client import basic
        from flowrt.plugins.web import ask

        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https"):
            raise TaskFailure("AVRO needs the address of a registry, `schema.registry.url`")
        user, _, host = parts.netloc.rpartition("@")
        name, _, password = unquote(user or self._user).partition(":")
        headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if name:
            headers["Authorization"] = basic(name, password)
        url = f"{parts.scheme}://{host}{parts.path}{path}"
        return ask(self._run, "The schema registry", method, url, headers=headers, json=json)

    def writer(
        self, run: RunContext, part: str, schema: str | None
    ) -> Callable[[str, Any], bytes | None]:
        """What writes values of a schema, whose number the registry gives for each topic."""
        from io import BytesIO

        from flowrt.plugins.serdes.records import Misfit, RecordMaker, RecordWriter

        if schema is None:
            raise TaskFailure(f"`{part}AvroSchema` is needed where `{part}Serializer` is AVRO")
        fastavro = load("fastavro", "Avro", FASTAVRO, "avro")
        form = _parsed(fastavro, schema)
        maker = RecordMaker(run, RecordWriter("kafka", from_=""), parse_json(schema))
        numbers: dict[str, int] = {}

        def write(topic: str, value: Any) -> bytes | None:
            if value is None:
                return None
            if topic not in numbers:
                numbers[topic] = self._number(f"{topic}-{part}", schema)
            try:
                made = maker.value(parse_json(schema), value)
                out = BytesIO()
                out.write(_HEADER.pack(0, numbers[topic]))
                fastavro.schemaless_writer(out, form, made)
            except (Misfit, ValueError, TypeError, OverflowError, AttributeError) as error:
                raise TaskFailure(f"The {part} does not fit its schema: {reason(error)}") from None
            return out.getvalue()

        return write

    def _number(self, subject: str, schema: str) -> int:
        from urllib.parse import quote

        path = f"/subjects/{quote(subject, safe='')}" + ("/versions" if self._register else "")
        return int(self._ask("POST", path, {"schema": schema})["id"])

    def read(self, data: bytes) -> Any:
        """A value of Avro. Raises Unreadable for bytes that are none."""
        from io import BytesIO

        from flowrt.plugins.values import engine_value

        fastavro = load("fastavro", "Avro", FASTAVRO, "avro")
        if len(data) < _HEADER.size or data[0]:
            raise Unreadable(data)
        number = _HEADER.unpack_from(data)[1]
        if number not in self._schemas:
            found = self._ask("GET", f"/schemas/ids/{number}")
            self._schemas[number] = _parsed(fastavro, str(found["schema"]))
        try:
            rest = BytesIO(data[_HEADER.size :])
            return engine_value(fastavro.schemaless_reader(rest, self._schemas[number], None))
        except Exception:
            raise Unreadable(data) from None


def _parsed(fastavro: Any, schema: str) -> Any:
    try:
        return fastavro.parse_schema(parse_json(schema))
    except Exception as error:
        raise TaskFailure(f"This is no schema of Avro: {reason(error)}") from None
