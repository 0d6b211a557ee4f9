"""The body of an answer: read piece by piece, decoded as its header says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Protocol

from flowrt.http.failures import HttpFailure

if TYPE_CHECKING:
    from http.client import HTTPResponse

CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
"""What is decoded; a body in any other coding is left as it is."""
MOST_CODINGS = 5
"""Codings one inside the other."""
PIECE = 64 * 1024
"""Bytes that are read or decoded at a time."""
_CLOSED = "org.apache.hc.core5.http.ConnectionClosedException"
_GZIP = b"\x1f\x8b"


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int) -> bytes:
        """Some bytes, `size` at most; none at the end."""


class Body:
    """The bytes of an answer as they arrive. Those that were looked at come first."""

    def __init__(self, answer: HTTPResponse) -> None:
        self._answer = answer
        self._seen = b""
        self._received = 0

    def peek(self, most: int) -> bytes:
        """The beginning of the body, which is read again later."""
        seen = bytearray(self._seen)
        while len(seen) < most and (piece := self._arriving(min(PIECE, most - len(seen)))):
            seen += piece
        self._seen = bytes(seen)
        return self._seen

    def read(self, size: int) -> bytes:
        """Some bytes, `size` at most; none at the end. Raises HttpFailure for an end before its time."""
        if self._seen:
            piece, self._seen = self._seen[:size], self._seen[size:]
            return piece
        return self._arriving(size)

    def _arriving(self, size: int) -> bytes:
        left = self._answer.length
        piece = self._answer.read(size)
        if not piece and left:
            text = (
                "Premature end of Content-Length delimited message body (expected:"
                f" {self._received + left}; received: {self._received})"
            )
            raise HttpFailure(f"{_CLOSED}: {text}") from OSError(text)
        self._received += len(piece)
        return piece


class Decoded:
    """A body that is unpacked while it is read, no more of it than is asked for."""

    def __init__(self, source: Source, coding: str) -> None:
        self._source = source
        self._gzip = coding != "deflate"
        self._pending = b""
        self._begun = False
        self._over = False

    def read(self, size: int) -> bytes:
        """Some bytes, `size` at most; none at the end. Raises HttpFailure for what is not packed like that."""
        import zlib

        if not self._begun:
            self._begun = True
            self._begin()
        while not self._over:
            try:
                piece = self._machine.decompress(self._pending, size)
            except zlib.error as error:
                _malformed(str(error).rpartition(": ")[2])
            self._pending = self._machine.unconsumed_tail
            if self._machine.eof:
                self._pending = self._machine.unused_data
                self._follow()
            elif not piece and not self._pending:
                self._pending = self._source.read(PIECE)
                if not self._pending:
                    _ended("Unexpected end of ZLIB input stream")
            if piece:
                return piece
        return b""

    def _begin(self) -> None:
        import zlib

        self._fill()
        if not self._pending:
            _ended()
        if self._gzip:
            if not self._pending.startswith(_GZIP):
                _malformed("Not in GZIP format")
            self._machine = zlib.decompressobj(31)
            return
        head = int.from_bytes(self._pending[:2], "big")
        # many servers leave out the frame that the standard asks for
        framed = head >> 8 & 15 == zlib.DEFLATED and head % 31 == 0
        self._machine = zlib.decompressobj(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)

    def _follow(self) -> None:
        """Go on with another member of gzip, if there is one; anything else behind the data is passed over."""
        import zlib

        if self._gzip:
            self._fill()
        if self._gzip and self._pending.startswith(_GZIP):
            self._machine = zlib.decompressobj(31)
        else:
            self._over = True

    def _fill(self) -> None:
        while len(self._pending) < len(_GZIP) and (piece := self._source.read(PIECE)):
            self._pending += piece


def decoded(body: Source, codings: list[str]) -> Source:
    """What reads a body through its codings, in the order in which the engine takes them: as they are named.

    Raises HttpFailure for too many.
    """
    if len(codings) > MOST_CODINGS:
        raise HttpFailure(f"Too many content codings: {len(codings)}")
    for coding in codings:
        body = Decoded(body, coding)
    return body


def codings_of(header: str) -> list[str]:
    """The codings of a `Content-Encoding` header that can be decoded."""
    named = (part.partition(";")[0].strip().lower() for part in header.split(","))
    return [coding for coding in named if coding in CODINGS]


def _malformed(said: str) -> NoReturn:
    text = {
        "incorrect data check": "Corrupt GZIP trailer",
        "incorrect length check": "Corrupt GZIP trailer",
        "unknown compression method": "Unsupported compression method",
    }.get(said, said)
    raise HttpFailure(f"java.util.zip.ZipException: {text}") from OSError(text)


def _ended(text: str = "") -> NoReturn:
    said = f"java.io.EOFException: {text}" if text else "java.io.EOFException"
    raise HttpFailure(said) from OSError(text or "null")


def read_most(source: Source, most: int) -> bytes:
    """The bytes of a body, up to a number."""
    data = bytearray()
    while len(data) < most and (piece := source.read(min(PIECE, most - len(data)))):
        data += piece
    return bytes(data)
