"""Values of the intermediate form as source."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import assert_never

from flowc.gen.python.expressions import Expressions
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Bracketed, Doc, Keyed, Named, call, commented
from flowc.gen.python.symbols import (
    ASSERTION,
    CHECK,
    CONCURRENCY,
    DEPENDS_ON,
    INPUT,
    MAX_DURATION,
    OUTPUT,
    TEXT_BLOCK,
    TRIGGER,
    Symbol,
    class_of,
    declared,
    fitting,
    record_class,
    symbol,
)
from flowc.gen.python.texts import TextCall, fits_block, text_doc
from flowc.ir.nodes import (
    Const,
    Expr,
    Input,
    ListOf,
    MapOf,
    Output,
    Property,
    Record,
    Step,
    Stored,
    Switch,
    Trigger,
    Value,
    Wait,
)
from flowc.literal import literal
from flowrt.model.declare import ANY, Declared, Kind
from flowrt.model.triggers import FLOW_TRIGGER
from flowrt.tasks.missing import Missing

_OF_TRIGGERS = ("cron", "inputs", "labels", "timezone", "withSeconds")
_OF_FLOW_TRIGGERS = (*_OF_TRIGGERS, "states", "conditions", "preconditions", "disabled")


def told_of(trigger: Trigger) -> Iterator[Property]:
    """The properties of a trigger that a program reads: when one fires is for who starts it, but for Flow triggers."""
    names = _OF_FLOW_TRIGGERS if trigger.type == FLOW_TRIGGER else _OF_TRIGGERS
    return (each for each in trigger.properties if each.key in names)


_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake(name: str) -> str:
    """The Python name of a YAML property."""
    return _UPPER.sub(lambda match: "_" + match[1].lower(), name).lower()


def plain_doc(value: object) -> Doc:
    """A constant with lists and maps in it."""
    if isinstance(value, list):
        return Bracketed("[", [plain_doc(item) for item in value], "]")
    if isinstance(value, dict):
        pairs = [Named(f"{literal(key)}: ", plain_doc(item)) for key, item in value.items()]
        return Bracketed("{", pairs, "}")
    if isinstance(value, str):
        return text_doc(value)
    return Atom(literal(value))


class ValueWriter:
    """Writes values, declarations of steps, and what a flow declares around them."""

    def __init__(
        self, imports: Imports, expressions: Expressions, step_names: dict[int, str]
    ) -> None:
        self._imports = imports
        self._expressions = expressions
        self._step_names = step_names

    def doc(self, value: Value, kind: Kind, owner: str) -> Doc:
        """The source of a value of a kind; functions that it needs are named after `owner`."""
        kind = fitting(value, kind)
        match value:
            case Const():
                return self._constant(value)
            case Expr():
                return self._expressions.doc(value, owner)
            case ListOf():
                inner = kind.item or ANY
                items = [commented(v.comments, self.doc(v, inner, owner)) for v in value.items]
                return Bracketed("[", items, "]")
            case MapOf():
                return self._map(value, kind.item or ANY, owner)
            case Record():
                return self.record(value, record_class(value, kind), owner)
            case _ as never:
                assert_never(never)

    def _constant(self, value: Const) -> Doc:
        if not isinstance(value.value, str):
            return Atom(literal(value.value))
        if fits_block(value.value):
            return TextCall(self._imports.add(TEXT_BLOCK), value.value)
        return text_doc(value.value)

    def _map(self, value: MapOf, kind: Kind, owner: str) -> Doc:
        entries: list[Doc] = []
        for key, item in value.items:
            inner = self.doc(item, kind, owner)
            if isinstance(key, Const):
                entry: Doc = Named(f"{literal(key.value)}: ", inner)
            else:
                entry = Keyed(self.doc(key, ANY, owner), inner)
            entries.append(commented(item.comments, entry))
        return Bracketed("{", entries, "}")

    def record(self, value: Record, cls: type[Declared], owner: str) -> Doc:
        """A nested object with declared properties."""
        arguments = self.arguments(value.properties, cls, owner)
        return call(self._imports.add(symbol(cls)), arguments)

    def arguments(
        self, properties: Iterable[Property], cls: type[Declared], owner: str
    ) -> list[Doc]:
        """Properties as named arguments of their class."""
        known = declared(cls)
        return [
            self.argument(each, known[each.key].attribute, known[each.key].kind, owner)
            for each in properties
        ]

    def argument(self, given: Property, name: str, kind: Kind, owner: str) -> Doc:
        """One named argument, with the comments of its property."""
        inner = f"{owner}_{name}" if owner else name
        doc = Named(f"{name}=", self.doc(given.value, kind, inner))
        return commented((*given.comments, *given.value.comments), doc)

    def declaration(self, step: Step, name: str, *, without: Collection[str] = frozenset()) -> Doc:
        """The call that declares the task of a step: its id, what it is told, how its runs are treated.

        Policies `without` which it is written are told elsewhere.
        """
        cls = class_of(step.type)
        docs: list[Doc] = [Atom(literal(step.id))]
        if cls is Missing:
            docs.append(Named("type=", Atom(literal(step.type))))
        docs += self.arguments((*step.operands, *step.properties), cls, name)
        if isinstance(step, Switch) and step.cases:
            texts = [Atom(literal(text)) for text, _ in step.cases]
            docs.append(Named("cases=", Bracketed("[", texts, "]")))
        if isinstance(step, Stored) and step.missing:
            docs.append(Named("missing=", Atom("True")))
        if isinstance(step, Wait):
            if step.on_pause is not None:
                docs.append(Named("on_pause=", Atom(self._step_names[id(step.on_pause)])))
            if step.inputs:
                docs.append(Named("on_resume=", self.inputs(step.inputs)))
        kept = [each for each in step.policy.properties if each.key not in without]
        docs += self.arguments(kept, cls, name)
        return call(self._imports.add(symbol(cls)), docs)

    # ---- what the flow declares -----------------------------------------------------------------------------------

    def inputs(self, given: Iterable[Input]) -> Doc:
        """A list of inputs."""
        return Bracketed("[", [commented(each.comments, self._input(each)) for each in given], "]")

    def _input(self, given: Input) -> Doc:
        docs: list[Doc] = [Atom(literal(given.id)), Atom(literal(given.type))]
        for each in given.properties:
            if each.key == "dependsOn" and isinstance(each.value, Record):
                value = self._object(DEPENDS_ON, each.value.properties, given.id)
                named = Named("depends_on=", value)
                docs.append(commented((*each.comments, *each.value.comments), named))
            else:
                docs.append(self.argument(each, snake(each.key), ANY, given.id))
        if given.children:
            docs.append(Named("inputs=", self.inputs(given.children)))
        return call(self._imports.add(INPUT), docs)

    def output(self, given: Output) -> Doc:
        """An output of the flow."""
        docs: list[Doc] = [Atom(literal(given.id))]
        if given.type:
            docs.append(Atom(literal(given.type)))
        value = Named("value=", self.doc(given.value, ANY, f"{given.id}_value"))
        docs.append(commented(given.value.comments, value))
        docs += [self.argument(each, snake(each.key), ANY, given.id) for each in given.properties]
        return commented(given.comments, call(self._imports.add(OUTPUT), docs))

    def concurrency(self, given: Record) -> Doc:
        """How many executions may run at once."""
        return self._object(CONCURRENCY, given.properties, "concurrency")

    def service_level(self, given: Record) -> Doc:
        """A maximal duration, or an assertion over the running execution."""
        name = MAX_DURATION if given.type == "MAX_DURATION" else ASSERTION
        return self._object(name, given.properties, "sla")

    def check(self, given: Record) -> Doc:
        """A condition that must hold before an execution starts."""
        return self._object(CHECK, given.properties, "check")

    def trigger(self, given: Trigger) -> Doc:
        """What a program needs to start as if the trigger had fired."""
        first: list[Doc] = [Atom(literal(given.id)), Atom(literal(given.type))]
        docs = [self.argument(each, snake(each.key), ANY, "trigger") for each in told_of(given)]
        return commented(given.comments, call(self._imports.add(TRIGGER), first + docs))

    def _object(self, name: Symbol, properties: Iterable[Property], owner: str) -> Doc:
        docs = [
            self.argument(
                each, "condition" if each.key == "assert" else snake(each.key), ANY, owner
            )
            for each in properties
        ]
        return call(self._imports.add(name), docs)
