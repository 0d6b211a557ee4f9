"""The parts of a URI, as `java.net.URI` finds them: which server an authority names is a grammar of its own."""

from __future__ import annotations

import re

from flowrt.java.uri import BAD_ESCAPE, BLANKS, UNRESERVED, InvalidUri, split_uri
from flowrt.java.values import INT_MAX

_OTHER = r"[^\x00-\x80]"
_NAME = re.compile(rf"(?:[{UNRESERVED}$,;:@&=+]|%[0-9A-Fa-f]{{2}}|{_OTHER})*")
_SERVER = re.compile(rf"(?:[{UNRESERVED}$,;:@&=+%\[\]]|{_OTHER})*")
_USER = re.compile(rf"(?:[{UNRESERVED};:&=+$,]|%[0-9A-Fa-f]{{2}}|{_OTHER})*")
_AUTHORITY = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//([^/?#]+)")
_BYTE = r"0*(?:\d\d?|1\d\d|2[0-4]\d|25[0-5])"
_FOUR = re.compile(rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}(?![\d.])")
_LABELS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.|(?![A-Za-z0-9.-])))*")
_HEX = re.compile(r"[0-9A-Fa-f]+")

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
    escape = BAD_ESCAPE.search(piece)
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
    found, blank = pattern.match(piece), BLANKS.search(piece)
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
    port = number_of(rest[1:])
    if port is None:
        raise InvalidUri("Malformed port number", start + 1, text)
    return port


_NUMBER = re.compile(r"([+-]?)0*(\d{1,10})")


def number_of(text: str) -> int | None:
    """The number of 32 bits that a text is; None for any other text, however long it is."""
    found = _NUMBER.fullmatch(text)
    number = INT_MAX + 1 if found is None else int(found[1] + found[2])
    return number if abs(number) <= INT_MAX else None
