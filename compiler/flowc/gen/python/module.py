"""A whole generated module: header, imports, the flow, the flows that it knows, the table of places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flowc.gen.python.blocks import RUN, BlockWriter, block_symbols
from flowc.gen.python.expressions import Expressions
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.python.names import Names, identifier
from flowc.gen.python.prose import comment, docstring, one_line
from flowc.gen.python.values import ValueWriter, text_doc
from flowc.ir.nodes import Expr, Module, Object, Step, Symbol, Value, values_of, walk
from flowc.link.program import Key, Program, key_of
from flowc.literal import literal

if TYPE_CHECKING:
    from jinja2 import Template

FLOW = Symbol("flowrt", "Flow")
RUNTIME = "flowrt>=1.0,<2"
"""The requirement that a generated module states for the runtime."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about a generated module.

    `runtime_included`: the runtime comes along with the module, so it is no dependency. `runtime_folder`: it lies in
    that folder, relative to the module's (`""` is the same). `version` is the version of the compiler.
    """

    version: str
    runtime_included: bool = False
    runtime_folder: str | None = None


def module_name(module: Module) -> str:
    """The name of the Python module of a flow, and of the function that builds it: namespace and id."""
    return identifier(f"{module.namespace}.{module.id}")


def file_names(program: Program, stem: str) -> dict[Key, str]:
    """The names of the Python modules of a program; the main one is given."""
    names = Names([stem])
    files = {key_of(program.main): stem}
    for other in program.others:
        files[key_of(other)] = names.give(f"{other.namespace}.{other.id}")
    return files


def emit_alone(program: Program, options: Options) -> str:
    """One module with all flows of the program in it, not formatted yet: the others as functions."""
    functions = {key_of(each): module_name(each) for each in program.others}
    called = {key_of(target) for each in program.modules for target in program.targets(each)}
    if key_of(program.main) in called:
        functions[key_of(program.main)] = module_name(program.main)
    imports = Imports()
    for each in program.modules:
        _import_all(imports, each)
    taken = [*imports.names, *functions.values()]

    def knows(module: Module, indent: str) -> list[str]:
        return _knows([functions[key_of(each)] for each in program.targets(module)], indent)

    writer = _FlowWriter(program.main, imports, Names(taken), "")
    lines = writer.flow()
    for other in program.others:
        nested = _FlowWriter(other, imports, Names(taken), INDENT)
        lines += ["", "", f"def {functions[key_of(other)]}() -> Flow:"]
        lines += docstring(_title(other, options), INDENT)
        lines += [*nested.flow(), *knows(other, INDENT), *nested.places(), f"{INDENT}return flow"]
    if key_of(program.main) in functions:
        name = functions[key_of(program.main)]
        lines += ["", "", f"def {name}() -> Flow:", f"{INDENT}return flow"]
    lines += [*knows(program.main, ""), *writer.places()]
    return _module(program.main, program.modules, options, imports, lines)


def emit_module(
    program: Program, module: Module, options: Options, files: Mapping[Key, str]
) -> str:
    """One flow of a program as a module that imports the others; `files` names the modules they are in."""
    targets = program.targets(module)
    functions = [module_name(each) for each in targets]
    imports = Imports()
    _import_all(imports, module)
    writer = _FlowWriter(module, imports, Names([*imports.names, *functions]), "")
    lines = writer.flow()
    for other in targets:
        lines += [
            *("", "", f"def {module_name(other)}() -> Flow:"),
            *docstring(f"The flow {other.namespace}.{other.id}.", INDENT),
            f"{INDENT}from {files[key_of(other)]} import flow",
            *("", f"{INDENT}return flow"),
        ]
    lines += [*_knows(functions, ""), *writer.places()]
    return _module(module, (module,), options, imports, lines)


def _import_all(imports: Imports, module: Module) -> None:
    for symbol in sorted(set(_symbols(module))):
        imports.add(symbol)


def _knows(functions: Sequence[str], indent: str) -> list[str]:
    if not functions:
        return [""]
    known = call("flow.knows", [Atom(name) for name in functions])
    return ["", "", *statement("", known, indent)]


def _module(
    main: Module,
    flows: Sequence[Module],
    options: Options,
    imports: Imports,
    lines: Sequence[str],
) -> str:
    return _skeleton().render(
        docstring="\n".join(docstring(_title(main, options))),
        dependencies=", ".join(_toml(item) for item in _dependencies(flows, options)),
        prelude=_prelude(options),
        imports="\n".join(imports.lines()),
        body="\n".join(lines),
    )


def _prelude(options: Options) -> str:
    """What makes a vendored runtime importable, also for an isolated Python, which does not look beside the file."""
    if options.runtime_folder is None:
        return ""
    here = "os.path.dirname(os.path.abspath(__file__))"
    folders = here
    if options.runtime_folder:
        folders += f", os.path.join({here}, {literal(options.runtime_folder)})"
    return (
        "# ruff: noqa: E402\nimport os\nimport sys\n\n"
        "# The runtime comes along with this file, also for an isolated Python (`python -I`).\n"
        f"sys.path[:0] = [{folders}]\n\n"
    )


@cache
def _skeleton() -> Template:
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    text = files("flowc.gen.python").joinpath("skeleton.py.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text)


def _title(module: Module, options: Options) -> str:
    name = f"{module.namespace}.{module.id}"
    about = one_line(module.description or "")
    title = f"{name}: {about}" if about else f"The flow {name}."
    digest = module.source_digest[:16]
    source = (
        f"Compiled by flowc {options.version} from {_base(module.source_name)} (sha256 {digest})."
    )
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
        self._blocks = BlockWriter(
            imports, names, self._values, self._expressions, step_names, indent
        )

    def flow(self) -> list[str]:
        """The declaration of the flow, its tasks and blocks."""
        module, blocks = self._module, self._blocks
        declaration = statement("flow = ", self._declaration(), self._indent)
        head = [*blocks.functions(), *comment(module.comments, self._indent), *declaration]
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
            conditions = Bracketed(
                "[", [self._values.doc(each, "listener") for each in listener.conditions], "]"
            )
            decorator = statement("@", call("flow.listener", [conditions]), self._indent)
            blocks.handler(
                "\n".join(decorator).strip(), self._names.give("listener_"), listener.body
            )
        after = module.after_execution
        if after is not None:
            blocks.block(after)
            blocks.handler("@flow.after_execution", "after_execution", after)
        gap = [""] if self._indent or blocks.starts_tight else ["", ""]
        return [*head, *gap, *blocks.lines]

    def _declaration(self) -> Doc:
        module = self._module
        items: list[Doc] = [
            Named("id=", Atom(literal(module.id))),
            Named("namespace=", Atom(literal(module.namespace))),
        ]
        if module.description is not None:
            items.append(Named("description=", text_doc(module.description)))
        items += self._values.arguments(module.args, "")
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
