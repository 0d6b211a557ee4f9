"""Nodes that compute: arithmetic, comparison, `and`, `or`, `//`, and assignments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.jq import values
from flowrt.jq.compiling import RUNS, SINGLES, compile_node, compile_single
from flowrt.jq.env import Env, Run, Single
from flowrt.jq.parse import Node
from flowrt.jq.paths import Emit, Path, mutate
from flowrt.jq.values import JqError, compare, is_number, shown, to_text, truthy

_EXACT = 2**53
"""Up to here a number of 64-bit floating point is the integer itself."""


def _order(left: Any, right: Any) -> int:
    """`compare`, short for integers."""
    if type(left) is int is type(right) and -_EXACT < left < _EXACT and -_EXACT < right < _EXACT:
        return left - right
    return compare(left, right)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": values.add,
    "-": values.subtract,
    "*": values.multiply,
    "/": values.divide,
    "%": values.modulo,
    "==": lambda a, b: compare(a, b) == 0,
    "!=": lambda a, b: compare(a, b) != 0,
    "<": lambda a, b: _order(a, b) < 0,
    "<=": lambda a, b: _order(a, b) <= 0,
    ">": lambda a, b: _order(a, b) > 0,
    ">=": lambda a, b: _order(a, b) >= 0,
}


def _negate(operand: Node) -> Run:
    inner = compile_node(operand)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def negated(r: Any, _: Any) -> None:
            if not is_number(r):
                raise JqError(f"{shown(v)} cannot be negated")
            emit(values.numeric(-float(r)), None)

        inner(env, v, None, negated, False)

    return run


def _binary(operator: str, left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)
    if operator == "//":
        return _alternative(first, second)
    if operator in ("and", "or"):
        return _logical(operator == "or", first, second)
    apply = BINARY[operator]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def on_right(r: Any, _: Any) -> None:
            first(env, v, None, lambda left, _: emit(apply(left, r), None), False)

        second(env, v, None, on_right, False)

    return run


def _alternative(first: Run, second: Run) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        found = False

        def accept(r: Any, p: Path | None) -> None:
            nonlocal found
            if truthy(r):
                emit(r, p)
                found = True

        first(env, v, path, accept, need)
        if not found:
            second(env, v, path, emit, need)

    return run


def _logical(decides: bool, first: Run, second: Run) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def on_left(left: Any, _: Any) -> None:
            if truthy(left) is decides:
                emit(decides, None)
            else:
                second(env, v, None, lambda right, _: emit(truthy(right), None), False)

        first(env, v, None, on_left, False)

    return run


def _assign(operator: str, left: Node, right: Node) -> Run:
    target, source = compile_node(left), compile_node(right)

    def paths(env: Env, v: Any) -> list[Path]:
        found: list[Path] = []

        def collect(r: Any, p: Path | None) -> None:
            found.append(required_path(v, r, p))

        target(env, v, (), collect, True)
        return found

    def update(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        out = v

        def change(r: Any, p: Path | None) -> None:
            nonlocal out
            env.clock.tick()

            def changed(old: Any) -> Any:
                results: list[Any] = []
                source(env, old, None, lambda new, _: results.append(new), False)
                if not results:
                    raise JqError(
                        "`|= empty` is undefined. See https://github.com/stedolan/jq/issues/897"
                    )
                return results[0]

            out = mutate(out, required_path(v, r, p), changed)

        target(env, v, (), change, True)
        emit(out, None)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def with_value(value: Any, _: Any) -> None:
            out = v
            for found in paths(env, v):
                env.clock.tick()
                out = mutate(out, found, lambda old: apply(old, value))
            emit(out, None)

        source(env, v, None, with_value, False)

    if operator == "|=":
        return update
    apply: Callable[[Any, Any], Any]
    if operator == "=":
        apply = lambda old, new: new  # noqa: E731
    elif operator == "//=":
        apply = lambda old, new: old if truthy(old) else new  # noqa: E731
    else:
        apply = BINARY[operator[:-1]]
    return run


def required_path(value: Any, result: Any, path: Path | None) -> Path:
    """The path of a result. Raises JqError for a result that was computed."""
    if path is not None:
        return path
    if not isinstance(value, (dict, list)) and compare(value, result) == 0:
        return ()
    raise JqError(f"Invalid path expression with result {to_text(result)}")


def _single_binary(operator: str, left: Node, right: Node) -> Single | None:
    first, second = compile_single(left), compile_single(right)
    if first is None or second is None or operator == "//":
        return None
    if operator in ("and", "or"):
        decides = operator == "or"
        return lambda env, v: (
            decides if truthy(first(env, v)) is decides else truthy(second(env, v))
        )
    apply = BINARY[operator]

    def run(env: Env, v: Any) -> Any:
        after = second(env, v)  # the right side comes first
        return apply(first(env, v), after)

    return run


RUNS |= {"negate": _negate, "binary": _binary, "assign": _assign}
SINGLES["binary"] = _single_binary
