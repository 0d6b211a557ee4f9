"""Nested calls and displays laid out over lines, as black would: flat if it fits, else one item a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flowc.gen.python.prose import comment

WIDTH = 100
INDENT = "    "


class Doc:
    """A piece of source. `flat` is its one-line form, None when it takes several lines in any case."""

    __slots__ = ("flat",)

    flat: str | None

    @property
    def stands_apart(self) -> bool:
        """Whether a comma follows it even where nothing else does."""
        return False

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

    @property
    def stands_apart(self) -> bool:
        return self.value.stands_apart

    def lines(self, indent: str, room: int) -> list[str]:
        first, *rest = self.value.lines(indent, room - len(self.prefix))
        return [self.prefix + first, *rest]


class Keyed(Doc):
    """`key: value` with a key that may take several lines."""

    __slots__ = ("key", "value")

    def __init__(self, key: Doc, value: Doc) -> None:
        self.key = key
        self.value = value
        known = key.flat is not None and value.flat is not None
        self.flat = f"{key.flat}: {value.flat}" if known else None

    def lines(self, indent: str, room: int) -> list[str]:
        if self.flat is not None and len(self.flat) <= room:
            return [self.flat]
        if self.key.flat is not None:
            prefix = f"{self.key.flat}: "
            first, *rest = self.value.lines(indent, room - len(prefix))
            if len(prefix + first) <= room:
                return [prefix + first, *rest]
        head = self.key.lines(indent, 1)
        prefix = f"{head.pop()}: "
        first, *rest = self.value.lines(indent, WIDTH - len(prefix))
        return [*head, prefix + first, *rest]


class Commented(Doc):
    """An item with comments above it: it stands on lines of its own."""

    __slots__ = ("doc", "remarks")

    @property
    def stands_apart(self) -> bool:
        return True

    def __init__(self, remarks: Sequence[str], doc: Doc) -> None:
        self.remarks = remarks
        self.doc = doc
        self.flat = None

    def lines(self, indent: str, room: int) -> list[str]:
        first, *others = comment(self.remarks, indent, WIDTH)
        head, *rest = self.doc.lines(indent, room)
        return [first.removeprefix(indent), *others, indent + head, *rest]


def commented(remarks: Sequence[str], doc: Doc) -> Doc:
    """The doc, with comments above it if there are any."""
    return Commented(remarks, doc) if remarks else doc


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
        # a list or map of several items never stands on one line of its own
        shown = self.left in "[{(" and len(self.items) > 1
        width = 0 if self.flat is None else len(self.flat) - len(self.left) - len(self.right)
        if self.flat is not None and width <= space and not shown:
            body = self.flat[len(self.left) : len(self.flat) - len(self.right)]
            return [self.left, inner + body, indent + self.right]
        # a sole item takes no comma: there is nothing to keep apart
        alone = len(self.items) == 1 and not self.items[0].stands_apart
        result = [self.left]
        for item in self.items:
            first, *rest = item.lines(inner, space if alone else space - 1)
            result.append(inner + first)
            result.extend(rest)
            if not alone:
                result[-1] += ","
        result.append(indent + self.right)
        return result


def call(name: str, items: Iterable[Doc]) -> Doc:
    """`name(items)`."""
    return Bracketed(f"{name}(", list(items), ")")


def statement(prefix: str, doc: Doc, indent: str = "") -> list[str]:
    """The lines of `prefix` and the doc after it, all indented."""
    first, *rest = doc.lines(indent, WIDTH - len(indent) - len(prefix))
    return [f"{indent}{prefix}{first}", *rest]
