"""The syntax of URIs, as far as an input is refused for it."""

from __future__ import annotations

import re

from flowrt.inputs.errors import Invalid

_UNRESERVED = r"A-Za-z0-9_\-!.~'()*"
_OTHER = r"\x80-\U0010ffff"  # letters beyond ASCII are let through; blanks among them are not
_BLANKS = re.compile(r"[\s\x80-\x9f]")
_LEGAL = {
    "opaque part": re.compile(rf"[{_UNRESERVED}{_OTHER};/?:@&=+$,\[\]%]*"),
    "authority": re.compile(rf"[{_UNRESERVED}{_OTHER};:@&=+$,\[\]%]*"),
    "path": re.compile(rf"[{_UNRESERVED}{_OTHER};/:@&=+$,%]*"),
    "query": re.compile(rf"[{_UNRESERVED}{_OTHER};/?:@&=+$,\[\]%]*"),
    "fragment": re.compile(rf"[{_UNRESERVED}{_OTHER};/?:@&=+$,\[\]%]*"),
}
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_SPLIT = re.compile(
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)


def uri_scheme(text: str) -> str | None:
    """The scheme of a URI, None for a relative one; `Invalid` when the text is no URI at all."""
    head = re.match(r"[^/?#:]*:", text)
    if head is None:
        if text:
            _check_parts(text, 0)
        return None
    scheme = head.group()[:-1]
    if not scheme:
        raise Invalid(f"Expected scheme name at index 0: {text}")
    match = _SCHEME.match(scheme)
    if match is None or match.end() != len(scheme):
        index = 0 if match is None else match.end()
        raise Invalid(f"Illegal character in scheme name at index {index}: {text}")
    start = head.end()
    if start == len(text):
        raise Invalid(f"Expected scheme-specific part at index {start}: {text}")
    if text[start] == "/":
        _check_parts(text, start)
    else:
        opaque, separator, fragment = text[start:].partition("#")
        _check(text, "opaque part", start, opaque)
        if separator:
            _check(text, "fragment", start + len(opaque) + 1, fragment)
    return scheme


def _check_parts(text: str, start: int) -> None:
    match = _SPLIT.fullmatch(text, start)
    assert match is not None  # every text splits into the four parts
    for part in ("authority", "path", "query", "fragment"):
        if match.group(part):
            _check(text, part, match.start(part), match.group(part))


def _check(text: str, part: str, start: int, piece: str) -> None:
    legal = _LEGAL[part].match(piece)
    end = legal.end() if legal else 0
    blank = _BLANKS.search(piece)
    if blank:
        end = min(end, blank.start())
    escape = _ESCAPE.search(piece)
    if escape and escape.start() < end:
        raise Invalid(f"Malformed escape pair at index {start + escape.start()}: {text}")
    if end < len(piece):
        raise Invalid(f"Illegal character in {part} at index {start + end}: {text}")
