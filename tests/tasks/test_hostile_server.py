"""Servers that redirect, drip, lie and flood."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun
from tasks.webservers import Server

from flowrt.expr import httpcall
from flowrt.expr.context import Context
from flowrt.expr.functions_kestra import http
from flowrt.http.address import Address
from flowrt.http.client import Client, header_value
from flowrt.http.failures import HttpFailure, TooLarge
from flowrt.http.multipart import _quoted
from flowrt.http.redirects import is_same_server
from flowrt.http.wire import MOST_LINES, Answer
from flowrt.java.errors import ExpressionError
from flowrt.model.failures import TaskFailure
from flowrt.tasks.http import HttpDownload, HttpRequest
from flowrt.tasks.http_client import BearerAuth, HttpOptions, Ssl, trusts_all


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(say: Any) -> Server:
        if isinstance(say, bytes):
            text = say
            say = lambda connection, heard: connection.sendall(text)  # noqa: E731
        made.append(Server(say))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def redirect(code: int, target: str) -> bytes:
    return f"HTTP/1.1 {code} Go\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()


SECRETS = {"Authorization": "hush", "Cookie": "hush", "X-API-Key": "hush", "apikey": "hush"}


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_credentials_do_not_follow_to_another_server(
    serve: Callable[..., Server], run: FakeRun, code: int
) -> None:
    other = serve(FINE)
    first = serve(redirect(code, f"{other.uri}/x"))
    run.run(HttpRequest("r", uri=first.uri, headers={**SECRETS, "Accept": "text/plain"}))
    options = HttpOptions(auth=BearerAuth(token="hush"))
    run.run(HttpRequest("r", uri=first.uri, options=options))
    assert b"hush" in first.heard[0] and b"hush" in first.heard[1]
    assert len(other.heard) == 2 and not any(b"hush" in heard for heard in other.heard)
    assert b"Accept: text/plain" in other.heard[0]


def test_credentials_follow_on_the_same_server(serve: Callable[..., Server], run: FakeRun) -> None:
    def say(connection: socket.socket, heard: bytes) -> None:
        connection.sendall(FINE if heard.startswith(b"GET /x") else redirect(302, "/x"))

    server = serve(say)
    run.run(HttpRequest("r", uri=server.uri, headers=SECRETS))
    assert server.heard[1].startswith(b"GET /x") and server.heard[1].count(b"hush") == 4


@pytest.mark.parametrize("code", [307, 308])
def test_a_body_does_not_follow_to_another_server(
    serve: Callable[..., Server], run: FakeRun, code: int
) -> None:
    other = serve(FINE)
    first = serve(redirect(code, other.uri))
    with pytest.raises(TaskFailure, match="would send the body there"):
        run.run(HttpRequest("r", uri=first.uri, method="POST", body="hush"))
    assert other.heard == []


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("https://h/a", "http://h/a", False),
        ("http://h/a", "https://h/b", True),
        ("http://h", "http://h:80", True),
        ("http://h:8080", "http://h:8081", False),
        ("http://h", "http://h.evil", False),
        ("http://h", "http://H/", True),
        ("http://h", "ftp://h:80", False),
        ("https://h", "foo://h:443", False),
    ],
)
def test_which_server_is_the_same(old: str, new: str, same: bool) -> None:
    assert is_same_server(Address(old), Address(new)) is same


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://h/x", "http://[bad", "http://h:99999/", "//"]
)
def test_redirects_to_nowhere(serve: Callable[..., Server], run: FakeRun, target: str) -> None:
    with pytest.raises(TaskFailure):
        run.run(HttpRequest("r", uri=serve(redirect(302, target)).uri))


def drip(server: list[Server]) -> Callable[[socket.socket, bytes], None]:
    def say(connection: socket.socket, heard: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server[0].over.wait(0.01):
            connection.sendall(b"x")

    return say


@pytest.mark.parametrize("task", [HttpRequest, HttpDownload])
def test_a_dripping_server_is_left_at_once(
    serve: Callable[..., Server], run: FakeRun, task: Any
) -> None:
    servers: list[Server] = []
    servers.append(serve(drip(servers)))

    async def interrupted() -> float:
        work = asyncio.ensure_future(task("r", uri=servers[0].uri).run(run))
        while not servers[0].heard:
            await asyncio.sleep(0.01)
        run.stop()  # as whoever interrupts does
        work.cancel()
        begun = time.monotonic()
        with pytest.raises((asyncio.CancelledError, TaskFailure)):
            await work
        return time.monotonic() - begun

    assert asyncio.run(interrupted()) < 30
    assert run.kept is None


def test_the_function_leaves_a_dripping_server(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpcall, "LONGEST", 0.5)
    servers: list[Server] = []
    servers.append(serve(drip(servers)))
    given = {"timeout": {"readIdleTimeout": "PT0.5S"}}
    with pytest.raises(ExpressionError, match="Failed to execute HTTP request"):
        http(Context({}), servers[0].uri, options=given)


FLOOD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def test_a_body_is_limited_while_it_arrives(serve: Callable[..., Server]) -> None:
    sent = [0]

    def say(connection: socket.socket, heard: bytes) -> None:
        connection.sendall(FLOOD)
        while sent[0] < 1 << 30:
            connection.sendall(b"x" * 65536)
            sent[0] += 65536

    with pytest.raises(TooLarge):
        Client(largest=100_000).send("GET", serve(say).uri, {}, None)
    assert sent[0] < 1 << 27
    lying = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nx")
    with pytest.raises(TooLarge, match="99999999999999 bytes"):
        Client().send("GET", lying.uri, {}, None)


ENDLESS = {
    "a chunk of negative size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 65536),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 1000),
    "answers to come": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000),
}  # fmt: skip
"""What a server says first, and then for ever."""


@pytest.mark.parametrize("how", ["read", "read1", "readinto"])
def test_an_answer_may_have_many_chunks(serve: Callable[..., Server], how: str) -> None:
    """However it is read, their lines are not taken for a header without end."""
    chunks = b"1\r\nx\r\n" * 3 * MOST_LINES

    def say(connection: socket.socket, heard: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        )

    connection = HTTPConnection("127.0.0.1", serve(say).port)
    connection.response_class = Answer
    connection.request("GET", "/")
    answer, place = connection.getresponse(), bytearray(100)
    size = 0
    while part := answer.readinto(place) if how == "readinto" else len(getattr(answer, how)(100)):
        size += part
    connection.close()
    assert size == 3 * MOST_LINES


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_left(serve: Callable[..., Server], kind: str) -> None:
    first, rest = ENDLESS[kind]
    left = threading.Event()

    def say(connection: socket.socket, heard: bytes) -> None:
        try:
            connection.sendall(first)
            for _ in range(1 << 14):
                connection.sendall(rest)
        except OSError:
            left.set()
            raise

    with pytest.raises(HttpFailure):
        Client().send("GET", serve(say).uri, {}, None)
    assert left.wait(60), "all of it was read"


ANSWERS = [
    b"",
    b"\r\n\r\n",
    b"garbage\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"\x16\x03\x01\x00\x00",
    b"HTTP/1.1 999 \xff\r\n\r\n",
]
OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS += [
    OK + b"Content-Length: \xb2\r\n\r\nhi",
    OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nhi",
    *(
        OK + b"Content-Type: application/json; " + each + b"\r\nContent-Length: 2\r\n\r\n\xff\xff"
        for each in (
            b'charset="a\0b"',
            b"charset=hex",
            b"charset=punycode",
            b"charset=undefined",
            b"charset=\xff",
            b"charset*=utf-8''x; charset*0=x",
        )
    ),
]
PYTHON = (
    "Errno",
    "Traceback",
    "urllib",
    "http.client",
    "IncompleteRead",
    "BadStatusLine",
    "codec",
    "Error(",
    "b'",
    "invalid literal",
    "embedded null",
)


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_no_words_of_python(serve: Callable[..., Server], run: FakeRun, answer: bytes) -> None:
    for task in (HttpRequest, HttpDownload):
        try:
            run.run(task("r", uri=serve(answer).uri))
        except TaskFailure as failure:
            said = f"{failure} {failure.__cause__ or ''}"
            assert not any(word in said for word in PYTHON), said


@pytest.mark.parametrize(
    "uri",
    ["http://h[x]/", "http://h|x/", "http://a{b}/", "http://h:port/", "http://h:99999/", "http://[::1", "ht tp://h",
     "http://", "http:///x", "http://" + "a" * 300, "http://a..b/", "http://\u2603..x/", "x", "", "http://h/\n", "//h"],
)  # fmt: skip
def test_addresses_that_are_none(run: FakeRun, uri: str) -> None:
    with pytest.raises(TaskFailure) as failure:
        run.run(HttpRequest("r", uri=uri))
    assert not any(word in str(failure.value) for word in PYTHON), failure.value


def test_other_letters_are_allowed(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(FINE)
    run.run(HttpRequest("r", uri=f"{server.uri}/é/☃?q=ü&p=%41", headers={"X": "é☃\r\nY: z"}))
    assert server.heard[0].startswith(b"GET /\xe9/??q=\xfc&p=%41 HTTP/1.1")
    assert b"X: \xe9?  Y: z\r\n" in server.heard[0]
    assert Address("http://bücher.example").wire_host == "xn--bcher-kva.example"
    assert header_value("a\r\nb\0") == b"a  b "


@pytest.mark.parametrize("name", ["a b", "a:b", "a\r\nb", "", "é", "a\0"])
def test_header_names_that_are_none(serve: Callable[..., Server], run: FakeRun, name: str) -> None:
    server = serve(FINE)
    with pytest.raises(TaskFailure, match="Invalid header name"):
        run.run(HttpRequest("r", uri=server.uri, headers={name: "x"}))
    with pytest.raises(TaskFailure, match="Invalid method"):
        run.run(HttpRequest("r", uri=server.uri, method="GET / HTTP/1.1\r\nX: y"))
    assert server.heard == []


def test_names_of_parts_are_escaped(serve: Callable[..., Server], run: FakeRun) -> None:
    assert _quoted('a"; filename="x\r\n\r\nbody') == "a%22; filename=%22x%0D%0A%0D%0Abody"


def test_certificates_are_checked_unless_it_says_true(run: FakeRun) -> None:
    assert not trusts_all(run, None) and not trusts_all(run, Ssl())
    assert not trusts_all(run, Ssl(insecure_trust_all_certificates=False))
    assert trusts_all(run, Ssl(insecure_trust_all_certificates=True))


def test_the_function_says_no_words_of_python(serve: Callable[..., Server]) -> None:
    for answer in ANSWERS:
        try:
            http(Context({}), serve(answer).uri)
        except ExpressionError as failure:
            assert not any(word in str(failure) for word in PYTHON), failure
        except Exception as failure:
            assert type(failure).__module__.startswith("flowrt"), failure
    with pytest.raises(HttpFailure):
        Client().send("GET", "http://h:x/", {}, None)
