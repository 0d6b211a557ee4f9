"""YAML as a tree that knows where everything stands, with scalars as Kestra reads them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, TypeAlias

from flowc.source import Span


def _value_offset(pair: tuple[int, int]) -> int:
    return pair[0]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null.

    `offsets` maps an offset in a text value to its place in the file, as (value offset, file offset) pairs at each
    point where the two part ways (escapes, folded lines, block indents).
    """

    value: str | int | float | bool | None
    span: Span
    offsets: tuple[tuple[int, int], ...] = ()
    quoted: bool = False

    def place(self, start: int, length: int) -> Span:
        """Where a part of the text value stands in the file."""
        return Span(self.span.file, self._at(start), self._at(start + length))

    def _at(self, offset: int) -> int:
        if not self.offsets:
            return min(self.span.start + offset, self.span.end)
        found = bisect_right(self.offsets, offset, key=_value_offset)
        base = self.offsets[max(found - 1, 0)]
        return min(max(base[1] + offset - base[0], self.span.start), self.span.end)


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of a key."""
        for name, value in self.entries:
            if name.value == key:
                return value
        return None


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The value without positions."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.value: plain(value) for key, value in node.entries}
