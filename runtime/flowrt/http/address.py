"""Addresses of requests: what of a text is the server, what is asked of it, and what is refused before it is asked.

Texts are read as `java.net.URI` reads them, servers are found as Apache HttpClient 5 finds them.
"""

from __future__ import annotations

from flowrt.java.uri import InvalidUri
from flowrt.java.uriparts import Uri, number_of

LARGEST_PORT = 65535
_PORTS = {"http": 80, "https": 443}


class Unroutable(Exception):
    """An address that is a URI, but of no server that could be asked; `causes` is what the log says of the reasons."""

    def __init__(self, message: str, causes: str = "") -> None:
        super().__init__(message)
        self.causes = causes


def protocol_failure(said: str, *behind: str) -> Unroutable:
    """What the client's library says of an address that it refuses; it says it twice."""
    text = f"org.apache.hc.client5.http.ClientProtocolException: {said}"
    return Unroutable(text, "\n".join((said, said, *behind)))


class Address:
    """Whom to ask, and for what: `path` is what stands in the request, with the query; there is no fragment in it."""

    __slots__ = ("host", "path", "port", "scheme")

    def __init__(self, text: str) -> None:
        """Raises InvalidUri for what is no URI, Unroutable for one that names no server."""
        uri = Uri(text)
        user, host, port = host_of(uri)
        # The library looks at the port before all else, and at the user last, when it knows whom to ask.
        if not -1 <= port <= LARGEST_PORT:
            raise Unroutable(
                f"Port number(Use -1 to specify the scheme default port): {port} is out of range [-1, {LARGEST_PORT}]"
            )
        if host is None:
            raise protocol_failure("Target host is not specified")
        if uri.scheme is None:
            failure = "org.apache.hc.client5.http.ClientProtocolException"
            raise Unroutable(failure, "null\nProtocol scheme is not specified")
        if not host:
            raise Unroutable("Host name must not be empty")
        self.scheme = uri.scheme
        """As it is written. All but `https` is spoken to as HTTP, if a port is given."""
        self.host = _unicode(host)
        self.port = port
        """-1 where none is said."""
        if port < 0 and self.kind not in _PORTS:
            raise protocol_failure(f"Unroutable protocol scheme: {self.kind}://{self.wire_host}")
        if user is not None:
            # Users and passwords in addresses stand in logs; the library knows other ways to send them.
            raise protocol_failure("Request URI authority contains deprecated userinfo component")
        if port == 0 and self.kind not in _PORTS:
            raise Unroutable("port out of range:-1")
        self.path = uri.path or "/"
        if uri.query is not None:
            self.path += f"?{uri.query}"

    @property
    def kind(self) -> str:
        """The scheme in small letters."""
        return self.scheme.lower()

    @property
    def secure(self) -> bool:
        return self.kind == "https"

    @property
    def wire_host(self) -> str:
        """The host as the wire has it: letters beyond ASCII in punycode."""
        if self.host.isascii():
            return self.host
        try:
            return self.host.encode("idna").decode("ascii")
        except UnicodeError:
            return self.host

    @property
    def server(self) -> str:
        """Host and port as they are said, as a `Host` header has them."""
        return self.wire_host + (f":{self.port}" if self.port >= 0 else "")

    @property
    def target(self) -> str:
        """Scheme, host and port as failures to connect have them."""
        port = _PORTS[self.kind] if self.port < 0 else self.port
        return f"{self.kind}://{self.wire_host}:{port}"

    @property
    def real_port(self) -> int:
        """The port to connect to: 0 stands for that of the scheme."""
        return self.port if self.port > 0 else _PORTS.get(self.kind, 0)

    @property
    def numeric(self) -> str | None:
        """The number of the host where it is given as one, as sockets take it; None for a name.

        Leading zeros do not make octal numbers here, as they do for C.
        """
        if self.host.startswith("["):
            number, _, zone = self.host[1:-1].partition("%")
            # No zone is called `25…`: that is an escaped `%`, and the zone is left out then.
            return f"{number}%{zone}" if zone and not zone.startswith("25") else number
        parts = self.host.split(".")
        if len(self.host) > 15 or len(parts) > 4 or not all(map(_is_number, parts)):
            return None
        numbers = [int(part) for part in parts]
        largest = 256 ** (5 - len(parts))
        if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= largest:
            return None
        value = numbers[-1]
        for shift, byte in zip((24, 16, 8), numbers[:-1], strict=False):
            value += byte << shift
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))

    @property
    def written(self) -> str:
        """Host and port as logs have them."""
        return self.host + (f":{self.port}" if self.port >= 0 else "")

    def __str__(self) -> str:
        """The address as logs have it."""
        return f"{self.scheme}://{self.written}{self.path}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def host_of(uri: Uri) -> tuple[str | None, str | None, int]:
    """User, host and port. Names that URIs let through, but not as servers, are taken apart more generously."""
    if uri.host is not None or uri.authority is None:
        return uri.user, uri.host, uri.port
    user, at, rest = uri.authority.partition("@")
    if not at:
        rest = uri.authority
    host, _, text = rest.partition(":")
    port = -1
    if text.strip():
        found = number_of(text)
        if found is None:
            return None, None, -1
        port = found
    return (user if at and user.strip() else None), host, port


