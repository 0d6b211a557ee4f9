"""Event Hubs: events that are sent in batches, and those of each partition since the last time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.java.printing import text_of
from flowrt.java.values import ByteArray
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
from flowrt.model.task import Task
from flowrt.plugins.data import maps_of
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Text

SCOPE = "https://eventhubs.azure.net/.default"
"""What a token for hubs is for."""
DOMAIN = "servicebus.windows.net"
FORMS = enum("STRING", "BINARY", "ION", "JSON")
ENCODING = "serializer.encoding"
"""The property of texts that names their charset."""
LONGEST_RETRY = 60
"""Seconds between two tries of the library, at most."""


class EventHubTask(Task):
    """What the tasks share: a hub of a namespace, and who asks."""

    packages: ClassVar[tuple[str, ...]] = (packages.AZURE_EVENTHUB,)

    namespace: Text = prop(STRING)
    event_hub_name: Text = prop(STRING)
    connection_string: Text | None = prop(STRING, default=None)
    shared_key_account_name: Text | None = prop(STRING, default=None)
    shared_key_account_access_key: Text | None = prop(STRING, default=None)
    sas_token: Text | None = prop(STRING, default=None)
    custom_endpoint_address: Text | None = prop(STRING, default=None)
    client_max_retries: Integer = prop(INTEGER, default=5)
    client_retry_delay: Integer = prop(INTEGER, default=500)

    async def run(self, run: RunContext) -> Any:
        return await run.in_thread(lambda: self._told(run))

    def _told(self, run: RunContext) -> dict[str, Any]:
        library = missing.load("azure.eventhub", "Event Hubs", packages.AZURE_EVENTHUB, "azure")
        errors = missing.load(
            "azure.eventhub.exceptions", "Event Hubs", packages.AZURE_EVENTHUB, "azure"
        )
        try:
            return self._work(run, library)
        except errors.EventHubError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None

    def _work(self, run: RunContext, library: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _client(self, run: RunContext, client: Any, **more: Any) -> Any:
        """A client of the hub. Raises TaskFailure where nobody is known who could ask."""
        from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

        hub, delay = required_text(run, self.event_hub_name), run.integer(self.client_retry_delay)
        retries = run.integer(self.client_max_retries)
        how: dict[str, Any] = {
            "eventhub_name": hub,
            "retry_total": 5 if retries is None else retries,
            "retry_backoff_factor": (500 if delay is None else delay) / 1000,
            "retry_backoff_max": LONGEST_RETRY,
            **more,
        }
        address = run.text(self.custom_endpoint_address)
        if address is not None:
            how["custom_endpoint_address"] = address
        whole, token = run.text(self.connection_string), run.text(self.sas_token)
        name = run.text(self.shared_key_account_name)
        key = run.text(self.shared_key_account_access_key)
        host = f"{required_text(run, self.namespace)}.{DOMAIN}"
        try:
            if whole is not None:
                return client.from_connection_string(whole, **how)
            if name is not None and key is not None:
                return client(host, credential=AzureNamedKeyCredential(name, key), **how)
            if token is None:
                from flowrt.plugins.entra_machine import MachineCredential

                machine = MachineCredential(run)
                machine.get_token(
                    SCOPE
                )  # whoever is nobody is told so before there is a connection
                return client(host, credential=machine, **how)
            return client(host, credential=AzureSasCredential(token), **how)
        except ValueError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None


def _charset(run: RunContext, given: Mapping | None) -> str:
    """The charset of texts. Raises TaskFailure for one that is not known."""
    import codecs

    name = str((run.mapping(given) or {}).get(ENCODING) or "UTF-8")
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise TaskFailure(f"The charset `{name}` is not known") from None


def _written(form: str, charset: str) -> Callable[[Any], bytes]:
    """What makes bytes of the body of an event."""
    from flowrt.formats.ion import write_ion
    from flowrt.formats.jsonwrite import to_json

    def octets(body: Any) -> bytes:
        if not isinstance(body, ByteArray):
            raise TaskFailure(
                f"Cannot serialize object of type '{text_of(body)}' into bytes array."
            )
        return bytes(body)

    return {
        "STRING": lambda body: text_of(body).encode(charset, "replace"),
        "BINARY": octets,
        "ION": lambda body: write_ion(body).encode(),
        "JSON": lambda body: to_json(body).encode(),
    }[form]


def _read(form: str, charset: str) -> Callable[[bytes], Any]:
    """What makes a value of the body of an event."""
    from flowrt.formats.jsonread import parse_json
    from flowrt.services.rows import read_row

    return {
        "STRING": lambda data: data.decode(charset, "replace"),
        "BINARY": ByteArray,
        "ION": lambda data: read_row(data.decode()),
        "JSON": lambda data: parse_json(data.decode()),
    }[form]


@task_type("io.kestra.plugin.azure.eventhubs.Produce")
class EventHubsProduce(EventHubTask):
    """Send events, in batches."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "eventsCount": INTEGER,
        "sendBatchesCount": INTEGER,
    }

    from_: Any = prop(ANY, yaml="from")
    event_properties: Mapping | None = prop(mapping(STRING), default=None)
    partition_key: Text | None = prop(STRING, default=None)
    max_batch_size_in_bytes: Integer | None = prop(INTEGER, default=None)
    max_events_per_batch: Integer = prop(INTEGER, default=1000)
    body_content_type: Text | None = prop(STRING, default=None)
    body_serializer: Text = prop(FORMS, default="STRING")
    body_serializer_properties: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext, library: Any) -> dict[str, Any]:
        how: dict[str, Any] = {}
        key, size = run.text(self.partition_key), run.integer(self.max_batch_size_in_bytes)
        if key is not None:
            how["partition_key"] = key
        if size is not None:
            how["max_size_in_bytes"] = size
        most, count, batches = run.integer(self.max_events_per_batch) or 0, 0, 0
        with self._client(run, library.EventHubProducerClient) as client:
            run.on_kill(client.close)
            batch = client.create_batch(**how)
            for event in self._events(run, library):
                if (most and len(batch) >= most) or not _added(batch, event):
                    if len(batch):
                        client.send_batch(batch)
                        count, batches = count + len(batch), batches + 1
                    batch = client.create_batch(**how)
                    if not _added(batch, event):
                        raise TaskFailure(
                            f"Event is too large for an empty batch. Max size: {batch.max_size_in_bytes}."
                        )
            if len(batch):
                client.send_batch(batch)
                count, batches = count + len(batch), batches + 1
        run.metric("counter", "events.sent.count", count)
        run.metric("counter", "batches.sent.count", batches)
        return {"eventsCount": count, "sendBatchesCount": batches}

    def _events(self, run: RunContext, library: Any) -> Iterator[Any]:
        """The events of the flow. Raises TaskFailure for what is none."""
        form = run.text(self.body_serializer) or "STRING"
        write = _written(form, _charset(run, self.body_serializer_properties))
        kind, common = run.text(self.body_content_type), run.mapping(self.event_properties, STRING)
        for given in Stop(run).each(maps_of(run, self.from_)):
            if given.get("body") is None:
                raise TaskFailure("an event has `body`")
            event = library.EventData(write(given["body"]))
            for name, value in (
                ("content_type", kind or given.get("contentType")),
                ("correlation_id", given.get("correlationId")),
                ("message_id", given.get("messageId")),
            ):
                if value is not None:
                    setattr(event, name, str(value))
            own = given.get("properties")
            event.properties = {
                str(name): _plain(value)
                for name, value in {**(own or {}), **(common or {})}.items()
            }
            yield event


