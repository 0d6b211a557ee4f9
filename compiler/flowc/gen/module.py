"""A whole generated module: header, imports, the flow, the flows that it knows, the table of places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flowc.gen.blocks import RUN, BlockWriter, block_symbols
from flowc.gen.expressions import Expressions
from flowc.gen.imports import Imports
from flowc.gen.layout import INDENT, Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.names import Names, identifier
from flowc.gen.prose import comment, docstring, one_line
from flowc.gen.values import ValueWriter, text_doc
from flowc.ir.nodes import Expr, Module, Object, Step, Symbol, Value, values_of, walk
from flowc.literal import literal

if TYPE_CHECKING:
    from jinja2 import Template

FLOW = Symbol("flowrt", "Flow")
RUNTIME = "flowrt>=1.0,<2"
"""The requirement that a generated module states for the runtime."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about a generated module.

    `runtime_included`: the runtime comes along with the module, so it is no dependency. `version` is the version of
    the compiler.
    """

    version: str
    runtime_included: bool = False


def module_name(module: Module) -> str:
    """The name of the Python module of a flow, and of the function that builds it: namespace and id."""
    return identifier(f"{module.namespace}.{module.id}")


def emit_module(
    module: Module, options: Options, inlined: Sequence[Module] = (), imported: Sequence[Module] = ()
) -> str:
    """The source of a module, not formatted yet.

    `inlined` flows become functions of the module; `imported` ones stand in modules of their own beside it.
    """
    imports = Imports()
    flows = (module, *inlined)
    for each in flows:
        for symbol in sorted(set(_symbols(each))):
            imports.add(symbol)
    builders = {id(other): module_name(other) for other in (*inlined, *imported)}
    names = Names([*imports.names, *builders.values()])
    known = list(builders.values())

    writer = _FlowWriter(module, imports, names, "")
    lines = writer.flow()
    for other in inlined:
        # every flow of the module knows all others, through the main one
        nested = _FlowWriter(other, imports, Names([*imports.names, *builders.values()]), INDENT)
        lines += ["", "", f"def {builders[id(other)]}() -> Flow:", *nested.function(options)]
    for other in imported:
        lines += ["", "", *_importing(other)]
    if known:
        lines += ["", "", *statement("", call("flow.knows", [Atom(name) for name in known]))]
    lines += ["", *writer.places()]
    return _skeleton().render(
        docstring="\n".join(docstring(_title(module, options))),
        dependencies=", ".join(_toml(item) for item in _dependencies(flows, options)),
        imports="\n".join(imports.lines()),
        body="\n".join(lines),
    )


@cache
def _skeleton() -> Template:
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    text = files("flowc.gen").joinpath("skeleton.py.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return environment.from_string(text)


def _title(module: Module, options: Options) -> str:
    name = f"{module.namespace}.{module.id}"
    about = one_line(module.description or "")
    title = f"{name}: {about}" if about else f"The flow {name}."
    digest = module.source_digest[:16]
    source = f"Compiled by flowc {options.version} from {_base(module.source_name)} (sha256 {digest})."
    return f"{title}\n\n{source}\nEdit the YAML and recompile."


def _base(name: str) -> str:
    """The file name without its folder, which differs from machine to machine."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _dependencies(flows: Iterable[Module], options: Options) -> list[str]:
    packages = [] if options.runtime_included else [RUNTIME]
    packages += sorted({name for flow in flows for step in walk(flow) for name in step.packages})
    return packages


def _toml(text: str) -> str:
    """A requirement as a TOML text; requirements hold no character that needs care."""
    return f'"{text}"'


def _symbols(module: Module) -> Iterator[Symbol]:
    """All names of the runtime that a flow needs."""
    yield FLOW
    yield RUN
    values: list[Value] = [arg.value for arg in module.args]
    values += [condition for listener in module.listeners for condition in listener.conditions]
    for step in walk(module):
        yield step.op
        yield from block_symbols(step)
        values += [arg.value for arg in step.args + step.policy.args]
    for value in values:
        for each in values_of(value):
            if isinstance(each, Object):
                yield each.op
            elif isinstance(each, Expr):
                yield from Expressions.symbols(each)


