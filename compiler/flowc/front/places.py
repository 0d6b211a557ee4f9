"""Where things stand in a file: the characters of a text value that spans lines or holds escapes, the id of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.source import Span

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.S)
_LINE = re.compile(r"[^\n]*")

Offsets = tuple[tuple[int, int], ...]


def offsets(value: str, text: str, start: int, end: int, style: str | None) -> Offsets:
    """Pairs (offset in the value, offset in the file) at each point where the two part ways.

    `text[start:end]` is the scalar as written, with quotes or the block header; `style` is its first character, None
    for a plain scalar.
    """
    pairs: list[tuple[int, int]] = []
    cursor = 0
    for place, piece in _pieces(text, start, end, style):
        found = value.find(piece, cursor)
        if found < 0:
            continue
        if not pairs or found - pairs[-1][0] != place - pairs[-1][1]:
            pairs.append((found, place))
        cursor = found + len(piece)
    return tuple(pairs)


def _pieces(text: str, start: int, end: int, style: str | None) -> Iterator[tuple[int, str]]:
    """The stretches of the source that stand in the value as they are."""
    if style in ("|", ">"):
        yield from _block(text, start, end)
    elif style in ("'", '"'):
        yield from _quoted(text, start + 1, end - 1, style)
    else:
        yield from _lines(text, start, end)


def _block(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    at = text.find("\n", start, end) + 1
    if not at:
        return
    indent = None
    for found in _LINE.finditer(text, at, end):
        line = found[0].rstrip("\r")
        if not line.strip(" "):
            continue
        own = len(line) - len(line.lstrip(" "))
        if indent is None:
            indent = _explicit(text, start, at) or own
        yield found.start() + min(indent, own), line[min(indent, own) :]


def _explicit(text: str, start: int, end: int) -> int | None:
    """The indent that a header such as `|2` gives; it counts from the parent, which stands on the header's line."""
    header = re.match(r"[|>][+-]?([1-9])", text[start:end])
    if header is None:
        return None
    line = text[text.rfind("\n", 0, start) + 1 : start]
    parent = len(line) - len(line.lstrip(" -"))
    return parent + int(header[1])


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for found in _LINE.finditer(text, start, end):
        line = found[0]
        content = line.strip()
        if content:
            yield found.start() + line.index(content), content


def _quoted(text: str, start: int, end: int, quote: str) -> Iterator[tuple[int, str]]:
    for place, line in _lines(text, start, end):
        if quote == "'":
            at = place
            for part in line.split("''"):
                if part:
                    yield at, part
                at += len(part) + 2
            continue
        at = 0
        for escape in _ESCAPE.finditer(line):
            if escape.start() > at:
                yield place + at, line[at : escape.start()]
            at = escape.end()
        if at < len(line):
            yield place + at, line[at:]


def id_span(span: Span) -> Span:
    """The value of `id` of an object, found in its text; the object itself when it is written in another way."""
    text, start, end = span.file.text, span.start, span.end
    if text.startswith("{", start):
        found = _in_braces(text, start, end)
    else:
        # the keys of an object in lines stand below one another; what is deeper belongs to a value
        found = _ID.match(text, start, end)
        indent = " " * (span.column - 1)
        at = text.find(f"\n{indent}", start, end)
        while found is None and at >= 0:
            found = _ID.match(text, at + 1 + len(indent), end)
            at = text.find(f"\n{indent}", at + 1, end)
    return Span(span.file, found.start("id"), found.end("id")) if found else span


def _in_braces(text: str, start: int, end: int) -> re.Match[str] | None:
    """The `id` of an object in braces, not of one within it."""
    depth = 0
    for found in _TOKENS.finditer(text, start, end):
        mark = found[0][0]
        if found["id"] is not None and depth == 1:
            return found
        depth += (mark in "{[") - (mark in "}]")
    return None


_ID = re.compile(r"(?:id|\"id\"|'id')[ \t]*:[ \t]+[\"']?(?P<id>[\w.-]+)")
_TOKENS = re.compile(
    r"(?<=[\s{,])(?:id|\"id\"|'id')\s*:(?=\s*[\"']?(?P<id>[\w.-]+))"
    r"|\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?<=\s)#[^\n]*|[{}\[\]]"
)
