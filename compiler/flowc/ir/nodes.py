"""The nodes of the intermediate form.

A flow is a `Module` of `Block`s; a block is a list of steps; a step is work or one of a few kinds of control flow. What
decides a step (the condition of a branch, the values of a loop, the flow that is started) is a field of its node; what
else it is told stands in `properties`, how its runs are treated (retry, timeout, ...) in `policy`. Values are constants,
expressions, or lists, maps and records of them; an expression is its tree. Names are those of the flow file: a back end
gives them names of its own. Nodes are never changed, and know their place and the comments that stand there.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from flowc.source import Offsets, Span, placed
from flowc.tree import named_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.expr import Parsed

Literal: TypeAlias = str | int | float | bool | None


@named_node
class Node:
    """Anything that stands somewhere in the flow file; `comments` are the lines of text beside or above it."""

    span: Span
    comments: tuple[str, ...] = ()


# ---- values ---------------------------------------------------------------------------------------------------------


@named_node
class Const(Node):
    """A text, number, boolean or null that is what it is."""

    value: Literal


@named_node
class Expr(Node):
    """A text with expressions; `typed` when one expression alone keeps the type of its value."""

    text: str
    typed: bool
    tree: Parsed = field(repr=False)
    offsets: Offsets = field(default=(), repr=False)

    def place(self, start: int, length: int) -> Span:
        """Where a part of the text stands in the file."""
        return placed(self.span, self.offsets, start, length)


@named_node
class ListOf(Node):
    items: tuple[Value, ...]


@named_node
class MapOf(Node):
    items: tuple[tuple[Value, Value], ...]


@named_node
class Record(Node):
    """An object with declared properties: a retry, a task runner. `type` is the one it names, if it names one."""

    type: str | None
    properties: tuple[Property, ...]

    def get(self, key: str) -> Value | None:
        """The value of a property."""
        return value_of(self.properties, key)


Value: TypeAlias = Const | Expr | ListOf | MapOf | Record


@named_node
class Property(Node):
    """A declared property by its name in the flow; `kind` is the type that its declaration gives it."""

    key: str
    kind: str
    value: Value


def value_of(properties: tuple[Property, ...], key: str) -> Value | None:
    """The value of the property with a key."""
    return next((each.value for each in properties if each.key == key), None)


def constant_of(properties: tuple[Property, ...], key: str) -> object:
    """The constant that the property with a key is; None when it is none, or is not there."""
    found = value_of(properties, key)
    return found.value if isinstance(found, Const) else None


# ---- steps ----------------------------------------------------------------------------------------------------------


@named_node
class Policy:
    """How the runs of a step are treated, whatever the step does. What the flow does not say is None."""

    run_if: Property | None = None
    timeout: Property | None = None
    retry: Property | None = None
    allow_failure: Property | None = None
    allow_warning: Property | None = None
    log_level: Property | None = None
    log_to_file: Property | None = None
    task_cache: Property | None = None

    @property
    def properties(self) -> tuple[Property, ...]:
        """All that are given, in the order of the fields."""
        named = (
            self.run_if,
            self.timeout,
            self.retry,
            self.allow_failure,
            self.allow_warning,
            self.log_level,
            self.log_to_file,
            self.task_cache,
        )
        return tuple(each for each in named if each is not None)


@named_node
class Step(Node):
    """One task of the flow. `type` is the Kestra type, `path` holds the ids of the steps around it, outermost first."""

    id: str
    path: tuple[str, ...]
    type: str
    properties: tuple[Property, ...] = ()
    policy: Policy = Policy()
    errors: Block | None = None
    finally_: Block | None = None
    description: str | None = None
    packages: tuple[str, ...] = ()

    @property
    def operands(self) -> tuple[Property, ...]:
        """What decides the step, in the order of the fields."""
        return ()

    @property
    def told(self) -> tuple[Property, ...]:
        """Everything that the flow says about the step, but for the steps below it."""
        return (*self.operands, *self.properties, *self.policy.properties)

    def get(self, key: str) -> Value | None:
        """The value of a property that is no operand."""
        return value_of(self.properties, key)

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


def _given(*properties: Property | None) -> tuple[Property, ...]:
    return tuple(each for each in properties if each is not None)


@named_node
class Disabled(Node):
    """The place of a task that is switched off."""

    id: str


@named_node
class Block(Node):
    """Steps in the order of the flow; its comments are those behind the last of them."""

    entries: tuple[Step | Disabled, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that run."""
        return tuple(entry for entry in self.entries if isinstance(entry, Step))

    @property
    def has_disabled(self) -> bool:
        return any(isinstance(entry, Disabled) for entry in self.entries)


