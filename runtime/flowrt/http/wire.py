"""What a server sends, held to measures that the client of the standard library does not know."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socket import socket

    from _typeshed import WriteableBuffer

MOST_LINES = 1000
"""Lines in a row, without data between: those of a header, of answers that announce another, of what follows chunks."""


class Wire(BufferedReader):
    """The bytes of a connection."""

    _lines = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise HTTPException("a header without end")
        return super().readline(size)

    def read(self, size: int | None = None, /) -> bytes:
        self._lines = 0
        if size is not None and size < 0:
            raise HTTPException("a chunk of negative size")
        return super().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        self._lines = 0
        return super().read1(size)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._lines = 0
        return super().readinto(buffer)


class Answer(HTTPResponse):
    """An answer that is read from a `Wire`."""

    def __init__(self, sock: socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp: BufferedReader = Wire(self.fp.detach())


class Plain(HTTPConnection):
    """A connection whose request line may have letters beyond ASCII, as servers of old expect them."""

    response_class = Answer

    def _encode_request(self, request: str) -> bytes:
        from flowrt.http.address import request_target

        return request_target(request)


class Secure(HTTPSConnection):
    """A connection of the same kind over TLS."""

    response_class = Answer
    _encode_request = Plain._encode_request
