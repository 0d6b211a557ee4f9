"""Names of the runtime for what the intermediate form says: classes of types, of records, of declarations."""

from __future__ import annotations

from typing import NamedTuple

from flowc.ir.nodes import ListOf, MapOf, Record, Value
from flowrt.catalog import find
from flowrt.model.declare import ANY, Declared, Kind, Property
from flowrt.model.task import RETRY
from flowrt.tasks.missing import Missing


class Symbol(NamedTuple):
    """A class or function of the runtime."""

    module: str
    name: str


def _own(name: str) -> Symbol:
    return Symbol("flowrt", name)


FLOW, RUN, AFTER, PROGRAM = _own("Flow"), _own("Run"), _own("after"), _own("main")
INPUT, OUTPUT, DEPENDS_ON = _own("Input"), _own("Output"), _own("DependsOn")
CONCURRENCY, MAX_DURATION, ASSERTION, CHECK, TRIGGER = map(
    _own, ("Concurrency", "MaxDuration", "Assertion", "Check", "Trigger")
)
EXPR, REF, TEMPLATE, TEXT_BLOCK = (
    Symbol("flowrt.expressions", name) for name in ("expr", "ref", "template", "text_block")
)
CONTEXT = Symbol("flowrt.expressions", "Context")

__all__ = ["RETRY", "Symbol", "class_of", "declared", "record_class", "symbol"]


def class_of(type_name: str) -> type[Declared]:
    """The class that runs a Kestra type; that of a missing type where there is none."""
    found = find(type_name)
    return Missing if found is None else found


def declared(cls: type[Declared]) -> dict[str, Property]:
    """The declarations of a class by YAML name."""
    found = _DECLARED.get(cls)
    if found is None:
        found = _DECLARED[cls] = {each.yaml: each for each in cls.properties.values()}
    return found


_DECLARED: dict[type[Declared], dict[str, Property]] = {}


def symbol(cls: type) -> Symbol:
    """How a generated module names a class of the runtime: classes of the catalog all live under one roof."""
    import flowrt.tasks

    ours = cls.__module__.startswith("flowrt.") and cls.__name__ in flowrt.tasks.__all__
    module = "flowrt.tasks" if ours else cls.__module__
    return Symbol(module, cls.__name__)


def record_class(value: Record, kind: Kind) -> type[Declared]:
    """The class of a nested object."""
    if kind.name == "union":
        kind = fitting(value, kind)
    if kind.record is not None:
        return kind.record
    return kind.classes[value.type or ""]


def fitting(value: Value, kind: Kind) -> Kind:
    """The kind of a value; of several alternatives the first that has its shape."""
    if kind.name != "union":
        return kind
    for each in kind.options:
        inner = fitting(value, each)
        if isinstance(value, ListOf):
            fits = inner.name in ("list", "any", "typed")
        elif isinstance(value, MapOf | Record):
            fits = inner.name in ("map", "record", "tagged", "any", "typed")
        else:
            fits = inner.name not in ("list", "map", "record", "tagged")
        if fits:
            return inner
    return ANY
