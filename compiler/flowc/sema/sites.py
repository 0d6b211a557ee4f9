"""Every text of a flow that may hold an expression, and how it is rendered.

The places are found by walking the whole file, so that none is forgotten. What is known of a property (a task renders
it, the start of the execution renders it) makes its findings errors; in a text that is rendered only perhaps, or never,
a broken expression is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from flowc.front import model
from flowc.front.nodes import Mapping, Node, Scalar, Sequence
from flowc.front.values import has_expression, properties
from flowc.front.walk import scalars
from flowc.sema.scopes import Place, places
from flowrt.catalog import CORE


class Rendered(Enum):
    """When a text is rendered."""

    BY_TASK = "by the task"
    AT_START = "when an execution is created"
    BY_TRIGGER = "by a trigger"
    AT_END = "when the execution has ended"
    PERHAPS = "perhaps"


class Site(NamedTuple):
    """A text with expressions; `place` is the task that renders it, if one does."""

    text: Scalar
    rendered: Rendered
    place: Place | None = None


def sites(flow: model.Flow) -> Iterator[Site]:
    """All texts with expressions, those of tasks first, each once."""
    seen: set[tuple[int, int]] = set()

    def once(site: Site) -> Iterator[Site]:
        key = (id(site.text.span.file), site.text.span.start)
        if isinstance(site.text.value, str) and has_expression(site.text.value):
            if key not in seen or site.place is not None:
                yield site
            seen.add(key)

    for place in places(flow).values():
        if not any(step.task.disabled for step in place.steps):
            for scalar in _of_task(place.task):
                yield from once(Site(scalar, Rendered.BY_TASK, place))
    for output in flow.outputs:
        for scalar in scalars(output.value):
            yield from once(Site(scalar, Rendered.AT_END))
    for scalar in _at_start(flow):
        yield from once(Site(scalar, Rendered.AT_START))
    for scalar in _of_triggers(flow):
        yield from once(Site(scalar, Rendered.BY_TRIGGER))
    for scalar in _value(flow.root):
        yield from once(Site(scalar, Rendered.PERHAPS))


def _of_task(task: model.Task) -> Iterator[Scalar]:
    """The texts of a task that are rendered when it runs."""
    known = properties(task.cls)
    for name, node in task.properties.items():
        declared = known.get(name)
        if name == "outputs" and task.cls.shape == "subflow":
            continue  # rendered among the variables of the other flow
        if declared is not None and not declared.static and not declared.ignored:
            yield from scalars(node)


def _at_start(flow: model.Flow) -> Iterator[Scalar]:
    for given in flow.inputs:
        yield from _of_input(given)
    for place in places(flow).values():
        for given in place.task.inputs:
            yield from _of_input(given)
    for check in flow.checks:
        yield from _value(check.get("condition"))
    for level in flow.sla:
        yield from _value(level.get("assert"))


def _of_triggers(flow: model.Flow) -> Iterator[Scalar]:
    """What triggers render: among variables of their own, and often those of another execution."""
    for trigger in flow.triggers:
        if trigger.type.startswith(CORE):
            yield from _value(trigger.properties.get("inputs"))
            yield from _conditions(trigger.properties.get("conditions"))


def _of_input(given: model.Input) -> Iterator[Scalar]:
    for name in ("defaults", "prefill", "expression"):
        yield from _value(given.properties.get(name))
    depends = given.properties.get("dependsOn")
    if isinstance(depends, Mapping):
        yield from _value(depends.get("condition"))
    for child in given.children:
        yield from _of_input(child)


def _conditions(node: Node | None) -> Iterator[Scalar]:
    """The texts of conditions, but for their types."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _conditions(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if key.value != "type":
                yield from _conditions(value)
    elif node is not None:
        yield node


def _value(node: Node | None) -> Iterator[Scalar]:
    if node is not None:
        yield from scalars(node)
