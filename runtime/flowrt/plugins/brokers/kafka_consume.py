"""Kafka: messages are taken from topics and stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.brokers.kafka import MOST, KafkaTask
from flowrt.plugins.brokers.kafka_client import SLICE, Client, configuration, library
from flowrt.plugins.brokers.kafka_serdes import SERDE, Unreadable, reader
from flowrt.plugins.rows import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text
    from flowrt.plugins.stored import Stop

BATCH = 500
"""Messages of one poll, where `max.poll.records` does not say otherwise."""
GATHER = 0.1
"""Seconds in which messages that have arrived join the first of their poll."""
INVALID = "Invalid Configuration: "
GROUPS = enum("CONSUMER", "SHARE")
ACKNOWLEDGE = enum("ACCEPT", "RELEASE", "REJECT", "RENEW")
ON_ERROR = enum("SKIPPED", "DLQ", "STORE")


class OnSerdeError(Declared):
    """What becomes of a message that cannot be read."""

    type: Text = prop(ON_ERROR, default="SKIPPED")
    topic: Text | None = prop(STRING, default=None)


class BadMessage(TaskFailure):
    """A message cannot be read; `data` is its text."""

    def __init__(self, part: str, message: Any, data: str) -> None:
        super().__init__(
            f"Error deserializing {part.upper()} for partition {message.topic()}-{message.partition()} at offset "
            f"{message.offset()}. If needed, please seek past the record to continue consumption."
        )
        self.data = data


@task_type("io.kestra.plugin.kafka.Consume")
class KafkaConsume(KafkaTask):
    """Take messages, until a poll finds none, `pollDuration` is over, or there are more than `maxRecords`."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER, "uri": URI}

    topic: Any = prop(ANY, default=None)
    topic_pattern: Text | None = prop(STRING, default=None)
    partitions: Listing | None = prop(listing(INTEGER), default=None)
    group_id: Text | None = prop(STRING, default=None)
    group_type: Text = prop(GROUPS, default="CONSUMER")
    acknowledge_type: Text = prop(ACKNOWLEDGE, default="ACCEPT")
    key_deserializer: Text = prop(SERDE, default="STRING")
    value_deserializer: Text = prop(SERDE, default="STRING")
    on_serde_error: OnSerdeError | None = prop(record(OnSerdeError), default=None)
    since: Text | None = prop(STRING, default=None)
    poll_duration: Text = prop(DURATION, default="PT5S")
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None, ignored=True)
    header_filters: Mapping | None = prop(mapping(STRING), default=None)
    subscription: Any = prop(ANY, default=None, ignored=True)

    def _work(self, run: RunContext, client: Client, stop: Stop) -> dict[str, Any]:
        given = run.mapping(self.properties_, STRING) or {}
        properties = configuration(run, given)
        group = run.text(self.group_id) or properties.get("group.id")
        share = run.constant(self.group_type, GROUPS) == "SHARE"
        self._check(share, group)
        # a group has to be named to librdkafka, also where its offsets are neither read nor kept
        properties["group.id"] = group or f"flowrt-{run.taskrun_id}"
        kind = Shared if share else Consumer
        consumer = kind(self, run, client, stop, properties, given, bool(group))
        try:
            return self._taken(run, consumer)
        except BadMessage as error:
            if self.on_serde_error is None:
                raise
            run.log("WARN", f"Skipping consume on serde error: '{error}'")
            return self._set_aside(run, client, properties, self.on_serde_error, error.data)
        finally:
            consumer.close()

    def _check(self, share: bool, group: str | None) -> None:
        if share:
            self._check_share(group)
        elif self.topic is None and self.topic_pattern is None:
            raise TaskFailure(
                f"{INVALID}You must configure one of the following two settings: `topic` or `topicPattern`."
            )
        elif self.topic is not None and self.topic_pattern is not None:
            raise TaskFailure(
                f"{INVALID}Both `topic` and `topicPattern` was configured. "
                "You must configure only one of the following two settings: `topic` or `topicPattern`."
            )
        elif self.topic_pattern is not None and group is None:
            raise TaskFailure(
                f"{INVALID}`groupId` cannot be null when `topicPattern` is configured."
            )

    def _check_share(self, group: str | None) -> None:
        end = "when `groupType` is `SHARE`."
        if self.topic is None:
            raise TaskFailure(f"{INVALID}You must configure `topic` {end}")
        for name in ("topic_pattern", "partitions", "since"):
            if getattr(self, name) is not None:
                yaml = type(self).properties[name].yaml
                raise TaskFailure(f"{INVALID}`{yaml}` is not supported {end}")
        if group is None:
            raise TaskFailure(
                f"{INVALID}You must configure `groupId` or set `group.id` in `properties` {end}"
            )

    def _taken(self, run: RunContext, consumer: Consumer) -> dict[str, Any]:
        counts: dict[str, int] = {}
        readers = {
            part: reader(str(run.constant(kind, SERDE)), self._registry(run, part))
            for part, kind in (
                ("key", self.key_deserializer),
                ("value", self.value_deserializer),
            )
        }

        def rows() -> Iterator[dict[str, Any]]:
            for message in consumer.messages():
                counts[message.topic()] = counts.get(message.topic(), 0) + 1
                yield _row(message, readers)

        uri, size = stored(run, rows())
        consumer.commit()  # only what is stored
        for topic, count in counts.items():
            run.metric("counter", "records", count, {"topic": topic})
        return {"messagesCount": size, "uri": uri}

    def _set_aside(
        self,
        run: RunContext,
        client: Client,
        properties: dict[str, Any],
        options: OnSerdeError,
        data: str,
    ) -> dict[str, Any]:
        kind = run.constant(options.type, ON_ERROR)
        if kind == "STORE":
            return {"uri": run.put_file(data.encode(), "unreadable.txt")}
        if kind == "DLQ":
            topic = required(run.text(options.topic))
            own = {k: v for k, v in properties.items() if k in SHARED or k.startswith(SECURE)}
            producer = client.made(library().Producer, own)
            producer.produce(topic, data.encode())
            if producer.flush(MOST / 1000):
                producer.purge()
                raise TaskFailure(f"Topic {topic} not present in metadata after {MOST} ms.")
        return {}


