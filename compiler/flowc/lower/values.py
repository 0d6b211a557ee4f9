"""Property values: positioned YAML, read with the kind that the property declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.ir.nodes import Arg, Const, Expr, ListOf, MapOf, Object, Symbol, Value
from flowrt.declare import ANY, STRING, Declared, Kind
from flowrt.java.printing import text_of

if TYPE_CHECKING:
    from flowc.expr import Compiled

Compile: TypeAlias = "Callable[[Scalar, bool], Compiled]"
"""Compiles the expressions of a text; the flag asks for typed rendering."""

_TEXTS = ("string", "enum", "duration", "zoned", "uri")
_MARKS = ("{{", "{%", "{#")


def has_expressions(text: str) -> bool:
    """Whether a text is more than what it says."""
    return any(mark in text for mark in _MARKS)


def symbol(cls: type) -> Symbol:
    """Where a class of the runtime lives."""
    return Symbol(cls.__module__, cls.__name__)


def _is_number(node: Node) -> TypeGuard[Scalar]:
    """Whether a plain number or flag is written."""
    return isinstance(node, Scalar) and isinstance(node.value, int | float)


class Values:
    """Turns YAML values into values of the intermediate form."""

    def __init__(self, compile_text: Compile) -> None:
        self._compile = compile_text

    def value(self, node: Node, kind: Kind, static: bool = False) -> Value:
        """A value of a declared kind; `static` ones are never rendered."""
        if kind.name == "union":
            kind = _option(node, kind)
        if isinstance(node, Scalar):
            return self._scalar(node, kind, static)
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
            return ListOf(span=node.span, items=items)
        if kind.record is not None:
            return self.record(node, kind.record)
        if kind.classes:
            return self._tagged(node, kind)
        item = kind.item or (kind if kind.name in ("any", "typed") else ANY)
        return MapOf(
            span=node.span,
            items=tuple(
                (self._scalar(key, STRING, static), self.value(each, item, static))
                for key, each in node.entries
            ),
        )

    def literal(self, node: Node) -> Value:
        """A value that is never rendered."""
        return self.value(node, ANY, static=True)

    def text(self, node: Node) -> Value:
        """A text with expressions."""
        return self.value(node, STRING)

    def arguments(
        self, cls: type[Declared], given: list[tuple[str, Node]], skip: frozenset[str] = frozenset()
    ) -> tuple[Arg, ...]:
        """The arguments of a class from properties by YAML name, in their order; ignored ones are left out."""
        declared = {}
        for each in cls.properties.values():
            declared.update(dict.fromkeys((each.yaml, *each.aliases), each))
        result = []
        for name, node in given:
            found = declared.get(name)
            if found is None or found.ignored or name in skip:
                continue
            if isinstance(node, Scalar) and node.value is None:
                continue
            value = self.value(node, found.kind, found.static)
            result.append(Arg(found.attribute, value, found.yaml))
        return tuple(result)

    def record(self, node: Mapping, cls: type[Declared]) -> Object:
        """A nested object with declared properties."""
        given = [(str(key.value), each) for key, each in node.entries]
        return Object(span=node.span, op=symbol(cls), args=self.arguments(cls, given))

    def _tagged(self, node: Mapping, kind: Kind) -> Value:
        tag = node.get("type")
        name = str(tag.value) if isinstance(tag, Scalar) else ""
        return self.record(node, kind.classes[name])

    def _scalar(self, node: Scalar, kind: Kind, static: bool) -> Value:
        value = node.value
        if value is None:
            return Const(span=node.span, value=None)
        if kind.name in _TEXTS and not isinstance(value, str):
            value = text_of(value)
        if static and isinstance(value, str):
            return Const(span=node.span, value=_converted(value, kind))
        if isinstance(value, str) and has_expressions(value):
            typed = kind.name == "typed"
            return Expr(span=node.span, text=value, typed=typed, code=self._compile(node, typed))
        return Const(span=node.span, value=value)


def _option(node: Node, kind: Kind) -> Kind:
    """The first alternative that a value has the shape of."""
    for option in kind.options:
        inner = _option(node, option) if option.name == "union" else option
        if isinstance(node, Sequence):
            fits = inner.name in ("list", "any", "typed")
        elif isinstance(node, Mapping):
            fits = inner.name in ("map", "record", "tagged", "any", "typed")
        else:
            fits = inner.name not in ("list", "map", "record", "tagged")
        if fits:
            return inner
    return kind.options[0]


def _converted(text: str, kind: Kind) -> str | int | float | bool:
    """A literal written as text where the property is a number or boolean."""
    if kind.name == "integer":
        return int(text)
    if kind.name == "double":
        return float(text)
    if kind.name == "boolean":
        return text == "true"
    return text
