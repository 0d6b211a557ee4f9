"""What a client does by itself: it repeats, keeps cookies, unpacks, and shows what goes over the wire."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun
from tasks.webservers import Server

from flowrt.expr import httpcall
from flowrt.expr.context import Context
from flowrt.expr.functions_kestra import http
from flowrt.http import client as client_module
from flowrt.http.address import Address
from flowrt.http.body import MOST_CODINGS
from flowrt.http.client import Client
from flowrt.http.cookies import MOST_COOKIES, Cookies
from flowrt.http.failures import HttpFailure, TooLarge
from flowrt.java.errors import ExpressionError, RawError
from flowrt.model.failures import TaskFailure
from flowrt.tasks.http import MAX_BODY, HttpDownload, HttpRequest
from flowrt.tasks.http_client import BasicAuth, BearerAuth, HttpOptions


def answer(code: int = 200, body: bytes = b"ok", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rest(connection: socket.socket, heard: bytes) -> bytes:
    """The body of a request, to its end: a server that leaves some of it unread resets the connection."""
    head, _, body = heard.partition(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
    while len(body) < size:
        body += connection.recv(65536)
    return body


def heads(server: Server) -> list[bytes]:
    """The requests without their bodies."""
    return [heard.partition(b"\r\n\r\n")[0] for heard in server.heard]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Servers that give one answer after the other, and the last of them from then on."""
    monkeypatch.setattr(client_module, "PAUSE", 0.0)
    made: list[Server] = []

    def make(*answers: bytes) -> Server:
        left = list(answers)

        def say(connection: socket.socket, heard: bytes) -> None:
            rest(connection, heard)
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

        made.append(Server(say))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "FOO"])
def test_a_request_that_is_put_off_is_sent_again(
    serve: Callable[..., Server], run: FakeRun, code: int, method: str
) -> None:
    server = serve(answer(code), answer())
    assert run.run(HttpRequest("r", uri=server.uri, method=method, body="{}"))["code"] == 200
    first, second = heads(server)
    assert first == second
    assert [line[-4:-1] for line in run.messages("DEBUG")] == [str(code), "200"]


def test_it_is_sent_again_once_whatever_counts_as_success(
    serve: Callable[..., Server], run: FakeRun
) -> None:
    busy = serve(answer(503))
    with pytest.raises(TaskFailure, match="response code '503'"):
        run.run(HttpDownload("d", uri=busy.uri))
    options = HttpOptions(allow_failed=True)
    assert run.run(HttpRequest("r", uri=busy.uri, options=options))["code"] == 503
    with pytest.raises(ExpressionError, match="status 503"):
        http(Context({}), busy.uri, "POST", body={"a": 1})
    assert len(busy.heard) == 6


def test_each_hop_of_a_redirect_may_be_sent_again(
    serve: Callable[..., Server], run: FakeRun
) -> None:
    server = serve(answer(503), answer(302, Location="/b"), answer(503), answer())
    assert run.run(HttpRequest("r", uri=server.uri))["code"] == 200
    assert [heard.split(b" ")[1] for heard in server.heard] == [b"/", b"/", b"/b", b"/b"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "put", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("broken", [b"", b"HTTP/1.1 20", b"hello\r\n\r\n"])
def test_what_is_dropped_is_sent_again_when_that_does_no_harm(
    serve: Callable[..., Server], run: FakeRun, method: str, broken: bytes
) -> None:
    server = serve(broken, answer())
    assert run.run(HttpRequest("r", uri=server.uri, method=method))["code"] == 200
    assert len(server.heard) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "FOO"])
