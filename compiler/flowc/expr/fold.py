"""Arithmetic on literals, done while compiling."""

from collections.abc import Callable
from typing import Any

from flowc.expr.nodes import Binary, Expression, Literal, Unary
from flowrt.expr import ops
from flowrt.java.errors import ExpressionError

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": ops.add, "-": ops.sub, "*": ops.mul, "/": ops.div, "%": ops.mod, "~": ops.concat,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {"+": ops.pos, "-": ops.neg}


def fold(node: Unary | Binary) -> Expression:
    """The constant an operator on literals gives; the node itself where it is none, or fails."""
    try:
        if isinstance(node, Unary):
            if isinstance(node.operand, Literal) and node.operator in _UNARY:
                return Literal(_UNARY[node.operator](node.operand.value), node.line)
        elif (
            isinstance(node.left, Literal)
            and isinstance(node.right, Literal)
            and node.operator in _BINARY
        ):
            value = _BINARY[node.operator](node.left.value, node.right.value)
            return Literal(value, node.line)
    except ExpressionError:
        pass
    return node