@named_node
class Call(Step):
    """Work."""


@named_node
class Start(Step):
    """Starts an execution of another flow, and waits for its end unless `wait` is false."""

    namespace: Property
    flow_id: Property
    inputs: Property | None = None
    wait: Property | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.namespace, self.flow_id, self.inputs, self.wait)

    @property
    def waits(self) -> bool:
        """Whether it waits for the end of what it starts, or may."""
        given = self.wait.value if self.wait is not None else None
        return not (isinstance(given, Const) and given.value is False)


@named_node
class Batch(Start):
    """Starts a flow for each batch of lines of a file."""

    items: Property

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.items, self.namespace, self.flow_id, self.inputs, self.wait)


@named_node
class _WithBody(Step):
    body: Block

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "body", self.body


@named_node
class Group(_WithBody):
    """Steps one after the other, with rules of their own around them (AllowFailure, WorkingDirectory, ...)."""


@named_node
class Wait(_WithBody):
    """Waits until somebody resumes it, or for a duration; then the steps of its body, if it has any."""

    duration: Property | None = None
    inputs: tuple[Input, ...] = ()
    """What whoever resumes it is asked for."""
    on_pause: Step | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.duration)


@named_node
class Stored(_WithBody):
    """The steps of a stored template; `missing` when there is none of that name, so that the step fails."""

    missing: bool = False


@named_node
class Branch(Step):
    """One of two blocks; no `orelse` when the flow has none."""

    condition: Property
    then: Block
    orelse: Block | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return (self.condition,)

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        yield "then", self.then
        if self.orelse is not None:
            yield "else", self.orelse


@named_node
class Switch(Step):
    """The block whose text equals a value; `cases` is None when the flow declares none at all."""

    value: Property
    cases: tuple[tuple[str, Block], ...] | None
    default: Block | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return (self.value,)

    def body_blocks(self) -> Iterator[tuple[str, Block]]:
        for text, block in self.cases or ():
            yield f"case {text}", block
        if self.default is not None:
            yield "defaults", self.default


@named_node
class Loop(_WithBody):
    """A block for each value, `limit` of them at once; `spread` when the steps of one value need not wait for another."""

    values: Property
    limit: Property | None = None
    spread: bool = False

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.values, self.limit)


@named_node
class Until(_WithBody):
    """A block again and again until a condition holds; `frequency` says how often and how long."""

    condition: Property
    frequency: Property | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.condition, self.frequency)


@named_node
class Fork(_WithBody):
    """Steps that run at the same time, at most `limit` of them."""

    limit: Property | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.limit)


@named_node
class Graph(_WithBody):
    """Steps that run as soon as those that they depend on have ended, at most `limit` of them at once."""

    after: tuple[tuple[str, tuple[str, ...]], ...]
    """The ids that each step waits for, by its id; steps that wait for none are left out."""
    limit: Property | None = None

    @property
    def operands(self) -> tuple[Property, ...]:
        return _given(self.limit)


AnyStep: TypeAlias = (
    Call | Start | Batch | Group | Wait | Stored | Branch | Switch | Loop | Until | Fork | Graph
)


# ---- the flow -------------------------------------------------------------------------------------------------------


@named_node
class Input(Node):
    """A typed input of the flow, or of a step that waits; `children` are the inputs of a FORM."""

    id: str
    type: str
    properties: tuple[Property, ...]
    children: tuple[Input, ...] = ()

    def get(self, key: str) -> Value | None:
        """The value of a property."""
        return value_of(self.properties, key)

    @property
    def is_required(self) -> bool:
        """Whether the flow does not allow it to be absent."""
        given = self.get("required")
        return not (isinstance(given, Const) and given.value is False)

    @property
    def must_be_given(self) -> bool:
        """Whether an execution cannot start without a value from outside."""
        others = ("defaults", "dependsOn", "autoSelectFirst")
        return self.is_required and all(self.get(key) is None for key in others)


