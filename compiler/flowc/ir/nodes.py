"""The nodes of the intermediate form.

A flow is a `Module` of `Block`s; a block is a list of steps; a step is a call of a task or one of a few kinds of
control flow. What a task is told stands in `args`, how its run is treated (retry, timeout, ...) in `policy`: neither is
code. Values are constants, expressions, or lists, maps and objects of them. All nodes are frozen, know their place, and
hold no object of another stage but the code of expressions, which is data too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from flowc.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.gen.python.expr import Compiled

Literal: TypeAlias = str | int | float | bool | None


class Symbol(NamedTuple):
    """A class or function of the runtime."""

    module: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything that stands somewhere in the flow file."""

    span: Span


# ---- values ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Const(Node):
    """A text, number, boolean or null that is what it is."""

    value: Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Expr(Node):
    """A text with expressions; `typed` when one expression alone keeps the type of its value."""

    text: str
    typed: bool
    code: Compiled = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(Node):
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf(Node):
    items: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Node):
    """An object of a runtime class: a retry, an input declaration, a task runner."""

    op: Symbol
    positional: tuple[Value, ...] = ()
    args: tuple[Arg, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef(Node):
    """Another task of the flow, by its step."""

    step: Step


Value: TypeAlias = Const | Expr | ListOf | MapOf | Object | TaskRef


class Arg(NamedTuple):
    """A named argument; `key` is the name of the property in the flow."""

    name: str
    value: Value
    key: str


# ---- steps ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Policy:
    """How the runs of a step are treated, whatever the step does; in the order of the declaration."""

    args: tuple[Arg, ...] = ()

    def get(self, name: str) -> Value | None:
        """The value of one policy: `run_if`, `timeout`, `retry`, `allow_failure`, ..."""
        return next((arg.value for arg in self.args if arg.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Node):
    """One task of the flow. `path` holds the ids of the steps around it, outermost first."""

    id: str
    path: tuple[str, ...]
    op: Symbol
    args: tuple[Arg, ...] = ()
    policy: Policy = Policy()
    errors: Block | None = None
    finally_: Block | None = None
    description: str | None = None
    comments: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def arg(self, name: str) -> Value | None:
        """The value of one argument."""
        return next((arg.value for arg in self.args if arg.name == name), None)

    def referenced(self) -> Iterator[Step]:
        """Steps that stand in the arguments."""
        for arg in self.args:
            if isinstance(arg.value, TaskRef):
                yield arg.value.step

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """The blocks below, with a name for each, in the order of the flow."""
        yield from self.body_blocks()
        if self.errors is not None:
            yield "errors", self.errors
        if self.finally_ is not None:
            yield "finally", self.finally_

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        """The blocks but for the handlers."""
        return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled(Node):
    """The place of a task that is switched off."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Node):
    """Steps in the order of the flow."""

    entries: tuple[Step | Disabled, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that run."""
        return tuple(entry for entry in self.entries if isinstance(entry, Step))

    @property
    def has_disabled(self) -> bool:
        return any(isinstance(entry, Disabled) for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    """Work: a leaf task or a subflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Step):
    """A subflow for each batch of lines of a file; what it runs is fixed, so it has no body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Step):
    """Steps one after the other, with rules of their own around them (AllowFailure, Pause, WorkingDirectory, ...)."""

    body: Block

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Step):
    """One of two blocks; no `orelse` when the flow has none."""

    then: Block
    orelse: Block | None = None

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "then", self.then
        if self.orelse is not None:
            yield "else", self.orelse


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Step):
    """The block whose text equals a value; `cases` is None when the flow declares none at all."""

    cases: tuple[tuple[str, Block], ...] | None
    default: Block | None = None

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        for text, block in self.cases or ():
            yield f"case {text}", block
        if self.default is not None:
            yield "defaults", self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Step):
    """A block for each value; `spread` when the steps of one value need not wait for one another."""

    body: Block
    spread: bool = False

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Until(Step):
    """A block again and again until a condition holds."""

    body: Block

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork(Step):
    """Steps that run at the same time."""

    body: Block

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(Step):
    """Steps that run as soon as those that they depend on have ended."""

    body: Block
    after: tuple[tuple[str, tuple[str, ...]], ...]
    """The ids that each step waits for, by its id; steps that wait for none are left out."""

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


AnyStep: TypeAlias = Call | Batch | Group | Branch | Switch | Loop | Until | Fork | Graph


# ---- the flow -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener(Node):
    """Steps that run after the end when conditions hold."""

    conditions: tuple[Value, ...]
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Node):
    """A whole flow. `args` are what the flow declares beside its blocks: labels, inputs, variables, outputs, ..."""

    id: str
    namespace: str
    description: str | None
    comments: tuple[str, ...]
    args: tuple[Arg, ...]
    tasks: Block
    errors: Block | None
    finally_: Block | None
    after_execution: Block | None
    listeners: tuple[Listener, ...]
    source_name: str
    source_digest: str
    """The SHA-256 of the flow file, in hexadecimal."""

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """The blocks of the flow, in the order in which they run."""
        yield "tasks", self.tasks
        if self.errors is not None:
            yield "errors", self.errors
        if self.finally_ is not None:
            yield "finally", self.finally_
        for listener in self.listeners:
            yield "listener", listener.body
        if self.after_execution is not None:
            yield "after_execution", self.after_execution

    def arg(self, name: str) -> Value | None:
        """The value of one argument of the flow."""
        return next((arg.value for arg in self.args if arg.name == name), None)


def walk(module: Module) -> Iterator[Step]:
    """All steps of a flow, each before those below it, in the order of the flow."""
    for _, block in module.blocks():
        yield from walk_block(block)


def walk_block(block: Block) -> Iterator[Step]:
    """All steps of a block and below."""
    stack = list(reversed(block.steps))
    while stack:
        step = stack.pop()
        yield step
        below = list(step.referenced())
        below += [child for _, inner in step.blocks() for child in inner.steps]
        stack.extend(reversed(below))


def values_of(value: Value) -> Iterator[Value]:
    """A value and all values inside it."""
    stack = [value]
    while stack:
        each = stack.pop()
        yield each
        match each:
            case ListOf():
                stack.extend(reversed(each.items))
            case MapOf():
                stack.extend(part for pair in reversed(each.items) for part in reversed(pair))
            case Object():
                stack.extend(arg.value for arg in reversed(each.args))
                stack.extend(reversed(each.positional))
            case Const() | Expr() | TaskRef():
                pass
