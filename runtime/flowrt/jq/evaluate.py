"""Programs: compiled once, run on many values."""

from __future__ import annotations

from typing import Any

from flowrt.jq import access, binding, construct, operators  # they fill the table of nodes
from flowrt.jq.compiling import compile_node
from flowrt.jq.env import Break, Env, collector
from flowrt.jq.functions import builtin
from flowrt.jq.parse import Node, parse
from flowrt.jq.values import JqError

__all__ = ["Program", "access", "binding", "construct", "operators"]


def _path(node: Node) -> tuple[Any, ...] | None:
    """The steps of a path that is written out; None for anything else."""
    start, steps = access.literal_steps(node)
    return steps if start[0] == "identity" else None


class Program:
    """A compiled program; `steps` are those of one that is a path written out (`.a.b[2]`), `mapped` those of one that takes
    such a path of each item (`map(.a)`), else None.

    Raises JqError for a bad program.
    """

    __slots__ = ("_run", "mapped", "steps")

    def __init__(self, text: str) -> None:
        node = parse(text)
        self.steps = _path(node)
        self.mapped = _path(node[2][0]) if node[:2] == ("call", "map") else None
        self._run = compile_node(node)

    def __call__(self, value: Any, out: list[Any]) -> None:
        """Put each result for a JSON value into a list. Raises JqError."""
        try:
            self._run(Env(None, builtin), value, None, collector(out), False)
        except Break:
            raise JqError("break") from None
