"""Objects against their models of pydantic: its findings at the places of the YAML, and the values as it reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowc.diag.model import Note, Sink
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, plain
from flowc.front.suggest import did_you_mean, nearest, of_property
from flowc.front.values import head
from flowc.source import Span

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from flowc.front.schemas.base import Strict


def validate(
    node: Node, schema: type[Strict], path: str, sink: Sink, name: str = ""
) -> Mapping | None:
    """Check an object against a model; `path` names it in messages, `name` its class.

    Returns it with its literals as the model has read them (`'false'` is false), or None when something was reported.
    """
    from pydantic import ValidationError

    if not isinstance(node, Mapping):
        sink.report("FC203", f"{path}: expected an object", node.span)
        return None
    try:
        return _as_read(node, schema.model_validate(plain(node)))
    except ValidationError as error:
        known = sorted(field.alias or key for key, field in schema.model_fields.items())
        errors = error.errors(include_url=False)
        extra = [str(each["loc"][-1]) for each in errors if each["type"] == "extra_forbidden"]
        for found in errors:
            missing = str(found["loc"][-1]) if found["type"] == "missing" and found["loc"] else ""
            if missing and any(nearest(name, known) == missing for name in extra):
                continue  # the misspelt property says it
            _report(found, node, path, sink, name or schema.__name__, known)
        return None


def _as_read(node: Mapping, found: Strict) -> Mapping:
    read = {field.alias or name: name for name, field in type(found).model_fields.items()}

    def value_of(key: Scalar, value: Node) -> Node:
        name = read.get(str(key.value))
        # what is null is no property, not even one that does not exist
        return value if name is None else _value_as_read(value, getattr(found, name))

    return Mapping(tuple((key, value_of(key, value)) for key, value in node.entries), node.span)


def _value_as_read(node: Node, found: Any) -> Node:
    from flowc.front.schemas.base import Strict

    if isinstance(node, Sequence) and isinstance(found, list):
        items = (_value_as_read(*each) for each in zip(node.items, found, strict=True))
        return Sequence(tuple(items), node.span)
    if isinstance(node, Mapping):
        return _as_read(node, found) if isinstance(found, Strict) else node
    if isinstance(found, list | dict):
        return node
    if isinstance(node, Scalar):
        if found == node.value and type(found) is type(node.value):
            return node
        return Scalar(found, node.span, node.offsets, node.quoted)
    return Scalar(found, node.span)


def _report(
    found: ErrorDetails, node: Mapping, path: str, sink: Sink, name: str, known: list[str]
) -> None:
    kind, loc = found["type"], found["loc"]
    where = _named(path, loc)
    if kind == "extra_forbidden":
        key = str(loc[-1])
        top = len(loc) == 1
        sink.report(
            "FC201",
            f"{name.rpartition('.')[2] if top else where.rpartition('.')[0]} has no property `{key}`",
            _place(node, loc, key=True),
            label="no such property",
            hint=of_property(key, known) if top else None,
            notes=(Note(f"its properties: {', '.join(known)}"),) if top else (),
            kestra=f'Unrecognized field "{key}" (class {name if top else where.rpartition(".")[0]}), '
            "not marked as ignorable",
        )
    elif kind == "missing":
        sink.report(
            "FC202",
            f"`{loc[-1]}` is missing",
            _place(node, loc[:-1], first=True),
            kestra=f"{where}: must not be null",
        )
    elif kind.startswith("FC"):
        kestra = found.get("ctx", {}).get("kestra", "")
        sink.report(kind, found["msg"], _place(node, loc), kestra=kestra)
    elif kind in ("greater_than_equal", "string_too_short", "string_too_long", "too_short"):
        said, kestra = _bound(found)
        sink.report("FC208", f"`{where}` {said}", _place(node, loc), kestra=f"{where}: {kestra}")
    elif kind == "string_pattern_mismatch":
        sink.report("FC206", f"{where}: not a valid id", _place(node, loc))
    elif found["input"] is None and isinstance(loc[-1], str):
        message = f"`{loc[-1]}` is blank"
        sink.report("FC202", message, _place(node, loc), kestra=f"{where}: must not be null")
    else:
        message, hint = _expected(found)
        sink.report("FC203", f"{where}: {message}", _place(node, loc), hint=hint)


_KINDS = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
}


def _expected(found: ErrorDetails) -> tuple[str, str | None]:
    """What a value should have been, and a hint."""
    kind = found["type"]
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}", None
    if kind == "literal_error":
        names = re.findall("'(\\w+)'", found["ctx"]["expected"])
        message = f"`{found['input']}` is not one of {', '.join(names)}"
        return message, did_you_mean(str(found["input"]), names)
    return found["msg"][:1].lower() + found["msg"][1:], None


def _bound(found: ErrorDetails) -> tuple[str, str]:
    """What is beyond its bounds, in plain words and in those of the engine."""
    limits = found.get("ctx", {})
    if found["type"] == "greater_than_equal":
        return f"is less than {limits['ge']}", f"must be greater than or equal to {limits['ge']}"
    if found["type"] == "string_too_long":
        longest = limits["max_length"]
        said = f"is longer than {longest} characters"
        return said, f"size must be between 0 and {longest}"
    return "is empty", "must not be empty"


def _named(path: str, loc: tuple[int | str, ...]) -> str:
    for step in loc:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


def _place(
    node: Node, loc: tuple[int | str, ...], *, key: bool = False, first: bool = False
) -> Span:
    """The place that a location of pydantic names; steps that are no keys (the tags of unions) are skipped."""
    span = head(node) if isinstance(node, Mapping) else node.span
    for step in loc:
        if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            span = node.span
        elif isinstance(node, Mapping):
            entry = next((each for each in node.entries if each[0].value == step), None)
            if entry is not None:
                node = entry[1]
                span = entry[0].span if key else node.span
    if first and isinstance(node, Mapping):
        return head(node)
    if not key and isinstance(node, Mapping) and not loc:
        return head(node)
    return span
