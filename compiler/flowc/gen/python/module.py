"""A whole generated module: header, imports, the flow, the flows that it knows, the table of places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flowc.gen.python.blocks import BlockWriter, Policies, step_names
from flowc.gen.python.expressions import Expressions
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, WIDTH, Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.python.names import Names, distinct, module_stem
from flowc.gen.python.prose import comment, docstring, one_line
from flowc.gen.python.symbols import FLOW, PROGRAM, RETRY, RUN, Symbol, class_of
from flowc.gen.python.texts import text_doc
from flowc.gen.python.values import ValueWriter, told_of
from flowc.ir.nodes import (
    Expr,
    Input,
    Key,
    Module,
    Step,
    Trigger,
    Value,
    packages_of,
    values_of,
    walk,
)
from flowc.link.program import Program
from flowc.literal import literal
from flowrt.catalog import own
from flowrt.model.declare import ANY
from flowrt.packages import CRONSIM, OF_PARTS
from flowrt.tasks.missing import Missing

RUNTIME = "flowrt>=1.0,<2"
"""The requirement that a generated module states for the runtime."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about a generated module.

    `runtime_included`: the runtime comes along with the module, so it is no dependency. `runtime_folder`: it lies in
    that folder, relative to the module's (`""` is the same). `parts` come along with it (`flowrt.missing.PARTS`).
    `version` is the version of the compiler.
    """

    version: str
    runtime_included: bool = False
    runtime_folder: str | None = None
    parts: tuple[str, ...] = ()


def module_names(keys: Iterable[Key]) -> dict[Key, str]:
    """The names of the functions and modules of flows: namespace and id, no two alike."""
    listed = list(keys)
    names = distinct(".".join(key) for key in listed)
    return {key: module_stem(names[".".join(key)]) for key in listed}


def is_made_of(
    text: str, program: Program, module: Module, options: Options, files: Mapping[Key, str]
) -> bool:
    """Whether the text of a module is what `emit_module` made of this very flow, or what became of that by hand."""
    hearers = program.hearers_of(module)
    others = (*program.targets(module), *hearers)
    imports = {f"from {files[each.key]} import flow\n" for each in others}
    lines = [
        f"(sha256 {module.source_digest[:16]})",
        f"flowc {options.version} ",
        requirements(dependencies((module,), options, triggered=True)),
        *_prelude(options),
        *imports,
    ]
    return (
        all(line in text for line in lines)
        and all((f"{name}(" in text) is used for name, used in foreign_classes(module).items())
        and text.count(" import flow\n") == len(imports)
        and ("flow.heard_by(" in text) is bool(hearers)
        and ("sys.path[:0]" in text) == (options.runtime_folder is not None)
    )


def foreign_classes(module: Module) -> dict[str, bool]:
    """Whether a module uses the class that stands for missing types, and the classes of its steps that others bring.

    These change while the flow stays the same: a type that was missing gets a class.
    """
    found = {Missing.__name__: False}
    for step in walk(module):
        cls = class_of(step.type)
        if cls is Missing or own(step.type) is not None:
            found[cls.__name__] = True
    return found


def emit_alone(program: Program, options: Options) -> str:
    """One module with all flows of the program in it, not formatted yet: the others as functions."""
    called = {target.key for each in program.modules for target in program.targets(each)}
    called |= {each.key for each in program.hearers}
    functions = {key: name for key, name in module_names(program.known).items() if key in called}
    variables = [step_names(each) for each in program.modules]
    names = {name for each in variables for name in each.values()}
    functions = {key: apart(name, names) for key, name in functions.items()}
    taken = [*names, *functions.values()]
    imports = Imports(taken)

    def knows(module: Module, indent: str) -> list[str]:
        return _knows([functions[each.key] for each in program.targets(module)], indent)

    writer = FlowWriter(program.main, imports, Names(taken), variables[0], "")
    lines = writer.flow()
    for other, inner in zip(program.others, variables[1:], strict=True):
        nested = FlowWriter(other, imports, Names(taken), inner, INDENT)
        lines += ["", "", f"def {functions[other.key]}() -> {imports.add(FLOW)}:"]
        lines += docstring(title(other, options), INDENT)
        lines += [
            *nested.flow(),
            *knows(other, INDENT),
            *nested.places(),
            "",
            f"{INDENT}return flow",
        ]
    if program.main.key in functions:
        name = functions[program.main.key]
        lines += ["", "", f"def {name}() -> {imports.add(FLOW)}:", f"{INDENT}return flow"]
    hearers = [functions[each.key] for each in program.hearers]
    lines += [*knows(program.main, ""), *_heard_by(hearers), *writer.places()]
    return _module(program.main, program.modules, options, imports, lines)


def emit_module(
    program: Program, module: Module, options: Options, files: Mapping[Key, str]
) -> str:
    """One flow of a program as a module that imports the others; `files` names the modules they are in."""
    targets, hearers = program.targets(module), program.hearers_of(module)
    others = tuple(dict.fromkeys((*targets, *hearers)))
    variables = step_names(module)
    known, names = module_names(program.known), set(variables.values())
    functions = {each.key: apart(known[each.key], names) for each in others}
    taken = [*names, *functions.values()]
    imports = Imports(taken)
    writer = FlowWriter(module, imports, Names(taken), variables, "")
    lines = writer.flow()
    for other in others:
        lines += [
            *("", "", f"def {functions[other.key]}() -> {imports.add(FLOW)}:"),
            *docstring(f"The flow {other.full_name}.", INDENT),
            f"{INDENT}from {files[other.key]} import flow",
            *("", f"{INDENT}return flow"),
        ]
    lines += _knows([functions[each.key] for each in targets], "")
    lines += [*_heard_by([functions[each.key] for each in hearers]), *writer.places()]
    return _module(module, (module,), options, imports, lines)


def apart(name: str, taken: set[str]) -> str:
    """The name of the function of a flow, where a task may be called so."""
    return f"{name}_flow" if name in taken else name


def _knows(functions: Sequence[str], indent: str) -> list[str]:
    if not functions:
        return ["", ""] if not indent else [""]
    known = call("flow.knows", [Atom(name) for name in functions])
    return [*([""] if indent else ["", ""]), *statement("", known, indent)]


def _heard_by(functions: Sequence[str]) -> list[str]:
    heard = call("flow.heard_by", [Atom(name) for name in functions])
    return statement("", heard, "") if functions else []


def _module(
    main: Module,
    flows: Sequence[Module],
    options: Options,
    imports: Imports,
    lines: Sequence[str],
) -> str:
    program = imports.add(PROGRAM)
    return "\n".join(
        [
            *docstring(title(main, options)),
            "",
            "# /// script",
            '# requires-python = ">=3.11"',
            requirements(dependencies(flows, options, triggered=True)),
            "# ///",
            *_prelude(options),
            *imports.lines(),
            "",
            *lines,
            "",
            "",
            'if __name__ == "__main__":',
            f"{INDENT}{program}(flow)",
            "",
        ]
    )


def _prelude(options: Options) -> list[str]:
    """What makes a vendored runtime importable, also for an isolated Python, which does not look beside the file."""
    if options.runtime_folder is None:
        return []
    here = "os.path.dirname(os.path.abspath(__file__))"
    folders = here
    if options.runtime_folder:
        folders += f", os.path.join({here}, {literal(options.runtime_folder)})"
    return [
        "# ruff: noqa: E402",
        "import os",
        "import sys",
        "",
        "# The runtime comes along with this file, also for an isolated Python (`python -I`).",
        f"sys.path[:0] = [{folders}]",
        "",
    ]


def title(module: Module, options: Options) -> str:
    name = module.full_name
    about = one_line(module.description or "")
    title = f"{name}: {about}" if about else f"The flow {name}."
    source = f"Compiled by flowc {options.version} from {base_name(module.source_name)}"
    gap = " " if len(source) < 60 else "\n"
    source += f"{gap}(sha256 {module.source_digest[:16]})."
    return f"{title}\n\n{source}\nEdit the YAML and recompile."


def base_name(name: str) -> str:
    """The file name without its folder, which differs from machine to machine."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def requirements(packages: Iterable[str]) -> str:
    """The packages of a module as its header names them, one a line where they are too long for one."""
    listed = [toml(each) for each in packages]
    line = f"# dependencies = [{', '.join(listed)}]"
    if len(line) <= WIDTH:
        return line
    return "\n".join(["# dependencies = [", *(f"#     {each}," for each in listed), "# ]"])


