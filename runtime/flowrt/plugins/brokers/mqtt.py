"""MQTT: messages are published, and those of topics taken."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.plugins.brokers.base import BrokerTask, Enough, body_of, texts, value_of
from flowrt.plugins.rows import given_rows, stored
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text
    from flowrt.plugins.stored import Stop

SERDE = enum("STRING", "JSON", "BYTES")
VERSION = enum("V3", "V5")
SCHEMES = {"tcp": 1883, "mqtt": 1883, "ssl": 8883, "mqtts": 8883, "ws": 80, "wss": 443}
"""The schemes of addresses, and the port of each."""
SECURE = ("ssl", "mqtts", "wss")
WAIT = 30.0
"""Seconds in which a server has to answer, where `connectionTimeout` does not say otherwise."""
SLICE = 0.1


class MqttTask(BrokerTask):
    """What the tasks share: the server, and who asks."""

    packages: ClassVar[tuple[str, ...]] = (packages.MQTT,)

    server: Text = prop(STRING)
    mqtt_version: Text = prop(VERSION, default="V5")
    client_id: Text = prop(STRING)
    connection_timeout: Text | None = prop(DURATION, default=None)
    https_hostname_verification_enabled: Flag | None = prop(BOOLEAN, default=None)
    auth_method: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    crt: Text | None = prop(STRING, default=None)
    qos: Integer = prop(INTEGER, default=1)

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        started = time.monotonic()
        with self._session(run, stop) as session:
            outputs = self._talk(run, session)
        run.metric("timer", "duration", time.monotonic() - started)
        return outputs

    def _talk(self, run: RunContext, session: Session) -> dict[str, Any]:
        raise NotImplementedError

    @contextmanager
    def _session(self, run: RunContext, stop: Stop) -> Iterator[Session]:
        from urllib.parse import urlsplit

        mqtt = missing.load("paho.mqtt.client", "MQTT", packages.MQTT, "mqtt")
        address = required_text(run, self.server)
        place = urlsplit(address)
        if place.scheme not in SCHEMES or not place.hostname:
            raise TaskFailure(f"`{address}` is no address of MQTT")
        newer = run.constant(self.mqtt_version, VERSION) == "V5"
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            required_text(run, self.client_id),
            protocol=mqtt.MQTTv5 if newer else mqtt.MQTTv311,
            transport="websockets" if place.scheme in ("ws", "wss") else "tcp",
            reconnect_on_failure=False,
        )
        if self.username is not None:
            client.username_pw_set(required_text(run, self.username), run.text(self.password))
        if place.scheme in SECURE:
            client.tls_set_context(self._tls(run))
        wait = run.duration(self.connection_timeout)
        session = Session(client, stop, WAIT if wait is None else wait or float("inf"))
        if newer and self.auth_method is not None:
            session.ask(AuthenticationMethod=required_text(run, self.auth_method))
        try:
            session.connect(place.hostname, place.port or SCHEMES[place.scheme])
            yield session
        finally:
            client.disconnect()

    def _tls(self, run: RunContext) -> Any:
        import ssl

        text = (run.text(self.crt) or "").strip()
        try:
            if not text:
                context = ssl.create_default_context()
            elif text.startswith("-----BEGIN "):
                context = ssl.create_default_context(cadata=text)
            elif text.startswith("kestra://"):
                context = ssl.create_default_context(cadata=run.open_file(text).decode())
            else:
                context = ssl.create_default_context(cafile=str(run.local_path(text)))
        except (ssl.SSLError, ValueError):
            raise TaskFailure(
                "Failed to load CA certificate: the provided certificate content is invalid. "
                "Ensure it is a valid PEM-encoded X.509 certificate."
            ) from None
        if not run.flag(self.https_hostname_verification_enabled, True):
            context.check_hostname = False
        return context


class Session:
    """A connection, driven by the thread that uses it; `arrived` are the messages that nobody has taken yet."""

    def __init__(self, client: Any, stop: Stop, wait: float) -> None:
        self.client = client
        self.stop = stop
        self.arrived: deque[Any] = deque()
        self._wait = wait
        self._properties: Any = None
        self._refused: str | None = None
        self._connected = False
        client.on_connect = self._answered
        client.on_message = lambda client, data, message: self.arrived.append(message)

    def ask(self, **properties: Any) -> None:
        """Properties of the connection."""
        self._properties = _properties("CONNECT", **properties)

    def connect(self, host: str, port: int) -> None:
        """Wait until the server has accepted. Raises TaskFailure when it does not."""
        try:
            if self._wait != float("inf"):
                self.client.connect_timeout = self._wait
            self.client.connect(host, port, properties=self._properties)
        except (OSError, ValueError) as error:
            raise TaskFailure(f"Unable to connect to server: {reason(error)}") from None
        self.until(lambda: self._connected)

    def _answered(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._connected = not reason.is_failure
        if reason.is_failure:
            self._refused = str(reason)

    def until(self, done: Callable[[], bool]) -> None:
        """Go on until it is done. Raises TaskFailure when the connection is lost, or nothing comes in time."""
        ends = time.monotonic() + self._wait
        while not done():
            self.turn()
            if time.monotonic() > ends:
                raise TaskFailure("Timed out waiting for a response from the server")

    def turn(self) -> None:
        """Send and receive for a moment. Raises TaskFailure when the connection is lost."""
        self.stop.check()
        code = self.client.loop(SLICE)
        if self._refused is not None:
            raise TaskFailure(f"The server refuses the connection: {self._refused}")
        if code:
            from paho.mqtt.client import error_string

            raise TaskFailure(f"Connection lost: {error_string(code)}")


def _properties(packet: str, **values: Any) -> Any:
    """Properties of a packet."""
    from paho.mqtt import packettypes, properties

    kind: Any = properties.Properties
    found = kind(getattr(packettypes.PacketTypes, packet))
    for name, value in values.items():
        setattr(found, name, value)
    return found


@task_type("io.kestra.plugin.mqtt.Publish")
class MqttPublish(MqttTask):
    """Publish messages on a topic."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER}

    topic: Text = prop(STRING)
    from_: Any = prop(ANY)
    serde_type: Text = prop(SERDE)
    retain: Flag = prop(BOOLEAN, default=False)
    response_topic: Text | None = prop(STRING, default=None)
    correlation_data: Text | None = prop(STRING, default=None)

    def _talk(self, run: RunContext, session: Session) -> dict[str, Any]:
        topic, quality = required_text(run, self.topic), required(run.integer(self.qos))
        properties, keep, count = self._properties(run), run.flag(self.retain), 0
        for body in session.stop.each(self._bodies(run)):
            try:
                sent = session.client.publish(topic, body, quality, keep, properties)
            except ValueError as error:
                raise TaskFailure(f"MQTT: {reason(error)}") from None
            session.until(sent.is_published)
            count += 1
        run.metric("counter", "records", count, {"topic": topic})
        return {"messagesCount": count}

    def _bodies(self, run: RunContext) -> Iterator[bytes]:
        """A text is a message itself; of JSON there is one for each row."""
        kind = str(run.constant(self.serde_type, SERDE))
        if kind == "BYTES":
            raise TaskFailure("Unexpected serdeType 'BYTES'")
        if kind == "JSON":
            yield from (body_of(row, kind) for row in given_rows(run, self.from_))
            return
        found = run.structure(self.from_)
        yield from (body_of(each, kind) for each in (found if isinstance(found, list) else [found]))

    def _properties(self, run: RunContext) -> Any:
        from binascii import Error, a2b_base64

        topic, data = run.text(self.response_topic), run.text(self.correlation_data)
        if run.constant(self.mqtt_version, VERSION) != "V5" or (topic is None and data is None):
            return None
        more: dict[str, Any] = {} if topic is None else {"ResponseTopic": topic}
        if data is not None:
            try:
                more["CorrelationData"] = a2b_base64(data, strict_mode=True)
            except Error as error:
                raise TaskFailure(
                    "The 'correlationData' property must be Base64-encoded, as it is binary on the wire: "
                    f"{error}"
                ) from None
        return _properties("PUBLISH", **more)


