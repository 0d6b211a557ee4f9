"""Service Bus: messages that go to queues and topics, and those that come from queues and subscriptions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.azure.identity import IdentityTask
from flowrt.plugins.data import maps_of
from flowrt.plugins.stored import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text
    from flowrt.plugins.azure.identity import Azure

FORMS = enum("STRING", "JSON")
MODES = enum("PEEK_LOCK", "RECEIVE_AND_DELETE")
PARTS = {"NONE": None, "DEAD_LETTER_QUEUE": "deadletter"}
PARTS["TRANSFER_DEAD_LETTER_QUEUE"] = "transferdeadletter"
PART = enum(*PARTS)
PACKAGE = packages.AZURE_SERVICEBUS
WAIT = 1.0
"""Seconds after which whoever waits for messages looks whether the task goes on."""


class ServiceBusTask(IdentityTask):
    """What the tasks share: a queue or a topic."""

    packages: ClassVar[tuple[str, ...]] = (PACKAGE,)

    connection_string: Text | None = prop(STRING, default=None)
    queue_name: Text | None = prop(STRING, default=None)
    topic_name: Text | None = prop(STRING, default=None)
    subscription_name: Text | None = prop(STRING, default=None)
    serde_type: Text = prop(FORMS, default="STRING")

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        library = missing.load("azure.servicebus", "Service Bus", PACKAGE, "azure")
        errors = missing.load("azure.core.exceptions", "Service Bus", PACKAGE, "azure")
        whole = run.text(self.connection_string)
        if not whole:
            raise TaskFailure(
                "`connectionString` is needed, since nothing else names the namespace of the messages"
            )
        queue, topic = run.text(self.queue_name), run.text(self.topic_name)
        if (queue is None) == (topic is None):
            raise TaskFailure("Exactly one of queueName or topicName must be specified.")
        try:
            with library.ServiceBusClient.from_connection_string(whole) as client:
                return self._done(run, client, queue, topic)
        except errors.AzureError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None
        except ValueError as error:
            raise TaskFailure(f"Azure: {reason(error)}") from None

    def _done(
        self, run: RunContext, client: Any, queue: str | None, topic: str | None
    ) -> dict[str, Any]:
        raise NotImplementedError


@task_type("io.kestra.plugin.azure.servicebus.Publish")
class ServiceBusPublish(ServiceBusTask):
    """Send messages, one after the other."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    from_: Any = prop(ANY, yaml="from")

    def _done(
        self, run: RunContext, client: Any, queue: str | None, topic: str | None
    ) -> dict[str, Any]:
        sender = client.get_queue_sender(queue) if queue else client.get_topic_sender(topic)
        count, form = 0, run.constant(self.serde_type, FORMS)
        with sender:
            for given in Stop(run).each(maps_of(run, self.from_)):
                sender.send_messages(_message(run, given, form))
                count += 1
        kind = "queue" if queue else "topic"
        tags = {kind: str(queue or topic)}
        run.metric("counter", f"servicebus.publish.{kind}.messages", count, tags)
        return {"messagesCount": count}


def _message(run: RunContext, given: dict[str, Any], form: str | None) -> Any:
    """A message as the library sends it. Raises TaskFailure for one without a body."""
    from datetime import timedelta

    from azure.servicebus import ServiceBusMessage

    from flowrt.formats.jsonwrite import to_json

    body, lives = given.get("body"), given.get("timeToLive")
    if body is None:
        raise TaskFailure("a message has `body`")
    if isinstance(lives, str):
        lives = run.duration(lives)
    own = given.get("applicationProperties") or {}
    return ServiceBusMessage(
        (to_json(body) if form == "JSON" else text_of(body)).encode(),
        message_id=_text(given.get("messageId")),
        subject=_text(given.get("subject")),
        time_to_live=None if lives is None else timedelta(seconds=float(lives)),
        application_properties={
            str(name): value if isinstance(value, (bool, int, float, str)) else text_of(value)
            for name, value in own.items()
        },
    )


def _text(value: Any) -> str | None:
    return None if value is None else text_of(value)


@task_type("io.kestra.plugin.azure.servicebus.Consume")
class ServiceBusConsume(ServiceBusTask):
    """Store the bodies of messages. With `PEEK_LOCK` they are locked for a while and come again; nothing deletes them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    receive_mode: Text | None = prop(MODES, default=None)
    sub_queue: Text | None = prop(PART, default=None)
    max_messages: Integer | None = prop(INTEGER, default=None)
    max_receive_duration: Text = prop(DURATION, default="PT10S")
    pull_batch_size: Integer = prop(INTEGER, default=100)

    def _done(
        self, run: RunContext, client: Any, queue: str | None, topic: str | None
    ) -> dict[str, Any]:
        from flowrt.plugins.rows import stored

        subscription = run.text(self.subscription_name)
        if topic is not None and subscription is None:
            raise TaskFailure("topicName and subscriptionName must be set in conjunction.")
        mode = run.constant(self.receive_mode, MODES) or "PEEK_LOCK"
        how = {
            "receive_mode": mode.replace("_", "").lower(),
            "sub_queue": PARTS[run.constant(self.sub_queue, PART) or "NONE"],
        }
        receiver = (
            client.get_queue_receiver(queue, **how)
            if queue is not None
            else client.get_subscription_receiver(topic, subscription, **how)
        )
        form = run.constant(self.serde_type, FORMS)
        with receiver:
            found = (_read(message, form) for message in self._messages(run, receiver))
            uri, count = stored(run, found)
        return {"count": count, "uri": uri}

    def _messages(self, run: RunContext, receiver: Any) -> Iterator[Any]:
        """The messages as they come, until there are enough of them, or the time is over."""
        stop, most = Stop(run), run.integer(self.max_messages)
        longest = run.duration(self.max_receive_duration)
        end = time.monotonic() + (10.0 if longest is None else longest)
        size, count = run.integer(self.pull_batch_size) or 100, 0
        while most is None or count < most:
            left = end - time.monotonic()
            if left <= 0:
                return
            wanted = size if most is None else min(size, most - count)
            batch = receiver.receive_messages(wanted, max_wait_time=min(left, WAIT))
            stop.check()
            count += len(batch)
            yield from batch


def _read(message: Any, form: str | None) -> Any:
    """The body of a message. Raises TaskFailure for JSON that is none."""
    from flowrt.formats.jsonread import JsonError, parse_json

    body = message.body
    try:
        text = (body if isinstance(body, bytes) else b"".join(body)).decode("utf-8", "replace")
    except TypeError:  # it is a value of AMQP and no bytes
        text = text_of(body)
    try:
        return parse_json(text) if form == "JSON" else text
    except JsonError as error:
        raise TaskFailure(str(error)) from None
