"""An event hub on the loopback for tests, on a library of AMQP 1.0 (proton)."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

proton = pytest.importorskip("proton")
handlers = pytest.importorskip("proton.handlers")
reactor = pytest.importorskip("proton.reactor")

FIELDS = {0x10: 10, 0x11: 8, 0x12: 14, 0x13: 11, 0x14: 11, 0x15: 6, 0x16: 3, 0x17: 1, 0x18: 1}
"""How many fields the frames of AMQP have, by their codes."""
DATA = b"\x00\x53\x75"
"""What a section of data begins with."""


def whole(frame: bytes) -> bytes:
    """A frame with all its fields: Azure's library counts on those at its end that have no value, proton leaves them out."""
    at = frame[4] * 4
    if frame[5] != 0 or frame[at : at + 2] != b"\x00\x53":
        return frame
    wanted, form = FIELDS.get(frame[at + 2], 0), frame[at + 3]
    if form == 0x45:
        count, body, end = 0, b"", at + 4
    elif form == 0xC0:
        end, count = at + 5 + frame[at + 4], frame[at + 5]
        body = frame[at + 6 : end]
    else:
        end = at + 8 + int.from_bytes(frame[at + 4 : at + 8], "big")
        count, body = int.from_bytes(frame[at + 8 : at + 12], "big"), frame[at + 12 : end]
    if count >= wanted:
        return frame
    body += b"\x40" * (wanted - count)
    sizes = (len(body) + 4).to_bytes(4, "big") + wanted.to_bytes(4, "big")
    rest = frame[4:at] + frame[at : at + 3] + b"\xd0" + sizes + body + frame[end:]
    return (len(rest) + 4).to_bytes(4, "big") + rest


def pump(source: socket.socket, target: socket.socket, complete: bool) -> None:
    """Carry bytes from one connection to another until it ends, frame by frame where these are to be whole."""
    data = b""
    with suppress(OSError):
        while block := source.recv(65536):
            data += block
            if not complete:
                target.sendall(data)
                data = b""
            while len(data) >= 8:
                size = 8 if data[:4] == b"AMQP" else int.from_bytes(data[:4], "big")
                if len(data) < size:
                    break
                part, data = data[:size], data[size:]
                target.sendall(part if part[:4] == b"AMQP" else whole(part))
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Relay:
    """Takes connections to another port of the loopback, and makes the frames that come back whole."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                behind = socket.create_connection(("127.0.0.1", self._behind))
                self._sockets += [client, behind]
                for pair in ((client, behind, False), (behind, client, True)):
                    thread = threading.Thread(target=pump, args=pair)
                    thread.start()
                    self._threads.append(thread)

    def close(self) -> None:
        """End all connections."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._threads[0].join()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for each in self._sockets:
            each.close()


def sections(data: bytes) -> list[bytes]:
    """The events of a batch, each a section of data."""
    found, at = [], data.find(DATA)
    while at >= 0 and data[at : at + 3] == DATA:
        if data[at + 3] == 0xA0:
            size, at = data[at + 4], at + 5
        else:
            size, at = int.from_bytes(data[at + 4 : at + 8], "big"), at + 8
        found.append(data[at : at + size])
        at += size
    return found


