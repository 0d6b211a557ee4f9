"""From the syntax tree to functions: a table of node kinds, filled by the modules that know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.jq.env import Env, Run, Single
from flowrt.jq.parse import Node
from flowrt.jq.paths import Emit, Path

RUNS: dict[str, Callable[..., Run]] = {}
"""Kind of node → what makes its function of the node's parts."""

SINGLES: dict[str, Callable[..., Single | None]] = {}
"""Kind of node → what makes the shorter form, where these parts have one."""


def compile_node(node: Node) -> Run:
    """The function of a node."""
    run = RUNS[node[0]](*node[1:])
    single = compile_single(node)
    if single is None:
        return run

    def quick(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        if path is None and not need:
            emit(single(env, v), None)
        else:
            run(env, v, path, emit, need)

    return quick


def compile_single(node: Node) -> Single | None:
    """The shorter form of a node that always gives one result; None for others."""
    make = SINGLES.get(node[0])
    return None if make is None else make(*node[1:])