@task_type("io.kestra.plugin.mqtt.Subscribe")
class MqttSubscribe(MqttTask):
    """Take the messages of topics, until there are `maxRecords`, or `maxDuration` is over."""

    outputs: ClassVar[dict[str, Kind] | None] = {"messagesCount": INTEGER, "uri": URI}

    topic: Any = prop(ANY)
    serde_type: Text = prop(SERDE, default="JSON")
    max_records: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)

    def _talk(self, run: RunContext, session: Session) -> dict[str, Any]:
        enough, counts = Enough(run, self.max_records, self.max_duration), dict[str, int]()
        kind, topics = str(run.constant(self.serde_type, SERDE)), texts(run, self.topic)
        quality = required(run.integer(self.qos))
        try:
            session.client.subscribe([(topic, quality) for topic in topics])
        except ValueError as error:
            raise TaskFailure(f"MQTT: {reason(error)}") from None

        def rows() -> Iterator[dict[str, Any]]:
            while not enough:
                session.turn()
                while session.arrived and not enough:
                    message = session.arrived.popleft()
                    yield _row(message, kind)
                    enough.count += 1
                    counts[message.topic] = counts.get(message.topic, 0) + 1

        uri, size = stored(run, rows())
        for topic, count in counts.items():
            run.metric("counter", "records", count, {"topic": topic})
        return {"messagesCount": size, "uri": uri}


def _row(message: Any, kind: str) -> dict[str, Any]:
    """A message as it is stored."""
    from base64 import b64encode

    from flowrt.java.values import ByteArray

    found = getattr(message, "properties", None)
    data = getattr(found, "CorrelationData", None)
    payload = ByteArray(message.payload) if kind == "BYTES" else value_of(message.payload, kind)
    return {
        "id": message.mid,
        "topic": message.topic,
        "qos": message.qos,
        "payload": payload,
        "retain": bool(message.retain),
        "responseTopic": getattr(found, "ResponseTopic", None),
        "correlationData": None if data is None else b64encode(data).decode(),
    }
