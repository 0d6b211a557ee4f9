"""AMQP, MQTT and NATS: brokers that the tests start."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import brokers, servers
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure

services = pytest.mark.services


@pytest.fixture(scope="module")
def rabbitmq() -> Iterator[int]:
    with brokers.rabbitmq() as port:
        yield port


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[brokers.Mosquitto]:
    with brokers.mosquitto() as found:
        yield found


@pytest.fixture(scope="module")
def nats() -> Iterator[str]:
    with brokers.nats() as url:
        yield url


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(catalog.canonical(f"io.kestra.plugin.{name}"))
    assert found is not None
    return found("t", **properties)


def killed(run: FakeRun, waiting: Any) -> None:
    """Run a task, and kill it as soon as it can be stopped."""
    known = len(run._stops)

    def watch() -> None:
        pause = threading.Event()
        while len(run._stops) == known:
            pause.wait(0.05)
        run.stop()

    async def both() -> None:
        threading.Thread(target=watch, daemon=True).start()
        with pytest.raises(TaskFailure, match="stopped"):
            await waiting.run(run)

    asyncio.run(both())


# ---- AMQP -----------------------------------------------------------------------------------------------------------


class Rabbit:
    """A server to talk to."""

    def __init__(self, run: FakeRun, port: int) -> None:
        self.run = run
        self.place = {"host": "127.0.0.1", "port": str(port)}

    def __call__(self, name: str, /, **properties: Any) -> Any:
        return self.run.run(task(f"amqp.{name}", **self.place, **properties))

    def queue(self, name: str) -> None:
        """A queue that an exchange of the same name fills."""
        self("CreateQueue", name=name, auto_delete=False)
        self("DeclareExchange", name=name, exchange_type="FANOUT")
        self("QueueBind", queue=name, exchange=name)

    def taken(self, queue: str, **properties: Any) -> list[Any]:
        found = self("Consume", queue=queue, **properties)
        taken = rows(self.run, found["uri"])
        assert found["count"] == len(taken)
        return taken


@pytest.fixture
def rabbit(run: FakeRun, rabbitmq: int) -> Rabbit:
    return Rabbit(run, rabbitmq)


@services
def test_queues_and_exchanges_are_made(rabbit: Rabbit) -> None:
    assert rabbit("CreateQueue", name="q", args={"x-max-length": 2}) == {"queue": "q"}
    assert rabbit("DeclareExchange", name="x", exchange_type="TOPIC") == {"exchange": "x"}
    bound = rabbit("QueueBind", queue="q", exchange="x", routing_key="a.*")
    assert bound == {"queue": "q", "exchange": "x"}
    for key in ("a.b", "b.b", "a.c", "a.d"):
        sent = rabbit("Publish", exchange="x", routing_key=key, from_=[{"data": key}])
        assert sent == {"messagesCount": 1}
    found = rabbit.taken("q", max_duration="PT1S")
    assert [each["data"] for each in found] == ["a.c", "a.d"]  # the queue keeps two
    with pytest.raises(TaskFailure, match="PRECONDITION_FAILED"):
        rabbit("CreateQueue", name="q", durability=False)


@services
def test_messages_have_properties(rabbit: Rabbit, run: FakeRun) -> None:
    rabbit.queue("full")
    given = {
        "data": t("{{ word }}"),
        "headers": {"a": "1", "n": 2},
        "timestamp": "2023-01-09T08:46:33.103130753Z",
        "expiration": "PT1H",
        "deliveryMode": 2,
        "appId": "unit",
        "contentType": "text/plain",
    }
    assert rabbit("Publish", exchange="full", from_=given) == {"messagesCount": 1}
    (found,) = rabbit.taken("full", max_records=1)
    assert str(found.pop("timestamp")) == "2023-01-09T08:46:33Z"
    assert {key: value for key, value in found.items() if value is not None} == {
        "contentType": "text/plain",
        "headers": {"a": "1", "n": "2"},
        "deliveryMode": 2,
        "expiration": 3600,
        "appId": "unit",
        "data": "hello",
    }
    assert ("counter", "published.records", 1) in run.metrics


@services
def test_messages_are_json(rabbit: Rabbit) -> None:
    rabbit.queue("json")
    rabbit("Publish", exchange="json", from_=[{"data": {"a": [1]}}], serde_type="JSON")
    assert rabbit.taken("json", max_records=1, serde_type="JSON")[0]["data"] == {"a": [1]}
    rabbit("Publish", exchange="json", from_=[{"data": "{no"}])
    with pytest.raises(TaskFailure, match="no JSON"):
        rabbit.taken("json", max_records=1, serde_type="JSON")
    assert rabbit.taken("json", max_records=1)[0]["data"] == "{no"  # nobody took it away


@services
def test_what_is_not_taken_stays(rabbit: Rabbit, run: FakeRun) -> None:
    rabbit.queue("rest")
    stored = run.store("{data:1}\n{data:2}\n{data:3}\n", "in.ion")
    assert rabbit("Publish", exchange="rest", from_=stored) == {"messagesCount": 3}
    assert [each["data"] for each in rabbit.taken("rest", max_records=2)] == ["1", "2"]
    assert [each["data"] for each in rabbit.taken("rest", max_duration="PT1S")] == ["3"]


@services
def test_a_server_of_amqp_that_refuses(rabbit: Rabbit) -> None:
    with pytest.raises(TaskFailure, match="no queue 'none'"):
        rabbit("Consume", queue="none", max_records=1)
    with pytest.raises(TaskFailure, match="no exchange 'none'"):
        rabbit("Publish", exchange="none", from_=[{"data": "a"}])
    with pytest.raises(TaskFailure, match=r"AMQP: .*ACCESS_REFUSED"):
        rabbit("CreateQueue", name="q", username="guest", password=servers.PASSWORD)
    with pytest.raises(TaskFailure, match=r"vhost|virtual host|NOT_ALLOWED"):
        rabbit("CreateQueue", name="q", virtual_host="/none")


@services
def test_a_kill_ends_waiting_for_a_queue(rabbit: Rabbit, run: FakeRun) -> None:
    rabbit("CreateQueue", name="empty")
    waiting = task("amqp.Consume", **rabbit.place, queue="empty", max_records=1)
    killed(run, waiting)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("Consume", {"queue": "q", "port": "1"}, "maxDuration or maxRecords must be set|AMQP"),
        ("CreateQueue", {"name": "q", "url": "amqp://a"}, "both `url` and `host`"),
        ("CreateQueue", {"name": "q", "port": "many"}, 'For input string: "many"'),
        ("CreateQueue", {"name": "q", "port": "1"}, "AMQP: "),
    ],
)
def test_what_amqp_cannot_do(run: FakeRun, name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(task(f"amqp.{name}", host="127.0.0.1", **given))


# ---- MQTT -----------------------------------------------------------------------------------------------------------


def mqtt(name: str, server: str, /, client: str = "flowc", **properties: Any) -> Any:
    return task(f"mqtt.{name}", server=server, client_id=client, **properties)


@services
@pytest.mark.parametrize("version", ["V3", "V5"])
def test_messages_that_are_kept(run: FakeRun, mosquitto: brokers.Mosquitto, version: str) -> None:
    topic = f"kept/{version}"
    sent = mqtt(
        "Publish", mosquitto.plain, topic=topic, from_={"a": [1]}, serde_type="JSON",
        retain=True, mqtt_version=version, response_topic="r", correlation_data="aWQ=",
    )  # fmt: skip
    assert run.run(sent) == {"messagesCount": 1}
    assert ("counter", "records", 1) in run.metrics
    taken = mqtt("Subscribe", mosquitto.plain, topic=[topic], max_records=1, mqtt_version=version)
    found = run.run(taken)
    newer = version == "V5"
    assert found["messagesCount"] == 1
    (message,) = rows(run, found["uri"])
    assert message.pop("id") >= 0
    assert message == {
        "topic": topic,
        "qos": 1,
        "payload": {"a": [1]},
        "retain": True,
        "responseTopic": "r" if newer else None,
        "correlationData": "aWQ=" if newer else None,
    }


@services
def test_texts_and_bytes(run: FakeRun, mosquitto: brokers.Mosquitto) -> None:
    given = [t("{{ word }}"), {"a": 1}, 7]
    for number, each in enumerate(given):
        sent = {"topic": f"texts/{number}", "from_": each, "serde_type": "STRING", "retain": True}
        run.run(mqtt("Publish", mosquitto.plain, **sent))
    asked = {"topic": "texts/#", "max_records": 3}
    found = run.run(mqtt("Subscribe", mosquitto.plain, serde_type="STRING", **asked))
    assert sorted(each["payload"] for each in rows(run, found["uri"])) == ["7", "hello", "{a=1}"]
    found = run.run(mqtt("Subscribe", mosquitto.plain, serde_type="BYTES", **asked))
    assert b"hello" in [each["payload"] for each in rows(run, found["uri"])]
    with pytest.raises(TaskFailure, match="no JSON"):
        run.run(mqtt("Subscribe", mosquitto.plain, topic="texts/0", max_records=1))


@services
def test_waiting_for_messages_ends(run: FakeRun, mosquitto: brokers.Mosquitto) -> None:
    found = run.run(mqtt("Subscribe", mosquitto.plain, topic="none", max_duration="PT1S"))
    assert found["messagesCount"] == 0 and run.content(found["uri"]) == ""
    killed(run, mqtt("Subscribe", mosquitto.plain, topic="none"))


@pytest.fixture
def forgetful() -> Iterator[None]:
    """For paho-mqtt, which leaves a socket open when the certificate is not trusted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@services
