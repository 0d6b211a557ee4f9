"""YAML as a tree that knows where everything stands, with scalars as Kestra reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from flowc.source import Offsets, Span, placed


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null.

    `offsets` maps an offset in a text value to its place in the file, as (value offset, file offset) pairs at each
    point where the two part ways (escapes, folded lines, block indents).
    """

    value: str | int | float | bool | None
    span: Span
    offsets: Offsets = ()
    quoted: bool = False

    def place(self, start: int, length: int) -> Span:
        """Where a part of the text value stands in the file."""
        return placed(self.span, self.offsets, start, length)


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


def without_nulls(node: Node) -> Node:
    """The value without the entries of maps that are null."""
    if isinstance(node, Sequence):
        return Sequence(tuple(without_nulls(each) for each in node.items), node.span)
    if not isinstance(node, Mapping):
        return node
    entries = (
        (key, without_nulls(value))
        for key, value in node.entries
        if not (isinstance(value, Scalar) and value.value is None)
    )
    return Mapping(tuple(entries), node.span)
