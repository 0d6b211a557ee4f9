"""Pulsar: a broker that the tests start, with an open address and one with TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import brokers
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.java.values import ByteArray
from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.services
SCHEMA = {
    "type": "record",
    "name": "Person",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "age", "type": ["null", "int"], "default": None},
    ],
}


@pytest.fixture(scope="module")
def broker() -> Iterator[brokers.Pulsar]:
    pytest.importorskip("pulsar")
    with brokers.pulsar() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


class Broker:
    """A broker to talk to, and a topic of the test's own."""

    def __init__(self, run: FakeRun, uri: str, topic: str) -> None:
        self.run, self.uri, self.topic = run, uri, topic

    def send(self, from_: Any, **more: Any) -> Any:
        made = task("pulsar.Produce", uri=self.uri, from_=from_, **{"topic": self.topic, **more})
        return self.run.run(made)["messagesCount"]

    def take(self, least: int = 1, **more: Any) -> list[Any]:
        """What a subscription gets: so many messages at the least, however long a busy machine takes for each."""
        given = {"topic": self.topic, "poll_duration": "PT0.5S", "subscription_name": "s", **more}
        taken = self._taken("Consume", given)
        for _ in range(60):
            if len(taken) >= least:
                break
            taken += self._taken("Consume", given)
        return taken

    def read(self, count: int, **more: Any) -> list[Any]:
        """What a reader finds, which is so many messages."""
        given = {"topic": self.topic, "poll_duration": "PT5S", "max_records": count, **more}
        return self._taken("Reader", given)

    def _taken(self, name: str, given: dict[str, Any]) -> list[Any]:
        found = self.run.run(task(f"pulsar.{name}", uri=self.uri, **given))
        taken = rows(self.run, found["uri"]) if found["messagesCount"] else []
        assert found["messagesCount"] == len(taken)
        return taken


@pytest.fixture
def pulsar(run: FakeRun, broker: brokers.Pulsar, request: pytest.FixtureRequest) -> Broker:
    return Broker(run, broker.plain, request.node.name)


def values(taken: list[Any]) -> list[Any]:
    return [each["value"] for each in taken]


def test_messages_have_keys_and_properties(pulsar: Broker, run: FakeRun) -> None:
    given = {
        "key": 7,
        "value": t("{{ word }}"),
        "properties": {"a": 1},
        "eventTime": "2024-01-02T03:04:05.678Z",
    }
    assert pulsar.send(given, producer_name="p", producer_properties={"who": "us"}) == 1
    (found,) = pulsar.take()
    place = found.pop("messageId")
    assert str(found.pop("eventTime")) == "2024-01-02T03:04:05.678Z"
    topic = f"persistent://public/default/{pulsar.topic}"
    assert found == {"key": "7", "value": "hello", "properties": {"a": "1"}, "topic": topic}
    assert place["entryId"] == 0 and place["ledgerId"] >= 0
    assert ("counter", "produce.records.count", 1) in run.metrics
    assert ("counter", "reader.records", 1) in run.metrics and {"topic": topic} in run.tags
    assert ("counter", "records.total", 1) in run.metrics


def test_many_messages_of_a_file_come_in_order(pulsar: Broker, run: FakeRun) -> None:
    stored = run.store("".join(f'{{value: "{number}"}}\n' for number in range(3000)), "in.ion")
    assert pulsar.send(stored, compression_type="ZSTD", access_mode="Exclusive") == 3000
    assert values(pulsar.take(3000)) == [str(number) for number in range(3000)]
    assert pulsar.take(0) == []  # what a subscription has had does not come again
    assert len(pulsar.take(3000, subscription_name="other", subscription_type="Key_Shared")) == 3000
    some = pulsar.take(subscription_name="third", max_records=150, poll_duration="PT5S")
    assert 150 < len(some) <= 300  # batches are taken whole


def test_forms_of_values(pulsar: Broker) -> None:
    pulsar.send([{"value": {"a": [1]}}], serializer="JSON")
    assert values(pulsar.take(deserializer="JSON")) == [{"a": [1]}]
    pulsar.send([{"value": ByteArray(b"\x00\xff")}], serializer="BYTES")
    assert [bytes(each) for each in values(pulsar.take(deserializer="BYTES"))] == [b"\x00\xff"]
    with pytest.raises(TaskFailure, match="String are no bytes"):
        pulsar.send([{"value": "text"}], serializer="BYTES")
    pulsar.send([{"value": "{no"}])
    with pytest.raises(TaskFailure, match="no JSON"):
        pulsar.take(deserializer="JSON")
    with pytest.raises(TaskFailure, match="each message must be a map"):
        pulsar.send(["text"])
    with pytest.raises(TaskFailure, match="Invalid type of timestamp"):
        pulsar.send([{"value": "a", "deliverAt": [1]}])


