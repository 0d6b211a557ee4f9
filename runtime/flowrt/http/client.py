"""The client: redirects, authentication, proxies; failures are worded as the engine words them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Protocol

from flowrt.http.failures import (
    BadStatus,
    ConnectionFailure,
    HttpFailure,
    TooLarge,
    broken,
    printable,
    timed_out,
    unknown_host,
    unroutable,
)
from flowrt.http.redirects import (
    HARMLESS,
    MOST_REDIRECTS,
    REDIRECTS,
    address_of,
    becomes_get,
    is_same_server,
    redirected,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from http.client import HTTPConnection, HTTPResponse

    from flowrt.http.address import Address
    from flowrt.http.body import Body, Source
    from flowrt.http.cookies import Cookies

CONNECT = 180.0
"""Seconds that a connection may take to stand."""
READ_IDLE = 300.0
"""Seconds without a byte after which a response counts as lost."""
LARGEST_BODY = 100 * 1024 * 1024
"""The bytes of a body that is kept in memory."""
LARGEST_ERROR = 1024 * 1024
"""The bytes of the body of a refusal that are told."""
PAUSE = 1.0
"""Seconds before a request is repeated that was put off, where the answer does not say how many."""
BUSY = (429, 503)
"""Answers after which a request is repeated, once."""
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
"""Methods of requests that may be sent again when nobody knows whether they have arrived."""
ENCODINGS = "gzip, x-gzip, deflate"
LARGEST_LOGGED = 1024 * 1024
"""The bytes of the body of an answer that a witness is shown."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_ENDS = dict.fromkeys((0, 10, 11, 12, 13), " ")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
"""What OpenSSL says of an answer that is none of its protocol."""
_REFUSED = 400
"""Codes from here on are failures."""


class Response:
    """The answer to a request; `body` is None where it has none by its kind, or where it went into a file."""

    __slots__ = ("body", "code", "headers", "size")

    def __init__(
        self, code: int, headers: dict[str, list[str]], body: bytes | None, size: int
    ) -> None:
        self.code = code
        self.headers = headers
        self.body = body
        self.size = size

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return self.headers.get(name.lower(), [None])[0]

    @property
    def content_type(self) -> str:
        """The type of the content, without parameters; `text/plain` where none is said."""
        return (self.header("content-type") or "text/plain").partition(";")[0].strip().lower()


class Exchange:
    """One request and its answer, for whoever keeps a log: `length` is that of the body, where it is said."""

    __slots__ = ("address", "code", "length", "method", "peer", "sent")

    def __init__(
        self, method: str, address: Address, peer: tuple[str, int], code: int, length: int | None, sent: int
    ) -> None:  # fmt: skip
        self.method = method
        self.address = address
        self.peer = peer
        self.code = code
        self.length = length
        self.sent = sent


class Witness(Protocol):
    """Whoever is shown requests and answers as they go over the wire."""

    sees_bodies: bool
    """Whether the bodies of answers are wanted."""

    def asked(
        self, method: str, address: Address, headers: dict[str, str], body: bytes | None
    ) -> None:
        """A request is about to be sent."""

    def answered(self, reason: str, headers: list[tuple[str, str]], body: bytes | None) -> None:
        """An answer has come; `body` is the beginning of it, and None where it has none or none is wanted."""


