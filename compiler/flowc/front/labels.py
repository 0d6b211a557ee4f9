"""Labels: a map, or a list of keys and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from flowc.diag.model import Sink
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.tasks import text_of
from flowc.front.values import head, is_null
from flowc.source import Span

_START = re.compile(r"[^\W\d_]")
_REST = re.compile(r"[-._\w]*")
_SYSTEM = "system."


class Owner(Enum):
    """Whose labels they are, which says what is asked of them."""

    FLOW = auto()
    """The flow: keys have a form, and of those of Kestra itself `system.readOnly` may be there."""
    LEVEL = auto()
    """A service level."""
    OTHER = auto()
    """A trigger, a condition, or a task that gives them to another execution."""
    NESTED = auto()
    """A condition within another one: any labels."""


def read_labels(
    node: Node | None, path: str, sink: Sink, owner: Owner
) -> tuple[tuple[str, str], ...]:
    """Keys and values as texts; of equal keys the last value at the first place."""
    found: dict[str, str] = {}
    for index, (key, value, span) in enumerate(_pairs(node, path, sink, owner)):
        name, text = text_of(key) or "", text_of(value) or ""
        if owner is Owner.FLOW:
            _constraints(name, text, f"{path}[{index}]", span, sink)
        elif owner is not Owner.NESTED and key is None:
            kestra = "HV000028: Unexpected exception during isValid call."
            sink.report("FC214", "a label has no `key`", span, kestra=kestra)
        if name.startswith(_SYSTEM) and not _may_have(owner, name):
            said = f"System labels can only be set by Kestra itself, offending label: {name}={text}"
            sink.report(
                "FC214",
                f"`{name}` is a label that Kestra itself sets",
                span,
                kestra=f"Invalid Flow: {said}" if owner is Owner.FLOW else f"{said}.",
            )
        if name and text:
            found[name] = text
    return tuple(found.items())


def _may_have(owner: Owner, name: str) -> bool:
    return owner is Owner.NESTED or (owner is Owner.FLOW and name == "system.readOnly")


def _constraints(name: str, text: str, path: str, span: Span, sink: Sink) -> None:
    """What the flow itself cannot have as a label."""
    if not text:
        said = f"{path}.value: must not be empty"
        sink.report("FC214", f"the label `{name}` has no value", span, kestra=said)
    elif not _is_key(name):
        message = (
            "Invalid label key. A valid key contains only lowercase letters numbers hyphens (-) underscores (_) "
            "or periods (.) and must begin with a lowercase letter."
        )
        sink.report(
            "FC214",
            f"`{name}` is not valid as the key of a label",
            span,
            hint="begin with a lower case letter, go on with those, digits, `-`, `_` and `.`",
            kestra=f"{path}.key: {message}",
        )


def _pairs(
    node: Node | None, path: str, sink: Sink, owner: Owner
) -> Iterator[tuple[Scalar | None, Scalar, Span]]:
    """Each label as it is parsed: its key, its value, and where it stands."""
    if node is None or is_null(node):
        return
    given: list[tuple[Scalar | None, Node, Span]]
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if is_null(value):
                # what Kestra reads from the source, too, has no nulls dropped before
                dropped = owner in (Owner.OTHER, Owner.NESTED)
                message = f"the label `{key.value}` has no value"
                kestra = "" if dropped else f"Unsupported type for key: {key.value}, value: null"
                sink.report("FC214", message, key.span, warning=dropped, kestra=kestra)
        given = [(key, value, key.span) for key, value in node.entries if not is_null(value)]
    elif isinstance(node, Sequence):
        given = [each for item in node.items if (each := _listed(item, path, sink)) is not None]
    else:
        message = "Unable to deserialize value as it's neither an object neither an array"
        sink.report("FC214", f"{path}: {message}", node.span)
        return
    for name, value, span in given:
        if isinstance(value, Scalar) and value.value is not None and not _is_too_long(value.value):
            yield name, value, span
        else:
            message = f"Unsupported type for key: {text_of(name)}, value"
            sink.report("FC214", f"{path}: {message}: a label has one text", value.span)


def _listed(item: Node, path: str, sink: Sink) -> tuple[Scalar | None, Node, Span] | None:
    """The label of an item, an object with `key` and `value`."""
    span = head(item) if isinstance(item, Mapping) else item.span
    key = item.get("key") if isinstance(item, Mapping) else None
    value = item.get("value") if isinstance(item, Mapping) else None
    if key is not None and is_null(key):
        key = None
    if value is None or not (key is None or _is_text(key)):
        sink.report("FC214", f"{path}: a label needs a `key` and a `value`", span)
        return None
    assert key is None or isinstance(key, Scalar)
    return key, value, span if key is None else key.span


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _is_too_long(value: object) -> bool:
    """Whether a number is beyond those that a label may have."""
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _is_key(name: str) -> bool:
    """`^[\\p{Ll}][\\p{L}0-9._-]*$`."""
    first, rest = name[:1], name[1:]
    return bool(first.islower() and _START.fullmatch(first) and _REST.fullmatch(rest))
