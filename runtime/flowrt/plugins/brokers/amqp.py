"""AMQP, as RabbitMQ speaks it: queues and exchanges are made, messages published and consumed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.brokers.base import BrokerTask, Enough, body_of, value_of
from flowrt.plugins.rows import given_rows, stored
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text
    from flowrt.plugins.stored import Stop

SERDE = enum("STRING", "JSON")
KINDS = enum("DIRECT", "FANOUT", "TOPIC", "HEADERS")
LONGEST = 60.0
"""Seconds for which `Consume` waits at most, whatever `maxDuration` says."""
SLICE = 0.2
"""Seconds between two looks whether it is enough, or the task was stopped."""

FIELDS = {
    "contentType": "content_type",
    "contentEncoding": "content_encoding",
    "headers": "headers",
    "deliveryMode": "delivery_mode",
    "priority": "priority",
    "messageId": "message_id",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "expiration": "expiration",
    "timestamp": "timestamp",
    "type": "type",
    "userId": "user_id",
    "appId": "app_id",
}
"""The fields of a message beside its `data`, and their names in the library."""


class AmqpTask(BrokerTask):
    """What the tasks share: the server, and a channel there."""

    packages: ClassVar[tuple[str, ...]] = (packages.AMQP,)

    url: Text | None = prop(STRING, default=None)
    host: Text = prop(STRING)
    port: Text = prop(STRING, default="5672")
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    virtual_host: Text = prop(STRING, default="/")

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        pika = missing.load("pika", "AMQP", packages.AMQP, "amqp")
        try:
            connection = pika.BlockingConnection(self._place(run, pika))
            try:
                return self._talk(run, connection.channel(), stop)
            finally:
                if connection.is_open:
                    connection.close()
        except pika.exceptions.AMQPError as error:
            raise TaskFailure(f"AMQP: {_said(error)}") from None

    def _place(self, run: RunContext, pika: Any) -> Any:
        if self.url is not None:
            raise TaskFailure("Cannot define both `url` and `host`")
        port = run.text(self.port) or ""
        if not port.isdecimal():
            raise TaskFailure(f'For input string: "{port}"')
        more = {}
        if self.username is not None:
            name, password = run.text(self.username) or "", run.text(self.password) or ""
            more["credentials"] = pika.PlainCredentials(name, password)
        return pika.ConnectionParameters(
            host=required_text(run, self.host),
            port=int(port),
            virtual_host=run.text(self.virtual_host) or "/",
            **more,
        )

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError


def _said(error: Any) -> str:
    """The message of an error of the library, whose texts are often those of what caused it."""
    causes = [str(each) for each in error.args if str(each)]
    return ", ".join(causes) or type(error).__name__


@task_type("io.kestra.plugin.amqp.CreateQueue")
class AmqpCreateQueue(AmqpTask):
    """Make a queue."""

    outputs: ClassVar[dict[str, Kind] | None] = {"queue": STRING}

    name: Text = prop(STRING)
    durability: Flag = prop(BOOLEAN, default=True)
    exclusive: Flag = prop(BOOLEAN, default=False)
    auto_delete: Flag = prop(BOOLEAN, default=False)
    args: Mapping | None = prop(mapping(), default=None)

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        name = required_text(run, self.name)
        channel.queue_declare(
            name,
            durable=run.flag(self.durability, True),
            exclusive=run.flag(self.exclusive),
            auto_delete=run.flag(self.auto_delete),
            arguments=run.mapping(self.args),
        )
        return {"queue": name}


@task_type("io.kestra.plugin.amqp.DeclareExchange")
class AmqpDeclareExchange(AmqpTask):
    """Make an exchange."""

    outputs: ClassVar[dict[str, Kind] | None] = {"exchange": STRING}

    name: Text = prop(STRING)
    exchange_type: Text = prop(KINDS, default="DIRECT")
    durability: Flag = prop(BOOLEAN, default=True)
    auto_delete: Flag = prop(BOOLEAN, default=False)
    internal: Flag = prop(BOOLEAN, default=False)
    args: Mapping | None = prop(mapping(), default=None)

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        name = required_text(run, self.name)
        channel.exchange_declare(
            name,
            exchange_type=str(run.constant(self.exchange_type, KINDS)).lower(),
            durable=run.flag(self.durability, True),
            auto_delete=run.flag(self.auto_delete),
            internal=run.flag(self.internal),
            arguments=run.mapping(self.args),
        )
        return {"exchange": name}


@task_type("io.kestra.plugin.amqp.QueueBind")
class AmqpQueueBind(AmqpTask):
    """Let an exchange fill a queue."""

    outputs: ClassVar[dict[str, Kind] | None] = {"exchange": STRING, "queue": STRING}

    exchange: Text = prop(STRING)
    queue: Text = prop(STRING)
    routing_key: Text | None = prop(STRING, default=None)
    args: Mapping | None = prop(mapping(), default=None)

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        queue, exchange = required_text(run, self.queue), required_text(run, self.exchange)
        channel.queue_bind(
            queue, exchange, run.text(self.routing_key) or "", run.mapping(self.args)
        )
        return {"queue": queue, "exchange": exchange}


@task_type("io.kestra.plugin.amqp.Publish")
class AmqpPublish(AmqpTask):
    """Give messages to an exchange."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    exchange: Text = prop(STRING)
    routing_key: Text | None = prop(STRING, default=None)
    from_: Any = prop(ANY)
    serde_type: Text = prop(SERDE, default="STRING")

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        exchange, key = required_text(run, self.exchange), run.text(self.routing_key) or ""
        kind, count = str(run.constant(self.serde_type, SERDE)), 0
        for row in stop.each(given_rows(run, self.from_)):
            properties, data = _message(row)
            channel.basic_publish(exchange, key, body_of(data, kind), properties)
            count += 1
        channel.basic_qos()  # asks for an answer: by then the server has said what it refuses
        run.metric("counter", "published.records", count)
        return {"messagesCount": count}


