"""Labels: a map, or a list of keys and values."""

from __future__ import annotations

import re

from flowc.diag.model import Sink
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.tasks import text_of
from flowc.front.values import head, is_null

_START = re.compile(r"[^\W\d_]")
_REST = re.compile(r"[-._\w]*")
_SYSTEM = "system."


def read_labels(
    node: Node | None, path: str, sink: Sink, *, flow: bool = True
) -> tuple[tuple[str, str], ...]:
    """Keys and values as texts; of equal keys the last value at the first place.

    `flow` tells labels of the flow itself, which may set `system.readOnly`, from those of a service level or trigger.
    """
    if node is None or is_null(node):
        return ()
    found: dict[str, str] = {}
    for index, (key, value) in enumerate(_pairs(node, path, sink)):
        name = text_of(key) or ""
        if not isinstance(value, Scalar):
            message = f"Unsupported type for key: {name}, value"
            sink.report("FC214", f"{path}: {message}: a label has one text", value.span)
            continue
        text = text_of(value)
        if not text:
            if flow:
                said = f"{path}[{index}].value: must not be empty"
                sink.report("FC214", f"the label `{name}` has no value", key.span, kestra=said)
            continue
        if not (name or flow):
            continue
        if flow and not _is_key(name):
            message = (
                "Invalid label key. A valid key contains only lowercase letters numbers hyphens (-) underscores (_) "
                "or periods (.) and must begin with a lowercase letter."
            )
            sink.report(
                "FC214",
                f"`{name}` is not valid as the key of a label",
                key.span,
                hint="begin with a lower case letter, go on with those, digits, `-`, `_` and `.`",
                kestra=f"{path}[{index}].key: {message}",
            )
        if name.startswith(_SYSTEM) and not (flow and name == "system.readOnly"):
            said = f"System labels can only be set by Kestra itself, offending label: {name}={text}"
            sink.report(
                "FC214",
                f"`{name}` is a label that Kestra itself sets",
                key.span,
                kestra=f"Invalid Flow: {said}" if flow else f"{said}.",
            )
        found[name] = text
    return tuple(found.items())


def check_given_labels(node: Node | None, path: str, sink: Sink) -> None:
    """Labels that a task gives to another execution: those of Kestra itself are not for it to set."""
    if node is None or is_null(node):
        return
    for index, (key, value) in enumerate(_pairs(node, path, sink)):
        name = text_of(key) or ""
        if name.startswith(_SYSTEM):
            said = f"System labels can only be set by Kestra itself, offending label: {name}={text_of(value)}."
            sink.report("FC214", f"{path}[{index}].<list element>: {said}", key.span)


def _pairs(node: Node, path: str, sink: Sink) -> list[tuple[Scalar, Node]]:
    if isinstance(node, Mapping):
        return list(node.entries)
    if isinstance(node, Sequence):
        pairs: list[tuple[Scalar, Node]] = []
        for item in node.items:
            key = item.get("key") if isinstance(item, Mapping) else None
            value = item.get("value") if isinstance(item, Mapping) else None
            if isinstance(item, Mapping) and isinstance(key, Scalar):
                pairs.append((key, value or Scalar(None, item.span)))
            else:
                span = head(item) if isinstance(item, Mapping) else item.span
                sink.report("FC214", f"{path}: a label needs a `key` and a `value`", span)
        return pairs
    message = "Unable to deserialize value as it's neither an object neither an array"
    sink.report("FC214", f"{path}: {message}", node.span)
    return []


def _is_key(name: str) -> bool:
    """`^[\\p{Ll}][\\p{L}0-9._-]*$`."""
    first, rest = name[:1], name[1:]
    return bool(first.islower() and _START.fullmatch(first) and _REST.fullmatch(rest))