@pytest.mark.usefixtures("forgetful")
def test_a_user_of_mqtt_logs_in_with_tls(run: FakeRun, mosquitto: brokers.Mosquitto) -> None:
    sent = {"topic": "secret", "from_": "x", "serde_type": "STRING", "username": "tester"}
    known = {**sent, "password": servers.PASSWORD}
    trusted = {**known, "crt": mosquitto.trusted}
    assert run.run(mqtt("Publish", mosquitto.secure, **trusted)) == {"messagesCount": 1}
    stored = {**known, "crt": run.store(mosquitto.trusted)}
    assert run.run(mqtt("Publish", mosquitto.secure, **stored)) == {"messagesCount": 1}
    with pytest.raises(TaskFailure, match="CERTIFICATE_VERIFY_FAILED"):
        run.run(mqtt("Publish", mosquitto.secure, **known))
    with pytest.raises(TaskFailure, match=r"refuses the connection: Not auth"):
        run.run(mqtt("Publish", mosquitto.secure, **{**trusted, "password": "wrong"}))
    elsewhere = mosquitto.secure.replace("127.0.0.1", "localhost")
    with pytest.raises(TaskFailure, match="Hostname mismatch"):
        run.run(mqtt("Publish", elsewhere, **trusted))
    unchecked = {**trusted, "https_hostname_verification_enabled": False}
    assert run.run(mqtt("Publish", elsewhere, **unchecked)) == {"messagesCount": 1}


