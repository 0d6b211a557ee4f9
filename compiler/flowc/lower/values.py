"""Property values: positioned YAML, read with the kind that the property declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeGuard

from flowc.expr import read_template
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, plain, without_nulls
from flowc.ir.nodes import Const, Expr, ListOf, MapOf, Property, Record, Value
from flowrt.formats.jsonwrite import to_json
from flowrt.java.printing import text_of
from flowrt.model.declare import ANY, STRING, Declared, Kind
from flowrt.model.declare import Property as Declaration
from flowrt.model.kinds import holds_text

Remarks: TypeAlias = "Callable[[Node], tuple[str, ...]]"
"""The comments of a node of the file, each given away once."""

_TEXTS = ("string", "enum", "duration", "zoned", "uri")
_MARKS = ("{{", "{%", "{#")


def has_expressions(text: str) -> bool:
    """Whether a text is more than what it says."""
    return any(mark in text for mark in _MARKS)


def _is_number(node: Node) -> TypeGuard[Scalar]:
    """Whether a plain number or flag is written."""
    return isinstance(node, Scalar) and isinstance(node.value, int | float)


class Values:
    """Turns YAML values into values of the intermediate form."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks

    def value(self, node: Node, kind: Kind, static: bool = False) -> Value:
        """A value of a declared kind; `static` ones are never rendered."""
        if kind.name == "union":
            kind = option(node, kind)
        comments = self._remarks(node)
        if isinstance(node, Scalar):
            return self._scalar(node, kind, static, comments)
        if isinstance(node, Sequence):
            item = kind.item or (kind if kind.name in ("any", "typed") else ANY)
            items = tuple(
                # in a list of texts a number stays one: the engine fails where it takes it for a text
                (
                    Const(span=each.span, value=each.value)
                    if item.name == "string" and not static and _is_number(each)
                    else self.value(each, item, static)
                )
                for each in node.items
            )
            return ListOf(span=node.span, comments=comments, items=items)
        if kind.record is not None:
            return Record(
                span=node.span,
                comments=comments,
                type=None,
                properties=self._record(node, kind.record),
            )
        if kind.classes:
            return self._tagged(node, kind, comments)
        item = kind.item or (kind if kind.name in ("any", "typed") else ANY)
        return MapOf(
            span=node.span,
            comments=comments,
            items=tuple(
                (self._scalar(key, STRING, static), self.value(each, item, static))
                for key, each in node.entries
            ),
        )

    def literal(self, node: Node) -> Value:
        """A value that is never rendered."""
        return self.value(node, ANY, static=True)

    def property(self, key: str, node: Node, kind: Kind, static: bool = False) -> Property:
        """A property; the comments of its value stand above the whole of it."""
        comments = self._remarks(node)
        if not static and not isinstance(node, Scalar) and holds_text(kind):
            comments += self._remarks_in(node)
            node = _as_json(node)
        return Property(
            span=node.span,
            comments=comments,
            key=key,
            kind=kind_text(kind),
            value=self.value(node, kind, static),
        )

    def _remarks_in(self, node: Node) -> tuple[str, ...]:
        """The comments of what is in a list or map."""
        parts: list[Node] = []
        if isinstance(node, Sequence):
            parts += node.items
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                parts += (key, value)
        return tuple(
            text for each in parts for text in (*self._remarks(each), *self._remarks_in(each))
        )

    def properties(
        self, cls: type[Declared], given: list[tuple[str, Node]], skip: frozenset[str] = frozenset()
    ) -> tuple[Property, ...]:
        """The properties that a class declares, in the order given; ignored ones and nulls are left out."""
        declared: dict[str, Declaration] = {}
        for each in cls.properties.values():
            declared.update(dict.fromkeys((each.yaml, *each.aliases), each))
        result = []
        for name, node in given:
            found = declared.get(name)
            if found is None or found.ignored or name in skip:
                continue
            if isinstance(node, Scalar) and node.value is None:
                continue
            result.append(self.property(found.yaml, node, found.kind, found.static))
        return tuple(result)

    def _record(self, node: Mapping, cls: type[Declared]) -> tuple[Property, ...]:
        return self.properties(cls, [(str(key.value), each) for key, each in node.entries])

    def _tagged(self, node: Mapping, kind: Kind, comments: tuple[str, ...]) -> Value:
        tag = node.get("type")
        name = str(tag.value) if isinstance(tag, Scalar) else ""
        cls = kind.classes.get(name)
        properties = () if cls is None else self._record(node, cls)
        return Record(span=node.span, comments=comments, type=name, properties=properties)

    def _scalar(
        self, node: Scalar, kind: Kind, static: bool, comments: tuple[str, ...] = ()
    ) -> Value:
        value = node.value
        if value is None:
            return Const(span=node.span, comments=comments, value=None)
        if kind.name in _TEXTS and not isinstance(value, str):
            value = text_of(value)
        if static and isinstance(value, str):
            return Const(span=node.span, comments=comments, value=_converted(value, kind))
        if isinstance(value, str) and has_expressions(value):
            typed = kind.name == "typed"
            tree = read_template(value)
            return Expr(
                span=node.span,
                comments=comments,
                text=value,
                typed=typed,
                tree=tree,
                offsets=node.offsets,
            )
        return Const(span=node.span, comments=comments, value=value)


def _as_json(node: Mapping | Sequence) -> Scalar:
    """A list or map where a text is declared: its JSON text, which as a whole is one template.

    So what expressions in it print is not escaped, and they are escaped themselves.
    """
    return Scalar(to_json(plain(without_nulls(node))), node.span)


def option(node: Node, kind: Kind) -> Kind:
    """The first alternative that a value has the shape of."""
    for each in kind.options:
        inner = option(node, each) if each.name == "union" else each
        if isinstance(node, Sequence):
            fits = inner.name in ("list", "any", "typed")
        elif isinstance(node, Mapping):
            fits = inner.name in ("map", "record", "tagged", "any", "typed")
        else:
            fits = inner.name not in ("list", "map", "record", "tagged")
        if fits:
            return inner
    return kind.options[0]


def kind_text(kind: Kind) -> str:
    """A kind as one word: `string`, `list[string]`, `string|map[any]`, `object`."""
    if kind.name == "union":
        return "|".join(kind_text(each) for each in kind.options)
    if kind.name in ("record", "tagged"):
        return "object"
    return f"{kind.name}[{kind_text(kind.item)}]" if kind.item is not None else kind.name


def _converted(text: str, kind: Kind) -> str | int | float | bool:
    """A literal written as text where the property is a number or boolean; what is none was refused before."""
    try:
        if kind.name == "integer":
            return int(text)
        if kind.name == "double":
            return float(text)
    except ValueError:
        return text
    return text == "true" if kind.name == "boolean" else text
