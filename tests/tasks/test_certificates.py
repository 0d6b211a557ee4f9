"""Servers whose certificates are not to be trusted: nothing is sent to them, unless the flow says so."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flowrt.http.client import Client
from flowrt.http.failures import HttpFailure

DAY = datetime.timedelta(days=1)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers who comes as far as a request, which it keeps."""

    def __init__(self, file: Path) -> None:
        self.heard = b""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.uri = f"https://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve, args=(context,))
        self._thread.start()

    def _serve(self, context: ssl.SSLContext) -> None:
        try:
            connection, _ = self._socket.accept()
            with connection, context.wrap_socket(connection, server_side=True) as safe:
                self.heard = safe.recv(65_536)
                safe.sendall(ANSWER)
        except OSError:
            pass  # whoever came has left

    def close(self) -> None:
        self._socket.close()
        self._thread.join(30)


def certificate(
    folder: Path, *, host: str = "127.0.0.1", begins: int = -1, ends: int = 1
) -> tuple[Path, Path]:
    """A key with its certificate, signed by itself, and the certificate alone; it holds between two days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    known: x509.GeneralName = (
        x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + ends * DAY)
        .add_extension(x509.SubjectAlternativeName([known]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both, alone = folder / "both.pem", folder / "alone.pem"
    both.write_bytes(private + public)
    alone.write_bytes(public)
    return both, alone


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Server]]:
    made: list[Server] = []

    def start(file: Path) -> Server:
        made.append(Server(file))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize(
    ("given", "trusted", "words"),
    [
        ({}, False, "self-signed certificate"),
        ({"host": "other.example"}, True, "IP address mismatch"),
        ({"host": "127.0.0.2"}, True, "IP address mismatch"),
        ({"begins": -9, "ends": -1}, True, "certificate has expired"),
        ({"begins": 1, "ends": 9}, True, "certificate is not yet valid"),
    ],
)
def test_certificates_that_are_wrong(
    serve: Callable[[Path], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    trusted: bool,
    words: str,
) -> None:
    both, alone = certificate(tmp_path, **given)  # type: ignore[arg-type]
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(alone))
    server = serve(both)
    with pytest.raises(HttpFailure, match=f"SSLHandshakeException.*{words}"):
        Client(authorization="Bearer secret").send("GET", server.uri, {"X": "secret"}, b"secret")
    assert server.heard == b""


def test_a_certificate_that_is_right(
    serve: Callable[[Path], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, alone = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(alone))
    server = serve(both)
    assert Client().send("GET", server.uri, {}, None).body == b"ok"


def test_who_trusts_all_is_not_asked_for_a_certificate(
    serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    both, _ = certificate(tmp_path, host="other.example", begins=-9, ends=-1)
    server = serve(both)
    assert Client(insecure=True).send("GET", server.uri, {}, None).body == b"ok"
