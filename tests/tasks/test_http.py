"""HTTP tasks against a server on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tasks.fake import FakeRun

from flowrt.expr.context import Context
from flowrt.expr.functions_kestra import http
from flowrt.java.errors import ExpressionError, RawError
from flowrt.model.failures import TaskFailure
from flowrt.plugins.messages.webhooks import SlackIncomingWebhook
from flowrt.tasks.http import HttpDownload, HttpRequest, SseRequest, parse_events
from flowrt.tasks.http_client import BasicAuth, HttpOptions, HttpTimeout


class Handler(BaseHTTPRequestHandler):
    """Tells what was asked; some paths answer in their own way."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[dict[str, Any]]] = []

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(size).decode(),
        }
        self.seen.append(asked)
        if self.path == "/redirect":
            self.send(302, b"", {"Location": "/file.csv"})
        elif self.path == "/file.csv":
            self.send(200, b"a,b\n", {})
        elif self.path == "/named":
            self.send(200, b"x", {"Content-Disposition": 'attachment; filename="a b[1].txt"'})
        elif self.path == "/missing":
            self.send(404, b'{"no": 1}', {})
        elif self.path == "/events":
            self.send(200, b"event: e\ndata: 1\n\ndata: x\ndata: y\n\ndata: lost", {})
        elif self.path == "/empty":
            self.send(200, b"", {})
        elif self.path == "/hang":
            self.server.released.wait(10)  # type: ignore[attr-defined]
            self.send(200, b"late", {})
        else:
            self.send(200, json.dumps(asked).encode(), {"X-Two": "1"})

    do_GET = do_POST = do_PUT = answer

    def send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.released = threading.Event()  # type: ignore[attr-defined]
    httpd.daemon_threads = True
    Handler.seen = []
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.released.set()  # type: ignore[attr-defined]
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def test_a_plain_request(run: FakeRun, server: str) -> None:
    outputs = run.run(HttpRequest("r", uri=f"{server}/x y", params={"q": ["a b", "c"]}))
    assert outputs["uri"] == f"{server}/x%20y?q=a%20b&q=c"
    assert outputs["code"] == 200 and outputs["headers"]["x-two"] == ["1"]
    asked = json.loads(outputs["body"])
    assert asked["path"] == "/x%20y?q=a%20b&q=c"
    assert asked["headers"]["user-agent"] == "Kestra"
    assert asked["headers"]["content-type"] == "application/json"
    address = server.removeprefix("http://")
    assert run.messages("DEBUG") == [
        f"Request '{outputs['uri']}' from '/{address}' with the response code '200'"
    ]