SHARED = ("bootstrap.servers", "client.id", "security.protocol")
SECURE = ("sasl.", "ssl.")
"""Properties of a consumer that its producer of unreadable messages has, too."""


def _row(message: Any, readers: dict[str, Callable[[bytes | None], Any]]) -> dict[str, Any]:
    """A message as it is stored. Raises BadMessage."""
    from flowrt.java.time.temporal import Instant

    found = {}
    for part, read in readers.items():
        try:
            found[part] = read(getattr(message, part)())
        except Unreadable as error:
            raise BadMessage(part, message, error.data) from None
    return {
        **found,
        "topic": message.topic(),
        "headers": [{name: _text(value)} for name, value in message.headers() or ()],
        "partition": message.partition(),
        "timestamp": Instant(message.timestamp()[1] * 1_000_000),
        "offset": message.offset(),
    }


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


class Consumer:
    """A consumer that has found its topics: those of its group, or all their messages where it has none."""

    def __init__(
        self,
        task: KafkaConsume,
        run: RunContext,
        client: Client,
        stop: Stop,
        properties: dict[str, Any],
        given: dict[str, Any],
        grouped: bool,
    ) -> None:
        self._task, self._run, self._client, self._stop = task, run, client, stop
        self._grouped = grouped
        self._batch = int(given.get("max.poll.records") or BATCH)
        self._most = run.integer(task.max_records)
        self._pause = required(run.duration(task.poll_duration))
        self._filters = run.mapping(task.header_filters, STRING) or {}
        self._properties = properties
        self._consumer = self._made(properties)
        try:
            self._subscribe()
        except BaseException:
            self._consumer.close()
            raise

    def _made(self, properties: dict[str, Any]) -> Any:
        own = {"enable.auto.commit": "false", "isolation.level": "read_committed"}
        defaults = {"allow.auto.create.topics": "true"}
        return self._client.made(library().Consumer, {**defaults, **properties, **own})

    def messages(self) -> Iterator[Any]:
        """The messages that pass the filters, poll after poll."""
        count, ends = 0, time.monotonic() + self._pause
        while found := self._poll():
            for message in found:
                matches = self._matches(message)
                if matches:
                    count += 1
                    yield message
                self._seen(message, matches)
            if self._most is not None and count > self._most:
                return
            if time.monotonic() > ends:
                return

    def commit(self) -> None:
        """Let the group go on behind what was taken."""
        kafka = library()
        if not self._grouped:
            return
        try:
            self._consumer.commit(asynchronous=False)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError._NO_OFFSET:
                raise

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _seen(self, message: Any, matches: bool) -> None:
        pass

    def _matches(self, message: Any) -> bool:
        last = dict(message.headers() or ()) if self._filters else {}
        return all(
            name in last and _text(last[name]) == value for name, value in self._filters.items()
        )

    def _poll(self) -> list[Any]:
        """The messages of a poll, which waits for the first."""
        ends = time.monotonic() + self._pause
        while (left := ends - time.monotonic()) > 0:
            self._stop.check()
            first = self._told(self._consumer.consume(1, min(SLICE, left)))
            if first:
                return first + self._told(self._consumer.consume(self._batch - 1, GATHER))
        return []

    @staticmethod
    def _told(found: Any) -> list[Any]:
        """The messages among what arrived. Raises KafkaException for an error that does not pass."""
        kafka = library()
        messages = []
        for each in found:
            error = each.error()
            if error is None:
                messages.append(each)
            elif not error.retriable() and error.code() not in (
                kafka.KafkaError._PARTITION_EOF,
                kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
                kafka.KafkaError._UNKNOWN_TOPIC,
            ):
                raise kafka.KafkaException(error)
        return messages

    def _topics(self) -> list[str]:
        found = self._run.structure(self._task.topic)
        if isinstance(found, str):
            return [found]
        if isinstance(found, list):
            return [str(each) for each in found]
        from flowrt.java.values import class_name

        raise TaskFailure(f"Invalid topics with type '{class_name(found)}'")

    def _subscribe(self) -> None:
        task, run = self._task, self._run
        if task.topic is None:
            self._consumer.subscribe(self._named_like(required(run.text(task.topic_pattern))))
            return
        topics = self._topics()
        partitions = run.listing(task.partitions, INTEGER) or []
        if self._grouped and not partitions:
            self._consumer.subscribe(topics)
        else:
            self._assign(topics, partitions)

    def _named_like(self, pattern: str) -> list[str]:
        """The topics whose names match a pattern, internal ones left out."""
        from flowrt.java.errors import RawError
        from flowrt.java.regex.patterns import matches

        try:
            return [
                name
                for name in self._metadata(None)
                if not name.startswith("__") and matches(pattern, name)
            ] or [pattern]
        except RawError:
            raise TaskFailure(f"Invalid regex for `topicPattern`: {pattern}") from None

    def _metadata(self, topic: str | None) -> dict[str, Any]:
        late = "Timeout expired while fetching topic metadata"

        def ask(seconds: float) -> Any:
            args = () if topic is None else (topic,)
            return self._consumer.list_topics(*args, timeout=seconds).topics

        found: dict[str, Any] = self._client.until(ask, MOST / 1000, late)
        return found

    def _assign(self, topics: list[str], partitions: list[int]) -> None:
        """Take partitions, from their beginning or from a moment on."""
        kafka = library()
        places = [
            kafka.TopicPartition(topic, number, kafka.OFFSET_BEGINNING)
            for topic in topics
            for number in partitions or sorted(self._metadata(topic)[topic].partitions)
        ]
        if not places:
            raise TaskFailure(f"no partitions of {', '.join(topics)} are known")
        since = self._run.text(self._task.since)
        if since is not None:
            from flowrt.plugins.values import epoch_millis

            for each in places:
                each.offset = epoch_millis(since)
            places = self._since(places)
        self._consumer.assign(places)

    def _since(self, places: list[Any]) -> list[Any]:
        """Where the messages of moments begin, also those of transactions whose end is still on its way."""
        looking = self._client.made(
            library().Consumer, {**self._properties, "isolation.level": "read_uncommitted"}
        )
        try:
            found: list[Any] = self._client.until(
                lambda seconds: looking.offsets_for_times(places, timeout=seconds),
                MOST / 1000,
                "Failed to get offsets by times",
            )
        finally:
            looking.close()
        return found


