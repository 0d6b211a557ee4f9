"""Steps and blocks as statements: a task is a call, a block is a coroutine with native control flow.

The module reads from the top: a block stands before what it runs, in the order of the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, assert_never

from flowc.gen.python.expressions import Expressions
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, WIDTH, Atom, Doc, Named, call, statement
from flowc.gen.python.names import Names, distinct
from flowc.gen.python.prose import comment, docstring
from flowc.gen.python.symbols import AFTER, RUN, Symbol
from flowc.gen.python.values import ValueWriter
from flowc.ir.nodes import (
    AnyStep,
    Batch,
    Block,
    Branch,
    Call,
    Disabled,
    Fork,
    Graph,
    Group,
    Loop,
    Module,
    Start,
    Step,
    Stored,
    Switch,
    Until,
    Wait,
    walk,
)
from flowc.literal import literal


def step_names(module: Module) -> dict[int, str]:
    """The variable of each step of a flow."""
    steps = list(walk(module))
    names = distinct(step.id for step in steps)
    return {id(step): names[step.id] for step in steps}


class Taken(NamedTuple):
    """What an engine takes over of a step: the properties that are left out, the options that stand for them."""

    keys: frozenset[str] = frozenset()
    options: tuple[Doc, ...] = ()


class Policies(Protocol):
    """Says which rules about the runs of a step are those of the engine."""

    def of(self, step: Step) -> Taken: ...


class BlockWriter:
    """Writes the tasks and blocks of one flow, each block before what it runs."""

    def __init__(
        self,
        imports: Imports,
        names: Names,
        values: ValueWriter,
        expressions: Expressions,
        step_names: dict[int, str],
        indent: str = "",
        *,
        subject: str = "flow",
        policies: Policies | None = None,
        run: Symbol = RUN,
    ) -> None:
        """`subject` is the variable of the flow, `policies` what an engine takes over of how runs are treated, `run` the
        class of what runs the tasks of a list."""
        self._run = run
        self._imports = imports
        self._subject = subject
        self._policies = policies
        self._names = names
        self._values = values
        self._expressions = expressions
        self._step_names = step_names
        self._indent = indent
        self.lines: list[str] = []
        self._after_definition = False
        self._after_spoken = False

    # ---- steps ----------------------------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        """All that the coroutine of a block runs."""
        for step in block.steps:
            self.step(step)

    def step(self, step: Step, *, without: frozenset[str] = frozenset()) -> None:
        """One step and what is below it; policies `without` which it is declared are told elsewhere."""
        name = self._step_names[id(step)]
        if isinstance(step, Wait) and step.on_pause is not None:
            # an argument of the declaration, so it must be there before
            self.step(step.on_pause)
        if self._has_body(step):
            self._coroutine(step, name)
        else:
            self._task(step, name, without)
        for _, block in step.body_blocks():
            self.block(block)
        for role, handlers in (("errors", step.errors), ("finally_", step.finally_)):
            if handlers is not None:
                function = self._names.give(f"{name}_{role.strip('_')}")
                self.handler(f"@{name}.{role}", function, handlers)
                self.block(handlers)

    def _has_body(self, step: Step) -> bool:
        """Whether a step is written as a coroutine; a block without tasks is declared as a task is."""
        blocks = list(step.body_blocks())
        if isinstance(step, Wait | Stored | Call | Batch | Start):
            return any(block.entries or block.comments for _, block in blocks)
        return True

    def _task(self, step: Step, name: str, without: frozenset[str]) -> None:
        taken = Taken(without) if self._policies is None else self._policies.of(step)
        declaration = self._values.declaration(step, name, without=taken.keys)
        declared = call(f"{self._subject}.task", [declaration, *taken.options])
        spoken = bool(step.comments or step.description)
        self._put_functions()
        self._margin(definition=False, spoken=spoken)
        self._put(comment(step.comments, self._indent, WIDTH))
        self._put(statement(f"{name} = ", declared, self._indent))
        if step.description is not None and step.description.strip():
            self._put(docstring(step.description, self._indent))

    def _coroutine(self, step: Step, name: str) -> None:
        items: list[Doc] = [self._values.declaration(step, name), *block_options(step)]
        self._put_functions()
        self._margin()
        self._put(comment(step.comments, self._indent, WIDTH))
        self._put(statement("@", call(f"{self._subject}.block", items), self._indent))
        value = ", value: str" if isinstance(step, Loop) else ""
        self._define(name, value, step.description, self._body(step))

    def handler(self, decorator: str, name: str, block: Block) -> None:
        """A list of the flow or of a block: the coroutine under its decorator."""
        self._margin()
        self._put([f"{self._indent}{decorator}"])
        self._define(name, "", None, self.in_turn(block))

    def _define(self, name: str, value: str, description: str | None, body: list[str]) -> None:
        run = self._imports.add(self._run)
        inner = self._indent + INDENT
        self._put([f"{self._indent}async def {name}(run: {run}{value}) -> None:"])
        if description is not None and description.strip():
            self._put(docstring(description, inner))
        self._put(f"{inner}{line}" if line else "" for line in body)

    # ---- bodies ---------------------------------------------------------------------------------------------------

    def _body(self, step: Step) -> list[str]:
        assert isinstance(step, AnyStep)
        match step:
            case Group() | Until() | Wait() | Stored():
                return self.in_turn(step.body)
            case Loop():
                return self._together(step.body) if step.spread else self.in_turn(step.body)
            case Fork():
                return self._together(step.body)
            case Graph():
                return self._graph(step)
            case Branch():
                return self._branch(step)
            case Switch():
                return self._switch(step)
            case Call() | Batch() | Start():
                raise AssertionError(f"{step.id} has no body")
            case _ as never:
                assert_never(never)

    def in_turn(self, block: Block, run: str = "run") -> list[str]:
        """The steps of a block one after the other; `run` is what runs them."""
        lines: list[str] = []
        for entry in block.entries:
            if isinstance(entry, Disabled):
                lines += _disabled(entry)
            else:
                lines.append(f"await {run}({self._step_names[id(entry)]})")
        lines += comment(block.comments, "", WIDTH - len(self._indent) - len(INDENT))
        return lines if block.steps else [*lines, "..."]

    def _together(self, block: Block, target: Callable[[Step], Doc] | None = None) -> list[str]:
        lines = [
            line
            for entry in block.entries
            if isinstance(entry, Disabled)
            for line in _disabled(entry)
        ]
        lines += comment(block.comments, "", WIDTH - len(self._indent) - len(INDENT))
        if not block.steps:
            return [*lines, "..."]
        targets = [target(step) if target else self._target(step) for step in block.steps]
        inner = self._indent + INDENT
        request = statement("await ", call("run.all", targets), inner)
        return [*lines, *(line.removeprefix(inner) for line in request)]

    def _target(self, step: Step) -> Doc:
        return Atom(self._step_names[id(step)])

    def _graph(self, step: Graph) -> list[str]:
        waits = dict(step.after)
        names = {child.id: self._step_names[id(child)] for child in step.body.steps}

        def target(child: Step) -> Doc:
            others = waits.get(child.id)
            if not others:
                return self._target(child)
            parts = [self._target(child), *(Atom(names[other]) for other in others)]
            return call(self._imports.add(AFTER), parts)

        return self._together(step.body, target)

    def _branch(self, step: Branch) -> list[str]:
        lines = ["if run.condition:", *nested(self.in_turn(step.then))]
        if step.orelse is not None:
            lines += ["else:", *nested(self.in_turn(step.orelse))]
        return lines

    def _switch(self, step: Switch) -> list[str]:
        if not step.cases:
            body = self.in_turn(step.default) if step.default is not None else ["..."]
            return ["# a Switch without cases fails before it chooses", *body]
        lines = ["match run.value:"]
        for text, block in step.cases:
            lines += [f"    case {literal(text)}:", *nested(nested(self.in_turn(block)))]
        lines.append("    case _:")
        if step.default is None:
            lines.append("        run.no_case()")
        else:
            lines += nested(nested(self.in_turn(step.default)))
        return lines

    # ---- layout ---------------------------------------------------------------------------------------------------

    def _margin(self, definition: bool = True, spoken: bool = False) -> None:
        """Blank lines around definitions, and around assignments that have comments; others follow closely."""
        if definition or self._after_definition or not self.lines:
            self.lines.extend([""] if self._indent else ["", ""])
        elif spoken or self._after_spoken:
            self.lines.append("")
        self._after_definition = definition
        self._after_spoken = spoken

    def functions(self) -> list[str]:
        """The functions that expressions written so far need, with the blank lines after them."""
        lines = []
        for source in self._expressions.functions:
            lines += [f"{self._indent}{line}" if line else "" for line in source]
            lines += [""] if self._indent else ["", ""]
        self._expressions.functions.clear()
        return lines

    def _put_functions(self) -> None:
        for source in self._expressions.functions:
            self._margin()
            self._put(f"{self._indent}{line}" if line else "" for line in source)
        self._expressions.functions.clear()

    def _put(self, lines: Iterable[str]) -> None:
        self.lines.extend(lines)


def block_options(step: Step) -> list[Doc]:
    """What a block is told besides its task."""
    if isinstance(step, Until) and step.body.has_disabled:
        # a pass is complete when as many children have ended as are declared, disabled ones included
        return [Named("declared=", Atom(str(len(step.body.entries))))]
    if isinstance(step, Branch) and step.finally_ is not None and step.orelse is not None:
        # a list that is there lets `finally` run, even when nothing in it does
        return [] if step.orelse.steps else [Named("empty_else=", Atom("True"))]
    return []


def nested(lines: list[str]) -> list[str]:
    """Lines one step further in."""
    return [INDENT + line for line in lines]


def _disabled(entry: Disabled) -> list[str]:
    return comment([*entry.comments, f"disabled: {entry.id}"], "", WIDTH - 4 * len(INDENT))