@named_node
class Output(Node):
    """A typed output of the flow."""

    id: str
    type: str
    value: Value
    properties: tuple[Property, ...] = ()


@named_node
class Trigger(Node):
    """What starts executions of the flow on a server."""

    id: str
    type: str
    properties: tuple[Property, ...]


@named_node
class Listener(Node):
    """Steps that run after the end when conditions hold."""

    conditions: tuple[Value, ...]
    body: Block


@named_node
class Module(Node):
    """A whole flow."""

    id: str
    namespace: str
    description: str | None
    labels: tuple[tuple[str, str], ...]
    inputs: tuple[Input, ...]
    variables: MapOf | None
    outputs: tuple[Output, ...]
    retry: Value | None
    concurrency: Record | None
    sla: tuple[Record, ...]
    checks: tuple[Record, ...]
    triggers: tuple[Trigger, ...]
    revision: int
    disabled: bool
    tasks: Block
    errors: Block | None
    finally_: Block | None
    after_execution: Block | None
    listeners: tuple[Listener, ...]
    source_name: str
    source_digest: str
    """The SHA-256 of the flow file and of the templates in it, in hexadecimal."""

    @property
    def key(self) -> Key:
        """How other flows name it."""
        return self.namespace, self.id

    @property
    def full_name(self) -> str:
        """How people and engines name it."""
        return f"{self.namespace}.{self.id}"

    @property
    def limit(self) -> int | None:
        """How many executions of it may run at once."""
        found = self._concurrency("limit")
        return found if isinstance(found, int) else None

    @property
    def turns_away(self) -> bool:
        """Whether executions above the limit end at once, instead of waiting for their turn."""
        return self._concurrency("behavior") in ("CANCEL", "FAIL")

    def _concurrency(self, key: str) -> object:
        return None if self.concurrency is None else constant_of(self.concurrency.properties, key)

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

    def values(self) -> Iterator[Value]:
        """The values of the flow itself, in its order, without those of its steps."""
        for given in self.inputs:
            yield from input_values(given)
        if self.variables is not None:
            yield self.variables
        yield from (each.value for each in self.outputs)
        yield from (each for each in (self.retry, self.concurrency) if each is not None)
        yield from self.sla
        yield from self.checks
        yield from (each.value for trigger in self.triggers for each in trigger.properties)
        yield from (each for listener in self.listeners for each in listener.conditions)


Key: TypeAlias = tuple[str, str]
"""Namespace and id of a flow."""


def input_values(given: Input) -> Iterator[Value]:
    """The values of an input and of those below it."""
    yield from (each.value for each in given.properties)
    for child in given.children:
        yield from input_values(child)


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
        below = [step.on_pause] if isinstance(step, Wait) and step.on_pause is not None else []
        below += [child for _, inner in step.blocks() for child in inner.steps]
        stack.extend(reversed(below))


def step_values(step: Step) -> Iterator[Value]:
    """The values of a step, without those of the steps below it."""
    yield from (each.value for each in step.told)
    if isinstance(step, Wait):
        for given in step.inputs:
            yield from input_values(given)


def packages_of(module: Module) -> Iterator[str]:
    """What a flow needs beside the runtime: of its tasks, its expressions and its declarations; some more than once."""
    from flowrt.inputs.conversion import PACKAGES

    values = list(module.values())
    for step in walk(module):
        yield from step.packages
        values.extend(step_values(step))
    for value in values:
        for each in values_of(value):
            if isinstance(each, Expr):
                yield from each.tree.packages
    declarations: tuple[Input | Output, ...] = (*module.inputs, *module.outputs)
    for declared in declarations:
        yield from PACKAGES.get(declared.type, ())


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
            case Record():
                stack.extend(found.value for found in reversed(each.properties))
            case Const() | Expr():
                pass


def constant(value: Value) -> object:
    """A value without places; expressions as their texts."""
    match value:
        case Const():
            return value.value
        case Expr():
            return value.text
        case ListOf():
            return [constant(item) for item in value.items]
        case MapOf():
            return {constant(key): constant(item) for key, item in value.items}
        case Record():
            return {each.key: constant(each.value) for each in value.properties}
