"""Programs: compiled once, run on many values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.jq import access, binding, construct, operators  # they fill the table of nodes
from flowrt.jq.compiling import compile_node
from flowrt.jq.env import Break, Env
from flowrt.jq.parse import parse
from flowrt.jq.values import JqError

__all__ = ["Program", "access", "binding", "construct", "operators"]


class Program:
    """A compiled program; `steps` are those of one that is a path written out (`.a.b[2]`), else None.

    Raises JqError for a bad program.
    """

    __slots__ = ("_run", "steps")

    def __init__(self, text: str) -> None:
        node = parse(text)
        start, steps = access.literal_steps(node)
        self.steps = steps if start[0] == "identity" else None
        self._run = compile_node(node)

    def __call__(self, value: Any, emit: Callable[[Any], None]) -> None:
        """Call `emit` with each result for a JSON value. Raises JqError."""
        try:
            self._run(Env(None), value, None, lambda r, _: emit(r), False)
        except Break:
            raise JqError("break") from None
