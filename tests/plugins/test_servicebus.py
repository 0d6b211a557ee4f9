"""Service Bus: against queues and subscriptions that a stand-in keeps on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from plugins.amqp10 import Peer, peering, proton
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

pytest.importorskip("azure.servicebus")


class Bus(Peer):
    """Keeps messages by queues and subscriptions; a message that is settled as it is sent is gone."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.queues: dict[str, list[Any]] = {}
        self.settled: list[bool] = []
        self.ready = lambda: None

    def keep(self, address: str, data: bytes) -> None:
        message = proton.Message()
        message.decode(data)
        self.queues.setdefault(_entity(address), []).append(message)

    def on_sendable(self, event: Any) -> None:
        link = event.link
        name = _entity(link.remote_source.address or "")
        if name.startswith("$") or not link.credit:
            return
        gone = link.remote_snd_settle_mode == link.SND_SETTLED
        found = self.queues.get(name, [])
        if not found:
            self.ready()
        for message in found[: link.credit]:
            delivery = link.send(message)
            if gone:
                delivery.settle()
            found.remove(message)
            self.settled.append(gone)


def _entity(address: str) -> str:
    return urlsplit(address).path.strip("/") if "//" in address else address


@pytest.fixture
def bus() -> Iterator[Bus]:
    with peering(Bus) as found:
        yield found


@pytest.fixture
def run(bus: Bus, tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, connection=bus.connection_string)


def messages(verb: str, **properties: Any) -> Any:
    given = {"connection_string": t("{{ connection }}"), "queue_name": "jobs", **properties}
    return task(f"azure.servicebus.{verb}", **given)


def taken(run: FakeRun, count: int, **properties: Any) -> list[Any]:
    """So many messages, which are waited for."""
    given = {"max_messages": count, "max_receive_duration": "PT60S", **properties}
    outputs = run.run(messages("Consume", **given))
    found = rows(run, outputs["uri"])
    assert outputs["count"] == len(found)
    return found


def test_messages_go_and_come(bus: Bus, run: FakeRun) -> None:
    first = {
        "body": "a \u2713", "messageId": "m1", "subject": "s", "timeToLive": "PT1M",
        "applicationProperties": {"n": 1, "yes": True, "many": [1]},
    }  # fmt: skip
    sent = messages("Publish", from_=[first, {"body": 2}, {"body": "c"}])
    assert run.run(sent) == {"messagesCount": 3}
    one, two, _ = bus.queues["jobs"]
    assert (bytes(one.body), one.id, one.subject, one.ttl) == ("a \u2713".encode(), "m1", "s", 60)
    assert one.properties == {"n": 1, "yes": True, "many": "[1]"}
    assert (bytes(two.body), two.subject, two.properties) == (b"2", None, None)
    assert ("counter", "servicebus.publish.queue.messages", 3) in run.metrics
    assert run.tags[-1] == {"queue": "jobs"}
    assert taken(run, 3) == ["a \u2713", "2", "c"]
    assert bus.settled == [False] * 3  # they are locked, and would come again
    assert bus.tokens and not any("S3CRET" in message for _, message in run.logs)


def test_messages_of_a_stored_file(bus: Bus, run: FakeRun) -> None:
    stored = run.store('{body: {a: 1}}\n{body: "x", timeToLive: 2}\n', "in.ion")
    assert run.run(messages("Publish", from_=stored, serde_type="JSON"))["messagesCount"] == 2
    assert [bytes(each.body) for each in bus.queues["jobs"]] == [b'{"a":1}', b'"x"']
    found = taken(run, 2, serde_type="JSON", receive_mode="RECEIVE_AND_DELETE", pull_batch_size=1)
    assert found == [{"a": 1}, "x"]
    assert bus.settled == [True, True]


def test_topics_and_parts_of_queues(bus: Bus, run: FakeRun) -> None:
    topic = {"queue_name": None, "topic_name": "news"}
    run.run(messages("Publish", from_={"body": "x"}, **topic))
    assert ("counter", "servicebus.publish.topic.messages", 1) in run.metrics
    bus.queues = {
        "news/Subscriptions/me": bus.queues["news"],
        "jobs/$DeadLetterQueue": [proton.Message(body=b"dead", inferred=True)],
        "jobs/$Transfer/$DeadLetterQueue": [proton.Message(body="value")],
    }
    assert taken(run, 1, subscription_name="me", **topic) == ["x"]
    assert taken(run, 1, sub_queue="DEAD_LETTER_QUEUE") == ["dead"]
    assert taken(run, 1, sub_queue="TRANSFER_DEAD_LETTER_QUEUE") == ["value"]


def test_an_empty_queue_is_waited_for_no_longer_than_that(bus: Bus, run: FakeRun) -> None:
    assert taken(run, 1, max_receive_duration="PT0.2S") == []
    assert taken(run, 0) == []


def test_a_task_that_is_stopped_waits_for_no_more(bus: Bus, run: FakeRun) -> None:
    bus.ready = run.stop
    with pytest.raises(TaskFailure, match="The task was stopped"):
        taken(run, 1)


@pytest.mark.parametrize(
    ("verb", "properties", "said"),
    [
        ("Publish", {"from_": {"subject": "x"}}, "a message has `body`"),
        ("Publish", {"from_": {"body": "x"}, "queue_name": None}, "Exactly one of queueName"),
        ("Consume", {"topic_name": "x"}, "Exactly one of queueName or topicName must be"),
        ("Consume", {"queue_name": None, "topic_name": "x"}, "topicName and subscriptionName must"),
        ("Consume", {"connection_string": None}, "`connectionString` is needed"),
        ("Consume", {"connection_string": "x"}, "Azure: "),
        ("Consume", {"connection_string": "Endpoint=sb://a;EntityPath=b"}, "Azure: "),
    ],
)
def test_what_cannot_be_done(
    bus: Bus, run: FakeRun, verb: str, properties: dict[str, Any], said: str
) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(messages(verb, **properties))


def test_a_body_that_is_no_json(bus: Bus, run: FakeRun) -> None:
    bus.queues["jobs"] = [proton.Message(body=b"{", inferred=True)]
    with pytest.raises(TaskFailure, match="Unexpected end-of-input"):
        taken(run, 1, serde_type="JSON")
