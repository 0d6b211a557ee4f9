"""Nested calls and displays laid out over lines, as black would: flat if it fits, else one item a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WIDTH = 100
INDENT = "    "


class Doc:
    """A piece of source. `flat` is its one-line form, None when it takes several lines in any case."""

    __slots__ = ("flat",)

    flat: str | None

    def lines(self, indent: str, room: int) -> list[str]:
        """The source over lines; the first without indent, the others indented. `room` is what the first may take."""
        raise NotImplementedError


class Atom(Doc):
    """Source that is never broken."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        self.flat = text

    def lines(self, indent: str, room: int) -> list[str]:
        assert self.flat is not None
        return [self.flat]


class Named(Doc):
    """`name=value`, or `key: value`."""

    __slots__ = ("prefix", "value")

    def __init__(self, prefix: str, value: Doc) -> None:
        self.prefix = prefix
        self.value = value
        self.flat = None if value.flat is None else prefix + value.flat

    def lines(self, indent: str, room: int) -> list[str]:
        first, *rest = self.value.lines(indent, room - len(self.prefix))
        return [self.prefix + first, *rest]


class Bracketed(Doc):
    """Items between brackets: a call with its name, a list, a dict."""

    __slots__ = ("items", "left", "right")

    def __init__(self, left: str, items: Sequence[Doc], right: str) -> None:
        self.left = left
        self.items = items
        self.right = right
        parts = [item.flat for item in items]
        self.flat = (
            None
            if any(part is None for part in parts)
            else left + ", ".join(part for part in parts if part is not None) + right
        )

    def lines(self, indent: str, room: int) -> list[str]:
        if self.flat is not None and len(self.flat) <= room:
            return [self.flat]
        if not self.items:
            return [self.left + self.right]
        inner = indent + INDENT
        space = WIDTH - len(inner)
        if self.flat is not None and len(self.flat) - len(self.left) - len(self.right) <= space:
            body = self.flat[len(self.left) : len(self.flat) - len(self.right)]
            return [self.left, inner + body, indent + self.right]
        # one bracket around another: no comma, as black leaves none
        comma = "" if len(self.items) == 1 and isinstance(self.items[0], Bracketed) else ","
        result = [self.left]
        for item in self.items:
            first, *rest = item.lines(inner, space - 1)
            result.append(inner + first)
            result.extend(rest)
            result[-1] += comma
        result.append(indent + self.right)
        return result


class Paragraph(Doc):
    """A text of several lines: one literal where that fits, else adjacent literals, one for each line."""

    __slots__ = ("literals", "whole")

    def __init__(self, whole: str, literals: Sequence[str]) -> None:
        self.whole = whole
        self.literals = literals
        self.flat = whole if self._joined <= WIDTH // 2 else None

    @property
    def _joined(self) -> int:
        return sum(len(text) + 1 for text in self.literals)

    def lines(self, indent: str, room: int) -> list[str]:
        inner = indent + INDENT
        if self._joined <= WIDTH - len(inner):  # black would join them again
            return [self.whole]
        return ["(", *(inner + text for text in self.literals), indent + ")"]


def call(name: str, items: Iterable[Doc]) -> Doc:
    """`name(items)`."""
    return Bracketed(f"{name}(", list(items), ")")


def statement(prefix: str, doc: Doc, indent: str = "") -> list[str]:
    """The lines of `prefix` and the doc after it, all indented."""
    first, *rest = doc.lines(indent, WIDTH - len(indent) - len(prefix))
    return [f"{indent}{prefix}{first}", *rest]
