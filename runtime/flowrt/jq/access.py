"""Nodes that find values: literals, variables, `.a`, `.[0]`, `.[1:2]`, `.[]`, `..`."""

from __future__ import annotations

from typing import Any

from flowrt.jq.compiling import RUNS, SINGLES, compile_node, compile_single
from flowrt.jq.env import Env, Run, Single
from flowrt.jq.parse import Node
from flowrt.jq.paths import Emit, Path, chained, step_into
from flowrt.jq.values import JqError, is_number, shown, to_text, type_of


def _literal(value: Any) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(value, None)

    return run


def _identity() -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(v, path)

    return run


def _variable(name: str) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        emit(env.variable(name), None)

    return run


def _needs(path: Path | None, need: bool, what: str, value: Any) -> None:
    if need and path is None:
        raise JqError(f"Invalid path expression near attempt to {what} {to_text(value)}")


def _index(target: Node, key: Node, permissive: bool) -> Run:
    base, step = compile_node(target), compile_node(key)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def at(k: Any, _: Any) -> None:
            def into(r: Any, p: Path | None) -> None:
                _needs(p, need, f"access element {to_text(k)} of", r)
                if k is None or type(k) is bool or isinstance(k, dict):
                    if not permissive:
                        raise JqError(f"Cannot index {type_of(r)} with {type_of(k)}")
                    return
                step_into(r, k, p, emit, permissive)

            base(env, v, path, into, need)

        step(env, v, None, at, False)

    return run


def _slice(target: Node, start: Node | None, end: Node | None, permissive: bool) -> Run:
    base = compile_node(target)
    first = compile_node(start or ("literal", None))
    last = compile_node(end or ("literal", None))

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def sliced(low: Any, high: Any) -> None:
            def into(r: Any, p: Path | None) -> None:
                if all(bound is None or is_number(bound) for bound in (low, high)):
                    step = {"start": low, "end": high}
                    _needs(p, need, f"access element {to_text(step)} of", r)
                    step_into(r, step, p, emit, permissive)
                elif not permissive:
                    raise JqError(f"Start and end indices of an {type_of(r)} slice must be numbers")

            base(env, v, path, into, need)

        first(
            env, v, None, lambda a, _: last(env, v, None, lambda b, _: sliced(a, b), False), False
        )

    return run


def _iterate(target: Node, permissive: bool) -> Run:
    base = compile_node(target)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def into(r: Any, p: Path | None) -> None:
            _needs(p, need, "iterate through", r)
            if isinstance(r, list):
                for index, item in enumerate(r):
                    emit(item, chained(p, index))
            elif isinstance(r, dict):
                for key, item in r.items():
                    emit(item, chained(p, key))
            elif not permissive:
                raise JqError(f"Cannot iterate over {shown(r)}")

        base(env, v, path, into, need)

    return run


def _recurse() -> Run:
    def descend(v: Any, path: Path | None, emit: Emit) -> None:
        emit(v, path)
        if isinstance(v, dict):
            for key, item in v.items():
                descend(item, chained(path, key), emit)
        elif isinstance(v, list):
            for index, item in enumerate(v):
                descend(item, chained(path, index), emit)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        descend(v, path, emit)

    return run


def literal_steps(node: Node) -> tuple[Node, tuple[Any, ...]]:
    """What a chain of steps written out (`.a.b[2]`) starts from, and the steps."""
    steps: list[Any] = []
    while (
        node[0] == "index"
        and node[2][0] == "literal"
        and type(node[2][1]) in (str, int)
        and not node[3]
    ):
        steps.append(node[2][1])
        node = node[1]
    return node, tuple(reversed(steps))


def walk(value: Any, steps: tuple[Any, ...]) -> Any:
    """What stands at the end of steps written out. Raises JqError where one cannot be taken."""
    for step in steps:
        kind = type(value)
        if kind is dict and type(step) is str:
            value = value.get(step)
        elif kind is list and type(step) is int:
            value = value[step] if -len(value) <= step < len(value) else None
        elif value is not None:
            value = _stepped(value, step)
    return value


def _stepped(value: Any, step: Any) -> Any:
    found: list[Any] = []
    step_into(value, step, None, lambda r, _: found.append(r), False)
    return found[0]


def _single_index(target: Node, key: Node, permissive: bool) -> Single | None:
    start, steps = literal_steps(("index", target, key, permissive))
    base = compile_single(start) if steps else None
    if base is None:
        return None
    if start[0] == "identity":
        return lambda env, v: walk(v, steps)
    return lambda env, v: walk(base(env, v), steps)


RUNS |= {
    "literal": _literal,
    "identity": _identity,
    "group": compile_node,
    "variable": _variable,
    "index": _index,
    "slice": _slice,
    "iterate": _iterate,
    "recurse": _recurse,
}
SINGLES |= {
    "literal": lambda value: lambda env, v: value,
    "identity": lambda: lambda env, v: v,
    "group": compile_single,
    "variable": lambda name: lambda env, v: env.variable(name),
    "index": _single_index,
}
