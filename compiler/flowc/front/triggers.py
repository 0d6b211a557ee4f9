"""Triggers and their conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowc import atlas
from flowc.diag.model import Sink
from flowc.front import model
from flowc.front.labels import Owner, read_labels
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.records import validate
from flowc.front.suggest import LATER, did_you_mean
from flowc.front.tasks import TASK_ID, report_no_id
from flowc.front.values import Values, head, is_null
from flowrt.catalog import CORE, canonical
from flowrt.model.declare import Declared

if TYPE_CHECKING:
    from flowc.front.schemas.base import Strict

_TRIGGER = f"{CORE}trigger."
_CONDITION = f"{CORE}condition."
_HTTP = f"{CORE}http.Trigger"
_OF_LABELS = f"{_CONDITION}ExecutionLabels"
_NO_DEFAULTS = LATER | {"minLogLevel"}
"""Properties that a trigger may have, and no default may set: later ones, and an older spelling of `logLevel`."""
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
    node = _with_conditions(node, path, sink)
    read_labels(node.get("labels"), f"{path}.labels", sink, Owner.OTHER)
    trigger_id = node.get("id")
    if not isinstance(trigger_id, Scalar) or trigger_id.value is None:
        return None
    text = str(trigger_id.value)
    if not TASK_ID.fullmatch(text):
        report_no_id(text, trigger_id.span, sink)
    properties = {
        str(key.value): value for key, value in node.entries if key.value not in ("id", "type")
    }
    return model.Trigger(text, name, node.span, properties)


def _shape(node: Mapping, kind: Scalar, name: str, path: str, sink: Sink) -> Mapping:
    """The trigger as its type declares it; what nothing is known of is taken as it is."""
    from flowc.front.schemas.triggers import TRIGGERS, Trigger

    schema = TRIGGERS.get(name.removeprefix(_TRIGGER)) if name.startswith(_TRIGGER) else None
    if schema is not None:
        return _read(_without_effect(node, sink), schema, path, sink, name)
    if not _PLUGIN.fullmatch(name) or (f"{name}.".startswith(CORE) and name != _HTTP):
        known = [_HTTP, *(_TRIGGER + each for each in TRIGGERS)]
        _no_trigger(kind, did_you_mean(name, known), sink)
        return node
    shared = frozenset(Trigger.model_fields)
    common = tuple(each for each in node.entries if each[0].value in shared)
    found = {
        str(key.value): (key, value)
        for key, value in (
            *_read(Mapping(common, node.span), Trigger, path, sink, name).entries,
            *_own(node, kind, shared, path, sink),
        )
    }
    entries = (found.get(str(key.value)) for key, _ in node.entries)
    return Mapping(tuple(each for each in entries if each is not None), node.span)


def _read(node: Mapping, schema: type[Strict], path: str, sink: Sink, name: str) -> Mapping:
    read = validate(node, schema, path, sink, name)
    if read is not None:
        _later(node, sink)
    return read or node


def _own(
    node: Mapping, kind: Scalar, shared: frozenset[str], path: str, sink: Sink
) -> list[tuple[Scalar, Node]]:
    """The properties that a trigger has by its type, beside those of all triggers."""
    name = atlas.current(str(kind.value))
    cls = _class(name, shared)
    if cls is not None:
        values = Values(sink)
        entries = values.entries(node, cls, path, name, skip=shared)
        values.required(cls, {str(key.value): value for key, value in entries}, path, node)
        return entries
    if atlas.has_package(name):
        _no_trigger(kind, did_you_mean(name, list(atlas.triggers())), sink)
    return [each for each in node.entries if each[0].value not in shared]


def _class(name: str, shared: frozenset[str]) -> type[Declared] | None:
    """The class that stands for a trigger type; what it has in common with a task, the class of the task declares."""
    cls = atlas.find_trigger(name, shared)
    if cls is not None and name == _HTTP:
        from flowrt.tasks.http import HttpTask

        task = {each.yaml: each for each in HttpTask.properties.values()}
        cls.properties = {
            key: each if key in shared else task.get(key, each)
            for key, each in cls.properties.items()
        }
    return cls


def property_names(written: str) -> frozenset[str]:
    """The properties of a type of trigger or condition as a default may set them; none where nothing is known of it."""
    from flowc.front.schemas.triggers import CONDITIONS, TRIGGERS, Trigger

    name = canonical(written)
    trigger = TRIGGERS.get(name.removeprefix(_TRIGGER))
    condition = CONDITIONS.get(name.removeprefix(_CONDITION))
    for schema, absent in ((trigger, _NO_DEFAULTS), (condition, frozenset())):
        if schema is not None:
            fields = schema.model_fields.items()
            return frozenset(each.alias or key for key, each in fields) - absent
    cls = _class(name, frozenset(Trigger.model_fields) - _NO_DEFAULTS)
    return frozenset(cls.properties) if cls is not None else frozenset()


def _no_trigger(kind: Scalar, hint: str | None, sink: Sink) -> None:
    message = f"there is no trigger type `{kind.value}`"
    sink.report("FC205", message, kind.span, hint=hint, kestra=f"Invalid type: {kind.value}")


def _without_effect(node: Mapping, sink: Sink) -> Mapping:
    """A trigger without the `conditions` of its preconditions, which Kestra takes and never reads."""
    given = node.get("preconditions")
    if not isinstance(given, Mapping) or given.get("conditions") is None:
        return node
    for key, _ in given.entries:
        if key.value == "conditions":
            message = "`conditions` of `preconditions` have no effect"
            hint = "write them in `conditions` of the trigger"
            sink.report("FC219", message, key.span, hint=hint)
    kept = tuple(each for each in given.entries if each[0].value != "conditions")
    entries = (
        (key, Mapping(kept, given.span) if key.value == "preconditions" else value)
        for key, value in node.entries
    )
    return Mapping(tuple(entries), node.span)


def _later(node: Mapping, sink: Sink) -> None:
    """Properties that later versions of Kestra have are taken, because a compiled flow does not run its triggers."""
    for key, _ in node.entries:
        if key.value in LATER:
            message = (
                f"`{key.value}` came with Kestra 2.0: a server of version 1.3 refuses the flow"
            )
            sink.report("FC219", message, key.span)


def read_conditions(node: Node, path: str, sink: Sink, *, within: bool = False) -> Node:
    """A list of conditions, or a map of them; `within` another one."""
    if isinstance(node, Sequence):
        items = (
            _condition(each, f"{path}[{i}]", sink, within) for i, each in enumerate(node.items)
        )
        return Sequence(tuple(items), node.span)
    if isinstance(node, Mapping):
        entries = (
            (key, _condition(value, f"{path}.{key.value}", sink, within))
            for key, value in node.entries
        )
        return Mapping(tuple(entries), node.span)
    return node


def _with_conditions(node: Mapping, path: str, sink: Sink, *, within: bool = False) -> Mapping:
    """An object whose conditions are read."""
    entries = []
    for key, value in node.entries:
        if key.value == "conditions":
            value = read_conditions(value, f"{path}.conditions", sink, within=within)
        entries.append((key, value))
    return Mapping(tuple(entries), node.span)


def _condition(node: Node, path: str, sink: Sink, within: bool) -> Node:
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
    if name == _OF_LABELS:
        owner = Owner.NESTED if within else Owner.OTHER
        read_labels(read.get("labels"), f"{path}.labels", sink, owner)
    return _with_conditions(read, path, sink, within=True)


def _no_condition(kind: Scalar, sink: Sink, hint: str | None) -> None:
    message = f"there is no condition type `{kind.value}`"
    sink.report("FC205", message, kind.span, hint=hint, kestra=f"Invalid type: {kind.value}")
