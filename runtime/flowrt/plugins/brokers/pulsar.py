"""Pulsar: messages are sent to topics, taken by subscriptions, or read without one."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.formats.jsonread import JsonError, parse_json
from flowrt.java.printing import text_of
from flowrt.java.values import class_name
from flowrt.model.declare import (
    ANY,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.brokers.base import BrokerTask, body_of
from flowrt.plugins.rows import given_rows
from flowrt.plugins.stored import Stop
from flowrt.plugins.values import epoch_millis
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text

SERDE = enum("STRING", "JSON", "BYTES")
SCHEMAS = enum("NONE", "AVRO", "JSON")
ACCESS = enum("Shared", "Exclusive", "ExclusiveWithFencing", "WaitForExclusive")
COMPRESSION = {"NONE": "NONE", "LZ4": "LZ4", "ZLIB": "ZLib", "ZSTD": "ZSTD", "SNAPPY": "SNAPPY"}
KEY = "kestra"
"""The name under which a message says by which key it is encrypted."""
_REFUSED = re.compile(r"Failed to establish connection to \S+: (.+)")


class TlsOptions(Declared):
    """Certificates and a key, each the Base64 of its PEM."""

    cert: Text | None = prop(STRING, default=None)
    key: Text | None = prop(STRING, default=None)
    ca: Text | None = prop(STRING, default=None)


class PulsarTask(BrokerTask):
    """What the tasks share: the brokers, who asks them, and the schema of the topic."""

    packages: ClassVar[tuple[str, ...]] = (packages.PULSAR,)

    uri: Text = prop(STRING)
    authentication_token: Text | None = prop(STRING, default=None)
    tls_options: TlsOptions | None = prop(record(TlsOptions), default=None)
    schema_string: Text | None = prop(STRING, default=None)
    schema_type: Text = prop(SCHEMAS, default="NONE")

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        pulsar = missing.load("pulsar", "Pulsar", packages.PULSAR, "pulsar")
        journal = run.private_folder() / "pulsar.log"
        # the library would write to the standard output, which is the program's own
        logger = pulsar.FileLogger(pulsar.LoggerLevel.Error, str(journal))
        try:
            client = pulsar.Client(
                required_text(run, self.uri),
                logger=logger,
                tls_validate_hostname=True,
                **self._login(run, pulsar),
            )
        except (pulsar.PulsarException, ValueError) as error:
            raise TaskFailure(f"Pulsar: {reason(error)}") from None
        run.on_kill(client.close)
        try:
            return self._talk(run, pulsar, client, stop)
        except pulsar.PulsarException as error:
            stop.check()
            raise TaskFailure(f"Pulsar: {reason(error)}{_cause(journal)}") from None
        finally:
            try:
                client.close()
            except pulsar.PulsarException:
                pass  # it is closed

    def _login(self, run: RunContext, pulsar: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        token = run.text(self.authentication_token)
        if token is not None:
            found["authentication"] = pulsar.AuthenticationToken(token)
        if self.tls_options is None:
            return found
        options = self.tls_options
        cert, key, ca = (
            _pem(run, name, given)
            for name, given in (("cert", options.cert), ("key", options.key), ("ca", options.ca))
        )
        if cert is not None and key is not None:
            found["authentication"] = pulsar.AuthenticationTLS(cert, key)
        elif cert is not None or key is not None:
            raise TaskFailure("`cert` and `key` of `tlsOptions` are needed both")
        if ca is not None:
            found["tls_trust_certs_file_path"] = ca
        return found

    def _schema(self, run: RunContext) -> tuple[str, Any]:
        """The type of the schema and the schema itself. Raises TaskFailure when it is not given, or is none."""
        kind, text = str(run.constant(self.schema_type, SCHEMAS)), run.text(self.schema_string)
        if kind == "NONE":
            return kind, None
        if text is None:
            raise TaskFailure('Must pass a "schemaString" when the "schemaType" is not null')
        try:
            return kind, parse_json(text)
        except JsonError as error:
            raise TaskFailure(f"`schemaString` is no JSON: {reason(error)}") from None

    def _talk(self, run: RunContext, pulsar: Any, client: Any, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError


def _pem(run: RunContext, name: str, given: Text | None) -> str | None:
    """The path of a file with the text of a property that is Base64."""
    from base64 import b64decode

    text = run.text(given)
    if text is None:
        return None
    try:
        data = b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise TaskFailure(f"`{name}` of `tlsOptions` is the Base64 of a PEM") from None
    return str(_secret(run, f"{name}.pem", data))


def _secret(run: RunContext, name: str, data: bytes) -> Path:
    path = run.private_folder() / name
    path.touch(0o600)
    path.write_bytes(data)
    return path


def crypto(run: RunContext, pulsar: Any, given: Text | None) -> Any:
    """What finds the key of a property: PEM, or an address with its data. Raises TaskFailure for anything else."""
    from base64 import b64decode

    text = run.text(given)
    if text is None:
        return None
    if text.startswith("data:"):
        head, _, rest = text.partition(",")
        try:
            data = b64decode(rest, validate=True) if head.endswith(";base64") else rest.encode()
        except ValueError:
            data = b""
    elif text.startswith("file:"):
        raise TaskFailure("`encryptionKey` is the key itself, not the address of a file")
    else:
        data = text.encode()
    if b"-----BEGIN" not in data:
        raise TaskFailure("`encryptionKey` is a key in PEM")
    path = str(_secret(run, "key.pem", data))
    return pulsar.CryptoKeyReader(path, path)


def _cause(journal: Path) -> str:
    """Why there was no connection, where the library has only said that it took too long."""
    try:
        found = _REFUSED.findall(journal.read_text("utf-8", "replace"))
    except OSError:
        return ""
    return f" ({found[-1].strip()})" if found else ""


@task_type("io.kestra.plugin.pulsar.Produce")
class PulsarProduce(PulsarTask):
    """Send messages: maps with `value`, and perhaps `key`, `properties`, `eventTime`, `deliverAt` and others."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    topic: Text = prop(STRING)
    from_: Any = prop(ANY)
    serializer: Text = prop(SERDE, default="STRING")
    producer_name: Text | None = prop(STRING, default=None)
    producer_properties: Mapping | None = prop(mapping(STRING), default=None)
    access_mode: Text | None = prop(ACCESS, default=None)
    encryption_key: Text | None = prop(STRING, default=None)
    compression_type: Text | None = prop(enum(*COMPRESSION), default=None)

    def _talk(self, run: RunContext, pulsar: Any, client: Any, stop: Stop) -> dict[str, Any]:
        kind, schema = self._schema(run)
        write, failures, count = self._writer(run, kind, schema), list[Any](), 0
        begin = time.monotonic()

        def sent(result: Any, _: Any) -> None:
            if result != pulsar.Result.Ok:
                failures.append(result)

        producer = client.create_producer(
            required_text(run, self.topic), **self._options(run, pulsar, kind, schema)
        )
        for row in stop.each(given_rows(run, self.from_)):
            content, more = self._message(row, write)
            producer.send_async(content, sent, **more)
            count += 1
            if failures:
                break
        producer.flush()
        producer.close()
        if failures:
            raise TaskFailure(f"Pulsar: a message was not taken: {failures[0]}")
        run.metric("counter", "produce.records.count", count)
        run.metric("timer", "produce.duration", time.monotonic() - begin)
        return {"messagesCount": count}

    def _options(self, run: RunContext, pulsar: Any, kind: str, schema: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"batching_enabled": True, "block_if_queue_full": True}
        name, access = run.text(self.producer_name), run.constant(self.access_mode, ACCESS)
        if name is not None:
            found["producer_name"] = name
        if access is not None:
            found["access_mode"] = getattr(pulsar.ProducerAccessMode, access)
        chosen = run.constant(self.compression_type, enum(*COMPRESSION))
        if chosen is not None:
            found["compression_type"] = getattr(pulsar.CompressionType, COMPRESSION[chosen])
        properties = run.mapping(self.producer_properties, STRING)
        if properties:
            found["properties"] = properties
        reader = crypto(run, pulsar, self.encryption_key)
        if reader is not None:
            found |= {"encryption_key": KEY, "crypto_key_reader": reader}
        if kind != "NONE":
            found["schema"] = _announced(pulsar, kind, schema)
        return found

    def _writer(self, run: RunContext, kind: str, schema: Any) -> Callable[[Any], bytes]:
        if kind == "AVRO":
            return _avro_writer(run, schema)
        form = "JSON" if kind == "JSON" else str(run.constant(self.serializer, SERDE))

        def write(value: Any) -> bytes:
            if form != "BYTES":
                return body_of(value, form)
            if isinstance(value, bytes):
                return bytes(value)
            raise TaskFailure(f"{class_name(value)} are no bytes, as `serializer` says")

        return write

    def _message(self, row: Any, write: Callable[[Any], bytes]) -> tuple[bytes, dict[str, Any]]:
        """What a message holds, and what is said beside it. Raises TaskFailure for what is no message."""
        from datetime import timedelta

        if not isinstance(row, dict):
            raise TaskFailure("each message must be a map")
        value, more = row.get("value"), dict[str, Any]()
        if row.get("key") is not None:
            more["partition_key"] = text_of(row["key"])
        properties = row.get("properties")
        if properties is not None:
            if not isinstance(properties, dict):
                raise TaskFailure("`properties` of a message must be a map")
            more["properties"] = {str(key): text_of(each) for key, each in properties.items()}
        if row.get("eventTime") is not None:
            more["event_timestamp"] = epoch_millis(row["eventTime"])
        if row.get("deliverAfter") is not None:
            more["deliver_after"] = timedelta(milliseconds=epoch_millis(row["deliverAfter"]))
        if row.get("deliverAt") is not None:
            more["deliver_at"] = epoch_millis(row["deliverAt"])
        number = row.get("sequenceId")
        if number is not None:
            if not isinstance(number, int):
                raise TaskFailure("`sequenceId` of a message is a number")
            more["sequence_id"] = number
        return b"" if value is None else write(value), more


