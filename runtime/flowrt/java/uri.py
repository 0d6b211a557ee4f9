"""The syntax of URIs, as `java.net.URI` checks it."""

from __future__ import annotations

import re

UNRESERVED = r"A-Za-z0-9_\-!.~'()*"
_OTHER = r"\x80-\U0010ffff"  # letters beyond ASCII are let through; blanks among them are not
BLANKS = re.compile(r"[\s\x80-\x9f]")
_ANY = re.compile(rf"[{UNRESERVED}{_OTHER};/?:@&=+$,\[\]%]*")
_LEGAL = {
    "opaque part": _ANY,
    "authority": re.compile(rf"[{UNRESERVED}{_OTHER};:@&=+$,\[\]%]*"),
    "path": re.compile(rf"[{UNRESERVED}{_OTHER};/:@&=+$,%]*"),
    "query": _ANY,
    "fragment": _ANY,
}
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_SPLIT = re.compile(
    r"(?:(?P<slashes>//)(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)


class InvalidUri(ValueError):
    """A text that is no URI; the message says what is wrong and where, as `java.net.URI` words it."""

    def __init__(self, wrong: str, index: int, text: str) -> None:
        super().__init__(f"{wrong} at index {index}: {text.strip(' ')}")


def split_uri(text: str) -> tuple[str | None, str | None, str]:
    """Scheme, authority and path of a URI, still escaped; the path of `mailto:x` is what follows its scheme.

    Raises InvalidUri for a text that is no URI.
    """
    head = re.match(r"[^/?#:]*:", text)
    scheme, start = None, 0
    if head is not None:
        scheme, start = head.group()[:-1], head.end()
        if not scheme:
            raise InvalidUri("Expected scheme name", 0, text)
        match = _SCHEME.match(scheme)
        if match is None or match.end() != len(scheme):
            index = 0 if match is None else match.end()
            raise InvalidUri("Illegal character in scheme name", index, text)
        if text[start : start + 1] != "/":
            opaque, separator, fragment = text[start:].partition("#")
            if not opaque:
                raise InvalidUri("Expected scheme-specific part", start, text)
            _check(text, "opaque part", start, opaque)
            if separator:
                _check(text, "fragment", start + len(opaque) + 1, fragment)
            return scheme, None, opaque
    found = _SPLIT.fullmatch(text, start)
    assert found is not None  # every text splits into the four parts
    if found["slashes"] and not found["authority"] and found.end("slashes") == len(text):
        raise InvalidUri("Expected authority", len(text), text)
    for part in ("authority", "path", "query", "fragment"):
        if found[part]:
            _check(text, part, found.start(part), found[part])
    return scheme, found["authority"], found["path"]


def _check(text: str, part: str, start: int, piece: str) -> None:
    legal = _LEGAL[part].match(piece)
    end = legal.end() if legal else 0
    blank = BLANKS.search(piece)
    if blank:
        end = min(end, blank.start())
    escape = BAD_ESCAPE.search(piece)
    if escape and escape.start() < end:
        raise InvalidUri("Malformed escape pair", start + escape.start(), text)
    if end < len(piece):
        raise InvalidUri(f"Illegal character in {part}", start + end, text)


def unescape(path: str) -> str:
    """A path with its `%HH` sequences decoded."""
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)


def form_encoded(text: str) -> str:
    """A text in form encoding, as `java.net.URLEncoder` writes it: a blank becomes `+`."""
    from urllib.parse import quote_plus

    return quote_plus(text, "*", errors="replace").replace("~", "%7E")