def _message(row: Any) -> tuple[Any, Any]:
    """The properties of a message, and its data. Raises TaskFailure for what is none."""
    from pika import BasicProperties

    if not isinstance(row, dict):
        raise TaskFailure("each message must be a map")
    if row.get("data") is None:
        raise TaskFailure("a message has no `data`")
    given = {}
    for name, value in row.items():
        if name != "data" and name not in FIELDS:
            raise TaskFailure(f'Unrecognized field "{name}" of a message')
        if name != "data" and value is not None:
            given[FIELDS[name]] = _field(name, value)
    try:
        return BasicProperties(**given), row["data"]
    except (TypeError, ValueError) as error:
        raise TaskFailure(f"this is no message: {reason(error)}") from None


def _field(name: str, value: Any) -> Any:
    from flowrt.java.errors import RawError
    from flowrt.java.printing import text_of
    from flowrt.java.time.duration import parse_duration
    from flowrt.java.time.isoparse import parse_zoned
    from flowrt.plugins.values import nanos_of_epoch

    try:
        if name == "headers":
            return {str(key): _header(each) for key, each in value.items()}
        if name in ("deliveryMode", "priority"):
            return int(value)
        if name == "expiration":
            return str(parse_duration(text_of(value)) // 1_000_000)
        if name == "timestamp":
            nanos = nanos_of_epoch(value)
            if nanos is None and isinstance(value, str):
                nanos = parse_zoned(value).epoch_nanos
            return int(value) if nanos is None else nanos // 1_000_000_000
        return text_of(value)
    except (RawError, ValueError, TypeError, AttributeError) as error:
        raise TaskFailure(f"`{name}` of a message: {reason(error)}") from None


def _header(value: Any) -> Any:
    """A header as the protocol has it; values that it does not know are their text."""
    from flowrt.java.printing import text_of

    if isinstance(value, dict):
        return {str(key): _header(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_header(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return text_of(value)


@task_type("io.kestra.plugin.amqp.Consume")
class AmqpConsume(AmqpTask):
    """Take messages of a queue, until there are `maxRecords`, or `maxDuration` or a minute is over."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    queue: Text = prop(STRING)
    consumer_tag: Text = prop(STRING, default="Kestra")
    auto_ack: Flag = prop(BOOLEAN, default=False)
    serde_type: Text = prop(SERDE, default="STRING")
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)

    def _talk(self, run: RunContext, channel: Any, stop: Stop) -> dict[str, Any]:
        enough, minute = Enough(run, self.max_records, self.max_duration), Enough(run, None, "PT1M")
        if enough.endless:
            raise TaskFailure("maxDuration or maxRecords must be set to avoid infinite loop")
        queue, kind = required_text(run, self.queue), str(run.constant(self.serde_type, SERDE))
        acknowledged = run.flag(self.auto_ack)
        arrived: deque[tuple[Any, Any, bytes]] = deque()
        channel.basic_consume(
            queue,
            lambda _, method, properties, body: arrived.append((method, properties, body)),
            auto_ack=acknowledged,
            consumer_tag=required_text(run, self.consumer_tag),
        )

        def rows() -> Iterator[dict[str, Any]]:
            while not enough and not minute:
                stop.check()
                if not arrived:
                    channel.connection.process_data_events(SLICE)
                    continue
                method, properties, body = arrived.popleft()
                yield _row(properties, value_of(body, kind))
                enough.count += 1
                if not acknowledged:
                    channel.basic_ack(method.delivery_tag)
                run.log("DEBUG", f"Received message {method.delivery_tag}")

        uri, count = stored(run, rows())
        run.metric("counter", "consumed.records", count, {"queue": queue})
        return {"uri": uri, "count": count}


def _row(properties: Any, data: Any) -> dict[str, Any]:
    """A message as it is stored."""
    from flowrt.java.printing import text_of
    from flowrt.java.time.temporal import Duration, Instant
    from flowrt.plugins.values import engine_value

    row: dict[str, Any] = {}
    for name, attribute in FIELDS.items():
        value = getattr(properties, attribute)
        if value is None:
            pass
        elif name == "headers":
            value = {key: text_of(engine_value(each)) for key, each in value.items()}
        elif name == "expiration" and str(value).isdecimal():
            value = Duration(int(value) * 1_000_000)
        elif name == "timestamp":
            value = Instant(int(value) * 1_000_000_000)
        row[name] = value
    return {**row, "data": data}
