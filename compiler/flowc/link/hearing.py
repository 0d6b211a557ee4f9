"""Which flows may listen to executions of others, as far as their Flow triggers tell."""

from __future__ import annotations

from collections.abc import Collection

from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.suggest import LATER
from flowc.ir.nodes import Key
from flowrt.catalog import canonical
from flowrt.model.triggers import FLOW_TRIGGER

_MARKS = ("trigger.Flow", "triggers.types.Flow")


def has_mark(text: str) -> bool:
    """Whether the text of a flow may have a Flow trigger; what has none need not be read."""
    return any(mark in text for mark in _MARKS)


def is_of_later(flow: model.Flow) -> bool:
    """Whether a Flow trigger has properties of later versions of Kestra, without which it would mean something else."""
    return any(
        trigger.type == FLOW_TRIGGER and not LATER.isdisjoint(trigger.properties)
        for trigger in flow.triggers
    )


def may_hear(flow: model.Flow, keys: Collection[Key]) -> bool:
    """Whether a flow may listen to an execution of one of some flows."""
    others = [key for key in keys if key != (flow.namespace, flow.id)]
    return not flow.disabled and any(
        _may_fire(trigger, key)
        for trigger in flow.triggers
        if trigger.type == FLOW_TRIGGER and _said(trigger.properties.get("disabled")) is not True
        for key in others
    )


def _may_fire(trigger: model.Trigger, key: Key) -> bool:
    """Whether an execution of a flow may let a trigger fire, alone or as one of several that it waits for."""
    preconditions = trigger.properties.get("preconditions")
    flows = preconditions.get("flows") if isinstance(preconditions, Mapping) else None
    where = preconditions.get("where") if isinstance(preconditions, Mapping) else None
    if isinstance(flows, Sequence) and flows.items and where is None:
        return any(_names(each, key) for each in flows.items)
    conditions = _items(trigger.properties.get("conditions"))
    several = [each for each in conditions if _kind(each) == _SEVERAL]
    alone = [each for each in conditions if each not in several]
    return all(_may_hold(each, key) for each in alone) and (
        not several or any(_may_hold(each, key) for each in several)
    )


def _may_hold(condition: Node, key: Key) -> bool:
    if not isinstance(condition, Mapping):
        return True
    kind = _kind(condition)
    if kind == "ExecutionFlow":
        return _names(condition, key)
    if kind == "ExecutionNamespace":
        return _in_namespace(condition, key[0])
    if kind == "Or":
        return any(_may_hold(each, key) for each in _items(condition.get("conditions")))
    if kind == _SEVERAL:
        several = condition.get("conditions")
        values = [value for _, value in several.entries] if isinstance(several, Mapping) else []
        return any(_may_hold(each, key) for each in values)
    return True


_SEVERAL = "MultipleCondition"


def _kind(condition: Node) -> str:
    """The last part of the type of a condition."""
    if not isinstance(condition, Mapping):
        return ""
    return canonical(str(_said(condition.get("type")))).rpartition(".")[2]


def _names(node: Node, key: Key) -> bool:
    """Whether `namespace` and `flowId` fit a flow; what is not written fits all."""
    if not isinstance(node, Mapping):
        return True
    said = (_said(node.get("namespace")), _said(node.get("flowId")))
    return all(_is_open(text) or text == part for text, part in zip(said, key, strict=True))


def _in_namespace(node: Mapping, namespace: str) -> bool:
    wanted = _said(node.get("namespace"))
    if _is_open(wanted):
        return True
    how = str(_said(node.get("comparison")) or "EQUALS")
    if how == "EQUALS" and _said(node.get("prefix")):
        how = "PREFIX"
    match how:
        case "EQUALS":
            return namespace == wanted
        case "PREFIX":
            return namespace.startswith(str(wanted))
        case "SUFFIX":
            return namespace.endswith(str(wanted))
    return True


def _is_open(text: object) -> bool:
    """Whether something may be any name: it is not given, or an expression."""
    return text is None or "{{" in str(text) or "{%" in str(text)


def _items(node: Node | None) -> tuple[Node, ...]:
    return tuple(node.items) if isinstance(node, Sequence) else ()


def _said(node: Node | None) -> object:
    return node.value if isinstance(node, Scalar) else None
