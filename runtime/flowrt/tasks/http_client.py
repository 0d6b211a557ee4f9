"""The options of HTTP requests in tasks, and the client that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from flowrt.http.client import LARGEST_BODY, READ_IDLE, Client, basic
from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    PLAIN,
    STRING,
    Declared,
    enum,
    listing,
    prop,
    record,
    tagged,
)
from flowrt.model.failures import TaskFailure
from flowrt.services.masks import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.http.address import Address
    from flowrt.http.client import Exchange, Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text


PROXIES = enum("DIRECT", "HTTP", "SOCKS")
LOGS = enum("REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_HEADERS", "RESPONSE_BODY")
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
"""Headers whose values no log shows, whether the flow calls them secrets or not."""
LOG_LEVEL = enum("ALL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "OFF", "NOT_SPECIFIED")


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


class DigestAuth(Declared):
    """User and password for a server that asks for a digest; Kestra sends neither."""

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)


class Proxy(Declared):
    """The proxy in between."""

    type: Text = prop(PROXIES, default="DIRECT")
    address: Text | None = prop(STRING, default=None)
    port: Integer | None = prop(INTEGER, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)


class Ssl(Declared):
    """How certificates are checked."""

    insecure_trust_all_certificates: Flag | None = prop(BOOLEAN, default=None)


def trusts_all(run: RunContext, ssl: Ssl | None) -> bool:
    """Whether certificates are not checked."""
    return ssl is not None and run.flag(ssl.insecure_trust_all_certificates)


class HttpOptions(Declared):
    """How a request is sent, and which answers count as success."""

    timeout: HttpTimeout | None = prop(record(HttpTimeout), default=None)
    follow_redirects: Flag = prop(BOOLEAN, default=True)
    allow_failed: Flag = prop(BOOLEAN, default=False)
    allowed_response_codes: Listing | None = prop(listing(INTEGER), default=None)
    default_charset: Text = prop(STRING, default="UTF-8")
    auth: BasicAuth | BearerAuth | DigestAuth | None = prop(
        tagged(BASIC=BasicAuth, BEARER=BearerAuth, DIGEST=DigestAuth), default=None
    )
    proxy: Proxy | None = prop(record(Proxy), default=None)
    ssl: Ssl | None = prop(record(Ssl), default=None)
    logs: list[str] | None = prop(listing(LOGS), static=True, default=None)
    basic_auth_user: Text | None = prop(PLAIN, default=None)
    basic_auth_password: Text | None = prop(PLAIN, default=None)
    connect_timeout: str | None = prop(DURATION, static=True, default=None)
    read_timeout: str | None = prop(DURATION, static=True, default=None)
    proxy_type: str | None = prop(PROXIES, static=True, default=None)
    proxy_address: Text | None = prop(PLAIN, default=None)
    proxy_port: int | None = prop(INTEGER, static=True, default=None)
    proxy_username: Text | None = prop(PLAIN, default=None)
    proxy_password: Text | None = prop(PLAIN, default=None)
    enabled_tcp_extended_keep_alive: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    log_level: str | None = prop(LOG_LEVEL, static=True, default=None, ignored=True)
    read_idle_timeout: str | None = prop(DURATION, static=True, default=None, ignored=True)
    connection_pool_idle_timeout: str | None = prop(
        DURATION, static=True, default=None, ignored=True
    )
    max_content_length: int | None = prop(INTEGER, static=True, default=None, ignored=True)


class Logs:
    """Writes of requests and answers what the options of a task ask for: a witness of its client."""

    def __init__(self, run: RunContext, wanted: list[str]) -> None:
        self._run = run
        self._wanted = frozenset(wanted)
        self.sees_bodies = "RESPONSE_BODY" in self._wanted

    def asked(
        self, method: str, address: Address, headers: dict[str, str], body: bytes | None
    ) -> None:
        """Write of a request before it is sent."""
        if "REQUEST_HEADERS" in self._wanted:
            self._run.log("DEBUG", f"request:\n    method: {method}\n    uri: {address}")
            self._headers("request", headers.items())
        if "REQUEST_BODY" in self._wanted:
            self._body("request", body)

    def answered(self, reason: str, headers: list[tuple[str, str]], body: bytes | None) -> None:
        """Write of an answer; its body is shown as it came over the wire."""
        if "RESPONSE_HEADERS" in self._wanted:
            self._run.log("DEBUG", f"response:\n    reason: {reason}")
            self._headers("response", headers)
        if self.sees_bodies:
            self._body("response", body)

    def _headers(self, side: str, headers: Iterable[tuple[str, str]]) -> None:
        lines = [
            f"\n    {name}: {MASK if name.lower() in CREDENTIALS else value}"
            for name, value in headers
        ]
        self._run.log("DEBUG", f"{side} headers:{''.join(lines) or ' null'}")

    def _body(self, side: str, body: bytes | None) -> None:
        text = " null" if body is None else f"\n    {body.decode('utf-8', 'replace')}"
        self._run.log("TRACE", f"{side} payload:{text}")


class HttpClient:
    """Sends requests as the options of a task say. The log shows no more of a `hidden` address than its server."""

    def __init__(
        self,
        run: RunContext,
        options: HttpOptions | None,
        allow_failed: bool = False,
        ssl: Ssl | None = None,
        largest: int = LARGEST_BODY,
        hidden: bool = False,
        repeats: bool = False,
    ) -> None:
        self.hidden = hidden
        options = options or HttpOptions()
        self.run = run
        timeout = options.timeout or HttpTimeout()
        connect = timeout.connect_timeout or options.connect_timeout
        idle = timeout.read_idle_timeout or options.read_timeout
        self.allow_failed = allow_failed or run.flag(options.allow_failed)
        self.client = Client(
            connect_timeout=run.duration(connect),
            read_timeout=run.duration(idle) or READ_IDLE,
            follow=run.flag(options.follow_redirects, True),
            authorization=self._authorization(options),
            insecure=trusts_all(run, options.ssl) or trusts_all(run, ssl),
            proxy=self._proxy(options),
            allowed=run.listing(options.allowed_response_codes, INTEGER) or (),
            allow_failed=self.allow_failed,
            observe=self._observe,
            largest=largest,
            repeats=repeats,
            witness=Logs(run, options.logs) if options.logs else None,
        )
        run.on_kill(self.client.abort)

    def _authorization(self, options: HttpOptions) -> str | None:
        text = self.run.text
        auth = options.auth
        if isinstance(auth, BearerAuth):
            return f"Bearer {text(auth.token) or ''}"
        if isinstance(auth, BasicAuth):
            return basic(text(auth.username), text(auth.password))
        if options.basic_auth_user is not None:
            return basic(text(options.basic_auth_user), text(options.basic_auth_password))
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
        credentials = basic(user, self.run.text(proxy.password)) if user is not None else None
        return address, port, credentials

    def send(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
        body_type: str | None = None,
    ) -> Response:
        """Send a request and follow redirects; the body goes `into` a file if one is given.

        What the request's body is `body_type` says, whatever a header says of it; without it the header counts. Raises TaskFailure when no answer comes, or one that does not count as success.
        """
        from flowrt.http.failures import BadStatus, HttpFailure, TooLarge

        try:
            return self.client.send(method, uri, headers, body, into, body_type or "")
        except BadStatus as failure:
            _check_json(_type_of(headers) if body_type is None else body_type, body)
            raise TaskFailure(str(failure)) from None
        except TooLarge:
            raise
        except HttpFailure as failure:
            cause = failure.__cause__
            raise TaskFailure(str(failure)) from (
                cause if type(cause) in (OSError, TimeoutError) else None
            )

    def _observe(self, seen: Exchange) -> None:
        """Log and count an exchange."""
        address = seen.address
        host = "" if address.numeric else address.wire_host
        uri = f"{address.scheme}://{address.host}/..." if self.hidden else str(address)
        self.run.log(
            "DEBUG",
            f"Request '{uri}' from '{host}/{_peer(*seen.peer)}' with the response code '{seen.code}'",
        )
        tags = {
            "request.method": seen.method,
            "request.scheme": address.scheme,
            "request.hostname": address.host,
            "response.code": str(seen.code),
        }
        if seen.length is not None:
            self.run.metric("counter", "response.length", seen.length, tags)
        self.run.metric("counter", "request.count", 1, tags)
        self.run.metric("counter", "request.bytes", seen.sent, tags)
        self.run.metric("counter", "response.count", 1, tags)


def _peer(number: str, port: int) -> str:
    """An end of a connection as Java shows it: IPv6 in eight groups, IPv4 inside of it as IPv4."""
    if ":" not in number:
        return f"{number}:{port}"
    from ipaddress import IPv6Address

    address = IPv6Address(number.partition("%")[0])
    if address.ipv4_mapped is not None:
        return f"{address.ipv4_mapped}:{port}"
    groups = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
    return f"[{groups}]:{port}"


def _type_of(headers: dict[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")


def _check_json(content_type: str, body: bytes | None) -> None:
    """The engine looks at a request again that was refused, and reads its body where that should be JSON.

    Raises TaskFailure for one that is none, an empty one too.
    """
    if body is None or content_type.partition(";")[0] != "application/json":
        return
    from flowrt.formats.jsonlist import failure
    from flowrt.formats.jsonread import JsonError, parse_json

    text = body.decode("utf-8", "replace")
    try:
        parse_json(text)
    except JsonError as error:
        raise TaskFailure(failure(error, text)) from error
