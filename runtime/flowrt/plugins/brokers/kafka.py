"""Kafka: what its tasks share, and the one that sends messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    Kind,
    mapping,
    prop,
    tagged,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.brokers.kafka_client import Client, configuration, library, said
from flowrt.plugins.brokers.kafka_serdes import SERDE, Registry, writer
from flowrt.plugins.rows import given_rows
from flowrt.plugins.stored import Stop
from flowrt.plugins.values import epoch_millis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

MOST = 60_000
"""Milliseconds that a client waits for a broker, where `max.block.ms` does not say otherwise."""


class ConfluentSchemaRegistry(Declared):
    """A registry of Confluent's interface."""

    schema_registry_url: Text = prop(STRING)


class AwsGlueSchemaRegistry(Declared):
    """A registry of AWS, which is not there."""

    region: Text = prop(STRING)
    access_key: Text | None = prop(STRING, default=None)
    secret_key: Text | None = prop(STRING, default=None)
    endpoint: Text | None = prop(STRING, default=None)


VENDOR = tagged(
    open="",
    **{
        f"io.kestra.plugin.kafka.registry.{each.__name__}": each
        for each in (ConfluentSchemaRegistry, AwsGlueSchemaRegistry)
    },
)


class KafkaTask(Task):
    """What the tasks share: the properties of clients, and of what turns values into bytes."""

    packages: ClassVar[tuple[str, ...]] = (packages.KAFKA,)

    properties_: Mapping = prop(mapping(STRING), yaml="properties")
    serde_properties: Mapping | None = prop(mapping(STRING), default=None)
    schema_registry_vendor: ConfluentSchemaRegistry | AwsGlueSchemaRegistry | None = prop(
        VENDOR, default=None
    )

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any]:
        kafka = library()
        try:
            return self._work(run, Client(run, stop := Stop(run)), stop)
        except kafka.KafkaException as error:
            raise TaskFailure(f"Kafka: {said(error)}") from None

    def _work(self, run: RunContext, client: Client, stop: Stop) -> dict[str, Any]:
        raise NotImplementedError

    def _registry(self, run: RunContext, part: str) -> Registry:
        """The registry of a part of messages: that of a vendor is for their values alone."""
        options = dict(run.mapping(self.serde_properties, STRING) or {})
        vendor = self.schema_registry_vendor
        if part == "value" and isinstance(vendor, AwsGlueSchemaRegistry):
            raise TaskFailure("the schema registry of AWS Glue is not there: Confluent's is")
        if part == "value" and isinstance(vendor, ConfluentSchemaRegistry):
            options["schema.registry.url"] = run.text(vendor.schema_registry_url)
        return Registry(run, options)


@task_type("io.kestra.plugin.kafka.Produce")
class KafkaProduce(KafkaTask):
    """Send messages: all of them or none, where the transaction is not switched off."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    topic: Text | None = prop(STRING, default=None)
    from_: Any = prop(ANY, default=None)
    key_serializer: Text = prop(SERDE, default="STRING")
    value_serializer: Text = prop(SERDE, default="STRING")
    key_avro_schema: Text | None = prop(STRING, default=None)
    value_avro_schema: Text | None = prop(STRING, default=None)
    transactional: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, client: Client, stop: Stop) -> dict[str, Any]:
        from uuid import uuid4

        given = run.mapping(self.properties_, STRING) or {}
        properties = configuration(run, given)
        transactional = run.flag(self.transactional, True)
        if transactional:
            properties["transactional.id"] = str(uuid4())
        sending = Sending(self, run, client, stop, float(given.get("max.block.ms") or MOST))
        producer = sending.producer = client.made(library().Producer, properties)
        late = f"Timeout expired after {int(sending.most * 1000)}ms while awaiting "
        if transactional:
            client.until(producer.init_transactions, sending.most, f"{late}InitProducerId")
            producer.begin_transaction()
        try:
            count = sum(map(sending.send, stop.each(given_rows(run, self.from_ or []))))
            client.until(sending.sent, float("inf"), "")
            if transactional:
                client.until(producer.commit_transaction, sending.most, f"{late}EndTxn")
        except BaseException:
            producer.purge()
            if transactional:
                sending.give_up()
            raise
        run.metric("counter", "records", count)
        return {"messagesCount": count}


class Sending:
    """Rows on their way to a broker."""

    producer: Any

    def __init__(
        self, task: KafkaProduce, run: RunContext, client: Client, stop: Stop, most: float
    ) -> None:
        self.most = most / 1000
        self._client, self._stop = client, stop
        self._topic = run.text(task.topic)
        self._known: set[str] = set()
        self._failed: Any = None
        self._writers = {
            part: writer(
                run,
                str(run.constant(kind, SERDE)),
                part,
                task._registry(run, part),
                run.text(schema),
            )
            for part, kind, schema in (
                ("key", task.key_serializer, task.key_avro_schema),
                ("value", task.value_serializer, task.value_avro_schema),
            )
        }

    def send(self, row: Any) -> int:
        """Take a message. Raises TaskFailure for what is none."""
        if not isinstance(row, dict):
            raise TaskFailure("each message must be a map")
        topic = self._topic if row.get("topic") is None else str(row["topic"])
        if not topic:
            raise TaskFailure("a message has no topic, and the task has none")
        if topic not in self._known:
            self._find(topic)
        more: dict[str, Any] = {}
        if row.get("partition") is not None:
            more["partition"] = int(row["partition"])
        if row.get("timestamp") is not None:
            more["timestamp"] = epoch_millis(row["timestamp"])
        key, value = (write(topic, row.get(part)) for part, write in self._writers.items())
        headers = list(_headers(row.get("headers")))
        while True:
            self._stop.check()
            try:
                self.producer.produce(
                    topic, value, key, headers=headers, on_delivery=self._delivered, **more
                )
            except BufferError:
                self.producer.poll(0.5)  # the queue is full: some have to leave it
            else:
                self.producer.poll(0)
                self._check()
                return 1

    def _find(self, topic: str) -> None:
        """Wait until a topic is known."""

        def look(seconds: float) -> None:
            found = self.producer.list_topics(topic, timeout=seconds).topics[topic]
            if found.error is not None:
                time.sleep(0.05)
                raise library().KafkaException(found.error)

        late = f"Topic {topic} not present in metadata after {int(self.most * 1000)} ms."
        self._client.until(look, self.most, late)
        self._known.add(topic)

    def sent(self, seconds: float) -> None:
        """Wait until all are delivered; raises KafkaException while some are not."""
        kafka = library()
        left = self.producer.flush(seconds)
        self._check()
        if left:
            raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))

    def give_up(self) -> None:
        """Nobody shall see what was sent."""
        try:
            self.producer.abort_transaction(5.0)
        except library().KafkaException:
            pass  # the broker ends the transaction itself, in time

    def _delivered(self, error: Any, message: Any) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            raise TaskFailure(f"Kafka: {self._failed.str()}")


def _headers(found: Any) -> Iterator[tuple[str, bytes]]:
    """The headers of a map, or of a list of maps as `Consume` stores it."""
    from flowrt.java.printing import text_of
    from flowrt.java.values import class_name

    for each in found if isinstance(found, list) else [found or {}]:
        if not isinstance(each, dict):
            raise TaskFailure(f"Invalid type of headers with type 'class {class_name(found)}'")
        for name, value in each.items():
            yield str(name), text_of(value).encode()