def test_bodies(run: FakeRun, server: str) -> None:
    uri = run.store("stored")
    run.run(HttpRequest("r", uri=server, method="PUT", body="é", content_type="text/plain"))
    run.run(HttpRequest("r", uri=server, method="POST", form_data={"a": "1 2", "b": 3}))
    form = {"f": uri, "n": {"name": "x.txt", "content": uri}, "t": "text", "j": [1]}
    run.run(
        HttpRequest(
            "r", uri=server, method="POST", form_data=form, content_type="multipart/form-data"
        )
    )
    text, encoded, parts = Handler.seen
    assert (text["body"], text["headers"]["content-type"]) == ("é", "text/plain; charset=UTF-8")
    assert encoded["body"] == "a=1+2&b=3"
    assert parts["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert parts["body"].count("stored") == 2 and 'filename="x.txt"' in parts["body"]
    assert 'name="j"' in parts["body"] and "[1]" in parts["body"]


def test_authentication_and_headers(run: FakeRun, server: str) -> None:
    options = HttpOptions(auth=BasicAuth(username="u", password="p"))
    run.run(HttpRequest("r", uri=server, options=options, headers={"content-type": "x/y"}))
    headers = Handler.seen[0]["headers"]
    assert headers["authorization"] == "Basic dTpw" and headers["content-type"] == "x/y"


def test_statuses_that_fail(run: FakeRun, server: str) -> None:
    text = "Failed http request with response code '404' and body:[0x36]{\"no\": 1}"
    with pytest.raises(TaskFailure) as failure:
        run.run(HttpRequest("r", uri=f"{server}/missing"))
    assert str(failure.value) == text and failure.value.__cause__ is None
    task = HttpRequest("r", uri=f"{server}/missing", options=HttpOptions(allow_failed=True))
    assert run.run(task)["code"] == 404
    only = HttpOptions(allowed_response_codes=[404])
    assert run.run(HttpRequest("r", uri=f"{server}/missing", options=only))["code"] == 404
    with pytest.raises(TaskFailure, match="response code '200'"):
        run.run(HttpRequest("r", uri=server, options=only))


def test_a_refused_body_that_should_be_json_is_looked_at(run: FakeRun, server: str) -> None:
    with pytest.raises(TaskFailure, match=r"^com.fasterxml.*Exception: Unrecognized token 'p'"):
        run.run(HttpRequest("r", uri=f"{server}/missing", method="POST", body="p"))
    for options in ({"body": "[1]"}, {"body": "p", "content_type": "text/plain"}):
        with pytest.raises(TaskFailure, match=r"^Failed http request with response code '404'"):
            run.run(HttpRequest("r", uri=f"{server}/missing", method="POST", **options))


def test_no_answer(run: FakeRun, server: str) -> None:
    options = HttpOptions(timeout=HttpTimeout(read_idle_timeout="PT0.05S"))
    with pytest.raises(TaskFailure, match=r"^java.net.SocketTimeoutException: Read timed out$"):
        run.run(HttpRequest("r", uri=f"{server}/hang", options=options))
    with pytest.raises(TaskFailure, match=r"^Connect to http://127.0.0.1:9 failed: Connection ref"):
        run.run(HttpRequest("r", uri="http://127.0.0.1:9/x"))


def test_downloads(run: FakeRun, server: str) -> None:
    outputs = run.run(HttpDownload("d", uri=f"{server}/redirect"))
    assert run.content(outputs["uri"]) == "a,b\n" and outputs["length"] == 4
    assert len(run.messages("DEBUG")) == 3
    assert run.run(HttpDownload("d", uri=f"{server}/file.csv"))["uri"].endswith(".csv")
    assert run.run(HttpDownload("d", uri=f"{server}/named"))["uri"].endswith("/a+b%5B1%5D.txt")
    assert run.run(HttpDownload("d", uri=server, save_as="s.txt"))["uri"].endswith("/s.txt")
    with pytest.raises(TaskFailure, match="Illegal character in path"):
        run.run(HttpDownload("d", uri=server, save_as="s t.txt"))


def test_empty_downloads(run: FakeRun, server: str) -> None:
    with pytest.raises(TaskFailure, match="No response from server"):
        run.run(HttpDownload("d", uri=f"{server}/empty"))
    task = HttpDownload("d", uri=f"{server}/empty", fail_on_empty_response=False)
    assert run.run(task)["length"] == 0
    assert run.messages("WARN") == [f"File '{server}/empty' is empty"]


def test_events(run: FakeRun, server: str) -> None:
    outputs = run.run(SseRequest("e", uri=f"{server}/events"))
    assert outputs["events"] == [{"data": 1, "name": "e"}, {"data": "x\ny"}]
    assert parse_events(": note\nid: 7\ndata: {}\n\n") == [
        {"data": {}, "comment": "note", "id": "7"}
    ]


def test_slack(run: FakeRun, server: str) -> None:
    run.run(SlackIncomingWebhook("s", url=server, message_text="**b** [t](http://u)"))
    assert json.loads(Handler.seen[0]["body"]) == {"text": "*b* <http://u|t>"}
    run.run(SlackIncomingWebhook("s", url=server, payload='{"text": "x"}', message_text="no"))
    assert Handler.seen[1]["body"] == '{"text": "x"}'
    assert run.messages("INFO") == ["Request succeeded"] * 2
    with pytest.raises(TaskFailure, match="Either 'messageText' or 'payload'"):
        run.run(SlackIncomingWebhook("s", url=server))
    with pytest.raises(TaskFailure, match="failed with status 404"):
        run.run(SlackIncomingWebhook("s", url=f"{server}/missing", message_text="x"))


def test_the_function_reads_json_and_obeys_its_options(server: str) -> None:
    def call(path: str, **options: Any) -> Any:
        return http(Context({}), f"{server}{path}", options=options)

    assert call("/echo")["path"] == "/echo"
    with pytest.raises(ExpressionError, match="status 404 : Not Found"):
        call("/missing")
    assert call("/missing", allowFailed=True) == {"no": 1}
    assert call("/missing", allowedResponseCodes=[404]) == {"no": 1}
    with pytest.raises(ExpressionError, match="status 200 : OK"):
        call("/echo", allowedResponseCodes=[404])
    with pytest.raises(
        RawError, match=r"^java.net.SocketTimeoutException: Read timed out$"
    ) as late:
        call("/hang", timeout={"readIdleTimeout": "PT0.05S"})
    assert late.value.cause == "Read timed out"
    with pytest.raises(ExpressionError, match="status 302"):
        call("/redirect", followRedirects=False, allowedResponseCodes=[200])
    assert "user-agent" in call("/echo")["headers"]
    auth = {"type": "BASIC", "username": "u", "password": "p"}
    assert call("/echo", auth=auth)["headers"]["authorization"] == "Basic dTpw"
    with pytest.raises(ExpressionError, match='Unrecognized field "nope"') as caught:
        call("/echo", nope=1)
    assert isinstance(caught.value, RawError) and caught.value.cause
    with pytest.raises(ExpressionError, match="JsonParseException: Unrecognized token 'a'"):
        call("/file.csv")
