"""Nodes that name things: `as`, `reduce`, `foreach`, `def`, and calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowrt.jq.compiling import RUNS, compile_node, compile_single
from flowrt.jq.env import Argument, Env, Run
from flowrt.jq.parse import Node
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import JqError, type_of

Match = Callable[[Env, Any, Callable[[dict[str, Any]], None]], None]


def _pattern(node: Node) -> Match:
    """Calls back with the variables of every way a destructuring pattern fits a value."""
    kind = node[0]
    if kind == "var":
        name = node[1]
        return lambda env, v, found: found({name: v})
    if kind == "array":
        items = [_pattern(item) for item in node[1]]

        def match_array(env: Env, v: Any, found: Callable[[dict[str, Any]], None]) -> None:
            if v is not None and not isinstance(v, list):
                raise JqError(f"Cannot index {type_of(v)} with number")

            def at(index: int, made: dict[str, Any]) -> None:
                if index == len(items):
                    found(made)
                    return
                item = v[index] if v is not None and index < len(v) else None
                items[index](env, item, lambda more: at(index + 1, {**made, **more}))

            at(0, {})

        return match_array
    fields = [
        (compile_node(key), name, None if inner is None else _pattern(inner))
        for key, name, inner in node[1]
    ]

    def match_object(env: Env, v: Any, found: Callable[[dict[str, Any]], None]) -> None:
        if v is not None and not isinstance(v, dict):
            raise JqError(f"Cannot index {type_of(v)} with string")

        def at(index: int, made: dict[str, Any]) -> None:
            if index == len(fields):
                found(made)
                return
            key, name, inner = fields[index]

            def with_key(k: Any, _: Any) -> None:
                if not isinstance(k, str):
                    raise JqError(f"Cannot index {type_of(v)} with {type_of(k)}")
                item = None if v is None else v.get(k)
                named = {**made, name: item} if name is not None else made
                if inner is None:
                    at(index + 1, named)
                else:
                    inner(env, item, lambda more: at(index + 1, {**named, **more}))

            key(env, v, None, with_key, False)

        at(0, {})

    return match_object


def _bound(env: Env, variables: dict[str, Any]) -> Env:
    scope = Env(env)
    scope.variables = variables
    return scope


def _as(source: Node, pattern: Node, body: Node) -> Run:
    given, match, inner = compile_node(source), _pattern(pattern), compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def bind(r: Any, _: Any) -> None:
            match(env, r, lambda names: inner(_bound(env, names), v, path, emit, need))

        given(env, v, None, bind, False)

    return run


def _reduce(source: Node, pattern: Node, start: Node, update: Node) -> Run:
    given, match = compile_node(source), _pattern(pattern)
    first, step = compile_node(start), compile_node(update)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def from_start(initial: Any, _: Any) -> None:
            state = initial

            def take(names: dict[str, Any]) -> None:
                nonlocal state
                results: list[Any] = []
                step(_bound(env, names), state, None, lambda r, _: results.append(r), False)
                state = results[-1] if results else None

            given(env, v, None, lambda r, _: match(env, r, take), False)
            emit(state, None)

        first(env, v, None, from_start, False)

    return run


def _foreach(
    source: Node, pattern: Node, start: Node, update: Node, extract: Node | None = None
) -> Run:
    given, match = compile_node(source), _pattern(pattern)
    first, step = compile_node(start), compile_node(update)
    out = None if extract is None else compile_node(extract)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def from_start(initial: Any, initial_path: Path | None) -> None:
            state, state_path = initial, initial_path

            def take(names: dict[str, Any]) -> None:
                scope = _bound(env, names)

                def updated(r: Any, p: Path | None) -> None:
                    nonlocal state, state_path
                    if out is None:
                        emit(r, p)
                    else:
                        out(scope, r, p, emit, need)
                    state, state_path = r, p

                step(scope, state, state_path, updated, need and out is None)

            given(env, v, None, lambda r, _: match(env, r, take), False)

        first(env, v, path, from_start, False)

    return run


def define(env: Env, name: str, params: tuple[str, ...], body: Run) -> None:
    """Adds a function to an environment, in which its body is evaluated."""
    key = f"{name}/{len(params)}"

    def call(
        caller: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        caller.clock.tick()
        scope = Env(env)
        scope.clock = caller.clock

        def bind(index: int) -> None:
            if index == len(params):
                body(scope, v, path, emit, need)
                return
            param, arg = params[index], args[index]
            bare = param.lstrip("$")
            if param == bare:
                scope.functions[bare + "/0"] = _closure(arg)
                bind(index + 1)
                return

            def with_value(value: Any) -> None:
                scope.variables[bare] = value
                scope.functions[bare + "/0"] = _constant(value)
                bind(index + 1)

            arg(v, with_value)

        bind(0)

    env.functions[key] = call


def _closure(arg: Argument) -> Callable[..., None]:
    def call(
        _: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        arg.run(arg.env, v, path, emit, need)

    return call


def _constant(value: Any) -> Callable[..., None]:
    def call(
        _: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        emit(value, None)

    return call


def _def(definition: Node, rest: Node) -> Run:
    name, params, body = definition[0], definition[1], compile_node(definition[2])
    inner = compile_node(rest)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        scope = Env(env)
        define(scope, name, params, body)
        inner(scope, v, path, emit, need)

    return run


def _call(name: str, args: tuple[Node, ...]) -> Run:
    key = f"{name}/{len(args)}"
    parts = [(compile_node(arg), compile_single(arg)) for arg in args]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        env.function(key)(env, [Argument(env, run, one) for run, one in parts], v, path, emit, need)

    return run


RUNS |= {
    "as": _as,
    "reduce": _reduce,
    "foreach": _foreach,
    "def": _def,
    "call": _call,
}
