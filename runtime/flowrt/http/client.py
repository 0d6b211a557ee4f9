"""The client: redirects, authentication, proxies; failures are worded as the engine words them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from http.client import HTTPConnection, HTTPResponse
    from urllib.parse import SplitResult

CONNECT = 180.0
"""Seconds that a connection may take to stand."""
READ_IDLE = 300.0
"""Seconds without a byte after which a response counts as lost."""
LARGEST_BODY = 100 * 1024 * 1024
"""The bytes of a body that is kept in memory."""
LARGEST_ERROR = 1024 * 1024
"""The bytes of the body of a refusal that are told."""
HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers that a redirect to another server may take along: all others may be credentials."""
MAX_REDIRECTS = 50
_REDIRECTS = (301, 302, 303, 307, 308)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_ENDS = dict.fromkeys((0, 10, 11, 12, 13), " ")
_REFUSED = 400
"""Codes from here on are failures."""


class HttpFailure(Exception):
    """No answer came. `__cause__` has the words of what is behind it, where the engine logs them too."""


class BadStatus(HttpFailure):
    """An answer came that does not count as success."""

    def __init__(self, message: str, code: int, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class TooLarge(HttpFailure):
    """The body of an answer is larger than it may be; `size` is what is known of it."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"Response body is too large ({size} bytes > max {most} bytes)")
        self.size = size


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

    @property
    def charset(self) -> str | None:
        """The charset that the header of the content type names; None for one that there is not."""
        from email.message import Message

        from flowrt.java.charsets import is_charset

        message = Message()
        message["Content-Type"] = self.header("content-type") or ""
        try:
            name = message.get_content_charset()
        except (TypeError, ValueError, LookupError):  # parameters in pieces that do not fit
            return None
        return name if name is not None and is_charset(name) else None


class Exchange:
    """One request and its answer, for whoever keeps a log: `length` is that of the body, where it is said."""

    __slots__ = ("code", "host", "length", "method", "peer", "sent", "uri")

    def __init__(
        self, method: str, uri: str, host: str, peer: tuple[str, int], code: int, length: int | None, sent: int
    ) -> None:  # fmt: skip
        self.method = method
        self.uri = uri
        self.host = host
        self.peer = peer
        self.code = code
        self.length = length
        self.sent = sent


class Client:
    """Sends requests. Times are seconds; `allowed` codes, where there are any, are the only ones that succeed."""

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
    ) -> None:
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
        self.aborted = False
        self._at_work: HTTPConnection | None = None

    def abort(self) -> None:
        """End the exchange at once, from whatever thread; `send` raises HttpFailure then."""
        import socket

        self.aborted = True
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
    ) -> Response:
        """Send a request and follow redirects; the body goes `into` a file if one is given.

        Raises HttpFailure when no answer comes, BadStatus for one that does not count as success.
        """
        import http.client

        authorization = self.authorization
        for _ in range(MAX_REDIRECTS):
            connection, answer = self._exchange(method, uri, headers, body, authorization)
            try:
                location = answer.getheader("Location")
                if self.follow and answer.status in _REDIRECTS and location:
                    target = _joined(uri, location)
                    if answer.status < 307 and method not in ("GET", "HEAD"):
                        method, body = "GET", None
                    if not _same_server(uri, target):
                        if body is not None:
                            raise HttpFailure(
                                f"The redirect to another server is not followed, because it would send the body there: {target}"
                            )
                        authorization = None
                        headers = {n: v for n, v in headers.items() if n.lower() in HARMLESS}
                    uri = target
                    continue
                return self._response(answer, into)
            except TimeoutError:
                raise _timed_out() from TimeoutError("Read timed out")
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise _broken(error, uri) from error
            finally:
                self._at_work = None
                connection.close()
        raise HttpFailure(f"Maximum redirects ({MAX_REDIRECTS}) exceeded")

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        host, port = ascii_host(parts.hostname or ""), parts.port
        timeout = self.connect_timeout or CONNECT
        if parts.scheme != "https":
            if self.proxy is not None:
                return HTTPConnection(self.proxy[0], self.proxy[1], timeout=timeout)
            return HTTPConnection(host, port, timeout=timeout)
        import ssl

        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.proxy is None:
            return HTTPSConnection(host, port, timeout=timeout, context=context)
        address, proxy_port, credentials = self.proxy
        connection = HTTPSConnection(address, proxy_port, timeout=timeout, context=context)
        extra = {"Proxy-Authorization": credentials} if credentials else {}
        connection.set_tunnel(host, port, extra)
        return connection

    def _connected(self, parts: SplitResult) -> HTTPConnection:
        """A connection that stands. Raises HttpFailure."""
        import socket
        import ssl

        from flowrt.http.wire import Answer

        connection = self._at_work = self._connection(parts)
        connection.response_class = Answer
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        try:
            connection.connect()
        except TimeoutError:
            text = f"Connect to {target} failed: Connect timed out"
            raise HttpFailure(
                f"org.apache.hc.client5.http.ConnectTimeoutException: {text}"
            ) from TimeoutError(text)
        except ssl.SSLError as error:
            text = getattr(error, "verify_message", "") or error.reason or "handshake failed"
            raise HttpFailure(f"javax.net.ssl.SSLHandshakeException: {text}") from OSError(text)
        except socket.gaierror as error:
            text = f"{parts.hostname}: {error.strerror}"
            raise HttpFailure(f"java.net.UnknownHostException: {text}") from OSError(text)
        except OSError as error:
            text = f"Connect to {target} failed: {error.strerror or error}"
            raise HttpFailure(text) from OSError(text)
        assert connection.sock is not None
        connection.sock.settimeout(self.read_timeout)
        if self.aborted:
            connection.close()
            raise HttpFailure("Request aborted")
        return connection

    def _exchange(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: bytes | None,
        authorization: str | None,
    ) -> tuple[HTTPConnection, HTTPResponse]:
        from http.client import HTTPException

        if not _TOKEN.fullmatch(method):
            raise HttpFailure(f"Invalid method: {method!r}")
        parts = _parts(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            text = "Target host is not specified"
            raise HttpFailure(
                f"org.apache.hc.client5.http.ClientProtocolException: {text}"
            ) from OSError(f"{text}\n{text}")
        path, sent = self._prepared(method, parts, headers, body, authorization)
        connection = self._connected(parts)
        peer = connection.sock.getpeername()
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, header_value(value))
            connection.endheaders(body)
            answer = connection.getresponse()
        except TimeoutError:
            connection.close()
            raise _timed_out() from TimeoutError("Read timed out")
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise _broken(error, uri) from error
        if self.observe is not None:
            self.observe(
                Exchange(
                    method, uri, parts.hostname, (peer[0], peer[1]), answer.status, answer.length, len(body or b"")
                )
            )  # fmt: skip
        return connection, answer

    def _prepared(
        self,
        method: str,
        parts: SplitResult,
        headers: dict[str, str],
        body: bytes | None,
        authorization: str | None,
    ) -> tuple[str, dict[str, str]]:
        """What is asked for, and the headers that say so. Raises HttpFailure for a name that is no header's."""
        path = on_the_wire(parts.path or "/")
        if parts.query:
            path += f"?{on_the_wire(parts.query)}"
        sent = {"User-Agent": "Kestra", **headers}
        for name in sent:
            if not _TOKEN.fullmatch(name):
                raise HttpFailure(f"Invalid header name: {name!r}")
        if authorization and not any(name.lower() == "authorization" for name in sent):
            sent["Authorization"] = authorization
        if self.proxy is not None and parts.scheme == "http":
            port = f":{parts.port}" if parts.port is not None else ""
            path = f"http://{ascii_host(parts.hostname or '')}{port}{path}"
            if self.proxy[2]:
                sent["Proxy-Authorization"] = self.proxy[2]
        if body is not None:
            sent["Content-Length"] = str(len(body))
        elif method in ("POST", "PUT", "PATCH"):
            sent["Content-Length"] = "0"
        return path, sent

    def _response(self, answer: HTTPResponse, into: BinaryIO | None) -> Response:
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        headers = dict(sorted(found.items()))
        # an answer that by its kind has no body is told apart from one whose body is empty
        has_body = answer.status not in (204, 304) and answer._method != "HEAD"  # type: ignore[attr-defined]
        if not self._succeeds(answer.status):
            text = f"Failed http request with response code '{answer.status}'"
            if has_body:
                text += f" and body:\n{answer.read(LARGEST_ERROR).decode('utf-8', 'replace')}"
            raise BadStatus(_printable(text), answer.status, answer.reason)
        if into is None:
            if answer.length is not None and answer.length > self.largest:
                raise TooLarge(answer.length, self.largest)
            body = answer.read(self.largest + 1) if answer.length is None else answer.read()
            if len(body) > self.largest:
                raise TooLarge(len(body), self.largest)
            return Response(answer.status, headers, body if has_body else None, len(body))
        import shutil

        start = into.tell()
        shutil.copyfileobj(answer, into)
        return Response(answer.status, headers, None, into.tell() - start)

    def _succeeds(self, code: int) -> bool:
        if self.allowed:
            return code in self.allowed
        return self.allow_failed or code < _REFUSED


def _parts(uri: str) -> SplitResult:
    """Raises HttpFailure for what is no address."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(uri)
        _ = parts.port
        if parts.hostname:
            ascii_host(parts.hostname)
    except ValueError:
        raise HttpFailure(f"Invalid address: {uri}") from None
    return parts


def _joined(uri: str, location: str) -> str:
    from urllib.parse import urljoin

    # http.client reads headers as Latin-1; addresses in them are UTF-8 by custom
    text = location.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    try:
        return urljoin(uri, text)
    except ValueError:
        raise HttpFailure(f"Invalid address: {text}") from None


def _same_server(old: str, new: str) -> bool:
    """Whether credentials for one address may be sent to another: same host and port, or the secure form of it."""
    before, after = _parts(old), _parts(new)
    ports = {"http": 80, "https": 443}
    first = (before.scheme, before.port or ports.get(before.scheme))
    then = (after.scheme, after.port or ports.get(after.scheme))
    if (before.hostname or "") != (after.hostname or ""):
        return False
    return first == then or (first, then) == (("http", 80), ("https", 443))


def ascii_host(host: str) -> str:
    """A host as the wire has it: letters beyond ASCII in punycode. Raises ValueError for what is no host."""
    name = host if host.isascii() else host.encode("idna").decode("ascii")
    if ":" not in name and not all(
        0 < len(part) < 64 for part in name.removesuffix(".").split(".")
    ):
        raise ValueError("a part of the name is empty or too long")
    return name


def on_the_wire(text: str) -> str:
    """A path or query with what is not ASCII, and no blank, escaped."""
    from urllib.parse import quote

    return quote(text, safe="!#$%&'()*+,/:;=?@[]~|{}^`\\\"<>-._")


def header_value(text: str) -> bytes:
    """The bytes of a header: Latin-1, with blanks for line ends."""
    return text.translate(_LINE_ENDS).encode("latin-1", "replace")


def _broken(error: Exception, uri: str) -> HttpFailure:
    """An exchange that broke off, in words of no library."""
    from http.client import IncompleteRead, RemoteDisconnected
    from ssl import SSLError

    if isinstance(error, IncompleteRead):
        known = "" if error.expected is None else f" (received: {len(error.partial)})"
        return HttpFailure(f"Premature end of the message body{known}")
    if isinstance(error, RemoteDisconnected):
        return HttpFailure(f"{_parts(uri).netloc.rpartition('@')[2]} failed to respond")
    if isinstance(error, SSLError):
        return HttpFailure(
            f"javax.net.ssl.SSLException: {error.reason or 'the connection broke off'}"
        )
    if isinstance(error, OSError):
        return HttpFailure(f"java.net.SocketException: {error.strerror or 'Connection reset'}")
    return HttpFailure("The server failed to respond with a valid HTTP response")


def basic(user: str | None, password: str | None) -> str:
    """The value of an `Authorization` header for a user and a password."""
    from base64 import b64encode

    return "Basic " + b64encode(f"{user or ''}:{password or ''}".encode()).decode()


def _timed_out() -> HttpFailure:
    return HttpFailure("java.net.SocketTimeoutException: Read timed out")


def _printable(message: str) -> str:
    """The message as the engine's HTTP library keeps it: control characters show as their position."""
    return "".join(
        f"[0x{index:02x}]" if ord(char) < 32 else char for index, char in enumerate(message)
    )
