"""Kafka: a broker that the tests start, and what needs none."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import brokers
from plugins.service import Asked, Service, rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.brokers.kafka import AwsGlueSchemaRegistry, ConfluentSchemaRegistry
from flowrt.plugins.brokers.kafka_client import configuration
from flowrt.plugins.brokers.kafka_consume import OnSerdeError
from flowrt.plugins.brokers.kafka_serdes import Registry, Unreadable, reader, writer

server = pytest.mark.services


@pytest.fixture(scope="module")
def broker() -> Iterator[brokers.Kafka]:
    with brokers.kafka() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.kafka.{name}")
    assert found is not None
    return found("t", **properties)


def produce(run: FakeRun, at: str, topic: str | None, messages: Any, **more: Any) -> int:
    properties = {"bootstrap.servers": at}
    made = task("Produce", properties_=properties, topic=topic, from_=messages, **more)
    count: int = run.run(made)["messagesCount"]
    return count


def consume(run: FakeRun, at: str, count: int, **more: Any) -> list[Any]:
    """So many messages; polls end behind the last of them."""
    found = run.run(consumer(at, **{"max_records": count - 1, **more}))
    taken = rows(run, found["uri"])
    assert found["messagesCount"] == len(taken)
    return taken


def consumer(at: str, **more: Any) -> Any:
    properties = {"bootstrap.servers": at, "auto.offset.reset": "earliest", **more.pop("also", {})}
    return task("Consume", **{"properties_": properties, "poll_duration": "PT30S", **more})


# ---- messages through a broker --------------------------------------------------------------------------------------


@server
def test_messages_go_through_a_topic(run: FakeRun, broker: brokers.Kafka) -> None:
    given = [
        {"key": "k", "value": t("{{ word }}"), "headers": {"a": "1"}, "timestamp": "2024-05-01T10:00:00Z"},
        {"value": "two", "partition": 0},
    ]  # fmt: skip
    assert produce(run, broker.plain, "plain", given) == 2
    first, second = consume(run, broker.plain, 2, topic="plain")
    assert str(first.pop("timestamp")) == "2024-05-01T10:00:00Z"
    assert first == {
        "key": "k",
        "value": "hello",
        "topic": "plain",
        "headers": [{"a": "1"}],
        "partition": 0,
        "offset": 0,
    }
    assert (second["value"], second["offset"]) == ("two", 1)
    assert ("counter", "records", 2) in run.metrics


@server
def test_what_was_consumed_can_be_produced(run: FakeRun, broker: brokers.Kafka) -> None:
    given = [{"key": "k", "value": {"n": 1}, "headers": {"a": "1"}}]
    produce(run, broker.plain, "there", given, value_serializer="JSON")
    taken = run.run(consumer(broker.plain, topic="there", value_deserializer="JSON", max_records=0))
    assert produce(run, broker.plain, None, taken["uri"], value_serializer="JSON") == 1
    found = consume(run, broker.plain, 2, topic="there", value_deserializer="JSON")
    assert [(each["key"], each["value"], each["headers"]) for each in found] == [
        ("k", {"n": 1}, [{"a": "1"}])
    ] * 2


@server
def test_a_group_goes_on_where_it_was(run: FakeRun, broker: brokers.Kafka) -> None:
    produce(run, broker.plain, "group", [{"value": "one"}])
    group = {"topic": ["group"], "group_id": "g"}
    assert [each["value"] for each in consume(run, broker.plain, 1, **group)] == ["one"]
    produce(run, broker.plain, "group", [{"value": "two"}])
    assert [each["value"] for each in consume(run, broker.plain, 1, **group)] == ["two"]


@server
def test_topics_by_a_pattern(run: FakeRun, broker: brokers.Kafka) -> None:
    for topic in ("like-1", "like-2", "unlike-1"):
        produce(run, broker.plain, topic, [{"value": topic}])
    pattern = {"topic_pattern": r"like-\d+", "group_id": "p"}
    found = consume(run, broker.plain, 2, **pattern)
    assert sorted(each["value"] for each in found) == ["like-1", "like-2"]


@server
def test_messages_since_a_moment(run: FakeRun, broker: brokers.Kafka) -> None:
    given = [
        {"value": str(hour), "timestamp": f"2024-05-01T{hour}:00:00Z"} for hour in (10, 11, 12)
    ]
    produce(run, broker.plain, "since", given)
    asked = {"topic": "since", "partitions": [0], "since": "2024-05-01T11:00:00Z"}
    assert [each["value"] for each in consume(run, broker.plain, 2, **asked)] == ["11", "12"]


@server
def test_headers_filter(run: FakeRun, broker: brokers.Kafka) -> None:
    given = [{"value": str(n), "headers": {"kind": kind}} for n, kind in enumerate("aba")]
    produce(run, broker.plain, "filtered", given)
    found = consume(run, broker.plain, 2, topic="filtered", header_filters={"kind": "a"})
    assert [each["value"] for each in found] == ["0", "2"]


@server
def test_polls_end_behind_max_records(run: FakeRun, broker: brokers.Kafka) -> None:
    produce(run, broker.plain, "many", [{"value": str(n)} for n in range(10)])
    few = {"topic": "many", "max_records": 3, "also": {"max.poll.records": "2"}}
    assert len(consume(run, broker.plain, 4, **few)) == 4


@server
def test_a_transaction_is_whole_or_nothing(run: FakeRun, broker: brokers.Kafka) -> None:
    bad = [{"value": "one"}, {"value": {"no": "text"}}]
    with pytest.raises(TaskFailure, match=r"Can't convert value of class java\.util\.LinkedHash"):
        produce(run, broker.plain, "whole", bad)
    produce(run, broker.plain, "whole", [{"value": "three"}])
    assert [each["value"] for each in consume(run, broker.plain, 1, topic="whole")] == ["three"]
    with pytest.raises(TaskFailure):
        produce(run, broker.plain, "parts", bad, transactional=False)


@server
def test_a_share_group_takes_each_message_once(run: FakeRun, broker: brokers.Kafka) -> None:
    from confluent_kafka.admin import (
        AdminClient,
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    begin = ConfigEntry(
        "share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET
    )
    group = ConfigResource(ResourceType.GROUP, "s", incremental_configs=[begin])
    admin = AdminClient({"bootstrap.servers": broker.plain})
    for done in admin.incremental_alter_configs([group]).values():
        done.result()
    share = {"topic": "shared", "group_id": "s", "group_type": "SHARE"}
    share["properties_"] = {"bootstrap.servers": broker.plain}
    produce(run, broker.plain, "shared", [{"value": "one"}, {"value": "two"}])
    assert [each["value"] for each in consume(run, broker.plain, 2, **share)] == ["one", "two"]
    produce(run, broker.plain, "shared", [{"value": "three"}])
    assert [each["value"] for each in consume(run, broker.plain, 1, **share)] == ["three"]


@server
@pytest.mark.parametrize("kind", ["SKIPPED", "STORE", "DLQ"])
def test_a_message_that_is_no_json(run: FakeRun, broker: brokers.Kafka, kind: str) -> None:
    topic = f"bad-{kind.lower()}"
    produce(run, broker.plain, topic, [{"value": "{no"}])
    asked = {"topic": topic, "value_deserializer": "JSON"}
    with pytest.raises(TaskFailure, match=rf"VALUE for partition {topic}-0 at offset 0"):
        run.run(consumer(broker.plain, **asked))
    aside = OnSerdeError(type=kind, topic=f"dead-{topic}")
    found = run.run(consumer(broker.plain, on_serde_error=aside, **asked))
    (said,) = [each for each in run.messages("WARN") if "serde" in each]
    assert said.startswith("Skipping consume on serde error: 'Error deserializing VALUE")
    if kind == "STORE":
        assert run.content(found["uri"]) == "{no"
    else:
        assert found == {}
    if kind == "DLQ":
        dead = consume(run, broker.plain, 1, topic=f"dead-{topic}")
        assert [each["value"] for each in dead] == ["{no"]


@server
def test_a_user_logs_in_with_tls(run: FakeRun, broker: brokers.Kafka) -> None:
    login = f'PlainLoginModule required username="tester" password="{brokers.KAFKA_PASSWORD}";'
    secure = {
        "bootstrap.servers": broker.secure,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": f"org.apache.kafka.common.security.plain.{login}",
        "ssl.truststore.type": "PEM",
        "key.serializer": "org.apache.kafka.common.serialization.StringSerializer",
        "max.block.ms": "5000",
    }
    trusting = {**secure, "ssl.truststore.certificates": broker.trusted}
    sent = task("Produce", properties_=trusting, topic="secret", from_=[{"value": "x"}])
    assert run.run(sent) == {"messagesCount": 1}
    with pytest.raises(TaskFailure, match=r"5000ms while awaiting InitProducerId: .*certificate"):
        run.run(task("Produce", properties_=secure, topic="secret", from_=[{"value": "x"}]))
    stored = b64encode(broker.trusted.encode()).decode()
    wrong = {**secure, "ssl.truststore.location": stored}
    wrong["sasl.jaas.config"] = wrong["sasl.jaas.config"].replace("s3cret", "wrong")
    with pytest.raises(TaskFailure, match=r"(?i)authentication"):
        run.run(task("Produce", properties_=wrong, topic="secret", from_=[{"value": "x"}]))
    assert not [each for _, each in run.logs if "s3cret" in each or "wrong word" in each]


@server
def test_a_property_that_nobody_knows_has_no_effect(run: FakeRun, broker: brokers.Kafka) -> None:
    produce(run, broker.plain, "odd", [{"value": "x"}])
    (found,) = consume(run, broker.plain, 1, topic="odd", also={"interceptor.classes": "a.B"})
    assert found["value"] == "x"
    said = "The configuration 'interceptor.classes' was supplied but is not used"
    assert said in run.messages("WARN")


@server
def test_a_kill_ends_a_poll(run: FakeRun, broker: brokers.Kafka) -> None:
    waiting = consumer(broker.plain, topic="empty", group_id="e", poll_duration="PT1H")

    async def killed() -> None:
        timer = threading.Timer(1.0, run.stop)
        timer.start()
        with pytest.raises(TaskFailure, match="stopped"):
            await waiting.run(run)

    asyncio.run(killed())


# ---- without a broker -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "one of the following two settings: `topic` or `topicPattern`"),
        ({"topic": "a", "topic_pattern": "a"}, "Both `topic` and `topicPattern` was configured"),
        ({"topic_pattern": "a"}, "`groupId` cannot be null"),
        ({"group_type": "SHARE", "group_id": "g"}, "You must configure `topic` when"),
        ({"group_type": "SHARE", "topic": "a"}, "configure `groupId` or set `group.id`"),
        ({"group_type": "SHARE", "topic": "a", "group_id": "g", "since": "2024-01-01T00:00:00Z"},
         "`since` is not supported"),
    ],
)  # fmt: skip
def test_what_cannot_be_consumed(run: FakeRun, given: dict[str, Any], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(consumer("127.0.0.1:1", **given))


def test_a_broker_that_is_not_there(run: FakeRun) -> None:
    properties = {"bootstrap.servers": "127.0.0.1:1", "max.block.ms": "1000"}
    given = {"properties_": properties, "topic": "a", "from_": [{"value": "x"}]}
    with pytest.raises(TaskFailure, match="Timeout expired after 1000ms while awaiting InitProd"):
        run.run(task("Produce", **given))
    with pytest.raises(TaskFailure, match="Topic a not present in metadata after 1000 ms"):
        run.run(task("Produce", transactional=False, **given))
    with pytest.raises(TaskFailure, match="Failed to construct kafka client: Invalid value"):
        run.run(task("Produce", **{**given, "properties_": {**properties, "acks": "some"}}))


def test_stores_of_keys(run: FakeRun) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        load_pem_private_key,
        pkcs12,
    )

    own = brokers.certificate()
    held = x509.load_pem_x509_certificate(own.certificate.encode())
    key: Any = load_pem_private_key(own.key.encode(), None)
    sealed = BestAvailableEncryption(b"word")
    trusted = pkcs12.serialize_key_and_certificates(None, None, None, [held], sealed)
    keys = pkcs12.serialize_key_and_certificates(b"a", key, held, None, sealed)
    found = configuration(
        run,
        {
            "ssl.truststore.location": b64encode(trusted).decode(),
            "ssl.truststore.password": "word",
            "ssl.keystore.location": b64encode(keys).decode(),
            "ssl.keystore.password": "word",
            "ssl.endpoint.identification.algorithm": "",
        },
    )
    path = Path(found.pop("ssl.keystore.location"))
    assert path.read_bytes() == keys and path.stat().st_mode & 0o777 == 0o600
    assert found == {
        "ssl.ca.pem": own.certificate,
        "ssl.keystore.password": "word",
        "ssl.endpoint.identification.algorithm": "none",
    }
    java = b64encode(b"\xfe\xed\xfe\xed").decode()
    with pytest.raises(TaskFailure, match="Java's own format"):
        configuration(run, {"ssl.truststore.location": java})
    with pytest.raises(TaskFailure, match="Base64"):
        configuration(run, {"ssl.keystore.location": "/etc/passwd"})


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("STRING", "ü", "ü".encode()),
        ("INTEGER", 1, b"\0\0\0\1"),
        ("LONG", -1, b"\xff" * 8),
        ("SHORT", 258, b"\1\2"),
        ("DOUBLE", 1.0, b"\x3f\xf0\0\0\0\0\0\0"),
        ("FLOAT", 0.5, b"\x3f\0\0\0"),
        ("JSON", {"a": [1, None]}, b'{"a":[1,null]}'),
        ("UUID", "0b5a1a1e-0000-0000-0000-000000000000", b"0b5a1a1e-0000-0000-0000-000000000000"),
        ("BYTE_ARRAY", b"\0\xff", b"\0\xff"),
        ("STRING", None, None),
    ],
)
def test_values_are_bytes_as_java_writes_them(
    run: FakeRun, kind: str, value: Any, data: bytes | None
) -> None:
    registry = Registry(run, {})
    assert writer(run, kind, "value", registry, None)("a", value) == data
    assert reader(kind, registry)(data) == value


@pytest.mark.parametrize(
    ("kind", "value"), [("INTEGER", 2**31), ("SHORT", "1"), ("STRING", 1), ("BYTES", "text")]
)
def test_a_value_of_another_kind(run: FakeRun, kind: str, value: Any) -> None:
    with pytest.raises(TaskFailure, match="Can't convert value of class java"):
        writer(run, kind, "value", Registry(run, {}), None)("a", value)


def test_a_number_of_another_length() -> None:
    with pytest.raises(Unreadable):
        reader("INTEGER", None)(b"\1")  # type: ignore[arg-type]


SCHEMA = (
    '{"type":"record","name":"r","fields":[{"name":"n","type":"long"},'
    '{"name":"s","type":["null","string"]},'
    '{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]}'
)


def test_values_of_avro_name_their_schema(run: FakeRun, service: Service) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        assert asked.headers["authorization"] == "Basic dTpw"  # u:p
        if asked.method == "POST":
            assert asked.path == "/subjects/a-value/versions"
            assert asked.json == {"schema": SCHEMA}
            return 200, {"id": 7}
        assert asked.path == "/schemas/ids/7"
        return 200, {"schema": SCHEMA}

    service.answer = answer
    options = {"schema.registry.url": service.url, "basic.auth.user.info": "u:p"}
    registry = Registry(run, options)
    write = writer(run, "AVRO", "value", registry, SCHEMA)
    data = write("a", {"n": 1, "s": None, "t": 1714557600000})
    assert data is not None and data[:6] == b"\0\0\0\0\7\2"
    found = reader("AVRO", registry)(data)
    assert (found["n"], found["s"], str(found["t"])) == (1, None, "2024-05-01T10:00:00Z")
    write("a", {"n": 2, "s": "x", "t": 0})
    assert len(service.asked) == 2  # one schema is asked for once
    with pytest.raises(TaskFailure, match="'n' cannot be converted"):
        write("a", {"n": "many", "s": None, "t": 0})
    with pytest.raises(Unreadable):
        reader("AVRO", registry)(b"\1\0\0\0\7")


def test_registries_of_vendors(run: FakeRun) -> None:
    glue = AwsGlueSchemaRegistry(region="eu-west-1")
    with pytest.raises(TaskFailure, match="AWS Glue is not there"):
        task("Consume", properties_={}, schema_registry_vendor=glue)._registry(run, "value")
    own = ConfluentSchemaRegistry(schema_registry_url="http://127.0.0.1:1")
    registry = task("Produce", properties_={}, schema_registry_vendor=own)._registry(run, "value")
    assert registry._url == "http://127.0.0.1:1"
    with pytest.raises(TaskFailure, match="needs the address of a registry"):
        Registry(run, {})._number("a-value", SCHEMA)
    with pytest.raises(TaskFailure, match="PROTOBUF needs the classes"):
        reader("PROTOBUF", registry)
