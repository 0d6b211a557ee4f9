"""Which flows a step starts: by name, or by an expression that is as good as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowc.expr import nodes
from flowc.ir.nodes import Const, Expr, Key, Module, Start, Step, Value, walk


class Call(NamedTuple):
    """A step that starts flows; a part of the name that is only known when it runs is None."""

    step: Start
    namespace: str | None
    flow_id: str | None
    always: bool
    """Whether it runs in every execution that gets so far."""

    @property
    def key(self) -> Key | None:
        """The name, where it is known."""
        if self.namespace is None or self.flow_id is None:
            return None
        return self.namespace, self.flow_id


def calls(module: Module) -> Iterator[Call]:
    """The steps of a flow that start others, in its order."""
    certain = {id(step) for step in _certain(module)}
    for step in walk(module):
        if isinstance(step, Start):
            namespace = _name(step.namespace.value, module)
            flow_id = _name(step.flow_id.value, module)
            yield Call(step, namespace, flow_id, id(step) in certain)


def _name(value: Value, module: Module) -> str | None:
    """A name that is written, or made of nothing but the flow's own name."""
    if isinstance(value, Const):
        return None if value.value is None else str(value.value)
    if not isinstance(value, Expr) or value.tree.error is not None:
        return None
    known = {"id": module.id, "namespace": module.namespace}
    text = ""
    for node in value.tree.body:
        if isinstance(node, nodes.Text):
            text += node.text
            continue
        expression = node.expression if isinstance(node, nodes.Print) else None
        if isinstance(expression, nodes.Literal) and isinstance(expression.value, str):
            text += expression.value
            continue
        key = expression.key if isinstance(expression, nodes.Attribute) else None
        owner = expression.object if isinstance(expression, nodes.Attribute) else None
        if not (isinstance(owner, nodes.Name) and owner.name == "flow"):
            return None
        if not (isinstance(key, nodes.Literal) and key.value in known):
            return None
        text += known[str(key.value)]
    return text


def _certain(module: Module) -> Iterator[Step]:
    """The steps that run in every execution in which nothing fails before them."""
    from flowc.ir.nodes import Batch, Fork, Graph, Group

    stack = list(reversed(module.tasks.steps))
    while stack:
        step = stack.pop()
        if step.policy.run_if is not None or isinstance(step, Batch):
            continue
        yield step
        if isinstance(step, Group | Fork | Graph):
            stack.extend(reversed(step.body.steps))
