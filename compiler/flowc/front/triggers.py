"""Triggers and their conditions."""

from __future__ import annotations

import re

from flowc import atlas
from flowc.diag.model import Sink
from flowc.front import model
from flowc.front.labels import read_labels
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.records import validate
from flowc.front.suggest import LATER, did_you_mean
from flowc.front.tasks import TASK_ID, report_no_id
from flowc.front.values import Values, head, is_null
from flowrt.catalog import CORE, canonical

_TRIGGER = f"{CORE}trigger."
_CONDITION = f"{CORE}condition."
_UNCHECKED = frozenset({f"{CORE}http.Trigger"})
_PLUGIN = re.compile(r"io\.kestra\.plugin\.[\w.]+")


def read_triggers(node: Node | None, sink: Sink) -> tuple[model.Trigger, ...]:
    """The triggers of a flow."""
    if node is None or is_null(node):
        return ()
    if not isinstance(node, Sequence):
        sink.report("FC203", "triggers: expected a list of triggers", node.span)
        return ()
    found = (_trigger(each, f"triggers[{i}]", sink) for i, each in enumerate(node.items))
    return tuple(each for each in found if each is not None)


def _trigger(node: Node, path: str, sink: Sink) -> model.Trigger | None:
    if not isinstance(node, Mapping):
        sink.report(
            "FC203", f"{path}: expected a trigger, an object with `id` and `type`", node.span
        )
        return None
    kind = node.get("type")
    if not isinstance(kind, Scalar) or kind.value is None:
        sink.report("FC205", "the trigger has no `type`", head(node), kestra="Invalid type: null")
        return None
    name = canonical(str(kind.value))
    node = _shape(node, kind, name, path, sink)
    for key in ("conditions", "scheduleConditions"):
        node = _with_conditions(node, key, path, sink)
    read_labels(node.get("labels"), f"{path}.labels", sink, flow=False)
    trigger_id = node.get("id")
    if not isinstance(trigger_id, Scalar) or trigger_id.value is None:
        if name in _UNCHECKED or not name.startswith(CORE):
            kestra = f"{path}.id: must not be null"
            sink.report("FC202", "the trigger has no `id`", head(node), kestra=kestra)
        return None
    text = str(trigger_id.value)
    if not TASK_ID.fullmatch(text):
        report_no_id(text, trigger_id.span, sink)
    properties = {
        str(key.value): value for key, value in node.entries if key.value not in ("id", "type")
    }
    return model.Trigger(text, name, node.span, properties)


def _shape(node: Mapping, kind: Scalar, name: str, path: str, sink: Sink) -> Mapping:
    """Triggers of the core plugin have declared properties; those of other plugins are taken as they are."""
    if name in _UNCHECKED:
        return node
    if name.startswith(_TRIGGER):
        from flowc.front.schemas.triggers import TRIGGERS

        schema = TRIGGERS.get(name.removeprefix(_TRIGGER))
        if schema is not None:
            read = validate(node, schema, path, sink, name)
            if read is not None:
                _later(node, sink)
            return read or node
        known = [_TRIGGER + each for each in TRIGGERS]
    elif not name.startswith(CORE) and _PLUGIN.fullmatch(name):
        _plugin(node, kind, name, path, sink)
        return node
    else:
        from flowc.front.schemas.triggers import TRIGGERS

        known = [_TRIGGER + each for each in TRIGGERS]
    sink.report(
        "FC205",
        f"there is no trigger type `{kind.value}`",
        kind.span,
        hint=did_you_mean(name, known),
        kestra=f"Invalid type: {kind.value}",
    )
    return node


def _later(node: Mapping, sink: Sink) -> None:
    """Properties that later versions of Kestra have are taken, because a compiled flow does not run its triggers."""
    for key, _ in node.entries:
        if key.value in LATER:
            message = (
                f"`{key.value}` came with Kestra 2.0: a server of version 1.3 refuses the flow"
            )
            sink.report("FC219", message, key.span)


def _plugin(node: Mapping, kind: Scalar, name: str, path: str, sink: Sink) -> None:
    """A trigger of a plugin: what the atlas knows of it."""
    from flowc.front.schemas.triggers import Trigger

    name = atlas.current(str(kind.value))
    cls = atlas.find_trigger(name, frozenset(Trigger.model_fields) - {"type"})
    if cls is not None:
        values = Values(sink)
        entries = values.entries(node, cls, path, name, skip=frozenset({"type"}))
        values.required(cls, {str(key.value): value for key, value in entries}, path, node)
    elif atlas.has_package(name):
        hint = did_you_mean(name, list(atlas.triggers()))
        message = f"there is no trigger type `{kind.value}`"
        kestra = f"Invalid type: {kind.value}"
        sink.report("FC205", message, kind.span, hint=hint, kestra=kestra)


def read_conditions(node: Node, path: str, sink: Sink) -> Node:
    """A list of conditions, or a map of them."""
    if isinstance(node, Sequence):
        items = (_condition(each, f"{path}[{i}]", sink) for i, each in enumerate(node.items))
        return Sequence(tuple(items), node.span)
    if isinstance(node, Mapping):
        entries = (
            (key, _condition(value, f"{path}.{key.value}", sink)) for key, value in node.entries
        )
        return Mapping(tuple(entries), node.span)
    return node


def _with_conditions(node: Mapping, key: str, path: str, sink: Sink) -> Mapping:
    """An object whose conditions are read."""
    entries = (
        (name, read_conditions(value, f"{path}.{key}", sink) if name.value == key else value)
        for name, value in node.entries
    )
    return Mapping(tuple(entries), node.span)


def _condition(node: Node, path: str, sink: Sink) -> Node:
    if not isinstance(node, Mapping):
        sink.report("FC203", f"{path}: expected a condition, an object with a `type`", node.span)
        return node
    kind = node.get("type")
    if not isinstance(kind, Scalar) or kind.value is None:
        sink.report("FC205", "the condition has no `type`", head(node), kestra="Invalid type: null")
        return node
    name = canonical(str(kind.value))
    if not name.startswith(_CONDITION):
        if name.startswith(CORE) or not _PLUGIN.fullmatch(name):
            _no_condition(kind, sink, None)
        return node
    from flowc.front.schemas.triggers import CONDITIONS

    schema = CONDITIONS.get(name.removeprefix(_CONDITION))
    if schema is None:
        known = [_CONDITION + each for each in CONDITIONS]
        _no_condition(kind, sink, did_you_mean(name, known))
        return node
    read = validate(node, schema, path, sink, name) or node
    return _with_conditions(read, "conditions", path, sink)


def _no_condition(kind: Scalar, sink: Sink, hint: str | None) -> None:
    message = f"there is no condition type `{kind.value}`"
    sink.report("FC205", message, kind.span, hint=hint, kestra=f"Invalid type: {kind.value}")
