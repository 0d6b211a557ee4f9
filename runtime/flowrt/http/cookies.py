"""Cookies that servers set while one exchange goes on, kept and sent by the rules of RFC 6265."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.http.address import Address

MOST_COOKIES = 300
"""Cookies of one exchange; what servers set beyond them is passed over."""
_SPECIAL = re.compile(r'[ ",;\\]')
_PIECE = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^;])*')
_ESCAPED = re.compile(r"\\(.)")


class Cookie:
    """What a server wants to be told again."""

    __slots__ = ("domain", "name", "path", "secure", "shared", "value")

    def __init__(self, name: str, value: str, domain: str, path: str) -> None:
        self.name = name
        self.value = value
        self.domain = domain
        self.path = path
        self.shared = False
        """Whether the hosts below the domain are told, too."""
        self.secure = False

    def belongs(self, address: Address) -> bool:
        """Whether it is sent with a request to an address."""
        host = address.wire_host.lower()
        named = host == self.domain or (self.shared and host.endswith(f".{self.domain}"))
        return (
            named and _below(_path_of(address), self.path) and (address.secure or not self.secure)
        )

    def __str__(self) -> str:
        value = self.value
        if _SPECIAL.search(value):
            value = '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
        return f"{self.name}={value}"


class Cookies:
    """The cookies of an exchange."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Cookie] = {}

    def take(self, address: Address, headers: Iterable[str]) -> None:
        """Keep what the `Set-Cookie` headers of an answer say; those that are malformed are passed over."""
        for header in headers:
            cookie, lives = _parsed(header, address)
            if cookie is None:
                continue
            key = (cookie.name, cookie.domain, cookie.path)
            self._kept.pop(key, None)
            if lives and len(self._kept) < MOST_COOKIES:
                self._kept[key] = cookie

    def header(self, address: Address) -> str:
        """The value of the `Cookie` header of a request, longer paths first; nothing for none."""
        found = [cookie for cookie in self._kept.values() if cookie.belongs(address)]
        found.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(map(str, found))


def _parsed(header: str, address: Address) -> tuple[Cookie | None, bool]:
    """A cookie, if it may be kept, and whether it has not ended already."""
    pair, *attributes = _PIECE.findall(header)[::2] or [""]
    name, mark, value = (each.strip() for each in pair.partition("="))
    if not mark or not name:
        return None, False
    host = address.wire_host.lower()
    cookie = Cookie(name, _plain(value), host, _folder(_path_of(address)))
    said = {}
    for attribute in attributes:
        key, _, text = attribute.partition("=")
        said[key.strip().lower()] = _plain(text.strip())
    cookie.secure = "secure" in said
    if "domain" in said:
        domain = said["domain"].lower().removeprefix(".")
        # a domain of a single word is a registry, to which no server speaks for all others
        if domain != host and not ("." in domain and host.endswith(f".{domain}")):
            return None, False
        if domain != host or address.numeric is None:
            cookie.domain, cookie.shared = domain, "." in domain and address.numeric is None
    if "path" in said:
        cookie.path = said["path"] or "/"
    lives = True
    if "expires" in said:
        ends = _date(said["expires"])
        if ends is None:
            return None, False
        from time import time

        lives = ends > time()
    if "max-age" in said:
        if not re.fullmatch(r"-?[0-9]{1,18}", said["max-age"]):
            return None, False
        lives = int(said["max-age"]) > 0
    return cookie, lives


def _date(text: str) -> float | None:
    """When a cookie ends; None for what is no date as HTTP writes it."""
    if "," not in text:
        return None
    return http_date(text)


def http_date(text: str) -> float | None:
    """A date of HTTP in seconds; None for what is none."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _plain(value: str) -> str:
    """A value without the quotation marks around it."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value


def _path_of(address: Address) -> str:
    return address.path.partition("?")[0] or "/"


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _below(path: str, folder: str) -> bool:
    folder = folder.rstrip("/")
    return path == folder or path.startswith(f"{folder}/")
