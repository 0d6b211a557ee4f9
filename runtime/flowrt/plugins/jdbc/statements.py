"""SQL texts: where one statement ends and the next begins, and where parameters stand in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = re.compile(
    r"""(?P<text>'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z)|\[(?:[^\]]|\]\])*(?:\]|\Z))
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    |(?P<word>\w+)
    |(?P<cast>::)
    |(?P<name>:\w+)
    |(?P<mark>\?)
    |(?P<end>;)
    |(?P<blank>\s+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OBJECTS = frozenset(("PACKAGE", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE"))
"""What is created by statements that may hold semicolons up to their END."""
_NOT_CLOSING = frozenset(("IF", "LOOP", "CASE"))


class Piece(NamedTuple):
    """A part of a SQL text and what it is: a group of the pattern above."""

    kind: str
    text: str


def pieces(sql: str) -> Iterator[Piece]:
    """The parts of a SQL text, all of it."""
    for match in _PIECE.finditer(sql):
        kind = next(name for name, value in match.groupdict().items() if value and name != "tag")
        yield Piece(kind, match.group())


class _Blocks:
    """Where blocks of procedures begin and end, inside which a semicolon ends no statement."""

    def __init__(self) -> None:
        self.depth = 0
        self.objects = 0
        self._declares = False
        self._ended = False
        self._created = ""
        self.last = ""

    def word(self, word: str) -> None:
        self.last = word
        if word == "CREATE":
            self._created = word
        elif self._created:
            if word == "OR" or (word == "REPLACE" and self._created == "OR"):
                self._created = word
            else:
                self.objects += word in _OBJECTS
                self._created = ""
        if word == "DECLARE":
            self.depth += 1
            self._declares, self._ended = True, False
        elif word == "BEGIN":
            self.depth += not self._declares
            self._declares = self._ended = False
        elif word == "END":
            self._ended = True
        elif self._ended:
            self._ended = word not in _NOT_CLOSING

    def other(self) -> None:
        self._ended = False

    def semicolon(self) -> bool:
        """A semicolon; says whether it closed a block, and with it the statement."""
        closed = False
        if self._ended and self.objects:
            self.objects -= 1
            self._ended = False
            closed = not self.objects and not self.depth
        if not closed and self._ended and self.depth:
            self.depth -= 1
            closed = not self.depth
        self._ended = False
        return closed


def split(sql: str) -> list[str]:
    """The statements of a SQL text, without the semicolon that ends them, but for blocks, which keep theirs."""
    found: list[str] = []
    current: list[str] = []
    blocks, keep, says = _Blocks(), False, False

    def finish(text: str) -> None:
        nonlocal blocks, keep, says
        if says:
            found.append(text.strip())
        current.clear()
        blocks, keep, says = _Blocks(), False, False

    for piece in pieces(sql):
        if piece.kind == "end":
            if blocks.semicolon():
                finish("".join(current) + ";")
            elif blocks.depth or blocks.objects:
                current.append(";")
            else:
                finish("".join(current) + (";" if keep else ""))
            continue
        current.append(piece.text)
        says = says or piece.kind not in ("blank", "comment")
        if piece.kind == "word":
            blocks.word(piece.text.upper())
        elif piece.kind == "dollar":
            keep = keep or blocks.last == "DO"
        elif piece.kind not in ("blank", "comment", "text"):
            blocks.other()
    finish("".join(current))
    return found


def with_places(sql: str, style: str) -> tuple[str, list[str]]:
    """The text with a place for each named parameter `:name`, and their names in order.

    `style` is how the driver writes a place: `?`, `%s`, `:1`, or `%(p)s`. Names in texts, comments and behind a cast (`::`) are
    none.
    """
    out: list[str] = []
    names: list[str] = []
    for piece in pieces(sql):
        if piece.kind == "name":
            names.append(piece.text[1:])
            out.append(_place(style, len(names)))
        else:
            out.append(_plain(piece.text, style))
    return "".join(out), names


def with_marks(sql: str, style: str) -> str:
    """The text with its question marks as the driver writes places (or PostgreSQL itself: `$1`)."""
    out: list[str] = []
    count = 0
    for piece in pieces(sql):
        if piece.kind == "mark":
            count += 1
            out.append(_place(style, count))
        else:
            out.append(_plain(piece.text, style))
    return "".join(out)


def _place(style: str, number: int) -> str:
    forms = {":1": f":{number}", "$1": f"${number}", "%(p)s": f"%(p{number})s"}
    return forms.get(style, style)


def _plain(text: str, style: str) -> str:
    return text.replace("%", "%%") if style[0] == "%" else text


_NAME = re.compile(r"[^\W\d][\w$]*")
_QUOTED = re.compile(r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[(?:[^\]]|\]\])+\]')


def identifier(name: str, quote: str = '"') -> str:
    """A name of a table or column for a SQL text; parts are told apart by points.

    A part that is plain or quoted stays as it is, any other is quoted: no name can bring more into the text than a name.
    """
    parts = []
    rest = name.strip()
    while rest:
        found = _QUOTED.match(rest) or _NAME.match(rest)
        if found is None or rest[found.end() : found.end() + 1] not in ("", "."):
            parts.append(quote + rest.replace(quote, quote * 2) + quote)
            break
        parts.append(found.group())
        rest = rest[found.end() + 1 :]
    return ".".join(parts)


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