def _announced(pulsar: Any, kind: str, definition: Any) -> Any:
    """A schema that the broker is told; what is sent is bytes already."""
    from pulsar.schema.schema import Schema

    class Given(Schema):  # type: ignore[misc, unused-ignore]
        def encode(self, obj: Any) -> Any:
            self._validate_object_type(obj)
            return obj

        def decode(self, data: Any) -> Any:
            return data

    form = getattr(pulsar.schema.schema._pulsar.SchemaType, kind)
    return Given(bytes, form, definition, kind)


def avro(schema: Any) -> tuple[Any, Any]:
    """The library, and a schema as it knows it. Raises TaskFailure for what is no schema."""
    fastavro = missing.load("fastavro", "Avro", packages.FASTAVRO, "avro")
    try:
        return fastavro, fastavro.parse_schema(schema)
    except Exception as error:
        raise TaskFailure(f"This is no schema of Avro: {reason(error)}") from None


def _avro_writer(run: RunContext, schema: Any) -> Callable[[Any], bytes]:
    from io import BytesIO

    from flowrt.plugins.serdes.records import Misfit, RecordMaker, RecordWriter

    fastavro, form = avro(schema)
    maker = RecordMaker(run, RecordWriter("pulsar", from_=""), schema)

    def write(value: Any) -> bytes:
        out = BytesIO()
        try:
            fastavro.schemaless_writer(out, form, maker.value(schema, value))
        except (Misfit, ValueError, TypeError, OverflowError, AttributeError) as error:
            raise TaskFailure(f"A value does not fit its schema: {reason(error)}") from None
        return out.getvalue()

    return write
