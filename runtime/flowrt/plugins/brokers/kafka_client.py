"""Clients of Kafka: the properties of Java's clients as librdkafka, which confluent-kafka brings, knows them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from flowrt.missing import load
from flowrt.model.failures import TaskFailure
from flowrt.packages import KAFKA
from flowrt.plugins.keystores import checked, is_pem, trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.plugins.stored import Stop

SLICE = 0.5
"""Seconds that a client waits before it looks whether its task was stopped."""

RENAMED = {
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "max.request.size": "message.max.bytes",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
    "ssl.truststore.certificates": "ssl.ca.pem",
}
"""Properties of Java's clients that have another name."""

OURS = frozenset({"max.block.ms", "max.poll.records"})
"""Properties that the tasks follow."""

JAVA_ONLY = frozenset(
    {
        *("key.serializer", "value.serializer", "key.deserializer", "value.deserializer"),
        *("ssl.truststore.type", "ssl.truststore.password", "ssl.keystore.type"),
    }
)
"""Properties that say nothing here, or are read beside another."""

_LOGIN = re.compile(r"""\b(username|password)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_UNKNOWN = re.compile(r'No such configuration property: "([^"]*)"')


def library() -> Any:
    """The package. Raises MissingPackage."""
    return load("confluent_kafka", "Kafka", KAFKA, "kafka")


def configuration(run: RunContext, given: dict[str, Any]) -> dict[str, Any]:
    """The properties of a flow as those of librdkafka. Raises TaskFailure for a store of keys that cannot be read."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        text = "" if value is None else str(value)
        if name == "ssl.keystore.location":
            found.update(_keys(run, text))
        elif name == "ssl.truststore.location":
            found["ssl.ca.pem"] = trusted(
                _stored(text), str(given.get("ssl.truststore.password") or "")
            )
        elif name == "sasl.jaas.config":
            found.update(_login(text))
        elif name == "ssl.endpoint.identification.algorithm":
            found[name] = text or "none"
        elif name == "auto.offset.reset" and text == "none":
            found[name] = "error"
        elif name not in JAVA_ONLY and name not in OURS:
            found[RENAMED.get(name, name)] = text
    return found


def _stored(text: str) -> bytes:
    from base64 import b64decode

    try:
        data = b64decode(text.replace("\n", ""), validate=True)
    except ValueError:
        raise TaskFailure("a store of keys is given as Base64") from None
    return checked(data)


def _keys(run: RunContext, text: str) -> dict[str, str]:
    """The file of a client's own key, where only its owner can read it."""
    data = _stored(text)
    path = run.private_folder() / "keys"
    path.touch(0o600)
    path.write_bytes(data)
    if is_pem(data):
        return {"ssl.certificate.location": str(path), "ssl.key.location": str(path)}
    return {"ssl.keystore.location": str(path)}


def _login(text: str) -> dict[str, str]:
    """User and password of a line of Java's login modules."""
    found = {
        f"sasl.{name}": re.sub(r"\\(.)", r"\1", double or single)
        for name, double, single in _LOGIN.findall(text)
    }
    if not found:
        raise TaskFailure("`sasl.jaas.config` names no user: other modules are not known here")
    return found


class Client:
    """Makes a client, and keeps what it says: properties that nobody knows have no effect, as with Java's clients."""

    def __init__(self, run: RunContext, stop: Stop) -> None:
        self._run = run
        self._stop = stop
        self._last = ""
        self._producer: Any = None

    def made(self, kind: Any, properties: dict[str, Any]) -> Any:
        """A client of a class of the library. Raises TaskFailure for a property whose value is none."""
        rest = dict(properties)
        while True:
            try:
                made = kind({**rest, "error_cb": self._heard, "logger": self, "log_level": 4})
            except (library().KafkaException, ValueError, TypeError) as error:
                unknown = _UNKNOWN.search(said(error))
                if unknown is None or rest.pop(unknown[1], None) is None:
                    raise TaskFailure(f"Failed to construct kafka client: {said(error)}") from None
                self._run.log(
                    "WARN", f"The configuration '{unknown[1]}' was supplied but is not used"
                )
            else:
                self._producer = made if isinstance(made, library().Producer) else None
                return made

    def log(self, level: int, message: str, *values: Any) -> None:
        """What librdkafka says, beside what it tells as an error."""
        self._run.log("DEBUG", message % values if values else message)

    def _heard(self, error: Any) -> None:
        said = error.str()
        if said != self._last:
            self._run.log("WARN", f"Kafka: {said}")
        self._last = said

    def until(self, call: Callable[[float], Any], seconds: float, late: str) -> Any:
        """What `call` answers within its time; it is called again and again. Raises TaskFailure when it is too late."""
        ends = time.monotonic() + seconds
        while True:
            self._stop.check()
            left = ends - time.monotonic()
            try:
                return call(max(0.01, min(SLICE, left)))
            except library().KafkaException as error:
                if self._producer is not None:
                    self._producer.poll(0)  # lets it say what is wrong
                if left > 0 and _passes(error):
                    continue
                if left > 0:
                    raise
            raise TaskFailure(f"{late.rstrip('.')}: {self._last}" if self._last else late)


def _passes(error: Any) -> bool:
    """Whether it may be otherwise in a moment."""
    kinds, found = library().KafkaError, error.args[0]
    passing = (
        *(kinds._TIMED_OUT, kinds._TRANSPORT, kinds._ALL_BROKERS_DOWN),
        *(kinds.UNKNOWN_TOPIC_OR_PART, kinds.LEADER_NOT_AVAILABLE),
    )
    return found.retriable() or found.code() in passing


def said(error: Any) -> str:
    """The message of an error of the library."""
    found = error.args[0] if error.args else error
    return found.str() if hasattr(found, "str") else str(found)
