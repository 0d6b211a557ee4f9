"""The invariants of the intermediate form; a broken one is an error of the compiler, never of the flow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

from flowc.ir.nodes import (
    Block,
    Const,
    Expr,
    Graph,
    Input,
    ListOf,
    Loop,
    MapOf,
    Module,
    Property,
    Record,
    Start,
    Step,
    Stored,
    Switch,
    Value,
    Wait,
    values_of,
)
from flowc.ir.text import print_step
from flowc.source import Span

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")
_TYPE = re.compile(r"[\w$-]+(\.[\w$-]+)*")


class InvalidIR(AssertionError):
    """The compiler built something it must not build; the message holds the step in question."""


def verify(module: Module) -> None:
    """Check all invariants of a module.

    - the path of a step equals the chain of the steps around it;
    - the steps of one block have different ids, those of a Switch different cases;
    - a Graph waits only for steps of its own block and has no cycle;
    - a step names a type; its properties, operands and policies are named once, by names of the flow;
    - what names another flow, decides a branch or feeds a loop is a value of the right shape;
    - a missing template has no steps;
    - every place lies inside the file, and comments are single lines;
    - an expression has its tree, of the same text;
    - nothing but nodes of this package is reachable.
    """
    _check_place(module.span, module.comments, None)
    for value in module.values():
        _check_value(value, None)
    _check_inputs(module.inputs, None)
    for trigger in module.triggers:
        _check_type(trigger.type, None)
        _check_properties(trigger.properties, None)
    for _, block in module.blocks():
        _check_block(block, (), None)


def _check_block(block: Block, path: tuple[str, ...], around: Step | None) -> None:
    _check_place(block.span, block.comments, around)
    seen: set[str] = set()
    for entry in block.entries:
        _check_place(entry.span, entry.comments, around)
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
    _check_type(step.type, step)
    _check_properties(step.told, step)
    inside = (*path, step.id)
    match step:
        case Switch() if step.cases is not None:
            texts = [text for text, _ in step.cases]
            if len(set(texts)) != len(texts):
                _fail("equal cases", step)
        case Graph():
            _check_graph(step)
        case Start():
            for each in (step.namespace, step.flow_id):
                if not isinstance(each.value, Const | Expr):
                    _fail(f"{each.key} is no text", step)
        case Loop() if isinstance(step.values.value, Record):
            _fail("a loop over a record", step)
        case Stored() if step.missing and step.body.entries:
            _fail("a missing template with steps", step)
        case Wait():
            _check_inputs(step.inputs, step)
            if step.on_pause is not None:
                _check_step(step.on_pause, inside)
    for _, block in step.blocks():
        _check_block(block, inside, step)


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


def _check_inputs(inputs: Iterable[Input], step: Step | None) -> None:
    for each in inputs:
        _check_place(each.span, each.comments, step)
        _check_properties(each.properties, step)
        _check_inputs(each.children, step)


def _check_properties(properties: tuple[Property, ...], step: Step | None) -> None:
    keys = [each.key for each in properties]
    if len(set(keys)) != len(keys):
        _fail(f"a property is named twice: {keys}", step)
    for each in properties:
        if not _KEY.fullmatch(each.key):
            _fail(f"{each.key!r} is no name of a property", step)
        _check_place(each.span, each.comments, step)
        _check_value(each.value, step)


def _check_value(value: Value, step: Step | None) -> None:
    for each in values_of(value):
        if not isinstance(each, Const | Expr | ListOf | MapOf | Record):
            _fail(f"{type(each).__name__} is no value", step)
        _check_place(each.span, each.comments, step)
        match each:
            case Const():
                if not isinstance(each.value, str | int | float | bool | None):
                    _fail(f"a constant of type {type(each.value).__name__}", step)
            case Expr():
                if each.tree.text != each.text:
                    _fail("an expression with the tree of another text", step)
            case Record():
                for found in each.properties:
                    if not _KEY.fullmatch(found.key):
                        _fail(f"{found.key!r} is no name of a property", step)
            case ListOf() | MapOf():
                pass


def _check_type(name: str, step: Step | None) -> None:
    if not _TYPE.fullmatch(name):
        _fail(f"{name!r} is no type", step)


def _check_place(span: Span, comments: tuple[str, ...], step: Step | None) -> None:
    if not 0 <= span.start <= span.end <= len(span.file.text):
        _fail(f"a place outside the file: {span.start}-{span.end}", step)
    if any("\n" in each for each in comments):
        _fail("a comment of several lines", step)


def _fail(message: str, step: Step | None) -> NoReturn:
    raise InvalidIR(message if step is None else f"{message}, in\n{print_step(step)}")
