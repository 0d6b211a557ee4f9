"""The invariants of the intermediate form; a broken one is an error of the compiler, never of the flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.ir.nodes import (
    Arg,
    Block,
    Const,
    Expr,
    Graph,
    ListOf,
    MapOf,
    Module,
    Object,
    Step,
    Switch,
    Symbol,
    TaskRef,
    Value,
    values_of,
)
from flowc.ir.text import print_step
from flowc.source import Span

_SYMBOL = re.compile(r"flowrt(\.[a-z][a-z0-9_]*)*:[A-Z][A-Za-z0-9]*")
_ARGUMENT = re.compile(r"[a-z][a-z0-9_]*")


class InvalidIR(AssertionError):
    """The compiler built something it must not build; the message holds the step in question."""


def verify(module: Module) -> None:
    """Check all invariants of a module.

    - the path of a step equals the chain of the steps around it;
    - the steps of one block have different ids, those of a Switch different cases;
    - a Graph waits only for steps of its own block and has no cycle;
    - arguments are named once, by Python names, and classes belong to the runtime;
    - every place lies inside the file;
    - nothing but nodes of this package is reachable.
    """
    _check_args(module.args, None)
    for _, block in module.blocks():
        _check_block(block, (), None)
    for listener in module.listeners:
        for condition in listener.conditions:
            _check_value(condition, None)


def _check_block(block: Block, path: tuple[str, ...], around: Step | None) -> None:
    _check_span(block.span, around)
    seen: set[str] = set()
    for entry in block.entries:
        _check_span(entry.span, around)
        if entry.id in seen:
            _fail(f"two steps {entry.id!r} in one block", around)
        seen.add(entry.id)
        if isinstance(entry, Step):
            _check_step(entry, path)


def _check_step(step: Step, path: tuple[str, ...]) -> None:
    if type(step) is Step:
        _fail("a step of no kind", step)
    if step.path != path:
        _fail(f"path {step.path} is not {path}", step)
    _check_symbol(step.op, step)
    _check_args(step.args + step.policy.args, step)
    if isinstance(step, Switch) and step.cases is not None:
        texts = [text for text, _ in step.cases]
        if len(set(texts)) != len(texts):
            _fail("equal cases", step)
    if isinstance(step, Graph):
        _check_graph(step)
    for other in step.referenced():
        _check_step(other, (*path, step.id))
    for _, block in step.blocks():
        _check_block(block, (*path, step.id), step)


def _check_graph(graph: Graph) -> None:
    own = {step.id for step in graph.body.steps}
    waits = dict(graph.after)
    for target, names in graph.after:
        for name in (target, *names):
            if name not in own:
                _fail(f"{name!r} is no step of the graph", graph)
    done: set[str] = set()
    for start in waits:
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(waits[start]))]
        active = {start}
        while trail:
            name, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                trail.pop()
                active.discard(name)
                done.add(name)
            elif following in active:
                _fail(f"a cycle through {following!r}", graph)
            elif following not in done:
                active.add(following)
                trail.append((following, iter(waits.get(following, ()))))


def _check_args(args: tuple[Arg, ...], step: Step | None) -> None:
    names = [arg.name for arg in args]
    if len(set(names)) != len(names):
        _fail(f"an argument is named twice: {names}", step)
    for arg in args:
        if not _ARGUMENT.fullmatch(arg.name):
            _fail(f"{arg.name!r} is no name of an argument", step)
        _check_value(arg.value, step)


def _check_value(value: Value, step: Step | None) -> None:
    for each in values_of(value):
        _check_span(each.span, step)
        match each:
            case Const():
                if not isinstance(each.value, str | int | float | bool | None):
                    _fail(f"a constant of type {type(each.value).__name__}", step)
            case Expr():
                if not isinstance(each.text, str) or not each.code.source:
                    _fail("an expression without code", step)
            case Object():
                _check_symbol(each.op, step)
                for name in (arg.name for arg in each.args):
                    if not _ARGUMENT.fullmatch(name):
                        _fail(f"{name!r} is no name of an argument", step)
            case ListOf() | MapOf() | TaskRef():
                pass
            case _:
                _fail(f"{type(each).__name__} is no value", step)


def _check_symbol(symbol: Symbol, step: Step | None) -> None:
    if not _SYMBOL.fullmatch(f"{symbol.module}:{symbol.name}"):
        _fail(f"{symbol} is no class of the runtime", step)


def _check_span(span: Span, step: Step | None) -> None:
    if not 0 <= span.start <= span.end <= len(span.file.text):
        _fail(f"a place outside the file: {span.start}-{span.end}", step)


def _fail(message: str, step: Step | None) -> None:
    raise InvalidIR(message if step is None else f"{message}, in\n{print_step(step)}")