def test_topics_have_schemas(pulsar: Broker) -> None:
    schema = {"schema_type": "AVRO", "schema_string": json.dumps(SCHEMA)}
    pulsar.send([{"value": {"name": "Ada", "age": 36}}, {"value": {"name": "Bob"}}], **schema)
    assert values(pulsar.take(**schema)) == [
        '{"name":"Ada","age":{"int":36}}', '{"name":"Bob","age":null}',
    ]  # fmt: skip
    other = {**SCHEMA, "fields": [{"name": "name", "type": "int"}]}
    with pytest.raises(TaskFailure, match="IncompatibleSchema"):
        pulsar.send([{"value": {"name": 1}}], schema_type="AVRO", schema_string=json.dumps(other))
    with pytest.raises(TaskFailure, match="cannot be converted"):
        pulsar.send([{"value": {"name": "Ada", "age": "many"}}], **schema)
    with pytest.raises(TaskFailure, match="Must pass a"):
        pulsar.send([{"value": {}}], schema_type="JSON")
    json_ = {"schema_type": "JSON", "schema_string": json.dumps(SCHEMA), "topic": "json"}
    pulsar.send([{"value": {"name": "Ada"}}], **json_)
    assert values(pulsar.take(**json_)) == ['{"name":"Ada"}']


def test_a_reader_begins_where_it_is_told(pulsar: Broker) -> None:
    pulsar.send([{"value": "a"}, {"value": "b"}])
    pulsar.send([{"value": "c"}])
    found = pulsar.read(3)
    assert values(found) == values(pulsar.read(3, since="PT1H")) == ["a", "b", "c"]
    place = found[1]["messageId"]
    numbers = [place[each] for each in ("ledgerId", "entryId", "partitionIndex", "batchIndex")]
    after = pulsar.read(1, message_id=":".join(map(str, numbers)))
    assert values(after) == ["c"]
    pulsar.send([{"value": "d"}], topic="readers-other")
    both = pulsar.read(3, topic=[pulsar.topic, "readers-other"])
    assert sorted(values(both)) == ["a", "b", "c", "d"]
    with pytest.raises(TaskFailure, match="`messageId` is none"):
        pulsar.read(1, message_id="nothing")


def test_messages_are_encrypted(pulsar: Broker) -> None:
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(
        forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo
    )
    pulsar.send([{"value": "secret"}], encryption_key=public.decode())
    address = f"data:application/x-pem-file;base64,{base64.b64encode(private.encode()).decode()}"
    assert values(pulsar.take(encryption_key=private)) == ["secret"]
    assert values(pulsar.take(encryption_key=address, subscription_name="b")) == ["secret"]
    with pytest.raises(TaskFailure, match="is a key in PEM"):
        pulsar.send([{"value": "secret"}], encryption_key="word")


def test_a_broker_shows_its_certificate(run: FakeRun, broker: brokers.Pulsar) -> None:
    from flowrt.plugins.brokers.pulsar import TlsOptions

    secure = Broker(run, broker.secure, "tls")
    ca = base64.encodebytes(broker.trusted.encode()).decode()
    trusting = {"tls_options": TlsOptions(ca=ca)}
    assert secure.send([{"value": "a"}], **trusting, authentication_token="s3cret") == 1
    assert values(secure.take(**trusting)) == ["a"]
    with pytest.raises(TaskFailure, match="`ca` of `tlsOptions` is the Base64 of a PEM"):
        secure.send([], tls_options=TlsOptions(ca="!"))
    with pytest.raises(TaskFailure, match="needed both"):
        secure.send([], tls_options=TlsOptions(cert=ca))
    assert not any("s3cret" in message for _, message in run.logs)


@pytest.mark.parametrize("port", [True, False], ids=["waits for messages", "waits for a broker"])
def test_a_task_is_stopped(run: FakeRun, broker: brokers.Pulsar, port: bool) -> None:
    uri = broker.plain if port else "pulsar://127.0.0.1:1"
    waiting = task("pulsar.Consume", uri=uri, topic="none", subscription_name="s",
                   poll_duration="PT1H")  # fmt: skip
    known = len(run._stops)

    def watch() -> None:
        pause = threading.Event()
        while len(run._stops) < known + 2:
            pause.wait(0.05)
        run.stop()

    async def both() -> None:
        threading.Thread(target=watch, daemon=True).start()
        with pytest.raises(TaskFailure, match="stopped"):
            await waiting.run(run)

    asyncio.run(both())