class Shared(Consumer):
    """A consumer of a share group: each message is acknowledged on its own."""

    def _made(self, properties: dict[str, Any]) -> Any:
        kafka = library()
        kind = getattr(kafka, "ShareConsumer", None)
        if kind is None:
            raise TaskFailure("`groupType: SHARE` needs a newer confluent-kafka")
        name = str(self._run.constant(self._task.acknowledge_type, ACKNOWLEDGE))
        self._answer = getattr(kafka.AcknowledgeType, name, None)
        self._accept = kafka.AcknowledgeType.ACCEPT
        if self._answer is None:
            raise TaskFailure(f"`acknowledgeType: {name}` is not known to confluent-kafka")
        return self._client.made(kind, {"share.acknowledgement.mode": "explicit", **properties})

    def _subscribe(self) -> None:
        self._consumer.subscribe(self._topics())

    def _poll(self) -> list[Any]:
        ends = time.monotonic() + self._pause
        while (left := ends - time.monotonic()) > 0:
            self._stop.check()
            found = self._told(self._consumer.poll(min(SLICE, left)))
            if found:
                return found
        return []

    def _seen(self, message: Any, matches: bool) -> None:
        self._consumer.acknowledge(message, self._answer if matches else self._accept)

    def commit(self) -> None:
        for error in self._consumer.commit_sync().values():
            if error is not None:
                raise error