def test_what_is_dropped_may_have_arrived(
    serve: Callable[..., Server], run: FakeRun, method: str
) -> None:
    server = serve(b"", answer())
    with pytest.raises(TaskFailure, match="failed to respond"):
        run.run(HttpRequest("r", uri=server.uri, method=method))
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (answer(500), "'500'"),
        (answer(502), "'502'"),
        (answer(504), "'504'"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
            r"Premature end of Content-Length delimited message body \(expected: 9; received: 1\)$",
        ),
    ],
)
def test_what_is_not_sent_again(
    serve: Callable[..., Server], run: FakeRun, first: bytes, said: str
) -> None:
    server = serve(first, answer())
    with pytest.raises(TaskFailure, match=said):
        run.run(HttpRequest("r", uri=server.uri))
    assert len(server.heard) == 1


@pytest.mark.parametrize("first", [answer(503), b""])
def test_clients_of_other_tasks_leave_repeating_to_them(
    serve: Callable[..., Server], first: bytes
) -> None:
    server = serve(first, answer())
    with pytest.raises(HttpFailure):
        Client().send("GET", server.uri, {}, None)
    assert len(server.heard) == 1


def test_what_is_dropped_and_then_put_off_is_not_sent_a_third_time(
    serve: Callable[..., Server], run: FakeRun
) -> None:
    server = serve(b"", answer(503))
    with pytest.raises(TaskFailure, match="'503'"):
        run.run(HttpRequest("r", uri=server.uri))
    assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 1.0),
        ("7", 7.0),
        ("+7", 7.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("1.5", 1.0),
        ("soon", 1.0),
        ("9" * 30, 1.0),
        ("9" * 18, threading.TIMEOUT_MAX),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
    ],
)
def test_how_long_a_busy_server_is_left_alone(said: str | None, seconds: float) -> None:
    assert client_module._pause(said) == seconds


def test_a_date_after_which_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    assert client_module._pause(formatdate(1_000_030, usegmt=True)) == 30.0


@pytest.mark.parametrize("task", [HttpRequest, HttpDownload])
def test_whoever_waits_for_a_busy_server_can_be_ended(
    serve: Callable[..., Server], run: FakeRun, task: Any
) -> None:
    server = serve(answer(503, Retry_After="86400"))

    async def interrupted() -> None:
        work = asyncio.ensure_future(task("r", uri=server.uri).run(run))
        while not run.logs:
            await asyncio.sleep(0.01)
        run.stop()  # as whoever interrupts does
        work.cancel()
        with pytest.raises((asyncio.CancelledError, TaskFailure)):
            await work

    asyncio.run(interrupted())
    assert len(server.heard) == 1 and len(run.logs) == 1


def test_the_function_does_not_wait_without_end(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpcall, "LONGEST", 0.05)
    server = serve(answer(503, Retry_After="86400"))
    given = {"timeout": {"readIdleTimeout": "PT0.05S"}}
    with pytest.raises(ExpressionError, match=r"it has lasted more than 0\.05 seconds"):
        http(Context({}), server.uri, options=given)
    assert len(server.heard) == 1


def kept(at: str, *headers: str) -> Callable[[str], str]:
    cookies = Cookies()
    cookies.take(Address(at), headers)
    return lambda to: cookies.header(Address(to))