def _plain(value: Any) -> Any:
    """A value that a property of an event may have."""
    return value if isinstance(value, (bool, int, float, str)) else text_of(value)


def _added(batch: Any, event: Any) -> bool:
    """Whether an event fits into a batch."""
    try:
        batch.add(event)
    except ValueError:
        return False
    return True


@task_type("io.kestra.plugin.azure.eventhubs.Consume")
class EventHubsConsume(EventHubTask):
    """Store a batch of events of each partition, those since the last time; a container of blobs keeps how far that was."""

    packages: ClassVar[tuple[str, ...]] = (packages.AZURE_BLOB, packages.AZURE_EVENTHUB)
    outputs: ClassVar[dict[str, Kind] | None] = {"eventsCount": INTEGER, "uri": URI}

    body_deserializer: Text = prop(FORMS, default="STRING")
    body_deserializer_properties: Mapping | None = prop(mapping(), default=None)
    consumer_group: Text = prop(STRING, default="$Default")
    partition_starting_position: Text = prop(
        enum("EARLIEST", "LATEST", "INSTANT"), default="EARLIEST"
    )
    enqueue_time: Text | None = prop(STRING, default=None)
    max_batch_size_per_partition: Integer = prop(INTEGER, default=50)
    max_wait_time_per_partition: Text = prop(DURATION, default="PT5S")
    max_duration: Text = prop(DURATION, default="PT10S")
    checkpoint_store_properties: Mapping = prop(mapping(STRING))

    def _work(self, run: RunContext, library: Any) -> dict[str, Any]:
        from flowrt.plugins.azure.checkpoints import Checkpoints
        from flowrt.services.folders import temporary_name
        from flowrt.services.rows import RowFile

        group, stop = run.text(self.consumer_group) or "$Default", Stop(run)
        form = run.text(self.body_deserializer) or "STRING"
        read = _read(form, _charset(run, self.body_deserializer_properties))
        begin = self._begin(run)
        known = run.mapping(self.checkpoint_store_properties, STRING) or {}
        client = self._client(run, library.EventHubConsumerClient, consumer_group=group)
        path = run.private_folder() / temporary_name(".ion")
        with client, Checkpoints(known, client, group) as checkpoints, RowFile(path) as file:
            run.on_kill(client.close)
            batches = Batches(set(client.get_partition_ids()), file, read)
            run.on_kill(batches.over.set)
            places = {each: checkpoints.last(each) or begin for each in batches.left}
            for each, place in places.items():
                run.log("INFO", f"Initializing partitionId {each} with position {place}")
            receive = threading.Thread(
                target=batches.receive,
                args=(client, places, run.integer(self.max_batch_size_per_partition) or 50),
                kwargs={"wait": run.duration(self.max_wait_time_per_partition)},
                daemon=True,
            )
            receive.start()
            longest = run.duration(self.max_duration)
            if not batches.over.wait(10.0 if longest is None else longest):
                hub = run.text(self.event_hub_name)
                run.log(
                    "DEBUG",
                    f"Reached `maxDuration`({run.text(self.max_duration)}) before receiving events from EventHub {hub}.",
                )
            batches.over.set()
            client.close()
            receive.join()
            stop.check()
            if batches.failure is not None:
                raise TaskFailure(f"Azure: {batches.failure}")
            for each, event in batches.last.items():
                checkpoints.keep(each, event)
            count = file.count
        for each, size in batches.sizes.items():
            tags = {"eventHubName": required_text(run, self.event_hub_name), "partitionId": each}
            run.metric("counter", "records.consumed", size, tags)
        return {"eventsCount": count, "uri": run.put_file(path, path.name)}

    def _begin(self, run: RunContext) -> Any:
        """Where a partition begins that nobody has read. Raises TaskFailure for a time that is none."""
        from datetime import UTC, datetime

        position = run.text(self.partition_starting_position)
        if position == "LATEST":
            return "@latest"
        if position != "INSTANT":
            return "-1"
        text = required_text(run, self.enqueue_time)
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
        except ValueError:
            raise TaskFailure(
                f"Text '{text}' could not be parsed as yyyy-MM-ddTHH:mm:ss.SSS"
            ) from None


