"""What the engine makes of addresses: recorded with Kestra 1.3.34 against the server below, replayed against it.

No name is looked up, and nothing but the server is connected to: all else is refused, as it was on the machine of the
recording.
"""

from __future__ import annotations

import json
import lzma
import re
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.engine.results import failure_texts
from flowrt.expr.context import Context
from flowrt.expr.functions_kestra import http
from flowrt.expr.render import template_of
from flowrt.formats.jsonwrite import to_json
from flowrt.http.address import Address, redirect_address
from flowrt.java.errors import ExpressionError
from flowrt.model.failures import TaskFailure
from flowrt.plugins.web import escaped
from flowrt.tasks.http import HttpDownload, HttpRequest

FILE = Path(__file__).parents[1] / "recorded" / "addresses.jsonl.xz"
RECORDS = [
    json.loads(line) for line in lzma.decompress(FILE.read_bytes()).decode("utf-8").split("\n")[:-1]
]
KINDS = {"Request": HttpRequest, "Download": HttpDownload}
PHRASES = {422: "Unprocessable Entity"}
"""As the server of the recording said it; Python's own calls it something else since 3.13."""
SIX = "[0:0:0:0:0:0:0:1]:"


class Handler(BaseHTTPRequestHandler):
    """Tells what it saw; some paths fail, redirect to the address that they have in hexadecimal, or break off."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.raw_requestline.decode("latin-1").split(" ")[1]
        if path in ("/reset", "/close"):
            if path == "/reset":
                linger = struct.pack("ii", 1, 0)  # what is closed like that is reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            self.close_connection = True
            return
        code, told = 200, b""
        if path.startswith("/to/"):
            code = 302
        else:
            code = next((code for code in (404, 422) if f"/{code}" in path), code)
            seen = {
                "method": self.command,
                "path": path.encode("latin-1").decode("utf-8", "replace"),
                "host": self.headers["Host"],
                "body": body.decode("latin-1"),
                "type": self.headers["Content-Type"],
            }
            told = json.dumps(seen).encode()
        self.send_response_only(code, PHRASES.get(code))
        if code == 302:
            location = bytes.fromhex(path[4:]).replace(b"18477", b"%d" % self.server.server_port)  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n")
            self._headers_buffer: list[bytes] = []
        else:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = answer

    def log_message(self, *arguments: Any) -> None:
        pass


class SixServer(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler)]
    if socket.has_ipv6:
        try:
            servers.append(SixServer(("::1", 0), Handler))
        except OSError:
            pass  # this machine has no IPv6
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield {server.server_address[0]: server.server_address[1] for server in servers}
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def only(ports: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections reach the servers alone, both by the port of the first."""
    connect = socket.create_connection
    said = ports["127.0.0.1"]

    def reach(address: tuple[str, int], *arguments: Any, **more: Any) -> socket.socket:
        host, port = address
        number = re.fullmatch(r"\d+(\.\d+)*|.*:.*", host) is not None and host != "127.0.0.256"
        if not number and host.lower() != "localhost":
            raise socket.gaierror(-2, "Name or service not known")
        real = (
            "127.0.0.1"
            if host.lower() in ("localhost", "::ffff:127.0.0.1", "::ffff:7f00:1")
            else host
        )
        real = "::1" if real == "0:0:0:0:0:0:0:1" else real
        if port != said or real not in ports:
            raise ConnectionRefusedError(111, "Connection refused")
        return connect((real, ports[real]), *arguments, **more)

    monkeypatch.setattr(socket, "create_connection", reach)


def causes(error: BaseException) -> list[list[str]]:
    """The entries that the log has of a failure."""
    if isinstance(error, ExpressionError):
        error = error.at("{{ … }}", 1)
    text, behind = failure_texts(error, guarded=False)
    text = re.sub(r" \(\{\{.*", "", text.replace(": Name or service not known", ""))
    behind = behind.replace(": Name or service not known", "")
    return [["ERROR", each] for each in (text, behind) if each]


def outcome(record: dict[str, Any], run: FakeRun) -> dict[str, Any]:
    """What flowrt makes of a record, in the form of the recording."""
    given = record["as"]
    what = record["what"]
    try:
        if what == "http":
            value = http(Context({}), given["uri"], query=given.get("query", {}))
            return {"ok": True, "outputs": {"value": to_json(value)}, "log": []}
        names = {"contentType": "content_type"}
        made = {names.get(name, name): each for name, each in given.items()}
        if made.get("body", "").startswith("{{"):
            made["body"] = template_of(made["body"])
        task = KINDS[what]("r", **made)
        outputs = run.run(task)
    except (TaskFailure, ExpressionError) as error:
        log = [[level, text] for level, text in run.logs]
        return {"ok": False, "log": log + causes(error)}
    wanted = ("uri", "code", "body") if what == "Request" else ("code", "length")
    return {
        "ok": True,
        "outputs": {name: outputs[name] for name in wanted},
        "log": [[level, text] for level, text in run.logs],
    }


def recorded(record: dict[str, Any]) -> dict[str, Any]:
    log = record["log"]
    for entry in log:
        entry[1] = re.sub(r" \(\{\{.*", "", entry[1])
    found = {"ok": record["ok"], "log": log}
    if record["ok"]:
        found["outputs"] = record["outputs"]
    return found


def parts() -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(RECORDS), 50):
        yield RECORDS[start : start + 50]


@pytest.mark.parametrize("records", list(parts()), ids=lambda records: records[0]["what"])
def test_addresses_as_the_engine_takes_them(
    records: list[dict[str, Any]], ports: dict[str, int], only: None, tmp_path: Path
) -> None:
    port = str(ports["127.0.0.1"])
    different = []
    for record in records:
        if "::1" not in ports and SIX in json.dumps(record["log"]):
            continue
        text = json.dumps(record, ensure_ascii=False).replace("{port}", port)
        run = FakeRun(tmp_path)
        here = json.loads(text)
        found, wanted = outcome(here, run), recorded(here)
        shown = json.dumps(found, ensure_ascii=False)
        if "::1" in ports:
            shown = shown.replace(f"{SIX}{ports['::1']}", f"{SIX}{port}")
        found = json.loads(shown)
        for each in (found, wanted):
            each["log"].sort()
        if found != wanted:
            different.append((here["as"], found, wanted))
    assert not different, "\n".join(f"{a}\n  is     {f}\n  wanted {w}" for a, f, w in different)


def test_services_get_their_letters_escaped() -> None:
    assert escaped("http://h/a%20b?c=d") == "http://h/a%20b?c=d"
    assert escaped("https://h:1/é/%C3?q=ü b") == "https://h:1/%C3%A9/%C3?q=%C3%BC%20b"


def test_redirects_go_up_no_further_than_they_can() -> None:
    start = Address("http://h/to/x")
    found = [str(redirect_address(start, each)) for each in ("../../c", "../y/./z", "y", "//o/.")]
    assert found == ["http://h/../c", "http://h/y/z", "http://h/to/y", "http://o/"]


NO_HOST = "http/https URI cannot have an empty host identifier: http"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://*:1/", "java.net.UnknownHostException: *: Name or service not known"),
        (f"http://localhost:{'9' * 5000}/", NO_HOST),
        (f"http://local_host:{'9' * 5000}/", NO_HOST),
        (
            f"http://127.0.0.1:{'0' * 5000}1/",
            "Connect to http://127.0.0.1:1 failed: Connection refused",
        ),
    ],
)
def test_hosts_and_ports_that_lead_nowhere(uri: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TaskFailure) as caught:
        FakeRun(tmp_path).run(HttpRequest("r", uri=uri))
    assert str(caught.value) == said
