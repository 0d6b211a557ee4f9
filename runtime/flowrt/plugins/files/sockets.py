"""Bytes to a port of another machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

SECONDS = 10.0


class SocketTask(Task):
    """What both protocols share."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "host": STRING,
        "port": INTEGER,
        "sentBytes": INTEGER,
    }

    host: Text = prop(STRING)
    port: Integer = prop(INTEGER)
    payload: Text = prop(STRING)
    encoding: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        host, port = required_text(run, self.host), run.integer(self.port) or 0
        data = encoded(required_text(run, self.payload), run.text(self.encoding) or "UTF-8")
        try:
            await run.in_thread(lambda: self._send(host, port, data))
        except OSError as error:
            raise TaskFailure(f"cannot send to {host}:{port}: {reason(error)}") from None
        run.log("INFO", f"Sent {len(data)} bytes to {host}:{port} successfully.")
        return {"host": host, "port": port, "sentBytes": len(data)}

    def _send(self, host: str, port: int, data: bytes) -> None:
        raise NotImplementedError


def encoded(text: str, encoding: str) -> bytes:
    """A payload as bytes; `BASE64` and `HEX` are what they say. Raises TaskFailure."""
    from base64 import b64decode

    try:
        if encoding.upper() == "BASE64":
            return b64decode(text, validate=True)
        if encoding.upper() == "HEX":
            return bytes.fromhex(text)
        return text.encode(encoding)
    except (ValueError, LookupError) as error:
        raise TaskFailure(f"the payload cannot be written as {encoding}: {reason(error)}") from None


@task_type("io.kestra.plugin.fs.tcp.Send")
class TcpSend(SocketTask):
    """Send bytes over TCP."""

    def _send(self, host: str, port: int, data: bytes) -> None:
        with socket.create_connection((host, port), SECONDS) as connection:
            connection.sendall(data)


@task_type("io.kestra.plugin.fs.udp.Send")
class UdpSend(SocketTask):
    """Send a datagram."""

    encoding: Text = prop(STRING, default="UTF-8")

    def _send(self, host: str, port: int, data: bytes) -> None:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as sender:
            sender.sendto(data, address)
