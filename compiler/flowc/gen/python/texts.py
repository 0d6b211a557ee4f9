"""Texts of the flow as source: one literal, adjacent ones, or a block between triple quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.gen.python.layout import INDENT, WIDTH, Atom, Doc
from flowc.literal import block_literal, literal

_SHORT = 24
"""Texts up to this length are never broken."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class TextBlock(Doc):
    """A text of several lines as an argument of `template`: a block between triple quotation marks."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
        self.flat = None

    def lines(self, indent: str, room: int) -> list[str]:
        found = block_literal(self.text, indent, WIDTH)
        assert found is not None
        return found


class TextCall(TextBlock):
    """`text_block(...)` around a text of several lines."""

    __slots__ = ("name",)

    @property
    def stands_apart(self) -> bool:
        return True

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name

    def lines(self, indent: str, room: int) -> list[str]:
        first, *rest = super().lines(indent + INDENT, room)
        rest[-1] += ")"
        return [f"{self.name}({first}", *rest]


def fits_block(text: str) -> bool:
    """Whether a text is written as a block: it has several lines, and they can be told from the indent."""
    if "\n" not in text.rstrip("\n") or len(text) < 40:
        return False
    return block_literal(text, INDENT, WIDTH) is not None


class Words(Doc):
    """A text too long for one line, as adjacent literals: one for each of its lines, and those cut behind blanks."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
        self.flat = literal(text)

    def lines(self, indent: str, room: int) -> list[str]:
        assert self.flat is not None
        inner = indent + INDENT
        if len(self.flat) <= room:
            return [self.flat]
        pieces = [literal(piece) for piece in _pieces(self.text, WIDTH - len(inner))]
        if len(pieces) == 1 and len(pieces[0]) > WIDTH - len(inner):
            return [self.flat]
        return ["(", *(inner + text for text in pieces), indent + ")"]


def text_doc(text: str) -> Doc:
    """A text as literals: one where that fits, else several."""
    return Words(text) if len(text) > _SHORT else Atom(literal(text))


def _pieces(text: str, room: int) -> Iterator[str]:
    if len(literal(text)) <= room:
        yield text
        return
    for line in _LINE.findall(text):
        yield from _words(line, room)


def _words(line: str, room: int) -> Iterator[str]:
    """A line in pieces that fit, each but the last ends with a blank."""
    start, end = 0, len(line)
    while end - start > room or len(literal(line[start:])) > room:
        at = line.rfind(" ", start + 1, start + room - 2) + 1
        # escapes make a literal wider than its text
        while at > start + 1 and len(literal(line[start:at])) > room:
            at = line.rfind(" ", start + 1, at - 1) + 1
        if at <= start + 1:
            at = line.find(" ", start + 1) + 1
        if at <= start + 1 or at >= end:
            break
        yield line[start:at]
        start = at
    if start < end:
        yield line[start:]
