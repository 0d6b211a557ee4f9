"""Pulsar: messages are taken by subscriptions, or read without one, and stored."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.values import ByteArray, hash_map
from flowrt.model.declare import (
    ANY,
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
from flowrt.plugins.brokers.base import texts, value_of
from flowrt.plugins.brokers.pulsar import SERDE, PulsarTask, avro, crypto
from flowrt.plugins.rows import stored
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text

POSITIONS = enum("Latest", "Earliest")
SUBSCRIPTIONS = enum("Exclusive", "Shared", "Failover", "Key_Shared")
BATCH = (100, 10 * 1024 * 1024, 100)
"""Messages, bytes and milliseconds after which a batch of a subscription is complete."""
SLICE = 200
"""Milliseconds for which a reader waits between two looks whether it is enough, or the task was stopped."""
_NUMBERS = re.compile(r"\(?(\d+)[:,](-?\d+)(?:[:,](-?\d+))?(?:[:,](-?\d+))?\)?")


def _bare(schema: Any) -> Any:
    """A schema without the types that stand for others, whose values would be read as dates and the like."""
    if isinstance(schema, dict):
        return {key: _bare(each) for key, each in schema.items() if key != "logicalType"}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def _avro_reader(schema: Any) -> Callable[[bytes], str]:
    """What makes the JSON of values of Avro, as Avro writes it."""
    import json
    from io import BytesIO, StringIO

    fastavro, form = avro(_bare(schema))

    def read(data: bytes) -> str:
        out = StringIO()
        try:
            fastavro.json_writer(out, form, [fastavro.schemaless_reader(BytesIO(data), form, None)])
        except Exception as error:
            raise TaskFailure(f"A message does not fit the schema: {reason(error)}") from None
        return json.dumps(json.loads(out.getvalue()), ensure_ascii=False, separators=(",", ":"))

    return read


class PulsarReading(PulsarTask):
    """What stores messages: until none comes for `pollDuration`, there are more than `maxRecords`, or time is over."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER, "uri": URI}

    topic: Any = prop(ANY)
    deserializer: Text = prop(SERDE, default="STRING")
    poll_duration: Text = prop(DURATION, default="PT2S")
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)

    def _stored(
        self, run: RunContext, stop: Stop, batches: Callable[[], Iterator[Any]]
    ) -> dict[str, Any]:
        """Store the messages that come by each call of `batches`."""
        read, counts = self._reader(run), dict[str, int]()
        most, longest = run.integer(self.max_records), run.duration(self.max_duration)
        pause = run.duration(self.poll_duration) or 0

        def rows() -> Iterator[dict[Any, Any]]:
            begin = last = time.monotonic()
            count = 0
            while True:
                stop.check()
                for message in batches():
                    yield _row(message, read)
                    count += 1
                    last = time.monotonic()
                    topic = message.topic_name()
                    counts[topic] = counts.get(topic, 0) + 1
                now = time.monotonic()
                if most is not None and count > most:
                    return
                if now > last + pause or (longest is not None and now > begin + longest):
                    return

        uri, size = stored(run, rows())
        for topic, number in counts.items():
            run.metric("counter", "reader.records", number, {"topic": topic})
        run.metric("counter", "records.total", size)
        return {"messagesCount": size, "uri": uri}

    def _reader(self, run: RunContext) -> Callable[[bytes], Any]:
        kind, schema = self._schema(run)
        if kind == "AVRO":
            return _avro_reader(schema)
        form = "STRING" if kind == "JSON" else str(run.constant(self.deserializer, SERDE))
        return ByteArray if form == "BYTES" else lambda data: value_of(data, form)


def _row(message: Any, read: Callable[[bytes], Any]) -> dict[Any, Any]:
    """A message as it is stored."""
    from flowrt.java.time.temporal import Instant

    place = message.message_id()
    found = {
        "key": message.partition_key() or None,
        "value": read(message.data()),
        "properties": message.properties(),
        "topic": message.topic_name(),
        "messageId": {
            "ledgerId": place.ledger_id(),
            "entryId": place.entry_id(),
            "partitionIndex": place.partition(),
            "batchIndex": place.batch_index(),
        },
    }
    if message.event_timestamp():
        found["eventTime"] = Instant(message.event_timestamp() * 1_000_000)
    return hash_map(found.items())


@task_type("io.kestra.plugin.pulsar.Consume")
class PulsarConsume(PulsarReading):
    """Take the messages that a subscription has not had yet, and acknowledge them."""

    subscription_name: Text = prop(STRING)
    initial_position: Text | None = prop(POSITIONS, default="Earliest")
    subscription_type: Text | None = prop(SUBSCRIPTIONS, default="Exclusive")
    consumer_properties: Mapping | None = prop(mapping(STRING), default=None)
    encryption_key: Text | None = prop(STRING, default=None)
    consumer_name: Text | None = prop(STRING, default=None)

    def _talk(self, run: RunContext, pulsar: Any, client: Any, stop: Stop) -> dict[str, Any]:
        topics = texts(run, self.topic)
        kind = (run.constant(self.subscription_type, SUBSCRIPTIONS) or "Exclusive").replace("_", "")
        position = run.constant(self.initial_position, POSITIONS) or "Earliest"
        consumer = client.subscribe(
            topics[0] if len(topics) == 1 else topics,
            required_text(run, self.subscription_name),
            consumer_type=getattr(pulsar.ConsumerType, kind),
            initial_position=getattr(pulsar.InitialPosition, position),
            consumer_name=run.text(self.consumer_name),
            properties=run.mapping(self.consumer_properties, STRING),
            crypto_key_reader=crypto(run, pulsar, self.encryption_key),
            batch_receive_policy=pulsar.ConsumerBatchReceivePolicy(*BATCH),
        )

        def batches() -> Iterator[Any]:
            for message in consumer.batch_receive():
                yield message
                consumer.acknowledge(message)

        try:
            return self._stored(run, stop, batches)
        finally:
            consumer.close()


@task_type("io.kestra.plugin.pulsar.Reader")
class PulsarReader(PulsarReading):
    """Read messages without a subscription: all, those behind `messageId`, or those `since` some time ago."""

    since: Text | None = prop(DURATION, default=None)
    message_id: Text | None = prop(STRING, default=None)

    def _talk(self, run: RunContext, pulsar: Any, client: Any, stop: Stop) -> dict[str, Any]:
        start, since = pulsar.MessageId.earliest, run.duration(self.since)
        place = run.text(self.message_id)
        if since is None and place is not None:
            start = _place(pulsar, place)
        readers = [client.create_reader(topic, start) for topic in texts(run, self.topic)]
        if since is not None:
            for reader in readers:
                reader.seek(max(0, int((time.time() - since) * 1000)))
        slice_ = max(1, SLICE // len(readers))

        def batches() -> Iterator[Any]:
            for reader in readers:
                try:
                    yield reader.read_next(slice_)
                except pulsar.Timeout:
                    continue

        try:
            return self._stored(run, stop, batches)
        finally:
            for reader in readers:
                reader.close()


def _place(pulsar: Any, text: str) -> Any:
    """The message that a text names: by its numbers, or as the library writes it. Raises TaskFailure for no such text."""
    numbers = _NUMBERS.fullmatch(text.strip())
    if numbers is not None:
        ledger, entry, partition, batch = (
            -1 if each is None else int(each) for each in numbers.groups()
        )
        return pulsar.MessageId(partition, ledger, entry, batch)
    try:
        return pulsar.MessageId.deserialize(text.encode())
    except Exception as error:
        raise TaskFailure(f"`messageId` is none: {reason(error)}") from None