def test_cookies_go_with_what_follows(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(
        answer(302, Location="/x", Set_Cookie="a=b"), answer(503, Set_Cookie="c=d"), FINE
    )
    run.run(HttpRequest("r", uri=server.uri))
    first, second, third = server.heard
    assert b"Cookie" not in first and b"\r\nCookie: a=b\r\n" in second
    assert b"\r\nCookie: a=b; c=d\r\n" in third
    run.run(HttpRequest("r", uri=server.uri))
    assert b"Cookie" not in server.heard[3]


FINE = answer()


def test_a_cookie_of_the_flow_stands_alone(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(answer(302, Location="/x", Set_Cookie="a=b"), FINE)
    run.run(HttpRequest("r", uri=server.uri, headers={"cookie": "mine=1"}))
    assert b"cookie: mine=1\r\n" in server.heard[1] and b"a=b" not in server.heard[1]


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ('a="bc"', "a=bc"),
        ("a=c d", 'a="c d"'),
        ('a="b;c"', 'a="b;c"'),
        (r'v="a\"b"', r'v="a\"b"'),
        ("w=a=b", "w=a=b"),
        ("z=; Path", "z="),
        ("novalue", ""),
        ("=noname", ""),
        ("a=1; Secure", ""),
        ("a=1; HttpOnly", "a=1"),
        ("a=1; Path=/other", ""),
        ("a=1; Path=/deep/y", "a=1"),
        ("a=1; Path", "a=1"),
        ("a=1; Path=/deepe", ""),
        ("a=1; Path=relative", ""),
        ("a=1; Max-Age=0", ""),
        ("a=1; Max-Age=-1", ""),
        ("a=1; Max-Age", ""),
        ("a=1; Max-Age=x", ""),
        ("a=1; Domain=", ""),
        ("a=1; Domain=com", ""),
        ("a=1; Domain=other.com", ""),
        ("a=1; Domain=.Example.com", "a=1"),
        ("a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", ""),
        ("a=1; expires=Wed, 21-Oct-2099 07:28:00 GMT", "a=1"),
        ("a=1; Expires=Wed Oct 21 07:28:00 2099", ""),
        ("a=1; Expires=nonsense", ""),
        ("a=1; Max-Age=10; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "a=1"),
    ],
)
def test_which_cookies_are_kept(said: str, sent: str) -> None:
    assert kept("http://w.example.com/deep/x", said)("http://w.example.com/deep/y") == sent


def test_where_cookies_are_sent() -> None:
    at = "https://w.example.com/deep/er/x?/q"
    own = kept(at, "a=1", "b=2; Path=/deep", "c=3; Path=/", "c=4; Path=/", "s=5; Path=/; Secure")
    assert own("https://w.example.com/deep/er/y") == "a=1; b=2; c=4; s=5"
    assert own("http://w.example.com:8080/deep") == "b=2; c=4"
    assert own("http://w.example.com/deeper") == "c=4"
    assert own("http://v.w.example.com/") == own("http://example.com/") == ""
    shared = kept("http://w.example.com/", "a=1; Domain=example.com")
    assert shared("http://v.example.com/") == shared("http://example.com/") == "a=1"
    assert shared("http://anexample.com/") == ""
    assert kept("http://127.0.0.1/", "a=1; Domain=0.0.1")("http://127.0.0.1/") == ""
    assert kept("http://127.0.0.1/", "a=1; Domain=127.0.0.1")("http://127.0.0.1/") == "a=1"


def test_a_server_cannot_set_cookies_without_end() -> None:
    many = kept("http://h/", *(f"c{number}=1" for number in range(MOST_COOKIES + 9)))
    assert many("http://h/").count("=") == MOST_COOKIES


PACKED = gzip.compress(b"plain", mtime=0)
RAW = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("coding", "body", "plain"),
    [
        ("gzip", PACKED, "plain"),
        ("X-GZIP", PACKED, "plain"),
        ("gzip", PACKED + gzip.compress(b" and more", mtime=0), "plain and more"),
        ("gzip", PACKED + b"what else lies there", "plain"),
        ("deflate", zlib.compress(b"plain"), "plain"),
        ("deflate", RAW.compress(b"plain") + RAW.flush(), "plain"),
        ("gzip, deflate", gzip.compress(zlib.compress(b"plain"), mtime=0), "plain"),
        ("br, gzip", PACKED, "plain"),
    ],
)
def test_packed_answers(
    serve: Callable[..., Server], run: FakeRun, coding: str, body: bytes, plain: str
) -> None:
    server = serve(answer(body=body, Content_Encoding=coding, ETag="x"))
    outputs = run.run(HttpRequest("r", uri=server.uri))
    assert outputs["body"] == plain and outputs["headers"] == {"etag": ["x"]}
    outputs = run.run(HttpDownload("d", uri=server.uri))
    assert run.content(outputs["uri"]) == plain and outputs["length"] == len(plain)
    assert outputs["headers"] == {"etag": ["x"]}
    assert b"\r\nAccept-Encoding: gzip, x-gzip, deflate\r\n" in server.heard[0]


