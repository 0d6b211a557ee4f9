"""A stand-in for the internet: every host is a web server of this process, with and without TLS, that answers in all shapes.

Whoever asks for the same thing again and again, to see whether it is over, is refused in the end.
"""

from __future__ import annotations

import datetime
import gzip
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE = 8
"""How often the same request is answered."""
HERE = {"127.0.0.1", "localhost", "::1", None}
CSV = b"id,name,price,quantity\n1,Ann,3.5,2\n2,Bob,4.5,1\n"
ITEM = {"id": 1, "name": "x", "title": "t", "price": 3.5, "content": "text"}
ANSWER: dict[str, Any] = {
    **ITEM,
    "status": "success",
    "state": "success",
    "ok": True,
    "url": "https://example.org/x",
    "access_token": "token",
    "expires_in": 3600,
    "data": {"id": 1, "items": [ITEM], "status": "SUCCEEDED", "defaultDatasetId": "d"},
    "items": [ITEM],
    "results": [ITEM],
    "result": [{"sys_id": "abc"}],
    "products": [ITEM],
    "records": [{"id": "r1", "fields": {}}],
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}
    ],
    "candidates": [{"content": {"parts": [{"text": "{}"}]}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "model": "m",
}
BY_ENDING = {
    ".csv": CSV,
    ".csv.gz": gzip.compress(CSV),
    ".jsonl": b'{"id": 1}\n{"id": 2}\n',
    ".txt": b"text\n",
    ".md": b"# text\n",
}
"""What files hold, by the end of their names; all else is a JSON object."""


class Handler(BaseHTTPRequestHandler):
    """Answers everything."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def answer(self) -> None:
        said = (self.command, self.headers.get("Host"), self.path)
        counts: Counter[Any] = self.server.counts  # type: ignore[attr-defined]
        counts[said] += 1
        body, size = b"", int(self.headers.get("Content-Length") or 0)
        if size:
            self.rfile.read(size)
        path = urlsplit(self.path).path
        if counts[said] <= PATIENCE:
            ends = (found for ending, found in BY_ENDING.items() if path.endswith(ending))
            body = next(ends, self.server.usual)  # type: ignore[attr-defined]
        self.send_response_only(200 if body else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer

    def log_message(self, *said: Any) -> None:
        pass


class Certificates:
    """A certificate for each host that is asked for, signed by an authority of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
        self._made: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.authority = folder / "authority.pem"
        basic = x509.BasicConstraints(ca=True, path_length=None)
        made = self._sign(self._key.public_key(), basic)
        self.authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _sign(self, key: Any, extension: x509.ExtensionType) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder(self._name, self._name, key, x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )

    def context(self, host: str) -> ssl.SSLContext:
        if host not in self._made:
            key = ec.generate_private_key(ec.SECP256R1())
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            file = self._folder / f"{len(self._made)}.pem"
            file.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                + self._sign(key.public_key(), names).public_bytes(serialization.Encoding.PEM)
            )
            self._made[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._made[host].load_cert_chain(file)
        return self._made[host]

    def choose(self, connection: Any, host: str | None, context: ssl.SSLContext) -> None:
        with self._lock:
            connection.context = self.context(host or "localhost")


class Server(ThreadingHTTPServer):
    """Answers with `usual`; with a context it speaks TLS, in the thread of each connection."""

    daemon_threads = True

    def __init__(self, usual: bytes, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.usual = usual
        self.counts: Counter[Any] = Counter()
        self.context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def internet(folder: Path, patch: pytest.MonkeyPatch, usual: bytes) -> Iterator[None]:
    """For as long as the block lasts, names of hosts lead to the stand-in; ports that are not the web's lead nowhere.

    `usual` is what it answers where the name of a file says nothing else.
    """
    certificates = Certificates(folder)
    secure = certificates.context("localhost")
    secure.sni_callback = certificates.choose
    servers = {80: Server(usual), 443: Server(usual, secure)}
    ports = {port: server.server_address[1] for port, server in servers.items()}
    usual = socket.getaddrinfo

    def found(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host in HERE:
            return usual(host, port, *rest, **named)
        number = {"http": 80, "https": 443}.get(port) or int(port or 0)
        return usual("127.0.0.1", ports.get(number, 9), *rest, **named)

    patch.setattr(socket, "getaddrinfo", found)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        patch.setenv(name, str(certificates.authority))
    for server in servers.values():
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()
