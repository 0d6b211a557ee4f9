"""Where a failure stands in the flow file: what Kestra's messages do not say, and people need first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flowrt.java.errors import ExpressionError

if TYPE_CHECKING:
    from flowrt.expr.template import Template
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task


def frame_of(flow: Flow, task: Task, error: BaseException) -> str | None:
    """A frame that names file, line and column, flow, task and property, with the expression and a caret below it.

    None when the place is not known.
    """
    found = _property(flow, task, error)
    if found is None:
        place = flow.places.get(task.id)
        if place is None:
            return None
        return f"  --> {flow.source_name}:{place} flow {flow.namespace}.{flow.id}, task {task.id}"
    name, place, template = found
    lines = template.source.splitlines() or [""]
    culprit = _culprit(error)
    number, column = next(
        ((n, line.find(culprit)) for n, line in enumerate(lines) if culprit and culprit in line),
        (0, 0),
    )
    width = len(culprit) if culprit and culprit in lines[number] else len(lines[number])
    head = f"  --> {flow.source_name}:{place} flow {flow.namespace}.{flow.id}, task {task.id}, property {name}"
    return f"{head}\n   | {lines[number]}\n   | {' ' * column}{'^' * max(width, 1)}"


def _property(flow: Flow, task: Task, error: BaseException) -> tuple[str, str, Template] | None:
    """The property whose expression failed, and where it stands."""
    if not isinstance(error, ExpressionError) or error.place is None:
        return None
    prefix = f"{task.id}."
    for key, place in flow.places.items():
        if not key.startswith(prefix):
            continue
        name = key[len(prefix) :]
        for template in _templates(_value(task, name)):
            if template.source in error.place:
                return name, place, template
    return None


def _value(task: Any, name: str) -> Any:
    """The value of a property, by its name in the flow."""
    for declared in task.properties.values():
        if declared.yaml == name:
            return getattr(task, declared.attribute, None)
    return None


def _templates(value: Any) -> Iterator[Template]:
    from flowrt.expr.template import Template

    if isinstance(value, Template):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _templates(key)
            yield from _templates(item)
    elif isinstance(value, list):
        for item in value:
            yield from _templates(item)
    elif hasattr(value, "properties"):
        for item in vars(value).values():
            yield from _templates(item)


def _culprit(error: BaseException) -> str:
    """The name that an error is about."""
    name = getattr(error, "name", None)
    if isinstance(name, str):
        return name
    message = str(getattr(error, "message", ""))
    _, tick, rest = message.partition("`")
    return rest.partition("`")[0] if tick else ""