class Batches:
    """One batch of each partition, as they come in threads of the library."""

    def __init__(self, partitions: set[str], file: Any, read: Callable[[bytes], Any]) -> None:
        self.left = partitions
        self.over = threading.Event()
        self.sizes: dict[str, int] = {}
        self.last: dict[str, Any] = {}
        self.failure: str | None = None
        self._file = file
        self._read = read
        self._lock = threading.Lock()

    def receive(self, client: Any, places: dict[str, Any], most: int, wait: float | None) -> None:
        """Receive until the client is closed."""
        try:
            client.receive_batch(
                on_event_batch=self._taken,
                on_error=self._failed,
                max_batch_size=most,
                max_wait_time=wait,
                starting_position=places,
            )
        except Exception as error:
            self._failed(None, error)

    def _taken(self, context: Any, events: list[Any]) -> None:
        with self._lock:
            number = context.partition_id
            if number not in self.left or self.over.is_set():
                return
            self.left.discard(number)
            try:
                for event in events:
                    self._file.write(self._row(event))
            except Exception as error:
                self.failure = reason(error)
                self.over.set()
                return
            self.sizes[number] = len(events)
            if events:
                self.last[number] = events[-1]
            if not self.left:
                self.over.set()

    def _failed(self, context: Any, error: Exception) -> None:
        with self._lock:
            if not self.over.is_set():
                self.failure = reason(error)
                self.over.set()

    def _row(self, event: Any) -> dict[str, Any]:
        enqueued, offset, key = event.enqueued_time, event.offset, event.partition_key
        return {
            "partitionKey": None if key is None else _text(key),
            "body": self._read(b"".join(event.body)),
            "contentType": event.content_type,
            "correlationId": event.correlation_id,
            "messageId": event.message_id,
            "enqueuedTimestamp": None if enqueued is None else int(enqueued.timestamp() * 1000),
            "offset": None if offset is None else int(offset),
            "sequenceNumber": event.sequence_number,
            "properties": {
                _text(name): _text(value) if isinstance(value, bytes) else value
                for name, value in (event.properties or {}).items()
            },
        }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
