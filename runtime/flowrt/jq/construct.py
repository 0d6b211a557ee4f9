"""Nodes that combine others: `|`, `,`, arrays, objects, texts, `if`, `try`, labels."""

from __future__ import annotations

from math import isfinite
from typing import Any

from flowrt.formats.jsonwrite import json_string
from flowrt.java.growth import checked
from flowrt.java.values import MISSING
from flowrt.jq.compiling import RUNS, SINGLES, compile_node, compile_single
from flowrt.jq.env import Break, Env, Run, Single, collector
from flowrt.jq.parse import Node
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import JqError, shown, truthy


def _pipe(left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        first(env, v, path, lambda r, p: second(env, r, p, emit, need), need)

    return run


def _comma(left: Node, right: Node) -> Run:
    first, second = compile_node(left), compile_node(right)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        first(env, v, path, emit, need)
        second(env, v, path, emit, need)

    return run


def _array(body: Node | None) -> Run:
    inner = None if body is None else compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        out: list[Any] = []
        if inner is not None:
            inner(env, v, None, collector(out), False)
        emit(out, None)

    return run


def _object(fields: tuple[tuple[Node, Node], ...]) -> Run:
    entries = [(compile_node(key), compile_node(value)) for key, value in fields]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def build(index: int, made: dict[str, Any]) -> None:
            if index == len(entries):
                emit(made, None)
                return
            key, value = entries[index]

            def with_key(k: Any, _: Any) -> None:
                if not isinstance(k, str):
                    raise JqError(f"Cannot use {shown(k)} as object key")
                value(env, v, None, lambda r, _: build(index + 1, {**made, k: r}), False)

            key(env, v, None, with_key, False)

        build(0, {})

    return run


def _interpolation(format: str | None, parts: tuple[Any, ...]) -> Run:
    texts = parts[::2]
    runs = [compile_node(part) for part in parts[1::2]]

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        convert = None if format is None else env.function(f"{format}/0")

        # the last interpolation varies slowest
        def fill(index: int, tail: str) -> None:
            if index < 0:
                emit(texts[0] + tail, None)
                return

            def converted(r: Any, _: Any) -> None:
                fill(index - 1, checked(str(r) + texts[index + 1] + tail))

            def filled(r: Any, _: Any) -> None:
                if convert is None:
                    converted(_filling(r), None)
                else:
                    convert(env, [], r, None, converted, False)

            runs[index](env, v, None, filled, False)

        fill(len(runs) - 1, "")

    return run


def _filling(value: Any) -> str:
    """What a value is in a text: numbers stand as Java writes them, at every depth."""
    from flowrt.java.printing import text_of

    return _told(value) if isinstance(value, (dict, list)) or value is MISSING else text_of(value)


def _told(value: Any) -> str:
    from flowrt.java.printing import text_of

    if isinstance(value, dict):
        entries = (f"{json_string(key)}:{_told(item)}" for key, item in value.items())
        return f"{{{','.join(entries)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_told, value))}]"
    if isinstance(value, str) or (isinstance(value, float) and not isfinite(value)):
        return json_string(text_of(value))
    return "null" if value is MISSING else text_of(value)


def _if(condition: Node, then: Node, otherwise: Node) -> Run:
    test, first, second = compile_node(condition), compile_node(then), compile_node(otherwise)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        def chosen(r: Any, _: Any) -> None:
            (first if truthy(r) else second)(env, v, path, emit, False)

        test(env, v, None, chosen, False)

    return run


def _try(body: Node, handler: Node | None) -> Run:
    inner = compile_node(body)
    catch = None if handler is None else compile_node(handler)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        try:
            inner(env, v, path, emit, need)
        except JqError as error:
            if catch is not None:
                catch(env, error.value, None, emit, need)

    return run


def _label(name: str, body: Node) -> Run:
    inner = compile_node(body)

    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        label = object()
        scope = Env(env)
        scope.variables["*" + name] = label
        try:
            inner(scope, v, path, emit, need)
        except Break as stop:
            if stop.label is not label:
                raise

    return run


def _break(name: str) -> Run:
    def run(env: Env, v: Any, path: Path | None, emit: Emit, need: bool) -> None:
        raise Break(env.variable("*" + name))

    return run


def _single_pipe(left: Node, right: Node) -> Single | None:
    first, second = compile_single(left), compile_single(right)
    if first is None or second is None:
        return None
    return lambda env, v: second(env, first(env, v))


def _single_array(body: Node | None) -> Single:
    if body is None:
        return lambda env, v: []
    inner = compile_node(body)

    def run(env: Env, v: Any) -> Any:
        out: list[Any] = []
        inner(env, v, None, collector(out), False)
        return out

    return run


def _single_if(condition: Node, then: Node, otherwise: Node) -> Single | None:
    test, first, second = map(compile_single, (condition, then, otherwise))
    if test is None or first is None or second is None:
        return None
    return lambda env, v: (first if truthy(test(env, v)) else second)(env, v)


RUNS |= {
    "pipe": _pipe,
    "comma": _comma,
    "array": _array,
    "object": _object,
    "interpolation": _interpolation,
    "if": _if,
    "try": _try,
    "label": _label,
    "break": _break,
}
SINGLES |= {"pipe": _single_pipe, "array": _single_array, "if": _single_if}
