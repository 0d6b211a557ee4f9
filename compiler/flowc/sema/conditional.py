"""Which parts of a template are not always evaluated."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from flowc.expr import nodes
from flowc.expr.parser import parse
from flowrt.java.errors import ExpressionError

_LAZY = frozenset({"and", "or", "??", "???"})


def conditional_offsets(text: str) -> set[int]:
    """Offsets of names that are evaluated on some paths only: branches, bodies of loops, right sides of `and`."""
    try:
        body = parse(text)
    except ExpressionError:
        return set()
    found: set[int] = set()
    stack: list[tuple[Any, bool]] = [(body, False)]
    while stack:
        node, lazy = stack.pop()
        if isinstance(node, nodes.Name):
            if lazy:
                found.add(node.offset)
        elif isinstance(node, nodes.Ternary):
            stack.append((node.condition, lazy))
            stack += [(node.then, True), (node.otherwise, True)]
        elif isinstance(node, nodes.Binary) and node.operator in _LAZY:
            stack += [(node.left, lazy), (node.right, True)]
        elif isinstance(node, nodes.If):
            stack.append((node.branches[0][0], lazy))
            stack += [(each[0], True) for each in node.branches[1:]]
            stack += [(each[1], True) for each in node.branches]
            stack.append((node.otherwise or (), True))
        elif isinstance(node, nodes.For):
            stack.append((node.iterable, lazy))
            stack += [(node.body, True), (node.otherwise or (), True)]
        elif isinstance(node, nodes.Macro):
            stack.append((node.body, True))
        elif isinstance(node, tuple):
            stack += [(each, lazy) for each in node]
        elif is_dataclass(node):
            stack += [(getattr(node, each.name), lazy) for each in fields(node)]
    return found