def _importing(other: Module) -> list[str]:
    name = module_name(other)
    return [
        f"def {name}() -> Flow:",
        *docstring(f"The flow {other.namespace}.{other.id}.", INDENT),
        f"{INDENT}from {name} import flow",
        "",
        f"{INDENT}return flow",
    ]


class _FlowWriter:
    """One flow as statements, at the margin or inside a function."""

    def __init__(self, module: Module, imports: Imports, names: Names, indent: str) -> None:
        self._module = module
        self._imports = imports
        self._names = names
        self._indent = indent
        step_names: dict[int, str] = {}
        self._expressions = Expressions(imports, names)
        self._values = ValueWriter(imports, self._expressions, step_names)
        self._blocks = BlockWriter(imports, names, self._values, step_names, indent)

    def flow(self) -> list[str]:
        """The declaration of the flow, its tasks and blocks."""
        module, blocks = self._module, self._blocks
        head = comment(module.comments, self._indent)
        head += statement("flow = ", self._declaration(), self._indent)
        blocks.block(module.tasks)
        blocks.handler("@flow.tasks", "tasks", module.tasks)
        for name, function, block in (
            ("errors", "errors", module.errors),
            ("finally_", "finally_", module.finally_),
        ):
            if block is not None:
                blocks.block(block)
                blocks.handler(f"@flow.{name}", function, block)
        for listener in module.listeners:
            blocks.block(listener.body)
            conditions = Bracketed("[", [self._values.doc(each) for each in listener.conditions], "]")
            decorator = statement("@", call("flow.listener", [conditions]), self._indent)
            blocks.handler("\n".join(decorator).strip(), self._names.give("listener_"), listener.body)
        after = module.after_execution
        if after is not None:
            blocks.block(after)
            # a disabled entry counts as never finished: whoever waits for the end waits for ever
            decorator_text = "@flow.after_execution"
            if after.has_disabled:
                decorator_text += "(never_over=True)"
            blocks.handler(decorator_text, "after_execution", after)
        functions = [line for each in self._expressions.functions for line in self._function(each)]
        gap = [""] if self._indent or blocks.starts_tight else ["", ""]
        return [*functions, *head, *gap, *blocks.lines]

    def function(self, options: Options) -> list[str]:
        """The body of a function that builds the flow."""
        indent = self._indent
        lines = docstring(_title(self._module, options), indent)
        lines += [*self.flow(), "", *self.places(), f"{indent}return flow"]
        return lines

    def _function(self, source: str) -> list[str]:
        lines = [f"{self._indent}{line}" if line else "" for line in source.splitlines()]
        return [*lines, "", ""]

    def _declaration(self) -> Doc:
        module = self._module
        items: list[Doc] = [
            Named("id=", Atom(literal(module.id))),
            Named("namespace=", Atom(literal(module.namespace))),
        ]
        if module.description is not None:
            items.append(Named("description=", text_doc(module.description)))
        items += self._values.arguments((), module.args)
        return call("Flow", items)

    def places(self) -> list[str]:
        """The table of places: where tasks and their properties with expressions stand in the flow file."""
        name = _base(self._module.source_name)
        entries: list[Doc] = []
        for key, value in _places(self._module):
            entries.append(Named(f"{literal(key)}: ", Atom(literal(value))))
        table = Bracketed("{", entries, "}")
        return statement("", call("flow.source", [Atom(literal(name)), table]), self._indent)


def _places(module: Module) -> Iterator[tuple[str, str]]:
    """Task ids, and `id.property` where the property holds expressions, with line and column."""

    def place(node: Step | Value) -> str:
        span = node.span
        text = f"{span.line}:{span.column}"
        return text if span.file is module.span.file else f"{_base(span.file.name)}:{text}"

    for step in walk(module):
        yield step.id, place(step)
        for arg in step.args + step.policy.args:
            if any(isinstance(each, Expr) for each in values_of(arg.value)):
                yield f"{step.id}.{arg.key}", place(arg.value)