def test_answers_that_are_left_as_they_are(serve: Callable[..., Server], run: FakeRun) -> None:
    headers = {"accept-encoding": "identity"}
    server = serve(
        answer(body=b"x", Content_Encoding="br"), answer(body=b"", Content_Encoding="gzip")
    )
    outputs = run.run(HttpRequest("r", uri=server.uri, headers=headers))
    assert outputs["headers"] == {"content-encoding": ["br"], "content-length": ["1"]}
    assert outputs["body"] == "x" and server.heard[0].lower().count(b"accept-encoding") == 1
    outputs = run.run(HttpRequest("r", uri=server.uri))
    assert outputs["body"] == "" and outputs["headers"]["content-encoding"] == ["gzip"]
    outputs = run.run(HttpRequest("r", uri=server.uri, method="HEAD"))
    assert outputs["body"] is None and outputs["headers"]["content-encoding"] == ["gzip"]


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip", b"no gzip", "java.util.zip.ZipException: Not in GZIP format"),
        ("gzip", PACKED[:-12], "java.io.EOFException: Unexpected end of ZLIB input stream"),
        ("gzip", PACKED[:-8] + b"12345678", "java.util.zip.ZipException: Corrupt GZIP trailer"),
        ("deflate", b"this is none", "java.util.zip.ZipException: invalid code lengths set"),
        (", ".join(["gzip"] * (MOST_CODINGS + 1)), PACKED, "Too many content codings: 6"),
    ],
)
@pytest.mark.parametrize("task", [HttpRequest, HttpDownload])
def test_answers_that_cannot_be_unpacked(
    serve: Callable[..., Server], run: FakeRun, task: Any, coding: str, body: bytes, said: str
) -> None:
    server = serve(answer(body=body, Content_Encoding=coding))
    with pytest.raises(TaskFailure) as failure:
        run.run(task("t", uri=server.uri))
    assert str(failure.value) == said and len(server.heard) == 1


