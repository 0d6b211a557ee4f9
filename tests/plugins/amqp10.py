"""AMQP 1.0 on the loopback for tests: what stand-ins of Azure's brokers share, on a library of it (proton)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pytest

proton = pytest.importorskip("proton")
handlers = pytest.importorskip("proton.handlers")
reactor = pytest.importorskip("proton.reactor")

FIELDS = {0x10: 10, 0x11: 8, 0x12: 14, 0x13: 11, 0x14: 11, 0x15: 6, 0x16: 3, 0x17: 1, 0x18: 1}
"""How many fields the frames of AMQP have, by their codes."""


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


class Peer(handlers.MessagingHandler):  # type: ignore[misc]
    """A broker; `tokens` are those of who asked. `management` says what it tells of itself."""

    def __init__(self, port: int) -> None:
        super().__init__(auto_accept=False, prefetch=0)
        self.port = port
        self.listening = threading.Event()
        self.injector = reactor.EventInjector()
        self.tokens: list[str] = []
        self.connection_string = ""
        self._replies: dict[Any, Any] = {}

    def management(self) -> Any:
        return {}

    def keep(self, address: str, data: bytes) -> None:
        """What is sent comes here."""

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
        event.connection.properties = {"product": "peer"}

    def on_link_opening(self, event: Any) -> None:
        link = event.link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.properties = {"product": "peer"}
        if link.is_sender:
            node = (link.remote_source.address or "").rpartition("/")[2]
            self._replies[link.connection, node] = link
        else:
            link.flow(1000)

    def on_delivery(self, event: Any) -> None:
        delivery, link = event.delivery, event.link
        if not link.is_receiver or not delivery.readable or delivery.partial:
            return
        data = link.recv(delivery.pending)
        delivery.update(delivery.ACCEPTED)
        delivery.settle()
        link.advance()
        address = link.remote_target.address or ""
        node = address.rpartition("/")[2]
        if node.startswith("$"):
            self._answer(event.connection, node, data)
        else:
            self.keep(address, data)

    def _answer(self, connection: Any, node: str, data: bytes) -> None:
        asked = proton.Message()
        asked.decode(data)
        reply = proton.Message(correlation_id=asked.id)
        reply.properties = {"status-code": 200, "status-description": "OK"}
        if node == "$cbs":
            self.tokens.append(str(asked.body))
        else:
            reply.body = self.management()
        self._replies[connection, node].send(reply)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


APeer = TypeVar("APeer", bound=Peer)


@contextmanager
def peering(make: Callable[[int], APeer]) -> Iterator[APeer]:
    """A broker for as long as the block lasts."""
    found = make(free_port())
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
