"""Inputs of a flow, of a FORM, and of a Pause that asks when it is resumed."""

from __future__ import annotations

import re
from collections.abc import Set

from flowc.diag.model import Note, Sink
from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.records import validate
from flowc.front.suggest import did_you_mean
from flowc.front.values import head, is_null

DATA_ID = re.compile(r"[a-zA-Z0-9][.a-zA-Z0-9_-]*")
NO_DATA_ID = "`{}` is not an id: ids begin with a letter or digit and go on with letters, digits, `.`, `-` and `_`"

TYPE_PROPERTIES: dict[str, tuple[str, ...]] = {
    "STRING": ("validator",),
    "SECRET": ("validator",),
    "EMAIL": (),
    "INT": ("min", "max"),
    "FLOAT": ("min", "max"),
    "DURATION": ("min", "max"),
    "BOOLEAN": (),
    "BOOL": (),
    "DATE": ("after", "before"),
    "DATETIME": ("after", "before"),
    "TIME": ("after", "before"),
    "ENUM": ("values",),
    "SELECT": ("values", "expression", "allowCustomValue", "isRadio", "autoSelectFirst"),
    "MULTISELECT": (
        "values",
        "options",
        "expression",
        "itemType",
        "allowCustomValue",
        "autoSelectFirst",
    ),
    "ARRAY": ("itemType",),
    "FILE": ("extension", "allowedFileExtensions"),
    "JSON": (),
    "YAML": (),
    "URI": (),
    "FORM": ("inputs",),
}
"""The types of inputs and outputs, and the YAML properties that only inputs of that type have."""

_COMMON = (
    "id", "name", "type", "description", "dependsOn", "required", "defaults", "prefill", "displayName",
)  # fmt: skip
_TEXTS = frozenset({"id", "type", "description", "displayName"})
_WITH_RULES = frozenset({"ARRAY", "MULTISELECT", "FILE", "FORM"})


def is_plain(node: Mapping, known: Set[str]) -> bool:
    """Whether an object has nothing but an id, a type and the commonest properties, all of the right shape.

    Most inputs and outputs are like that. They need no model, and a flow that has no others does without the time it
    takes to import pydantic, half of that of a whole check.
    """
    given = {str(key.value) for key, _ in node.entries}
    if not given <= {*known, "required"} or not {"id", "type"} <= given:
        return False
    for key, value in node.entries:
        wanted = bool if key.value == "required" else str if key.value in _TEXTS else None
        if wanted and not (isinstance(value, Scalar) and isinstance(value.value, wanted)):
            return False
    return True


def read_inputs(
    node: Node, path: str, sink: Sink, *, nested: bool = False
) -> tuple[model.Input, ...]:
    """A list of inputs."""
    if is_null(node):
        return ()
    if not isinstance(node, Sequence):
        sink.report("FC203", f"{path}: expected a list of inputs", node.span)
        return ()
    found = (_input(each, f"{path}[{i}]", sink, nested) for i, each in enumerate(node.items))
    return tuple(each for each in found if each is not None)