def test_refusals_are_unpacked_to_be_told(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(answer(404, PACKED, Content_Encoding="gzip"))
    with pytest.raises(TaskFailure, match=r"plain$"):
        run.run(HttpRequest("r", uri=server.uri))


def test_what_is_unpacked_is_limited_while_it_grows(
    serve: Callable[..., Server], run: FakeRun
) -> None:
    bomb = serve(answer(body=gzip.compress(bytes(MAX_BODY + 1)), Content_Encoding="gzip"))
    with pytest.raises(
        TaskFailure, match=f"too large to store in task outputs .{MAX_BODY + 1} bytes"
    ):
        run.run(HttpRequest("r", uri=bomb.uri))
    with pytest.raises(TooLarge):
        Client(largest=10).send("GET", bomb.uri, {}, None)
    assert run.run(HttpDownload("d", uri=bomb.uri))["length"] == MAX_BODY + 1


@pytest.mark.parametrize(
    ("code", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (302, "PUT", "PUT"),
        (301, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
        (303, "HEAD", "HEAD"),
    ],
)
def test_what_a_redirect_makes_of_a_request(
    serve: Callable[..., Server], run: FakeRun, code: int, method: str, then: str
) -> None:
    server = serve(answer(code, Location="/x"), FINE)
    headers = {"X-A": "1", "Content-Language": "de"}
    options = HttpOptions(auth=BearerAuth(token="t"))
    run.run(
        HttpRequest("r", uri=server.uri, method=method, body="{}", headers=headers, options=options)
    )
    second = server.heard[1].decode()
    assert second.startswith(f"{then} /x ") and "Authorization: Bearer t" in second
    same = then == method
    for name in ("X-A", "Content-Language", "Content-Type", "Content-Length"):
        assert (f"\r\n{name}: " in second) == same


@pytest.mark.parametrize(
    ("content_type", "body", "sent", "kind"),
    [
        (
            "application/json",
            {"a": 1, "b": [1, "x y"]},
            b'{"a":1,"b":[1,"x y"]}',
            "application/json",
        ),
        ("application/json", '{ "a" : 1.50, "n": null }', b'{"a":1.5}', "application/json"),
        ("Application/JSON", [1, None], b"[1,null]", "application/json"),
        ("text/plain", "hü", "hü".encode(), "text/plain"),
        ("application/yaml", {"a": 1}, b"a: 1\n", "application/yaml"),
        ("application/octet-stream", "x", b"x", "application/octet-stream"),
    ],
)
def test_bodies_of_the_function(content_type: str, body: Any, sent: bytes, kind: str) -> None:
    bodies: list[bytes] = []

    def say(connection: socket.socket, heard: bytes) -> None:
        bodies.append(rest(connection, heard))
        connection.sendall(answer(body=b"{}"))

    server = Server(say)
    try:
        http(Context({}), server.uri, "POST", body=body, content_type=content_type)
    finally:
        server.close()
    assert bodies == [sent]
    assert f"\r\nContent-Type: {kind}; charset=UTF-8\r\n".encode() in server.heard[0]


@pytest.mark.parametrize(
    ("content_type", "said"),
    [
        ("application/json", "Couldn't parse the request body"),
        ("text/plain; charset=utf-8", "MIME type may not contain reserved characters"),
        ("nonsense", "Invalid mime type: nonsense"),
    ],
)
def test_bodies_that_the_function_refuses(
    serve: Callable[..., Server], content_type: str, said: str
) -> None:
    server = serve(FINE)
    with pytest.raises((ExpressionError, RawError), match=said):
        http(Context({}), server.uri, "POST", body="no json", content_type=content_type)
    assert server.heard == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "a/b; charset=iso-8859-1"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_function_sees_by_itself_how_json_is_encoded(
    serve: Callable[..., Server], kind: str, encoding: str
) -> None:
    server = serve(answer(body='{"e":"é"}'.encode(encoding), Content_Type=kind))
    assert http(Context({}), server.uri) == {"e": "é"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"e":"\xe9"}', "Invalid UTF-8 middle byte 0x22\n at [Source: REDACTED"),
        (b'{"e":"\xe9"}', "line: 1, column: 9]"),
        (b'{"e":"\xff"}', "Invalid UTF-8 start byte 0xff"),
        (b'{"e":"\xff"}', "line: 1, column: 8]"),
        (b'{"e":"\xe2\x82"}', "Invalid UTF-8 middle byte 0x22"),
        (b'{"e":"\xe2\x82"}', "line: 1, column: 10]"),
        (b"\xe9", "Unrecognized token 'é'"),
    ],
)
def test_json_that_is_no_text(serve: Callable[..., Server], body: bytes, said: str) -> None:
    server = serve(answer(body=body, Content_Type="application/json; charset=iso-8859-1"))
    with pytest.raises(RawError) as failure:
        http(Context({}), server.uri)
    assert said in str(failure.value)


@pytest.mark.parametrize(
    ("kind", "value"), [("application/yaml", {"a": 1}), ("application/x-yaml", {"a": 1})]
)
def test_the_function_reads_yaml_that_says_so(
    serve: Callable[..., Server], kind: str, value: Any
) -> None:
    assert http(Context({}), serve(answer(body=b"a: 1", Content_Type=kind)).uri) == value
    with pytest.raises(RawError, match="Unrecognized token 'a'"):
        http(Context({}), serve(answer(body=b"a: 1", Content_Type=f"{kind}; charset=utf-8")).uri)


