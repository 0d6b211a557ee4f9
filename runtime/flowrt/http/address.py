"""Addresses of requests: what of a text is the server, what is asked of it, and what is refused before it is asked.

Texts are read as `java.net.URI` reads them, servers are found as Apache HttpClient 5 finds them.
"""

from __future__ import annotations

import re

from flowrt.java.uri import InvalidUri, split_uri

_UNRESERVED = r"A-Za-z0-9_\-!.~'()*"
_OTHER = r"[^\x00-\x80]"
_NAME = re.compile(rf"(?:[{_UNRESERVED}$,;:@&=+]|%[0-9A-Fa-f]{{2}}|{_OTHER})*")
_SERVER = re.compile(rf"(?:[{_UNRESERVED}$,;:@&=+%\[\]]|{_OTHER})*")
_USER = re.compile(rf"(?:[{_UNRESERVED};:&=+$,]|%[0-9A-Fa-f]{{2}}|{_OTHER})*")
_BLANK = re.compile(r"[\s\x80-\x9f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//([^/?#]+)")
_BYTE = r"0*(?:\d\d?|1\d\d|2[0-4]\d|25[0-5])"
_FOUR = re.compile(rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}(?![\d.])")
_LABELS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.|(?![A-Za-z0-9.-])))*")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_PORT = re.compile(r"[+-]?\d+")
_LARGEST_INT = 2**31 - 1
LARGEST_PORT = 65535
_PORTS = {"http": 80, "https": 443}
_OPAQUE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?!/)")


class Uri:
    """The parts of a URI, still escaped; None for those that it does not have. A host of IPv6 keeps its brackets."""

    __slots__ = ("authority", "fragment", "host", "path", "port", "query", "scheme", "user")

    def __init__(self, text: str) -> None:
        found = _AUTHORITY.match(text)
        server = None if found is None else _server(text, found.start(1), found[1])
        self.scheme, self.authority, _ = split_uri(text)
        self.authority = self.authority or None
        self.user: str | None = None
        self.host: str | None = None
        self.port = -1
        if server is not None:
            self.user, self.host, self.port = server
        rest, mark, fragment = text.partition("#")
        self.fragment = fragment if mark else None
        self.path: str | None = None
        self.query: str | None = None
        if not _OPAQUE.match(text):
            rest, mark, query = rest.partition("?")
            self.query = query if mark else None
            self.path = rest[len(self.scheme) + 1 if self.scheme is not None else 0 :]
            if found is not None:
                self.path = rest[found.end() :]
            elif self.path.startswith("//"):
                self.path = self.path[2:]


def _server(text: str, start: int, piece: str) -> tuple[str | None, str, int] | None:
    """User, host and port of an authority; None where it is a name of another kind, which URIs may have."""
    escape = _BAD_ESCAPE.search(piece)
    named = _reach(_NAME, piece)
    if escape is not None and escape.start() == named:
        raise InvalidUri("Malformed escape pair", start + named, text)
    if _reach(_SERVER, piece) == len(piece):
        try:
            return _parts(text, start, piece)
        except InvalidUri:
            if named < len(piece):
                raise
    elif named < len(piece):
        raise InvalidUri("Illegal character in authority", start + named, text)
    return None


def _reach(pattern: re.Pattern[str], piece: str) -> int:
    """How far a piece has legal characters only."""
    found, blank = pattern.match(piece), _BLANK.search(piece)
    end = found.end() if found else 0
    return min(end, blank.start()) if blank else end


def _parts(text: str, start: int, piece: str) -> tuple[str | None, str, int]:
    user, at, rest = piece.partition("@")
    if at:
        end = _reach(_USER, user)
        if end < len(user):
            wrong = (
                "Malformed escape pair" if user[end] == "%" else "Illegal character in user info"
            )
            raise InvalidUri(wrong, start + end, text)
        start += len(user) + 1
    else:
        rest = piece
    size = _bracketed(text, start, rest) if rest.startswith("[") else _named(text, start, rest)
    return user if at else None, rest[:size], _port(text, start + size, rest[size:])


