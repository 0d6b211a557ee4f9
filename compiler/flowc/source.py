"""Source files and places in them."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class SourceFile:
    """The text of one file, with lines found by offset."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset at which each line begins."""
        if self._starts is None:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self.starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


class Span(NamedTuple):
    """A stretch of a file, as character offsets; `end` is exclusive."""

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.file.position(self.start)[1]

    def __str__(self) -> str:
        line, column = self.file.position(self.start)
        return f"{self.file.name}:{line}:{column}"


Offsets = tuple[tuple[int, int], ...]
"""Pairs (offset in a text, offset in the file) at each point where the two part ways."""


def placed(span: Span, offsets: Offsets, start: int, length: int) -> Span:
    """Where a part of a text stands that was read from a stretch of a file."""
    return Span(span.file, _at(span, offsets, start), _at(span, offsets, start + length))


def _at(span: Span, offsets: Offsets, offset: int) -> int:
    if not offsets:
        return min(span.start + offset, span.end)
    found = bisect_right(offsets, offset, key=_first)
    base = offsets[max(found - 1, 0)]
    return min(max(base[1] + offset - base[0], span.start), span.end)


def _first(pair: tuple[int, int]) -> int:
    return pair[0]