class Hub(handlers.MessagingHandler):  # type: ignore[misc]
    """Keeps events by partitions, batches in turn; `batches` are their sizes, `tokens` who asked."""

    def __init__(self, port: int, partitions: int) -> None:
        super().__init__(auto_accept=False, prefetch=0)
        self.port = port
        self.listening = threading.Event()
        self.injector = reactor.EventInjector()
        self.partitions: list[list[Any]] = [[] for _ in range(partitions)]
        self.batches: list[int] = []
        self.tokens: list[str] = []
        self.connection_string = ""
        self._replies: dict[Any, Any] = {}
        self._sent: dict[Any, int] = {}

    def on_start(self, event: Any) -> None:
        self.acceptor = event.container.listen(f"127.0.0.1:{self.port}")
        self._container = event.container
        event.container.selectable(self.injector)
        self.listening.set()

    def on_finish(self, event: Any) -> None:
        """The test is over."""
        self.acceptor.close()
        self.injector.close()
        self._container.stop()

    def on_connection_opening(self, event: Any) -> None:
        event.connection.properties = {"product": "hub"}

    def on_link_opening(self, event: Any) -> None:
        link = event.link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.properties = {"product": "hub"}
        if link.is_sender:
            node = (link.remote_source.address or "").rpartition("/")[2]
            self._replies[link.connection, node] = link
        else:
            link.flow(1000)

    def on_sendable(self, event: Any) -> None:
        link = event.link
        address = link.remote_source.address or ""
        if "/Partitions/" not in address:
            return
        events = self.partitions[int(address.rpartition("/")[2])]
        at = self._sent.get(link)
        at = self._begin(link, len(events)) if at is None else at
        while link.credit and at < len(events):
            link.send(events[at])
            at += 1
        self._sent[link] = at

    @staticmethod
    def _begin(link: Any, end: int) -> int:
        """Where a reader begins, by the selector of its link."""
        found = link.remote_source.filter
        found.rewind()
        text = ""
        if found.next():
            text = repr(found.get_object())
        if "@latest" in text:
            return end
        offset = re.search(r"offset' > '(-?\d+)'|offset > '(-?\d+)'", text)
        return int(offset[1] or offset[2]) + 1 if offset else 0

    def on_delivery(self, event: Any) -> None:
        delivery, link = event.delivery, event.link
        if not link.is_receiver or not delivery.readable or delivery.partial:
            return
        data = link.recv(delivery.pending)
        delivery.update(delivery.ACCEPTED)
        delivery.settle()
        link.advance()
        node = (link.remote_target.address or "").rpartition("/")[2]
        if node.startswith("$"):
            self._answer(event.connection, node, data)
        else:
            self._keep(data)

    def _answer(self, connection: Any, node: str, data: bytes) -> None:
        asked = proton.Message()
        asked.decode(data)
        reply = proton.Message(correlation_id=asked.id)
        reply.properties = {"status-code": 200, "status-description": "OK"}
        if node == "$cbs":
            self.tokens.append(str(asked.body))
        else:
            numbers = [str(number) for number in range(len(self.partitions))]
            reply.body = {
                "name": "hub",
                "type": "com.microsoft:eventhub",
                "created_at": proton.timestamp(0),
                "partition_count": len(numbers),
                "partition_ids": numbers,
            }
        self._replies[connection, node].send(reply)

    def _keep(self, data: bytes) -> None:
        found = sections(data)
        events = self.partitions[len(self.batches) % len(self.partitions)]
        self.batches.append(len(found))
        for each in found:
            message = proton.Message()
            message.decode(each)
            message.annotations = {
                **(message.annotations or {}),
                proton.symbol("x-opt-offset"): str(len(events)),
                proton.symbol("x-opt-sequence-number"): len(events),
                proton.symbol("x-opt-enqueued-time"): proton.timestamp(int(time.time() * 1000)),
            }
            events.append(message)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def hub(partitions: int = 1) -> Iterator[Hub]:
    """A hub for as long as the block lasts."""
    found = Hub(free_port(), partitions)
    container = reactor.Container(found)
    running = threading.Thread(target=container.run, daemon=True)
    running.start()
    assert found.listening.wait(30)
    relay = Relay(found.port)
    found.connection_string = (
        f"Endpoint=sb://localhost:{relay.port};SharedAccessKeyName=policy;SharedAccessKey=S3CRET;"
        "UseDevelopmentEmulator=true"
    )
    try:
        yield found
    finally:
        relay.close()
        found.injector.trigger(reactor.ApplicationEvent("finish"))
        running.join(30)
        assert not running.is_alive()
