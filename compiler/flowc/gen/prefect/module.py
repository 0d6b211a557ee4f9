"""A whole module for Prefect: header, imports, what the flow declares, the flow function, its blocks and tasks."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.gen.prefect.parameters import Parameter, arguments, documented, parameters, signature
from flowc.gen.prefect.policies import PrefectPolicies
from flowc.gen.python.blocks import nested, step_names
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import INDENT, Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.python.module import (
    FlowWriter,
    Options,
    apart,
    base_name,
    dependencies,
    module_names,
    requirements,
)
from flowc.gen.python.names import Names
from flowc.gen.python.prose import DOCUMENTED, docstring, one_line
from flowc.gen.python.symbols import FLOW, Symbol
from flowc.gen.schedules import Schedule, is_scheduled, kept, schedules
from flowc.ir.nodes import Block, Key, Module
from flowc.link.program import Program
from flowc.literal import literal
from flowrt.packages import PREFECT

PACKAGES = frozenset({"prefect", "prefect.schedules", "prefect_dask", "prefect_ray", "typing"})
"""What generated modules import besides the runtime."""
RESERVED = frozenset({"Failed", "definition", "main", "return_state", "run", "wait_for"})
"""Names that the flow function uses, or Prefect for what it is called with: no parameter may hide them."""

RUNNER_CLASSES = {
    "dask": Symbol("prefect_dask", "DaskTaskRunner"),
    "ray": Symbol("prefect_ray", "RayTaskRunner"),
}
"""The task runners that send tasks to other processes, by the names of the option."""

_HOME = "flowrt.targets.prefect"
_ANY, _ENTRY = Symbol("typing", "Any"), Symbol("prefect", "flow")
_DEFINITION, _FAILED = Symbol(_HOME, "Definition"), Symbol(_HOME, "Failed")
_CRON = Symbol("prefect.schedules", "Cron")
_RUN, _MAIN = Symbol(_HOME, "Run"), Symbol(_HOME, "main")


def emit(
    program: Program,
    module: Module,
    options: Options,
    files: Mapping[Key, str],
    runner: str = "thread",
) -> str:
    """One flow of a program as a module that imports the others; `files` names the modules they are in."""
    targets = program.targets(module)
    variables = step_names(module)
    known, steps = module_names(program.known), set(variables.values())
    functions = {each.key: apart(known[each.key], steps) for each in targets}
    taken = [*steps, *functions.values()]
    imports = Imports(taken)
    names = Names([*taken, *RESERVED])
    writer = FlowWriter(
        module,
        imports,
        names,
        variables,
        subject="definition",
        policies=PrefectPolicies(),
        run=_RUN,
    )
    lines = writer.head(_DEFINITION, kept(module))
    given = parameters(module.inputs, imports, names, optional=is_scheduled(module))
    lines += _function(module, given, writer, imports, names, RUNNER_CLASSES.get(runner))
    for block in (module.tasks, module.errors, module.finally_):
        if block is not None:
            writer.blocks.block(block)
    writer.after()
    lines += writer.blocks.lines
    for other in targets:
        lines += [
            *("", "", f"def {functions[other.key]}() -> {imports.add(FLOW)}:"),
            *docstring(f"The flow {other.full_name}.", INDENT),
            f"{INDENT}from {files[other.key]} import definition",
            *("", f"{INDENT}return definition"),
        ]
    if functions:
        known_flows = call("definition.knows", [Atom(name) for name in functions.values()])
        lines += ["", "", *statement("", known_flows), *writer.places()]
    else:
        lines += ["", "", *writer.places()]
    start = statement("", call(imports.add(_MAIN), _start(module, imports)), INDENT)
    return "\n".join(
        [
            *docstring(_title(module, options)),
            "",
            "# /// script",
            '# requires-python = ">=3.11"',
            header_packages(module, options, runner),
            "# ///",
            *imports.lines(),
            "",
            *lines,
            "",
            "",
            'if __name__ == "__main__":',
            *start,
            "",
        ]
    )


def is_made_of(
    text: str, program: Program, module: Module, options: Options, runner: str = "thread"
) -> bool:
    """Whether the text of a module is what `emit` made of this very flow, or what became of that by hand."""
    lines = (made_line(module, options), header_packages(module, options, runner))
    return all(line in text for line in lines) and text.count(" import definition\n") == len(
        program.targets(module)
    )


def header_packages(module: Module, options: Options, runner: str = "thread") -> str:
    """The packages of a module, as its header names them."""
    more = [f"prefect-{runner}"] if runner in RUNNER_CLASSES else []
    own = dependencies((module,), options, triggered=is_scheduled(module))
    packages = sorted([*own, PREFECT, *more])
    return requirements(packages)


def made_line(module: Module, options: Options) -> str:
    """What a module says of how it came about."""
    return (
        f"Compiled by flowc {options.version} for Prefect 3 from {base_name(module.source_name)}\n"
        f"(sha256 {module.source_digest[:16]})."
    )


def _title(module: Module, options: Options) -> str:
    name = module.full_name
    about = one_line(module.description or "")
    title = f"{name}: {about}" if about else f"The flow {name}."
    return f"{title}\n\n{made_line(module, options)}\nEdit the YAML and recompile."


def _start(module: Module, imports: Imports) -> list[Doc]:
    """What the program is started with: the flow, and what a deployment of it has."""
    docs: list[Doc] = [Atom("definition")]
    crons = [_cron(each, imports) for each in schedules(module)]
    if crons:
        docs.append(Named("schedules=", Bracketed("[", crons, "]")))
    if module.limit is not None:
        docs.append(Named("global_limit=", Atom(str(module.limit))))
    return docs


def _cron(schedule: Schedule, imports: Imports) -> Doc:
    docs: list[Doc] = [Atom(literal(schedule.cron))]
    if schedule.timezone is not None:
        docs.append(Named("timezone=", Atom(literal(schedule.timezone))))
    docs.append(Named("slug=", Atom(literal(schedule.id))))
    if not schedule.active:
        docs.append(Named("active=", Atom("False")))
    return call(imports.add(_CRON), docs)


def _function(
    module: Module,
    given: list[Parameter],
    writer: FlowWriter,
    imports: Imports,
    names: Names,
    runner: Symbol | None,
) -> list[str]:
    """The flow function: typed parameters, the tasks in their order, handlers as `except` and `finally`."""
    name = names.give(module.id)
    options = _options(module)
    if runner is not None:
        options.append(Named("task_runner=", Atom(f"{imports.add(runner)}()")))
    decorator = call(imports.add(_ENTRY), options)
    head = statement(f"async def {name}", _Returning(signature(given), imports.add(_ANY)))
    body = _body(module, writer, imports)
    execution = call("definition.execution", arguments(given))
    about = module.description or f"The flow {module.full_name}."
    context = statement("async with ", _Returning(execution, "", " as run:"), INDENT)
    return [
        *("", "", "@definition.entry"),
        *statement("@", decorator),
        *head,
        *docstring(documented(about, given, DOCUMENTED - len(INDENT)), INDENT),
        *context,
        *nested(nested(body)),
        f"{INDENT}return run.outcome",
    ]


class _Returning(Doc):
    """Brackets, and what follows them on their last line."""

    __slots__ = ("after", "doc")

    def __init__(self, doc: Doc, returned: str, after: str = ":") -> None:
        self.doc = doc
        self.after = f" -> {returned}{after}" if returned else after
        self.flat = None if doc.flat is None else doc.flat + self.after

    def lines(self, indent: str, room: int) -> list[str]:
        if self.flat is not None and len(self.flat) <= room:
            return [self.flat]
        lines = self.doc.lines(indent, room - len(self.after))
        return [*lines[:-1], lines[-1] + self.after]


def _options(module: Module) -> list[Doc]:
    options: list[Doc] = [Named("name=", Atom(literal(module.full_name)))]
    if module.revision != 1:
        options.append(Named("version=", Atom(literal(str(module.revision)))))
    options.append(Named("persist_result=", Atom("True")))
    if module.after_execution is not None or module.listeners:
        hooks = Bracketed("[", [Atom("definition.ended")], "]")
        ends = ("completion", "failure", "cancellation", "crashed")
        options += [Named(f"on_{end}=", hooks) for end in ends]
    return options


def _body(module: Module, writer: FlowWriter, imports: Imports) -> list[str]:
    tasks = _list(writer, module.tasks, "run")
    if module.errors is None and module.finally_ is None:
        return tasks
    lines = ["try:", *nested(tasks)]
    if module.errors is not None:
        lines += [
            f"except {imports.add(_FAILED)}:",
            *nested(_list(writer, module.errors, "run.errors")),
            f"{INDENT}raise",
        ]
    if module.finally_ is not None:
        lines += ["finally:", *nested(_list(writer, module.finally_, "run.finally_"))]
    return lines


def _list(writer: FlowWriter, block: Block, run: str) -> list[str]:
    return writer.blocks.in_turn(block, run)