@pytest.mark.parametrize(
    ("server", "given", "said"),
    [
        ("http://a", {}, "`http://a` is no address of MQTT"),
        ("tcp://127.0.0.1:1", {}, "Unable to connect to server: .*refused"),
        ("ssl://127.0.0.1:1", {"crt": "-----BEGIN nothing"}, "Failed to load CA certificate"),
    ],
)
def test_what_mqtt_cannot_do(run: FakeRun, server: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(mqtt("Subscribe", server, topic="a", **given))


@services
def test_messages_that_mqtt_cannot_send(run: FakeRun, mosquitto: brokers.Mosquitto) -> None:
    given = {"topic": "a", "from_": "x", "serde_type": "STRING"}
    for more, said in (
        ({"serde_type": "BYTES"}, "Unexpected serdeType 'BYTES'"),
        ({"correlation_data": "no base64"}, "must be Base64-encoded"),
        ({"topic": "a/#"}, "MQTT: "),
    ):
        with pytest.raises(TaskFailure, match=said):
            run.run(mqtt("Publish", mosquitto.plain, **{**given, **more}))


# ---- NATS -----------------------------------------------------------------------------------------------------------


def stream(url: str, name: str, *subjects: str) -> None:
    """Make a stream that keeps the messages of subjects."""
    import nats as library

    async def make() -> None:
        connection = await library.connect(url)
        await connection.jetstream().add_stream(name=name, subjects=list(subjects))
        await connection.close()

    asyncio.run(make())


@pytest.mark.parametrize("late", ["asyncio.TimeoutError", "nats.errors.TimeoutError"])
def test_messages_end_when_the_wait_is_over(run: FakeRun, late: str) -> None:
    module, _, name = late.rpartition(".")
    error = getattr(pytest.importorskip(module), name)

    batches = iter([[1, 2], [3]])

    class Subscription:
        async def fetch(self, count: int, seconds: float) -> list[int]:
            found = next(batches, None)
            if found is None:
                raise error
            return found

    async def messages() -> list[int]:
        consume: Any = task("nats.Consume", url="nats://x", subject="s")
        return [each async for each in consume._messages(run, Subscription())]

    assert asyncio.run(messages()) == [1, 2, 3]


@services
def test_messages_of_a_stream(run: FakeRun, nats: str) -> None:
    stream(nats, "news", "news.>")
    given = [
        {"data": t("{{ word }}"), "headers": {"a": "1"}},
        *({"data": str(number)} for number in range(24)),
    ]
    sent = task("nats.Produce", url=nats, subject="news.a", from_=given)
    assert run.run(sent) == {"messagesCount": 25}
    taken = {"url": nats, "subject": "news.>", "durable_id": "d", "poll_duration": "PT1S"}
    found = run.run(task("nats.Consume", max_records=12, **taken))
    first, *others = rows(run, found["uri"])
    assert found["messagesCount"] == 12 and others[-1]["data"] == "10"
    assert str(first.pop("timestamp")).startswith("20")
    assert first == {"subject": "news.a", "headers": {"a": ["1"]}, "data": "hello"}
    rest = run.run(task("nats.Consume", **taken))  # what is acknowledged does not come again
    assert [each["data"] for each in rows(run, rest["uri"])] == [str(n) for n in range(11, 24)]
    last = task(
        "nats.core.Consume", url=nats, subject="news.>", deliver_policy="Last", poll_duration="PT1S"
    )
    assert [each["data"] for each in rows(run, run.run(last)["uri"])] == ["23"]


@services
def test_messages_of_a_stream_since_a_moment(run: FakeRun, nats: str) -> None:
    stream(nats, "old", "old")
    run.run(task("nats.Produce", url=nats, subject="old", from_={"data": {"a": 1}}))
    asked = {
        "url": nats,
        "subject": "old",
        "deliver_policy": "ByStartTime",
        "max_records": 1,
    }
    for since, wait, expected in (
        ("2000-01-01T00:00:00Z", "PT1M", ['{"a":1}']),  # it ends with the message
        ("2100-01-01T00:00:00Z", "PT1S", []),
    ):
        found = run.run(task("nats.Consume", since=since, poll_duration=wait, **asked))
        assert [each["data"] for each in rows(run, found["uri"])] == expected


@services
def test_a_request_is_answered(run: FakeRun, nats: str) -> None:
    import nats as library

    async def served() -> tuple[Any, Any]:
        connection = await library.connect(nats)

        async def answer(message: Any) -> None:
            said = (message.headers or {}).get("Who", "nobody")
            await message.respond(f"{said}: {message.data.decode()}".encode())

        await connection.subscribe("ask", cb=answer)
        asked = task(
            "nats.Request", url=nats, subject="ask", from_={"data": "a", "headers": {"Who": "me"}}
        )
        unheard = task("nats.Request", url=nats, subject="unheard", from_={"data": "a"})
        found = await asked.run(run), await unheard.run(run)
        await connection.close()
        return found

    assert asyncio.run(served()) == ({"response": "me: a"}, {"response": None})


@services
def test_values_of_a_bucket(run: FakeRun, nats: str) -> None:
    made = run.run(
        task("nats.kv.CreateBucket", url=nats, name="b", description="d", history_per_key=3,
             bucket_size=4096)
    )  # fmt: skip
    assert made.pop("metadata") is not None
    assert made == {
        "bucket": "b",
        "description": "d",
        "history": 3,
        "entryCount": 0,
        "bucketSize": 4096,
        "valueSize": -1,
    }
    bucket = {"url": nats, "bucket_name": "b"}
    put = task("nats.kv.Put", values={"x": {"a": [1]}, "y": t("{{ word }}")}, **bucket)
    assert run.run(put) == {"revisions": {"x": 1, "y": 2}}
    run.run(task("nats.kv.Put", values={"x": 2}, **bucket))
    get = task("nats.kv.Get", keys=["x", "y", "z"], **bucket)
    assert run.run(get) == {"output": {"x": 2, "y": "hello"}}
    old = task("nats.kv.Get", keys=["x"], key_revisions={"x": 1}, **bucket)
    assert run.run(old) == {"output": {"x": {"a": [1]}}}
    assert run.run(task("nats.kv.Delete", keys=["x"], **bucket)) == {"deletedCount": 1}
    assert run.run(task("nats.kv.Get", keys=["x"], **bucket)) == {"output": {}}
    with pytest.raises(TaskFailure, match="NATS: "):
        run.run(task("nats.kv.Get", url=nats, bucket_name="none", keys=["x"]))


@services
def test_users_of_nats(run: FakeRun) -> None:
    sent = {"subject": "a", "from_": [{"data": "x"}]}
    with brokers.nats("--user", "tester", "--pass", "word") as url:
        known = task("nats.Produce", url=url, username="tester", password="word", **sent)
        assert run.run(known) == {"messagesCount": 1}
        with pytest.raises(TaskFailure, match=r"(?i)authorization violation"):
            run.run(task("nats.Produce", url=url, username="tester", password="wrong", **sent))
    with brokers.nats("--auth", "token") as url:
        assert run.run(task("nats.Produce", url=url, token="token", **sent)) == {"messagesCount": 1}


@services
def test_a_kill_ends_waiting_for_a_stream(run: FakeRun, nats: str) -> None:
    stream(nats, "empty", "empty")
    waiting = task("nats.Consume", url=nats, subject="empty", poll_duration="PT1H")
    killed(run, waiting)


def test_a_server_of_nats_that_is_not_there(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="NATS: "):
        run.run(task("nats.Produce", url="nats://127.0.0.1:1", subject="a", from_={"data": "x"}))


@services
def test_headers_stay_headers(run: FakeRun, nats: str) -> None:
    for headers in ({"a": "1\r\nb: 2"}, {"a: b": "1"}):
        hostile = task(
            "nats.Produce", url=nats, subject="a", from_={"data": "x", "headers": headers}
        )
        with pytest.raises(TaskFailure, match="no header that a message can have"):
            run.run(hostile)
