"""A small HTTP client for tasks: redirects, authentication, proxies, and errors worded as the engine words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    enum,
    listing,
    prop,
    record,
    tagged,
)
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse
    from urllib.parse import SplitResult

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

READ_IDLE = 300.0
"""Seconds without a byte after which a response counts as lost."""
MAX_REDIRECTS = 50
_REDIRECTS = (301, 302, 303, 307, 308)


class HttpTimeout(Declared):
    """How long to wait."""

    connect_timeout: Text | None = prop(DURATION, default=None)
    read_idle_timeout: Text | None = prop(DURATION, default=None)


class BasicAuth(Declared):
    """User and password in the request."""

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)


class BearerAuth(Declared):
    """A token in the request."""

    token: Text | None = prop(STRING, default=None)


class Proxy(Declared):
    """The proxy in between."""

    type: Text = prop(enum("DIRECT", "HTTP", "SOCKS"), default="DIRECT")
    address: Text | None = prop(STRING, default=None)
    port: Integer | None = prop(INTEGER, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)


class Ssl(Declared):
    """How certificates are checked."""

    insecure_trust_all_certificates: Flag | None = prop(BOOLEAN, default=None)


class HttpOptions(Declared):
    """How a request is sent, and which answers count as success."""

    timeout: HttpTimeout | None = prop(record(HttpTimeout), default=None)
    follow_redirects: Flag = prop(BOOLEAN, default=True)
    allow_failed: Flag = prop(BOOLEAN, default=False)
    allowed_response_codes: Listing | None = prop(listing(INTEGER), default=None)
    default_charset: Text = prop(STRING, default="UTF-8")
    auth: BasicAuth | BearerAuth | None = prop(
        tagged(BASIC=BasicAuth, BEARER=BearerAuth), default=None
    )
    proxy: Proxy | None = prop(record(Proxy), default=None)
    ssl: Ssl | None = prop(record(Ssl), default=None)
    logs: Listing | None = prop(listing(STRING), default=None, ignored=True)
    headers: Any = prop(ANY, default=None)
    basic_auth_user: Text | None = prop(STRING, default=None)
    basic_auth_password: Text | None = prop(STRING, default=None)
    connect_timeout: Text | None = prop(DURATION, default=None)
    read_timeout: Text | None = prop(DURATION, default=None)
    proxy_type: Text | None = prop(STRING, default=None)
    proxy_address: Text | None = prop(STRING, default=None)
    proxy_port: Integer | None = prop(INTEGER, default=None)
    proxy_username: Text | None = prop(STRING, default=None)
    proxy_password: Text | None = prop(STRING, default=None)
    enabled_tcp_extended_keep_alive: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    log_level: Text | None = prop(STRING, default=None, ignored=True)
    read_idle_timeout: Text | None = prop(DURATION, default=None, ignored=True)
    connection_pool_idle_timeout: Text | None = prop(DURATION, default=None, ignored=True)
    max_content_length: Integer | None = prop(INTEGER, default=None, ignored=True)


class Response:
    """The answer to a request."""

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


class HttpClient:
    """Sends requests as the options of a task say."""

    def __init__(self, run: RunContext, options: HttpOptions | None, allow_failed: bool = False):
        options = options or HttpOptions()
        self.run = run
        timeout = options.timeout or HttpTimeout()
        connect = timeout.connect_timeout or options.connect_timeout
        idle = timeout.read_idle_timeout or options.read_timeout
        self.connect_timeout = run.duration(connect)
        self.read_timeout = run.duration(idle) or READ_IDLE
        self.follow = run.flag(options.follow_redirects, True)
        self.allow_failed = allow_failed or run.flag(options.allow_failed)
        self.allowed = run.listing(options.allowed_response_codes, INTEGER) or []
        self.authorization = self._authorization(options)
        self.insecure = options.ssl is not None and (
            options.ssl.insecure_trust_all_certificates is not None
        )
        self.proxy = self._proxy(options)

    def _authorization(self, options: HttpOptions) -> str | None:
        text = self.run.text
        auth = options.auth
        if isinstance(auth, BearerAuth):
            return f"Bearer {text(auth.token) or ''}"
        if isinstance(auth, BasicAuth):
            return _basic(text(auth.username), text(auth.password))
        if options.basic_auth_user is not None:
            return _basic(text(options.basic_auth_user), text(options.basic_auth_password))
        return None

    def _proxy(self, options: HttpOptions) -> tuple[str, int, str | None] | None:
        proxy = options.proxy or Proxy(
            type=options.proxy_type or "DIRECT",
            address=options.proxy_address,
            port=options.proxy_port,
            username=options.proxy_username,
            password=options.proxy_password,
        )
        address = self.run.text(proxy.address)
        if not address:
            return None
        port = self.run.integer(proxy.port)
        if port is None:
            raise TaskFailure(
                "A proxy port is required when a proxy address is set (options.proxy.port)."
            )
        kind = self.run.text(proxy.type)
        if kind == "SOCKS":
            raise TaskFailure("SOCKS proxies are not supported")
        if kind == "DIRECT":
            return None
        user = self.run.text(proxy.username)
        credentials = _basic(user, self.run.text(proxy.password)) if user is not None else None
        return address, port, credentials

    def send(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
    ) -> Response:
        """Send a request and follow redirects; the body goes `into` a file if one is given.

        Raises TaskFailure when no answer comes, or one that does not count as success.
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
            except TimeoutError as error:
                raise _timed_out(error) from TimeoutError("Read timed out")
            except (OSError, http.client.HTTPException) as error:
                raise TaskFailure(str(error)) from error
            finally:
                connection.close()
        raise TaskFailure(f"Maximum redirects ({MAX_REDIRECTS}) exceeded")

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        host, port = parts.hostname or "", parts.port
        timeout = self.connect_timeout or self.read_timeout
        secure = parts.scheme == "https"
        if not secure:
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

    def _exchange(
        self, method: str, uri: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        import socket
        import ssl
        from http.client import HTTPException
        from urllib.parse import urlsplit

        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            text = "Target host is not specified"
            raise TaskFailure(
                f"org.apache.hc.client5.http.ClientProtocolException: {text}"
            ) from OSError(f"{text}\n{text}")
        connection = self._connection(parts)
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        try:
            connection.connect()
        except TimeoutError as error:
            text = f"Connect to {target} failed: Connect timed out"
            raise TaskFailure(
                f"org.apache.hc.client5.http.ConnectTimeoutException: {text}"
            ) from TimeoutError(text or str(error))
        except ssl.SSLError as error:
            raise TaskFailure(str(error)) from error
        except socket.gaierror as error:
            text = f"{parts.hostname}: {error.strerror}"
            raise TaskFailure(f"java.net.UnknownHostException: {text}") from OSError(text)
        except OSError as error:
            text = f"Connect to {target} failed: {error.strerror or error}"
            raise TaskFailure(text) from OSError(text)
        assert connection.sock is not None
        connection.sock.settimeout(self.read_timeout)
        peer = connection.sock.getpeername()
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
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None:
                sent["Content-Length"] = str(len(body))
            elif method in ("POST", "PUT", "PATCH"):
                sent["Content-Length"] = "0"
            for name, value in sent.items():
                connection.putheader(name, value.encode("utf-8"))
            connection.endheaders(body)
            answer = connection.getresponse()
        except TimeoutError as error:
            connection.close()
            raise _timed_out(error) from TimeoutError("Read timed out")
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise TaskFailure(str(error)) from error
        host = "" if parts.hostname == peer[0] else parts.hostname
        self.run.log(
            "DEBUG",
            f"Request '{uri}' from '{host}/{peer[0]}:{peer[1]}' with the response code '{answer.status}'",
        )
        tags = {
            "request.method": method,
            "request.scheme": parts.scheme,
            "request.hostname": parts.hostname,
            "response.code": str(answer.status),
        }
        if answer.length is not None:
            self.run.metric("counter", "response.length", answer.length, tags)
        self.run.metric("counter", "request.count", 1, tags)
        self.run.metric("counter", "request.bytes", len(body or b""), tags)
        self.run.metric("counter", "response.count", 1, tags)
        return connection, answer

    def _response(self, answer: HTTPResponse, into: BinaryIO | None) -> Response:
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        headers = dict(sorted(found.items()))
        # an answer that by its kind has no body is told apart from one whose body is empty
        has_body = answer.status not in (204, 304) and answer._method != "HEAD"  # type: ignore[attr-defined]
        if not self._allowed(answer.status):
            text = f"Failed http request with response code '{answer.status}'"
            if has_body:
                text += f" and body:\n{answer.read().decode('utf-8', 'replace')}"
            raise TaskFailure(_printable(text))
        if into is None:
            body = answer.read()
            return Response(answer.status, headers, body if has_body else None, len(body))
        import shutil

        start = into.tell()
        shutil.copyfileobj(answer, into)
        return Response(answer.status, headers, None, into.tell() - start)

    def _allowed(self, code: int) -> bool:
        if self.allowed:
            return code in self.allowed
        return self.allow_failed or code < 400


def _basic(user: str | None, password: str | None) -> str:
    from base64 import b64encode

    return "Basic " + b64encode(f"{user or ''}:{password or ''}".encode()).decode()


def _timed_out(error: BaseException) -> TaskFailure:
    return TaskFailure("java.net.SocketTimeoutException: Read timed out")


def _printable(message: str) -> str:
    """The message as the engine's HTTP library keeps it: control characters show as their position."""
    return "".join(
        f"[0x{index:02x}]" if ord(char) < 32 else char for index, char in enumerate(message)
    )
