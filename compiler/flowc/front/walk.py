"""Ways through the model: every task, every text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowc.front import model
from flowc.front.nodes import Node, Scalar, Sequence


def walk_tasks(flow: model.Flow) -> Iterator[model.Task]:
    """Every task of the four lists at every depth, parents first."""
    for tasks in (flow.tasks, flow.errors, flow.finally_, flow.after_execution):
        yield from descend(tasks)


def descend(tasks: Iterable[model.Task]) -> Iterator[model.Task]:
    """The tasks and all below them, in the order of the file."""
    stack = [iter(tasks)]
    while stack:
        task = next(stack[-1], None)
        if task is None:
            stack.pop()
        else:
            yield task
            stack.append(iter(child_tasks(task)))


def child_tasks(task: model.Task) -> list[model.Task]:
    """The direct children of all lists."""
    return [child for tasks in task.children.values() for child in tasks]


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar of a value; the keys of maps too, because they are rendered as well."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for each in node.items:
            yield from scalars(each)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)
