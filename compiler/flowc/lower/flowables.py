"""The structure of each shape of step: one function for each, from children by property to blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypedDict

from flowc.front import model
from flowc.ir.nodes import (
    Batch,
    Block,
    Branch,
    Call,
    Const,
    Fork,
    Graph,
    Group,
    Input,
    Loop,
    Policy,
    Property,
    Start,
    Step,
    Stored,
    Switch,
    Until,
    Wait,
)
from flowc.source import Span

_CASE = "case:"


class Lowering(Protocol):
    """What shapes a task asks for what stands in it: whoever lowers the flow."""

    def block(self, tasks: tuple[model.Task, ...], path: tuple[str, ...], span: Span) -> Block: ...

    def handlers(
        self, tasks: tuple[model.Task, ...] | None, path: tuple[str, ...], span: Span
    ) -> Block | None: ...

    def step(self, task: model.Task, path: tuple[str, ...]) -> Step: ...

    def inputs(self, given: tuple[model.Input, ...]) -> tuple[Input, ...]: ...

    def template(self, task: model.Task) -> model.Flow | None: ...


class Common(TypedDict):
    """What all steps have; the fields of `Step`."""

    span: Span
    comments: tuple[str, ...]
    id: str
    path: tuple[str, ...]
    type: str
    properties: tuple[Property, ...]
    policy: Policy
    errors: Block | None
    finally_: Block | None
    description: str | None
    packages: tuple[str, ...]


class Shaping:
    """One task on its way to a step: what is common to all, and the properties that may become operands."""

    def __init__(
        self, low: Lowering, task: model.Task, common: Common, inside: tuple[str, ...]
    ) -> None:
        self.low = low
        self.task = task
        self.common = common
        self.inside = inside

    def take(self, *keys: str) -> Property | None:
        """The property with one of the keys; it becomes an operand, so it is no property any more."""
        found = next((each for each in self.common["properties"] if each.key in keys), None)
        if found is not None:
            rest = tuple(each for each in self.common["properties"] if each is not found)
            self.common["properties"] = rest
        return found

    def need(self, *keys: str) -> Property:
        """The same of a property that is required; where it is missing, which is reported, null stands for it."""
        span = self.task.span
        missing = Property(span=span, key=keys[0], kind="any", value=Const(span=span, value=None))
        return self.take(*keys) or missing

    def block(self, name: str) -> Block | None:
        """A list of children that may be absent."""
        children = self.task.children.get(name)
        return None if children is None else self.low.block(children, self.inside, self.task.span)

    @property
    def body(self) -> Block:
        return self.low.block(self.task.children.get("tasks", ()), self.inside, self.task.span)


Builder = Callable[[Shaping], Step]


def _leaf(s: Shaping) -> Step:
    return Call(**s.common)


def _start(s: Shaping) -> Step:
    namespace, flow_id = s.need("namespace"), s.need("flowId")
    inputs, wait = s.take("inputs"), s.take("wait")
    return Start(**s.common, namespace=namespace, flow_id=flow_id, inputs=inputs, wait=wait)


def _batch(s: Shaping) -> Step:
    items, namespace, flow_id = s.need("items"), s.need("namespace"), s.need("flowId")
    inputs, wait = s.take("inputs"), s.take("wait")
    return Batch(
        **s.common, items=items, namespace=namespace, flow_id=flow_id, inputs=inputs, wait=wait
    )


def _group(s: Shaping) -> Step:
    return Group(**s.common, body=s.body)


def _fork(s: Shaping) -> Step:
    limit = s.take("concurrent")
    return Fork(**s.common, body=s.body, limit=limit)


def _until(s: Shaping) -> Step:
    condition, frequency = s.need("condition"), s.take("checkFrequency")
    return Until(**s.common, body=s.body, condition=condition, frequency=frequency)


def _loop(s: Shaping, spread: bool = False) -> Step:
    body = s.body
    values, limit = s.need("values", "value"), s.take("concurrencyLimit", "concurrent")
    if limit is not None and not spread and body.has_disabled:
        limit = _one_at_a_time(limit)
    return Loop(**s.common, body=body, values=values, limit=limit, spread=spread)


def _one_at_a_time(limit: Property) -> Property:
    """A disabled child makes the engine take the values in turn, whatever the limit."""
    from dataclasses import replace

    given = limit.value
    if not isinstance(given, Const) or not isinstance(given.value, int) or given.value == 1:
        return limit
    note = f"concurrencyLimit {given.value} acts as 1, because a child is disabled"
    one = Const(span=given.span, value=1)
    return replace(limit, value=one, comments=(*limit.comments, note))


def _spread(s: Shaping) -> Step:
    return _loop(s, spread=True)


def _branch(s: Shaping) -> Step:
    then = s.low.block(s.task.children.get("then", ()), s.inside, s.task.span)
    condition = s.need("condition")
    return Branch(**s.common, condition=condition, then=then, orelse=s.block("else"))


def _switch(s: Shaping) -> Step:
    cases = tuple(
        (name.removeprefix(_CASE), s.low.block(children, s.inside, s.task.span))
        for name, children in s.task.children.items()
        if name.startswith(_CASE)
    )
    declared = cases if cases or "cases" in s.task.children else None
    value = s.need("value")
    return Switch(**s.common, value=value, cases=declared, default=s.block("defaults"))


def _graph(s: Shaping) -> Step:
    body, limit = s.body, s.take("concurrent")
    # A dependency on a disabled task can never be met, it would hang the flow; it is dropped.
    enabled = {step.id for step in body.steps}
    after = []
    for child in s.task.children.get("tasks", ()):
        names = tuple(dict.fromkeys(name for name in child.depends_on if name in enabled))
        if names and child.id in enabled:
            after.append((child.id, names))
    return Graph(**s.common, body=body, after=tuple(after), limit=limit)


def _wait(s: Shaping) -> Step:
    paused = [each for each in s.task.children.get("onPause", ()) if not each.disabled]
    on_pause = s.low.step(paused[0], s.inside) if paused else None
    duration = s.take("pauseDuration")
    inputs = s.low.inputs(s.task.inputs)
    return Wait(**s.common, body=s.body, duration=duration, inputs=inputs, on_pause=on_pause)


def _template(s: Shaping) -> Step:
    found = s.low.template(s.task)
    if found is None:
        empty = Block(span=s.task.span, entries=())
        return Stored(**s.common, body=empty, missing=True)
    s.common["errors"] = s.low.handlers(found.errors, s.inside, s.task.span)
    s.common["finally_"] = s.low.handlers(found.finally_, s.inside, s.task.span)
    return Stored(**s.common, body=s.low.block(found.tasks, s.inside, s.task.span))


BUILDERS: dict[str, Builder] = {
    "leaf": _leaf,
    "update": _leaf,
    "exit": _leaf,
    "subflow": _start,
    "batch": _batch,
    "group": _group,
    "folder": _group,
    "fork": _fork,
    "graph": _graph,
    "branch": _branch,
    "switch": _switch,
    "loop": _loop,
    "spread": _spread,
    "until": _until,
    "wait": _wait,
    "template": _template,
}
"""By the shape that the class of a task declares."""
