"""Declarations around the tasks: inputs, outputs, triggers."""

from __future__ import annotations

from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar
from flowc.ir.nodes import Const, Input, Output, Property, Record, Trigger
from flowc.lower.values import Values
from flowrt.model.declare import ANY, TYPED

_RENDERED = frozenset({"defaults", "prefill"})
"""Properties of inputs that hold texts with expressions; `expression` is rendered typed, the rest is literal."""


def lower_input(given: model.Input, values: Values, comments: tuple[str, ...]) -> Input:
    """One input with those below it; `comments` are the ones above it."""
    properties = []
    for name, node in given.properties.items():
        if not (isinstance(node, Scalar) and node.value is None):
            properties.append(_property(name, node, values))
    children = tuple(lower_input(each, values, ()) for each in given.children)
    return Input(
        span=given.span,
        comments=comments,
        id=given.id,
        type=given.type,
        properties=tuple(properties),
        children=children,
    )


def _property(name: str, node: Node, values: Values) -> Property:
    if name == "dependsOn" and isinstance(node, Mapping):
        plain = values.property(name, Scalar(None, node.span), ANY)
        value = record(node, values, typed=frozenset({"condition"}))
        return Property(
            span=node.span, comments=plain.comments, key=name, kind="object", value=value
        )
    if name == "expression":
        return values.property(name, node, TYPED)
    return values.property(name, node, ANY, static=name not in _RENDERED)


def lower_output(given: model.Output, values: Values, comments: tuple[str, ...]) -> Output:
    """One output of the flow."""
    properties = []
    for key, value in (
        ("required", None if given.required else False),
        ("displayName", given.display_name),
        ("description", given.description),
    ):
        if value is not None:
            constant = Const(span=given.span, value=value)
            properties.append(Property(span=given.span, key=key, kind="any", value=constant))
    return Output(
        span=given.span,
        comments=comments,
        id=given.id,
        type=given.type,
        value=values.value(given.value, ANY),
        properties=tuple(properties),
    )


def lower_trigger(given: model.Trigger, values: Values, comments: tuple[str, ...]) -> Trigger:
    """One trigger; its texts may hold expressions, which are rendered where it fires."""
    properties = tuple(
        values.property(name, node, ANY)
        for name, node in given.properties.items()
        if not (isinstance(node, Scalar) and node.value is None)
    )
    return Trigger(
        span=given.span, comments=comments, id=given.id, type=given.type, properties=properties
    )


def record(
    node: Mapping,
    values: Values,
    rendered: frozenset[str] = frozenset(),
    typed: frozenset[str] = frozenset(),
) -> Record:
    """An object whose texts are literal, but for those that are rendered, to text or with their type."""
    properties: list[Property] = []
    kind: str | None = None
    for key, each in node.entries:
        name = str(key.value)
        if name == "type" and isinstance(each, Scalar):
            kind = str(each.value)
        elif not (isinstance(each, Scalar) and each.value is None):
            is_typed = name in typed
            static = not is_typed and name not in rendered
            properties.append(values.property(name, each, TYPED if is_typed else ANY, static))
    return Record(span=node.span, type=kind, properties=tuple(properties))
