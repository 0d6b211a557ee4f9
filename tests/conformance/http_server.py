"""Loopback HTTP server that the probe flows with `needs: [http]` talk to.

    python3 http_server.py [--host 127.0.0.1] [--port 18080]

Standard library only. Answers are the same on every run: no Date or Server header, JSON with sorted keys.

| request                | answer                                                                     |
|------------------------|----------------------------------------------------------------------------|
| GET /json              | 200 {"a":1,"b":[1,2]}                                                      |
| GET /text              | 200 text/plain "hello\\nworld\\n"                                          |
| GET /file.csv          | 200 text/csv, three lines                                                  |
| GET /attachment        | 200 with a Content-Disposition naming "re port[1].csv"                     |
| GET /empty             | 200 without a body                                                         |
| any /status/<code>     | that status; body {"status":<code>} except for 1xx, 204, 304               |
| any /fail              | 422 {"error":"not accepted"}                                               |
| any /redirect          | 302 to /text                                                               |
| any /echo[/...]        | 200 JSON: method, path, query, some headers, body                          |
| POST /parts            | 200 JSON: the parts of a multipart body (name, filename, type, text);      |
|                        | a file name of more than 12 characters shows as "(generated)"              |
| any /flaky             | 500, 500, then 200 {"tries":3} and on; /flaky/reset and /flaky/count       |
| any /slow              | 200 {"slow":true} after two seconds                                        |
| anything else          | 404 {"error":"no such path"}                                               |
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ECHOED_HEADERS = ("accept", "authorization", "content-type", "user-agent")
FLAKY_FAILURES = 2


class Flaky:
    """Counts the calls of /flaky over all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def reset(self) -> None:
        with self._lock:
            self.count = 0

    def next(self) -> int:
        with self._lock:
            self.count += 1
            return self.count


FLAKY = Flaky()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        body = self._read_body()
        path = url.path
        if path == "/json":
            self._json(200, {"a": 1, "b": [1, 2]})
        elif path == "/text":
            self._send(200, b"hello\nworld\n", "text/plain; charset=utf-8")
        elif path == "/file.csv":
            self._send(200, "id,name\n1,ann\n2,é\n".encode(), "text/csv; charset=utf-8")
        elif path == "/attachment":
            self._send(
                200,
                b"attached\n",
                "text/csv",
                {"Content-Disposition": 'attachment; filename="re port[1].csv"'},
            )
        elif path == "/empty":
            self._send(200, b"", "text/plain")
        elif path.startswith("/status/") and path[8:].isdigit():
            code = int(path[8:])
            if code < 200 or code in (204, 304):
                self._send(code, None)
            else:
                self._json(code, {"status": code})
        elif path == "/fail":
            self._json(422, {"error": "not accepted"})
        elif path == "/redirect":
            self._send(302, b"", "text/plain", {"Location": "/text"})
        elif path == "/echo" or path.startswith("/echo/"):
            self._json(200, self._echo(url.path, url.query, body))
        elif path == "/parts":
            self._json(200, {"parts": self._parts(body)})
        elif path == "/flaky/reset":
            FLAKY.reset()
            self._json(200, {"tries": 0})
        elif path == "/flaky/count":
            self._json(200, {"tries": FLAKY.count})
        elif path == "/flaky":
            tries = FLAKY.next()
            self._json(500 if tries <= FLAKY_FAILURES else 200, {"tries": tries})
        elif path == "/slow":
            time.sleep(2)
            self._json(200, {"slow": True})
        else:
            self._json(404, {"error": "no such path"})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _echo(self, path: str, query: str, body: bytes) -> dict[str, object]:
        headers = {
            name.lower(): value.split("; boundary=")[0]
            for name, value in self.headers.items()
            if name.lower() in ECHOED_HEADERS or name.lower().startswith("x-")
        }
        return {
            "method": self.command,
            "path": path,
            "query": parse_qs(query, keep_blank_values=True),
            "headers": headers,
            "body": body.decode("utf-8", "replace"),
        }

    def _parts(self, body: bytes) -> list[dict[str, object]]:
        head = f"Content-Type: {self.headers.get('Content-Type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        if not message.is_multipart():
            return []
        parts = [
            {
                "name": part.get_param("name", header="content-disposition"),
                "filename": self._stable_name(part.get_filename()),
                "type": part.get_content_type(),
                "text": (part.get_payload(decode=True) or b"").decode("utf-8", "replace"),
            }
            for part in message.iter_parts()
        ]
        return sorted(parts, key=lambda part: str(part["name"]))

    @staticmethod
    def _stable_name(name: str | None) -> str | None:
        """A file name a flow chose, or "(generated)" for the long random ones of temporary files."""
        return name if name is None or len(name) <= 12 else "(generated)"

    def _json(self, code: int, value: object) -> None:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self._send(code, text.encode(), "application/json")

    def _send(
        self, code: int, body: bytes | None, kind: str = "", extra: dict[str, str] | None = None
    ) -> None:
        self.send_response_only(code)
        if body is not None:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        try:
            self.end_headers()
            if body and self.command != "HEAD":
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def main() -> None:
    options = argparse.ArgumentParser(description="Loopback server for the probe flows.")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=18080)
    chosen = options.parse_args()
    server = ThreadingHTTPServer((chosen.host, chosen.port), Handler)
    server.daemon_threads = True
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