def _named(text: str, start: int, rest: str) -> int:
    """The length of the host's name, or of its four numbers."""
    numbers = _FOUR.match(rest)
    if numbers is not None and rest[numbers.end() :][:1] in ("", ":"):
        return numbers.end()
    found = _LABELS.match(rest)
    end = found.end() if found else 0
    if rest[end:][:1] not in ("", ":"):
        raise InvalidUri("Illegal character in hostname", start + end, text)
    if end == 0:
        raise InvalidUri("Expected hostname", start, text)
    last = rest[:end].removesuffix(".").rpartition(".")
    if last[1] and not last[2][0].isalpha():
        raise InvalidUri("Illegal character in hostname", start + len(last[0]) + 1, text)
    return end


def _bracketed(text: str, start: int, rest: str) -> int:
    """The length of an address of IPv6 and its brackets."""
    close = rest.find("]")
    if close < 2:
        where = len(rest) if close < 0 else close
        raise InvalidUri("Expected closing bracket for IPv6 address", start + where, text)
    inner, mark, scope = rest[1:close].partition("%")
    _Six(text, start + 1, inner).check()
    if mark and not re.fullmatch(r"[A-Za-z0-9_.]+", scope):
        raise InvalidUri("Illegal character in scope id", start + len(inner) + 2, text)
    return close + 1


class _Six:
    """An address of IPv6 at a place of a text, to be read piece by piece."""

    def __init__(self, text: str, start: int, inner: str) -> None:
        self.text = text
        self.start = start
        self.inner = inner
        self.at = 0
        self.bytes = 0

    def fail(self, wrong: str, at: int = 0) -> InvalidUri:
        return InvalidUri(wrong, self.start + at, self.text)

    def check(self) -> None:
        inner = self.inner
        found = self.groups()
        shortened = inner.startswith("::", self.at)
        if shortened:
            self.at += 2
            self.after_zeros()
        elif found and inner.startswith(":", self.at):
            self.at += 1
            self.four("IPv4 address")
        if self.at < len(inner):
            raise self.fail("Malformed IPv6 address")
        if self.bytes > 16:
            raise self.fail("IPv6 address too long")
        if not shortened and self.bytes < 16:
            raise self.fail("IPv6 address too short")
        if shortened and self.bytes == 16:
            raise self.fail("Malformed IPv6 address")

    def after_zeros(self) -> None:
        if self.at == len(self.inner):
            return
        if not self.groups():
            self.four("hex digits or IPv4 address")
        elif self.inner.startswith(":", self.at):
            self.at += 1
            self.four("hex digits or IPv4 address")

    def groups(self) -> bool:
        """Read hexadecimal groups; False where none begins. One that a dot follows begins an address of IPv4."""
        inner, first = self.inner, True
        while True:
            begin = self.at if first else self.at + 1
            group = _HEX.match(inner, begin)
            if group is None:
                if first:
                    return False
                raise self.fail("Expected digits for an IPv6 address", begin)
            if inner.startswith(".", group.end()):
                return not first
            if len(group[0]) > 4:
                raise self.fail("IPv6 hexadecimal digit sequence too long", begin)
            self.bytes += 2
            self.at, first = group.end(), False
            if not inner.startswith(":", self.at) or inner.startswith("::", self.at):
                return True

    def four(self, expected: str) -> None:
        rest = self.inner[self.at :]
        if re.fullmatch(r"[\d.]+", rest) is None:
            raise self.fail(f"Expected {expected}", self.at)
        if _FOUR.fullmatch(rest) is None:
            raise self.fail("Malformed IPv4 address", self.at)
        self.at, self.bytes = len(self.inner), self.bytes + 4


def _port(text: str, start: int, rest: str) -> int:
    """The port behind a host; -1 for none, and for a colon alone."""
    if not rest:
        return -1
    if not rest.startswith(":"):
        raise InvalidUri("Expected port number", start, text)
    digits = re.match(r"[0-9]*", rest[1:])
    size = digits.end() if digits else 0
    if size + 1 < len(rest):
        raise InvalidUri("Illegal character in port number", start + 1 + size, text)
    if size == 0:
        return -1
    if int(rest[1:]) > _LARGEST_INT:
        raise InvalidUri("Malformed port number", start + 1, text)
    return int(rest[1:])


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
        if _PORT.fullmatch(text) is None or abs(int(text)) > _LARGEST_INT:
            return None, None, -1
        port = int(text)
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
