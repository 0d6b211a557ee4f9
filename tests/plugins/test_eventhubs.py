"""Event Hubs: against a hub on the loopback, and blobs that a stand-in keeps."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from plugins.eventhub import Hub, hub
from plugins.service import Asked, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.java.values import ByteArray
from flowrt.model.failures import TaskFailure

pytest.importorskip("azure.eventhub")


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as found:
        yield found


class Blobs:
    """Blobs by name: what their metadata say."""

    def __init__(self, service: Service) -> None:
        self.kept: dict[str, dict[str, str]] = {}
        service.answer = self
        key = b64encode(b"key").decode()
        self.known = {
            "connectionString": (
                "DefaultEndpointsProtocol=http;AccountName=acc;"
                f"AccountKey={key};BlobEndpoint={service.url}/acc"
            ),
            "containerName": "box",
        }

    def __call__(self, asked: Asked) -> Any:
        name = unquote(urlsplit(asked.path).path).removeprefix("/acc/box/")
        start = "x-ms-meta-"
        told = {
            "ETag": '"1"',
            "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT",
            "x-ms-blob-type": "BlockBlob",
        }
        if asked.method == "PUT":
            found = {k.removeprefix(start): v for k, v in asked.headers.items() if start in k}
            self.kept[name] = found
            return 201, b"", told
        if name not in self.kept:
            return 404, b"", {"x-ms-error-code": "BlobNotFound"}
        return 200, b"", {**told, **{start + k: v for k, v in self.kept[name].items()}}


@pytest.fixture
def blobs(service: Service) -> Blobs:
    return Blobs(service)


def events(verb: str, **properties: Any) -> Any:
    given: dict[str, Any] = {"namespace": "ns", "event_hub_name": "hub", "client_max_retries": 0}
    given["connection_string"] = t("{{ connection }}")
    return task(f"azure.eventhubs.{verb}", **{**given, **properties})


def a_run(tmp_path: Path, server: Hub) -> FakeRun:
    return FakeRun(tmp_path, connection=server.connection_string)


def consumed(run: FakeRun, blobs: Blobs, size: int, **properties: Any) -> list[dict[str, Any]]:
    """So many events of each partition, which are waited for; none where nothing new can be there."""
    given = {
        "max_batch_size_per_partition": size or 1,
        "max_wait_time_per_partition": "PT60S" if size else "PT0.2S",
        "max_duration": "PT60S",
        "checkpoint_store_properties": blobs.known,
    }
    outputs = run.run(events("Consume", **{**given, **properties}))
    found = rows(run, outputs["uri"])
    assert outputs["eventsCount"] == len(found)
    return sorted(found, key=lambda each: str(each["body"]))


def bodies(found: list[dict[str, Any]]) -> list[Any]:
    return [each["body"] for each in found]


def test_events_go_and_come(tmp_path: Path, blobs: Blobs) -> None:
    with hub(partitions=2) as server:
        run = a_run(tmp_path, server)
        first = {
            "body": "a \u2713",
            "contentType": "text/plain",
            "messageId": "m1",
            "correlationId": "c1",
            "properties": {"own": 1},
        }
        produce = events(
            "Produce",
            from_=[first, {"body": "b"}, {"body": "c"}, {"body": "d"}],
            max_events_per_batch=2,
            event_properties={"all": "x"},
            partition_key="pk",
        )
        assert run.run(produce) == {"eventsCount": 4, "sendBatchesCount": 2}
        assert server.batches == [2, 2] and server.tokens
        found = consumed(run, blobs, 2)
    sent = {("counter", "events.sent.count", 4), ("counter", "batches.sent.count", 2)}
    assert sent <= set(run.metrics)
    assert bodies(found) == ["a \u2713", "b", "c", "d"]
    a, b, c, _ = found
    assert (a["contentType"], a["messageId"], a["correlationId"]) == ("text/plain", "m1", "c1")
    assert a["properties"] == {"own": 1, "all": "x"} and b["properties"] == {"all": "x"}
    assert (a["offset"], a["sequenceNumber"], b["offset"], c["offset"]) == (0, 0, 1, 0)
    assert a["enqueuedTimestamp"] > 0
    assert {name: each["offset"] for name, each in blobs.kept.items()} == {
        "localhost/hub/$default/checkpoint/0": "1",
        "localhost/hub/$default/checkpoint/1": "1",
    }
    assert not [text for _, text in run.logs if "S3CRET" in text]


def test_reading_goes_on_where_it_was(tmp_path: Path, server: Hub, blobs: Blobs) -> None:
    run = a_run(tmp_path, server)
    run.run(events("Produce", from_=[{"body": str(each)} for each in range(3)]))
    assert bodies(consumed(run, blobs, 2)) == ["0", "1"]
    assert bodies(consumed(run, blobs, 1)) == ["2"]
    assert consumed(run, blobs, 0) == []
    assert bodies(consumed(run, blobs, 3, consumer_group="other")) == ["0", "1", "2"]
    late = {"consumer_group": "late", "partition_starting_position": "LATEST"}
    assert consumed(run, blobs, 0, **late) == []


@pytest.mark.parametrize(
    ("form", "body", "found"),
    [
        ("JSON", {"a": [1, None]}, None),
        ("ION", {"a": "x"}, None),
        ("STRING", 12, "12"),
    ],
)
def test_forms_of_events(
    tmp_path: Path, server: Hub, blobs: Blobs, form: str, body: Any, found: Any
) -> None:
    run = a_run(tmp_path, server)
    run.run(events("Produce", from_={"body": body}, body_serializer=form))
    (event,) = consumed(run, blobs, 1, body_deserializer=form)
    assert event["body"] == (body if found is None else found)


def test_bytes_and_charsets(tmp_path: Path, server: Hub, blobs: Blobs) -> None:
    run = a_run(tmp_path, server)
    latin = {"serializer.encoding": "ISO-8859-1"}
    run.run(events("Produce", from_={"body": "ü"}, body_serializer_properties=latin))
    (event,) = consumed(run, blobs, 1, body_deserializer="BINARY")
    assert isinstance(event["body"], (ByteArray, bytes)) and bytes(event["body"]) == b"\xfc"
    (event,) = consumed(run, blobs, 1, consumer_group="other", body_deserializer_properties=latin)
    assert event["body"] == "ü"
    with pytest.raises(TaskFailure, match="Cannot serialize object of type 'x' into bytes"):
        run.run(events("Produce", from_={"body": "x"}, body_serializer="BINARY"))
    with pytest.raises(TaskFailure, match="The charset `nosuch` is not known"):
        run.run(
            events(
                "Produce", from_=[], body_serializer_properties={"serializer.encoding": "nosuch"}
            )
        )


def test_events_that_cannot_be_sent(tmp_path: Path, server: Hub) -> None:
    run = a_run(tmp_path, server)
    with pytest.raises(TaskFailure, match="Event is too large for an empty batch"):
        run.run(events("Produce", from_={"body": "x" * 2000}, max_batch_size_in_bytes=1000))
    with pytest.raises(TaskFailure, match="an event has `body`"):
        run.run(events("Produce", from_={"data": "x"}))
    assert run.run(events("Produce", from_=[])) == {"eventsCount": 0, "sendBatchesCount": 0}
    assert server.batches == []


def test_events_that_cannot_be_read(tmp_path: Path, server: Hub, blobs: Blobs) -> None:
    run = a_run(tmp_path, server)
    run.run(events("Produce", from_={"body": "{"}))
    with pytest.raises(TaskFailure, match="Azure: "):
        consumed(run, blobs, 1, body_deserializer="JSON")
    assert blobs.kept == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"connection_string": None}, "nobody is known who could ask Azure"),
        ({"connection_string": "x"}, "Azure: "),
        ({"checkpoint_store_properties": {}}, "checkpointStoreProperties.connectionString is"),
        (
            {"checkpoint_store_properties": {"connectionString": "x"}},
            "checkpointStoreProperties.containerName is required",
        ),
        (
            {"partition_starting_position": "INSTANT", "enqueue_time": "noon"},
            "Text 'noon' could not be parsed",
        ),
    ],
)
def test_settings_that_read_nothing(
    tmp_path: Path, server: Hub, blobs: Blobs, given: dict[str, Any], message: str
) -> None:
    consume = events("Consume", **{"checkpoint_store_properties": blobs.known, **given})
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path, server).run(consume)