def _unicode(host: str) -> str:
    """A host in punycode as it reads; other hosts as they are."""
    small = host.lower()
    if not small.startswith("xn--"):
        return host
    try:
        return small.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def request_target(path: str) -> bytes:
    """A path on the wire: in Latin-1, with `?` for what that does not have, as the library writes it."""
    units = path.encode("utf-16-le", "surrogatepass")
    codes = [units[index] | units[index + 1] << 8 for index in range(0, len(units), 2)]
    return bytes(code if 32 <= code <= 126 or 160 <= code <= 255 else 63 for code in codes)


def built(text: str, parameters: list[tuple[str, str]]) -> str:
    """The text of an address with more parameters. Raises InvalidUri for what is no URI, or none with a host.

    With parameters the query is written anew: escaped alike, and without those that have no name.
    """
    from urllib.parse import quote

    uri = Uri(text)
    _checked(uri)
    if not parameters:
        return text
    known: list[tuple[str, str | None]] = []
    for piece in (uri.query or "").split("&"):
        name, mark, value = piece.partition("=")
        if name:
            known.append((_decoded(name), _decoded(value) if mark else None))
    query = "&".join(
        quote(name, safe="") + ("" if value is None else f"={quote(value, safe='')}")
        for name, value in (*known, *parameters)
    )
    scheme = "" if uri.scheme is None else f"{uri.scheme}:"
    authority = "" if uri.authority is None else f"//{uri.authority}"
    fragment = "" if uri.fragment is None else f"#{uri.fragment}"
    return f"{scheme}{authority}{uri.path or ''}?{query}{fragment}"


def _decoded(text: str) -> str:
    """A part of a query without escapes. Of letters beyond ASCII the lower byte counts, as if that were UTF-8."""
    from urllib.parse import unquote_to_bytes

    units = text.encode("utf-16-le", "surrogatepass")
    return unquote_to_bytes(units[::2]).decode("utf-8", "replace")


def _checked(uri: Uri) -> tuple[str | None, str | None, int]:
    """User, host and port. Raises HostlessUri where a scheme of the web has no host."""
    from urllib.parse import unquote

    user, host, port = host_of(uri)
    if uri.scheme is not None and uri.scheme.lower() in _PORTS and not unquote(host or "").strip():
        raise HostlessUri(uri.scheme)
    return user, host, port


class HostlessUri(InvalidUri):
    """A URI without the host that its scheme needs; its text is not told."""

    def __init__(self, scheme: str) -> None:
        ValueError.__init__(self, f"http/https URI cannot have an empty host identifier: {scheme}")


def redirect_address(address: Address, location: str) -> Address:
    """Where a redirect leads to: its steps back are taken, its host is in small letters, no path is that of the root.

    Raises InvalidUri for a location that is none, Unroutable for one of no server.
    """
    uri = Uri(location)
    user, host, port = _checked(uri)
    path = _without_steps(uri.path or "/")
    scheme = uri.scheme
    authority = ""
    if host:
        sign = "" if user is None else f"{user}@"
        authority = f"//{sign}{host.lower()}" + (f":{port}" if port >= 0 else "")
    if scheme is None:
        scheme = address.scheme
        if not authority:
            authority = f"//{address.written}"
            if not path.startswith("/"):
                folder = address.path.partition("?")[0].rpartition("/")[0]
                path = _without_steps(f"{folder}/{path}")
    query = "" if uri.query is None else f"?{uri.query}"
    text = f"{scheme}:{authority}{path}{query}"
    if not authority or port > LARGEST_PORT:
        raise protocol_failure(f"Redirect URI does not specify a valid host name: {text}")
    return Address(text)


def _without_steps(path: str) -> str:
    """A path without `.` and without `..` behind a name; those at its beginning stay."""
    found: list[str] = []
    pieces = path.split("/")
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if piece == "." or (piece == ".." and found and found[-1] not in ("", "..")):
            if piece == "..":
                found.pop()
            if last:
                found.append("")
        else:
            found.append(piece)
    return "/".join(found)


def is_number_of_c(host: str) -> bool:
    """Whether the library of C takes a host for a number."""
    from socket import inet_aton

    try:
        inet_aton(host)
    except OSError:
        return False
    return True