def dependencies(
    flows: Iterable[Module], options: Options, *, triggered: bool = False
) -> list[str]:
    """The packages of a module; `triggered` when it starts as if triggers had fired."""
    flows = list(flows)
    packages = [] if options.runtime_included else [RUNTIME]
    needed = {name for flow in flows for name in packages_of(flow)}
    if triggered and any(
        each.key == "cron"
        for flow in flows
        for trigger in flow.triggers
        for each in trigger.properties
    ):
        needed.add(CRONSIM)
    return packages + sorted(
        needed | {OF_PARTS[part] for part in options.parts if part in OF_PARTS}
    )


def toml(text: str) -> str:
    """A requirement as a TOML text; requirements hold no character that needs care."""
    return f'"{text}"'


def sure_types(inputs: Iterable[Input]) -> dict[str, str]:
    """The types of the inputs that have a value in every execution, by the path of the input."""
    return {
        f"inputs.{each.id}": each.type
        for each in inputs
        if each.is_required and each.get("dependsOn") is None and "." not in each.id
    }


class FlowWriter:
    """One flow as statements, at the margin or inside a function."""

    def __init__(
        self,
        module: Module,
        imports: Imports,
        names: Names,
        variables: dict[int, str],
        indent: str = "",
        *,
        subject: str = "flow",
        policies: Policies | None = None,
        run: Symbol = RUN,
    ) -> None:
        self._module = module
        self._imports = imports
        self._names = names
        self._indent = indent
        self._subject = subject
        self._expressions = Expressions(imports, names)
        self.values = ValueWriter(imports, self._expressions, variables)
        self.blocks = BlockWriter(
            imports,
            names,
            self.values,
            self._expressions,
            variables,
            indent,
            subject=subject,
            policies=policies,
            run=run,
        )

    def flow(self) -> list[str]:
        """The declaration of the flow, its tasks and blocks."""
        module, blocks = self._module, self.blocks
        head = self.head(FLOW, self._module.triggers)
        blocks.handler("@flow.tasks", "tasks", module.tasks)
        blocks.block(module.tasks)
        for name, function, block in (
            ("errors", "errors", module.errors),
            ("finally_", "finally_", module.finally_),
        ):
            if block is not None:
                blocks.handler(f"@flow.{name}", function, block)
                blocks.block(block)
        self.after()
        return [*head, *blocks.lines]

    def head(self, cls: Symbol, triggers: Sequence[Trigger]) -> list[str]:
        """The declaration of the flow, with the functions that it needs before it, and the triggers that may start it."""
        declaration = self._declaration(cls, triggers)
        functions = self.blocks.functions()
        return [
            *([""] if functions else []),
            *functions,
            *comment(remarks(self._module, triggers), self._indent, WIDTH),
            *statement(f"{self._subject} = ", declaration, self._indent),
        ]

    def after(self) -> None:
        """The lists that follow the end of an execution."""
        module, blocks = self._module, self.blocks
        for listener in module.listeners:
            conditions = Bracketed(
                "[", [self.values.doc(each, ANY, "listener") for each in listener.conditions], "]"
            )
            decorator = statement(
                "@", call(f"{self._subject}.listener", [conditions]), self._indent
            )
            blocks.handler(
                "\n".join(decorator).strip(), self._names.give("listener_"), listener.body
            )
            blocks.block(listener.body)
        after = module.after_execution
        if after is not None:
            blocks.handler(f"@{self._subject}.after_execution", "after_execution", after)
            blocks.block(after)

    def _declaration(self, cls: Symbol, triggers: Sequence[Trigger]) -> Doc:
        module, values = self._module, self.values
        items: list[Doc] = [
            Named("id=", Atom(literal(module.id))),
            Named("namespace=", Atom(literal(module.namespace))),
        ]
        if module.description is not None:
            items.append(Named("description=", text_doc(module.description)))
        if module.labels:
            pairs = [Named(f"{literal(key)}: ", text_doc(text)) for key, text in module.labels]
            items.append(Named("labels=", Bracketed("{", pairs, "}")))
        if module.inputs:
            items.append(Named("inputs=", values.inputs(module.inputs)))
        # while inputs are resolved one may still be missing; everywhere else those that must be given are there
        self._expressions.know(sure_types(module.inputs))
        if module.variables is not None:
            items.append(Named("variables=", values.doc(module.variables, ANY, "variables")))
        for name, docs in (
            ("outputs", [values.output(each) for each in module.outputs]),
            ("sla", [values.service_level(each) for each in module.sla]),
            ("checks", [values.check(each) for each in module.checks]),
            ("triggers", [values.trigger(each) for each in triggers]),
        ):
            if docs:
                items.append(Named(f"{name}=", Bracketed("[", docs, "]")))
        if module.retry is not None:
            items.append(Named("retry=", values.doc(module.retry, RETRY, "retry")))
        if module.concurrency is not None:
            items.append(Named("concurrency=", values.concurrency(module.concurrency)))
        if module.revision != 1:
            items.append(Named("revision=", Atom(str(module.revision))))
        if module.disabled:
            items.append(Named("disabled=", Atom("True")))
        return call(self._imports.add(cls), items)

    def places(self) -> list[str]:
        """The table of places: where tasks and their properties with expressions stand in the flow file."""
        name = base_name(self._module.source_name)
        entries: list[Doc] = []
        for key, value in _places(self._module):
            entries.append(Named(f"{literal(key)}: ", Atom(literal(value))))
        table = Bracketed("{", entries, "}")
        return statement(
            "", call(f"{self._subject}.source", [Atom(literal(name)), table]), self._indent
        )


def remarks(module: Module, triggers: Collection[Trigger]) -> list[str]:
    """The comments of the flow, and those of what the module does not hold: of `triggers` a part, of others nothing."""
    found = list(module.comments)
    for trigger in module.triggers:
        held = trigger in triggers
        if not held:
            found += trigger.comments
        told = {each.key for each in told_of(trigger)} if held else set()
        for each in trigger.properties:
            if each.key in told:
                continue
            found += each.comments
            for value in values_of(each.value):
                found += value.comments
    return found


def _places(module: Module) -> Iterator[tuple[str, str]]:
    """Task ids, and `id.property` where the property holds expressions, with line and column."""

    def place(node: Step | Value) -> str:
        span = node.span
        text = f"{span.line}:{span.column}"
        return text if span.file is module.span.file else f"{base_name(span.file.name)}:{text}"

    for step in walk(module):
        yield step.id, place(step)
        for each in step.told:
            if any(isinstance(value, Expr) for value in values_of(each.value)):
                yield f"{step.id}.{each.key}", place(each.value)
