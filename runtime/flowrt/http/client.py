"""The client: redirects, authentication, proxies; failures are worded as the engine words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from http.client import HTTPConnection, HTTPResponse
    from urllib.parse import SplitResult

READ_IDLE = 300.0
"""Seconds without a byte after which a response counts as lost."""
MAX_REDIRECTS = 50
_REDIRECTS = (301, 302, 303, 307, 308)
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
        """The encoding that the header of the content type names."""
        from email.message import Message

        message = Message()
        message["Content-Type"] = self.header("content-type") or ""
        return message.get_content_charset()


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

        for _ in range(MAX_REDIRECTS):
            connection, answer = self._exchange(method, uri, headers, body)
            try:
                location = answer.getheader("Location")
                if self.follow and answer.status in _REDIRECTS and location:
                    from urllib.parse import urljoin

                    answer.read()
                    uri = urljoin(uri, location)
                    if answer.status < 307 and method not in ("GET", "HEAD"):
                        method, body = "GET", None
                    continue
                return self._response(answer, into)
            except TimeoutError:
                raise _timed_out() from TimeoutError("Read timed out")
            except (OSError, http.client.HTTPException) as error:
                raise HttpFailure(str(error)) from error
            finally:
                connection.close()
        raise HttpFailure(f"Maximum redirects ({MAX_REDIRECTS}) exceeded")

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        host, port = parts.hostname or "", parts.port
        timeout = self.connect_timeout or self.read_timeout
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

        connection = self._connection(parts)
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        try:
            connection.connect()
        except TimeoutError:
            text = f"Connect to {target} failed: Connect timed out"
            raise HttpFailure(
                f"org.apache.hc.client5.http.ConnectTimeoutException: {text}"
            ) from TimeoutError(text)
        except ssl.SSLError as error:
            raise HttpFailure(str(error)) from error
        except socket.gaierror as error:
            text = f"{parts.hostname}: {error.strerror}"
            raise HttpFailure(f"java.net.UnknownHostException: {text}") from OSError(text)
        except OSError as error:
            text = f"Connect to {target} failed: {error.strerror or error}"
            raise HttpFailure(text) from OSError(text)
        assert connection.sock is not None
        connection.sock.settimeout(self.read_timeout)
        return connection

    def _exchange(
        self, method: str, uri: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        from http.client import HTTPException
        from urllib.parse import urlsplit

        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            text = "Target host is not specified"
            raise HttpFailure(
                f"org.apache.hc.client5.http.ClientProtocolException: {text}"
            ) from OSError(f"{text}\n{text}")
        connection = self._connected(parts)
        peer = connection.sock.getpeername()
        path, sent = self._prepared(method, uri, parts, headers, body)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value.encode("utf-8"))
            connection.endheaders(body)
            answer = connection.getresponse()
        except TimeoutError:
            connection.close()
            raise _timed_out() from TimeoutError("Read timed out")
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise HttpFailure(str(error)) from error
        if self.observe is not None:
            self.observe(
                Exchange(
                    method, uri, parts.hostname, (peer[0], peer[1]), answer.status, answer.length, len(body or b"")
                )
            )  # fmt: skip
        return connection, answer

    def _prepared(
        self, method: str, uri: str, parts: SplitResult, headers: dict[str, str], body: bytes | None
    ) -> tuple[str, dict[str, str]]:
        """What is asked for, and the headers that say so."""
        path = parts.path or "/"
        if parts.query:
            path += f"?{parts.query}"
        sent = {"User-Agent": "Kestra", **headers}
        if self.authorization and not any(name.lower() == "authorization" for name in sent):
            sent["Authorization"] = self.authorization
        if self.proxy is not None and parts.scheme == "http":
            path = uri
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
                text += f" and body:\n{answer.read().decode('utf-8', 'replace')}"
            raise BadStatus(_printable(text), answer.status, answer.reason)
        if into is None:
            body = answer.read()
            return Response(answer.status, headers, body if has_body else None, len(body))
        import shutil

        start = into.tell()
        shutil.copyfileobj(answer, into)
        return Response(answer.status, headers, None, into.tell() - start)

    def _succeeds(self, code: int) -> bool:
        if self.allowed:
            return code in self.allowed
        return self.allow_failed or code < _REFUSED


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