class Client:
    """Sends requests. Times are seconds; `allowed` codes, where there are any, are the only ones that succeed.

    One that `repeats` sends a request again, once, when the server is busy or has dropped it.
    """

    def __init__(
        self,
        *,
        connect_timeout: float | None = None,
        read_timeout: float = READ_IDLE,
        follow: bool = True,
        authorization: str | None = None,
        insecure: bool = False,
        proxy: tuple[str, int, str | None] | None = None,
        allowed: Collection[int] = (),
        allow_failed: bool = False,
        observe: Callable[[Exchange], None] | None = None,
        largest: int = LARGEST_BODY,
        witness: Witness | None = None,
        repeats: bool = False,
    ) -> None:
        from threading import Event

        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.follow = follow
        self.authorization = authorization
        self.insecure = insecure
        self.proxy = proxy
        self.allowed = allowed
        self.allow_failed = allow_failed
        self.observe = observe
        self.largest = largest
        self.witness = witness
        self.repeats = repeats
        self._over = Event()
        self._at_work: HTTPConnection | None = None

    @property
    def aborted(self) -> bool:
        """Whether somebody has ended the exchange."""
        return self._over.is_set()

    def abort(self) -> None:
        """End the exchange at once, from whatever thread; `send` raises HttpFailure then."""
        import socket

        self._over.set()
        connection = self._at_work
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself

    def send(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
        body_type: str = "",
    ) -> Response:
        """Send a request and follow redirects; the body goes `into` a file if one is given.

        The type of the request's body is said where no header says one. Cookies that a server sets are
        sent with what follows. Raises HttpFailure when no answer comes, BadStatus for one that does not count as success.
        """
        import http.client

        from flowrt.http.address import protocol_failure
        from flowrt.http.cookies import Cookies

        authorization, cookies = self.authorization, Cookies()

        address = address_of(uri)
        visited: set[str] = set()
        for _ in range(MOST_REDIRECTS + 1):
            connection, answer, content = self._answered(
                method, address, headers, body, body_type, authorization, cookies
            )
            try:
                location = answer.getheader("Location")
                if self.follow and answer.status in REDIRECTS and location is not None:
                    target = redirected(address, location)
                    if str(target) in visited:
                        unroutable(protocol_failure(f"Circular redirect to '{target}'"))
                    visited.add(str(target))
                    if becomes_get(answer.status, method):
                        # what a body was sent with says nothing about a question
                        method, body, headers = "GET", None, {}
                    if not is_same_server(address, target):
                        if body is not None:
                            raise HttpFailure(
                                f"The redirect to another server is not followed, because it would send the body there: {target}"
                            )
                        authorization = None
                        headers = {n: v for n, v in headers.items() if n.lower() in HARMLESS}
                    address = target
                    continue
                return self._response(answer, content, into)
            except TimeoutError:
                raise timed_out() from TimeoutError("Read timed out")
            except (OSError, http.client.HTTPException, ValueError) as error:
                broken(error, address)
            finally:
                self._at_work = None
                connection.close()
        unroutable(protocol_failure(f"Maximum redirects ({MOST_REDIRECTS}) exceeded"))

    def _connection(self, address: Address) -> HTTPConnection:
        from flowrt.http.wire import Plain, Secure

        host = address.numeric or address.wire_host
        port, timeout = address.real_port, self.connect_timeout or CONNECT
        if not address.secure:
            if self.proxy is not None:
                return Plain(self.proxy[0], self.proxy[1], timeout=timeout)
            return Plain(host, port, timeout=timeout)
        import ssl

        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.proxy is None:
            return Secure(host, port, timeout=timeout, context=context)
        through, proxy_port, credentials = self.proxy
        connection = Secure(through, proxy_port, timeout=timeout, context=context)
        extra = {"Proxy-Authorization": credentials} if credentials else {}
        connection.set_tunnel(host, port, extra)
        return connection

    def _connected(self, address: Address) -> HTTPConnection:
        """A connection that stands. Raises HttpFailure."""
        import socket
        import ssl

        from flowrt.http.address import is_number_of_c

        connection = self._at_work = self._connection(address)
        try:
            if address.numeric is None and is_number_of_c(address.wire_host):
                # C would take `0x7f.1` and `0177.0.0.1` for numbers, others for names: nobody shall be misled.
                text = f"Invalid IP address literal: {address.wire_host}"
                unknown_host(address.wire_host, text)
            if address.wire_host == "*" and self.proxy is None:
                # C would take it for this machine.
                unknown_host("*: Name or service not known")
            connection.connect()
        except TimeoutError:
            text = f"Connect to {address.target} failed: Connect timed out"
            raise HttpFailure(
                f"org.apache.hc.client5.http.ConnectTimeoutException: {text}"
            ) from TimeoutError(text)
        except ssl.SSLError as error:
            if error.reason in _NOT_TLS:
                text = "Unsupported or unrecognized SSL message"
                raise HttpFailure(f"javax.net.ssl.SSLException: {text}") from OSError(text)
            text = getattr(error, "verify_message", "") or error.reason or "handshake failed"
            raise ConnectionFailure(f"javax.net.ssl.SSLHandshakeException: {text}") from OSError(
                text
            )
        except socket.gaierror as error:
            unknown_host(f"{address.wire_host}: {error.strerror}")
        except UnicodeError:  # a part of the name is empty or too long
            unknown_host(f"{address.wire_host}: Name or service not known")
        except OSError as error:
            text = f"Connect to {address.target} failed: {error.strerror or error}"
            raise ConnectionFailure(text) from OSError(text)
        assert connection.sock is not None
        connection.sock.settimeout(self.read_timeout)
        if self.aborted:
            connection.close()
            raise HttpFailure("Request aborted")
        return connection

    def _answered(
        self,
        method: str,
        address: Address,
        headers: dict[str, str],
        body: bytes | None,
        body_type: str,
        authorization: str | None,
        cookies: Cookies,
    ) -> tuple[HTTPConnection, HTTPResponse, Body]:
        """The answer to a request, or to its repetition."""
        repeated = not self.repeats
        while True:
            path, sent = self._prepared(method, address, headers, body, body_type, authorization)
            said = cookies.header(address)
            if said and not any(name.lower() == "cookie" for name in sent):
                sent["Cookie"] = said
            try:
                connection, answer, content = self._exchange(method, address, path, sent, body)
            except HttpFailure as failure:
                again = failure.dropped and method.upper() in IDEMPOTENT
                if repeated or self.aborted or not again:
                    raise
                repeated = True
                continue
            cookies.take(address, answer.headers.get_all("Set-Cookie") or ())
            if repeated or answer.status not in BUSY:
                return connection, answer, content
            repeated = True
            connection.close()
            if self._over.wait(_pause(answer.headers.get("Retry-After"))):
                raise HttpFailure("Request aborted")

    def _exchange(
        self,
        method: str,
        address: Address,
        path: str,
        sent: dict[str, str],
        body: bytes | None,
    ) -> tuple[HTTPConnection, HTTPResponse, Body]:
        from http.client import HTTPException

        from flowrt.http.body import Body

        connection = self._connected(address)
        peer = connection.sock.getpeername()
        witness = self.witness
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, header_value(value))
            if witness is not None:
                witness.asked(method, address, sent, body)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = Body(answer)
            if witness is not None:
                seen = witness.sees_bodies and _has_body(answer)
                witness.answered(
                    answer.reason,
                    answer.getheaders(),
                    content.peek(LARGEST_LOGGED) if seen else None,
                )
        except HttpFailure:
            connection.close()
            raise
        except TimeoutError:
            connection.close()
            raise timed_out() from TimeoutError("Read timed out")
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            broken(error, address, dropped=True)
        if self.observe is not None:
            self.observe(
                Exchange(
                    method, address, (peer[0], peer[1]), answer.status, answer.length, len(body or b"")
                )
            )  # fmt: skip
        return connection, answer, content

    def _prepared(
        self,
        method: str,
        address: Address,
        headers: dict[str, str],
        body: bytes | None,
        body_type: str,
        authorization: str | None,
    ) -> tuple[str, dict[str, str]]:
        """What is asked for, and the headers that say so, in the engine's order.

        Raises HttpFailure for a method that is none, or a name that is no header's.
        """
        if not _TOKEN.fullmatch(method):
            raise HttpFailure(f"Invalid method: {method!r}")
        path = address.path
        more = {"Accept-Encoding": ENCODINGS}
        if authorization:
            more["Authorization"] = authorization
        more["Host"] = address.server
        through = None
        if self.proxy is not None and not address.secure:
            path = f"{address.scheme}://{address.server}{path}"
            through = self.proxy[2]
        if body is not None and body_type:
            more["Content-Type"] = body_type
        more["Connection"] = "keep-alive"
        more["User-Agent"] = "Kestra"
        for name in headers:
            if not _TOKEN.fullmatch(name):
                raise HttpFailure(f"Invalid header name: {name!r}")
        named = {name.lower() for name in headers}
        sent = dict(headers)
        for name, value in more.items():
            if name.lower() not in named:
                sent[name] = value
            if name == "Host" and (body is not None or method in ("POST", "PUT", "PATCH")):
                sent["Content-Length"] = str(len(body or b""))
        if through:
            sent["Proxy-Authorization"] = through
        return path, sent

    def _response(self, answer: HTTPResponse, content: Body, into: BinaryIO | None) -> Response:
        from flowrt.http.body import read_most

        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        headers = dict(sorted(found.items()))
        # an answer that by its kind has no body is told apart from one whose body is empty
        has_body = _has_body(answer)
        source, length = self._source(answer, content, headers)
        if not self._succeeds(answer.status):
            text = f"Failed http request with response code '{answer.status}'"
            if has_body:
                text += f" and body:\n{read_most(source, LARGEST_ERROR).decode('utf-8', 'replace')}"
            raise BadStatus(printable(text), answer.status, answer.reason)
        if into is None:
            if length is not None and length > self.largest:
                raise TooLarge(length, self.largest)
            body = read_most(source, self.largest + 1)
            if len(body) > self.largest:
                raise TooLarge(len(body), self.largest)
            return Response(answer.status, headers, body if has_body else None, len(body))
        from flowrt.http.body import PIECE

        start = into.tell()
        while piece := source.read(PIECE):
            into.write(piece)
        return Response(answer.status, headers, None, into.tell() - start)

    def _source(
        self, answer: HTTPResponse, content: Body, headers: dict[str, list[str]]
    ) -> tuple[Source, int | None]:
        """What reads the body, and its size where that is known. Headers that say what it was packed in go away."""
        size = int(answer.headers.get("Content-Length") or 0) if answer.length is not None else None
        codings = headers.get("content-encoding")
        if codings is None or not _has_body(answer) or size == 0:
            return content, size
        from flowrt.http.body import codings_of, decoded

        known = codings_of(",".join(codings))
        if not known:
            return content, size
        for name in ("content-encoding", "content-length", "content-md5"):
            headers.pop(name, None)
        return decoded(content, known), None

    def _succeeds(self, code: int) -> bool:
        if self.allowed:
            return code in self.allowed
        return self.allow_failed or code < _REFUSED


def header_value(text: str) -> bytes:
    """The bytes of a header: Latin-1, with blanks for line ends."""
    return text.translate(_LINE_ENDS).encode("latin-1", "replace")


def _has_body(answer: HTTPResponse) -> bool:
    return answer.status not in (204, 304) and answer._method != "HEAD"  # type: ignore[attr-defined]


def _pause(said: str | None) -> float:
    """The seconds that a busy server asks for, as a number or a date; what is neither, or over, counts as nothing."""
    from threading import TIMEOUT_MAX
    from time import time

    from flowrt.http.cookies import http_date

    text = (said or "").strip()
    seconds = 0.0
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        seconds = int(text)
    elif (date := http_date(text)) is not None:
        seconds = date - time()
    return min(seconds, TIMEOUT_MAX) if seconds > 0 else PAUSE


def basic(user: str | None, password: str | None) -> str:
    """The value of an `Authorization` header for a user and a password."""
    from base64 import b64encode

    return "Basic " + b64encode(f"{user or ''}:{password or ''}".encode()).decode()