LOGS = ["REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_HEADERS", "RESPONSE_BODY"]


def test_requests_and_answers_are_logged(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(answer(body=b"said", X_B="2"))
    options = HttpOptions(logs=LOGS)
    task = HttpRequest("r", uri=server.uri, method="POST", body="é", content_type="a/b",
                       headers={"z": "2", "A": "1"}, options=options)  # fmt: skip
    assert run.run(task)["body"] == "said"
    where = f"127.0.0.1:{server.port}"
    assert run.logs == [
        ("DEBUG", f"request:\n    method: POST\n    uri: {server.uri}/"),
        (
            "DEBUG",
            "request headers:\n    A: 1\n    z: 2\n    Accept-Encoding: gzip, x-gzip, deflate\n"
            f"    Host: {where}\n    Content-Length: 2\n    Content-Type: a/b; charset=UTF-8\n"
            "    Connection: keep-alive\n    User-Agent: Kestra",
        ),
        ("TRACE", "request payload:\n    é"),
        ("DEBUG", "response:\n    reason: Said"),
        ("DEBUG", "response headers:\n    Content-Length: 4\n    X-B: 2"),
        ("TRACE", "response payload:\n    said"),
        ("DEBUG", f"Request '{server.uri}/' from '/{where}' with the response code '200'"),
    ]


@pytest.mark.parametrize("kind", LOGS)
def test_what_is_logged_is_chosen(serve: Callable[..., Server], run: FakeRun, kind: str) -> None:
    run.run(HttpRequest("r", uri=serve(FINE).uri, options=HttpOptions(logs=[kind])))
    side, part = kind.lower().split("_")
    begins = [text.split("\n")[0].split(":")[0] for _, text in run.logs[:-1]]
    assert begins == ([side, f"{side} headers"] if part == "headers" else [f"{side} payload"])


def test_answers_without_a_body_are_logged_as_such(
    serve: Callable[..., Server], run: FakeRun
) -> None:
    server = serve(FINE)
    run.run(HttpRequest("r", uri=server.uri, method="HEAD", options=HttpOptions(logs=LOGS)))
    assert run.messages("TRACE") == ["request payload: null", "response payload: null"]


def test_a_body_that_was_logged_is_whole(
    serve: Callable[..., Server], run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_LOGGED", 5)
    server = serve(answer(body=b"longer than that"))
    options = HttpOptions(logs=["RESPONSE_BODY"])
    uri = run.run(HttpDownload("d", uri=server.uri, options=options))["uri"]
    assert run.content(uri) == "longer than that"
    assert run.messages("TRACE") == ["response payload:\n    longe"]


def test_each_request_of_an_exchange_is_logged(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(answer(302, Location="/x"), answer(503), FINE)
    run.run(HttpRequest("r", uri=server.uri, options=HttpOptions(logs=["REQUEST_HEADERS"])))
    assert len([text for text in run.messages("DEBUG") if text.startswith("request:")]) == 3


def test_credentials_are_not_logged(serve: Callable[..., Server], run: FakeRun) -> None:
    server = serve(answer(302, Location="/x", Set_Cookie="sid=hush"), FINE)
    auths: list[Any] = [BasicAuth(username="hush", password="hush"), BearerAuth(token="hush")]
    for auth in auths:
        run.run(HttpRequest("r", uri=server.uri, options=HttpOptions(logs=LOGS, auth=auth)))
    headers = {"authorization": "hush", "Cookie": "hush", "Proxy-Authorization": "hush"}
    run.run(HttpRequest("r", uri=server.uri, headers=headers, options=HttpOptions(logs=LOGS)))
    assert b"hush" in server.heard[-1]
    said = "\n".join(text for _, text in run.logs)
    assert "hush" not in said and "aHVza" not in said
    for name in ("Authorization", "authorization", "Cookie", "Set-Cookie", "Proxy-Authorization"):
        assert f"    {name}: ******" in said