def _input(node: Node, path: str, sink: Sink, nested: bool) -> model.Input | None:
    if not isinstance(node, Mapping):
        sink.report(
            "FC203", f"{path}: expected an input, an object with `id` and `type`", node.span
        )
        return None
    kind = node.get("type")
    written = str(kind.value) if isinstance(kind, Scalar) else "null"
    if written not in TYPE_PROPERTIES:
        span = kind.span if kind is not None else head(node)
        hint = did_you_mean(written, TYPE_PROPERTIES)
        sink.report(
            "FC205",
            f"there is no input type `{written}`",
            span,
            hint=hint,
            kestra=f"Invalid type: {written}",
        )
        return None
    if node.get("id") is None and node.get("name") is not None:
        node = Mapping((*node.entries, _renamed(node)), node.span)
    node = _known(node, written, sink)
    if not is_plain(node, {*_TEXTS, "defaults"}) or written in _WITH_RULES:
        from flowc.front.schemas.inputs import Input

        node = validate(node, Input, path, sink) or node
    input_id = node.get("id")
    if not isinstance(input_id, Scalar) or input_id.value is None:
        return None
    name = str(input_id.value)
    if not DATA_ID.fullmatch(name):
        kestra = f'{name}.id: must match "^[a-zA-Z0-9][.a-zA-Z0-9_-]*"'
        sink.report("FC206", NO_DATA_ID.format(name), input_id.span, kestra=kestra)
    children: tuple[model.Input, ...] = ()
    inner = node.get("inputs")
    if written == "FORM":
        if nested:
            message = f"the FORM `{name}` stands in another FORM; they cannot be nested"
            kestra = f"{name}: A FORM input cannot contain another FORM input; grouping is limited to a single level."
            sink.report("FC210", message, head(node), kestra=kestra)
        elif inner is not None:
            children = read_inputs(inner, f"{path}.inputs", sink, nested=True)
    _needed(node, written, path, sink)
    _patterns(node, name, sink)
    _optional_default(node, name, sink)
    skip = ("id", "type", "name", "inputs")
    properties = {str(key.value): value for key, value in node.entries if key.value not in skip}
    return model.Input(name, written, node.span, properties, children)


def _renamed(node: Mapping) -> tuple[Scalar, Node]:
    """`name` is the older spelling of `id`."""
    key, value = next(each for each in node.entries if each[0].value == "name")
    return Scalar("id", key.span), value


def _known(node: Mapping, kind: str, sink: Sink) -> Mapping:
    """The object without the properties that this type of input does not have; those are reported."""
    known = (*_COMMON, *TYPE_PROPERTIES[kind])
    kept = []
    for key, value in node.entries:
        if key.value in known:
            kept.append((key, value))
            continue
        sink.report(
            "FC201",
            f"an input of type {kind} has no property `{key.value}`",
            key.span,
            label="no such property",
            hint=did_you_mean(str(key.value), known),
            notes=(Note(f"known properties: {', '.join(sorted(known))}"),),
            kestra=f'Unrecognized field "{key.value}" (class {kind} input), not marked as ignorable',
        )
    return Mapping(tuple(kept), node.span)


_NEEDED = {"ARRAY": "itemType", "ENUM": "values", "FORM": "inputs"}
"""The property that a type cannot be without."""


def _needed(node: Mapping, kind: str, path: str, sink: Sink) -> None:
    key = _NEEDED.get(kind)
    given = node.get(key) if key else None
    if key and (given is None or is_null(given)):
        kestra = f"{path}.{key}: must not be null"
        message = f"an input of type {kind} needs `{key}`"
        sink.report("FC202", message, head(node), kestra=kestra)


def _patterns(node: Mapping, name: str, sink: Sink) -> None:
    """What is read as a pattern; so are choices, although nothing is ever matched against them."""
    for key in ("validator", "values", "options"):
        given = node.get(key)
        if given is not None:
            for each in given.items if isinstance(given, Sequence) else (given,):
                _pattern(each, f"{name}.{key}", sink)


def _pattern(node: Node, path: str, sink: Sink) -> None:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        from flowc.front.literals import pattern_problem

        problem = pattern_problem(node.value)
        if problem is not None:
            sink.report("FC203", f"{path}: {problem}", node.span)


def _selects_first(node: Mapping) -> bool:
    """Whether the first of the values that are written there is the default."""
    first, values = node.get("autoSelectFirst"), node.get("values")
    chosen = isinstance(first, Scalar) and first.value is True
    return chosen and isinstance(values, Sequence) and bool(values.items)


def _optional_default(node: Mapping, name: str, sink: Sink) -> None:
    """The default is always applied, so Kestra does not take a flow that says the input may be absent."""
    required, default = node.get("required"), node.get("defaults")
    if not isinstance(required, Scalar) or required.value is not False:
        return
    given = default is not None and not is_null(default)
    if given or _selects_first(node):
        message = (
            "Inputs with a default value must be required, since the default is always applied."
        )
        sink.report("FC225", f"{name}: {message}", required.span)
