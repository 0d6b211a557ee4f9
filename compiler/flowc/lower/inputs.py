"""Declarations around the tasks: inputs, outputs, concurrency, service levels, checks."""

from __future__ import annotations

import re

from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar
from flowc.ir.nodes import Arg, Const, ListOf, Object, Symbol, Value
from flowc.lower.values import Values
from flowc.source import Span
from flowrt.inputs.declaration import PACKAGES
from flowrt.model.declare import ANY, TYPED

_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")

_RENDERED = frozenset({"defaults", "prefill"})
"""Properties of inputs that hold texts with expressions; `expression` is rendered typed, the rest is literal."""


def snake(name: str) -> str:
    """The Python name of a YAML property."""
    return _UPPER.sub(lambda match: "_" + match[1].lower(), name).lower()


def lower_inputs(inputs: tuple[model.Input, ...], values: Values) -> tuple[Value, ...]:
    """`Input(...)` for each, in the order of the flow."""
    return tuple(lower_input(each, values) for each in inputs)


def lower_input(given: model.Input, values: Values) -> Object:
    """One input; the inputs of a FORM become its argument `inputs`."""
    args = []
    for name, node in given.properties.items():
        if isinstance(node, Scalar) and node.value is None:
            continue
        args.append(Arg(snake(name), _input_property(name, node, values), name))
    if given.children:
        children = ListOf(span=given.span, items=lower_inputs(given.children, values))
        args.append(Arg("inputs", children, "inputs"))
    return Object(
        span=given.span,
        op=Symbol("flowrt", "Input"),
        positional=(text(given.span, given.id), text(given.span, given.type)),
        args=tuple(args),
        packages=PACKAGES.get(given.type, ()),
    )


def _input_property(name: str, node: Node, values: Values) -> Value:
    if name == "dependsOn" and isinstance(node, Mapping):
        args = []
        for key, each in node.entries:
            value = values.value(each, TYPED) if key.value == "condition" else values.literal(each)
            args.append(Arg(snake(str(key.value)), value, str(key.value)))
        return Object(span=node.span, op=Symbol("flowrt", "DependsOn"), args=tuple(args))
    if name == "expression":
        return values.value(node, TYPED)
    return values.value(node, ANY, static=name not in _RENDERED)


def sure_types(inputs: tuple[model.Input, ...]) -> dict[str, str]:
    """The types of the inputs that have a value in every execution, by the path of the input."""
    found = {}
    for each in inputs:
        required = each.properties.get("required")
        optional = isinstance(required, Scalar) and required.value in (False, "false")
        if not optional and "dependsOn" not in each.properties and "." not in each.id:
            found[f"inputs.{each.id}"] = each.type
    return found


def lower_output(given: model.Output, values: Values) -> Object:
    """One output of the flow."""
    span = given.span
    positional = [text(span, given.id)]
    args = [Arg("value", values.value(given.value, ANY), "value")]
    if given.type:
        positional.append(text(span, given.type))
    if not given.required:
        args.append(Arg("required", Const(span=span, value=False), "required"))
    if given.display_name is not None:
        args.append(Arg("display_name", text(span, given.display_name), "displayName"))
    if given.description is not None:
        args.append(Arg("description", text(span, given.description), "description"))
    return Object(
        span=span,
        op=Symbol("flowrt", "Output"),
        positional=tuple(positional),
        args=tuple(args),
        packages=PACKAGES.get(given.type, ()),
    )


def text(span: Span, value: str) -> Const:
    """A literal text."""
    return Const(span=span, value=value)


def lower_concurrency(node: Mapping, values: Values) -> Object:
    """How many executions may run at once."""
    return _plain(node, "Concurrency", values)


def lower_sla(node: Mapping, values: Values) -> Object:
    """One service level: a maximal duration, or an assertion over the running execution."""
    kind = node.get("type")
    by_time = isinstance(kind, Scalar) and kind.value == "MAX_DURATION"
    name = "MaxDuration" if by_time else "Assertion"
    return _plain(node, name, values, rendered=frozenset({"assert"}))


def lower_check(node: Mapping, values: Values) -> Object:
    """A condition that must hold before an execution starts."""
    return _plain(node, "Check", values, typed=frozenset({"condition"}))


def _plain(
    node: Mapping,
    name: str,
    values: Values,
    rendered: frozenset[str] = frozenset(),
    typed: frozenset[str] = frozenset(),
) -> Object:
    args = []
    for key, each in node.entries:
        prop = str(key.value)
        if prop == "type" or (isinstance(each, Scalar) and each.value is None):
            continue
        if prop in typed:
            value = values.value(each, TYPED)
        elif prop in rendered:
            value = values.text(each)
        else:
            value = values.literal(each)
        python = "condition" if prop == "assert" else snake(prop)
        args.append(Arg(python, value, prop))
    return Object(span=node.span, op=Symbol("flowrt", name), args=tuple(args))
