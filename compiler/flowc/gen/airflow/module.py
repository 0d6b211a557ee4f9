"""A whole module for Airflow: header, imports, what the flow declares, blocks that run as one step, the DAG."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.gen.airflow.dag import HOME, DagWriter
from flowc.gen.airflow.params import params
from flowc.gen.python.blocks import step_names
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
from flowc.gen.python.prose import docstring, one_line
from flowc.gen.python.symbols import FLOW, Symbol
from flowc.gen.python.texts import text_doc
from flowc.gen.schedules import (
    Schedule,
    first_zone,
    is_scheduled,
    kept,
    schedules,
)
from flowc.ir.nodes import Key, Module, walk
from flowc.link.program import Program
from flowc.literal import literal
from flowrt.catalog import own
from flowrt.model.cron import ENGINE_ZONE
from flowrt.packages import AIRFLOW

PACKAGES = frozenset({"airflow.providers.standard.operators.hitl", "airflow.sdk", "datetime"})
"""What generated modules import besides the runtime."""
RESERVED = frozenset({"definition"})

_PRELUDE = (
    "# ruff: noqa: E402",
    f"from {HOME}.beside import find_beside",
    "",
    "find_beside(__file__)",
    "",
)
"""What makes modules importable that stand beside a DAG file, before any of them is imported."""

_TIMETABLE = Symbol("airflow.sdk", "CronTriggerTimetable")
_TIMETABLES = Symbol("airflow.sdk", "MultipleCronTriggerTimetable")
_DEFINITION, _DAG = Symbol(HOME, "Definition"), Symbol("airflow.sdk", "DAG")


def emit(program: Program, module: Module, options: Options, files: Mapping[Key, str]) -> str:
    """One flow of a program as a module with its DAG; `files` names the modules of others that it imports."""
    targets = started(program, module)
    variables = step_names(module)
    known, steps = module_names(program.known), set(variables.values())
    functions = {each.key: apart(known[each.key], steps) for each in targets}
    taken = [*steps, *functions.values()]
    imports = Imports(taken)
    names = Names([*taken, *RESERVED])
    writer = FlowWriter(module, imports, names, variables, subject="definition")
    head = writer.head(_DEFINITION, kept(module))
    written = DagWriter(module, writer, imports, names, variables)
    body = [*written.body(), *written.bodies()]
    functions_of_steps = writer.blocks.functions()
    dag = call(imports.add(_DAG), _options(module, imports))
    first, *rest = statement("with ", dag)
    opening = [first, *rest]
    opening[-1] += ":"
    lines = [*head, *_closely(writer.blocks.lines)]
    if functions_of_steps:
        lines += ["", "", *functions_of_steps[:-2]]
    for other in targets:
        lines += [
            *("", "", f"def {functions[other.key]}() -> {imports.add(FLOW)}:"),
            *docstring(f"The flow {other.full_name}.", INDENT),
            f"{INDENT}from {files[other.key]} import flow",
            *("", f"{INDENT}return flow"),
        ]
    if functions:
        known_flows = call("definition.knows", [Atom(name) for name in functions.values()])
        lines += ["", "", *statement("", known_flows)]
    lines += ["", *([""] if lines[-1].startswith(INDENT) else []), *opening, *body]
    lines += ["", *writer.places()]
    return "\n".join(
        [
            *docstring(_title(module, options)),
            "",
            "# /// script",
            '# requires-python = ">=3.11"',
            header_packages(module, options),
            "# ///",
            *(_PRELUDE if _has_beside(program, module) else ()),
            *imports.lines(),
            "",
            *lines,
            "",
        ]
    )


def _closely(lines: list[str]) -> list[str]:
    """Lines behind an assignment: a task follows it after one blank line, a function after two."""
    return lines if not lines or lines[2].startswith(("@", "#", "def ")) else lines[1:]


def started(program: Program, module: Module) -> tuple[Module, ...]:
    """The flows that steps of a flow start: programs beside the DAG, of the flow itself, too."""
    others = program.targets(module)
    return (module, *others) if program.starts_itself(module) else others


def _has_beside(program: Program, module: Module) -> bool:
    """Whether a module imports others that are written beside it."""
    classes = any(own(step.type) is not None for step in walk(module))
    return classes or bool(started(program, module))


def is_made_of(text: str, program: Program, module: Module, options: Options) -> bool:
    """Whether the text of a module is what `emit` made of this very flow, or what became of that by hand."""
    lines = (made_line(module, options), header_packages(module, options))
    return (
        all(line in text for line in lines)
        and text.count(" import flow\n") == len(started(program, module))
        and (_PRELUDE[-2] in text) == _has_beside(program, module)
    )


def header_packages(module: Module, options: Options) -> str:
    """The packages of a module, as its header names them."""
    packages = sorted([*dependencies((module,), options, triggered=is_scheduled(module)), AIRFLOW])
    return requirements(packages)


def made_line(module: Module, options: Options) -> str:
    """What a module says of how it came about."""
    return (
        f"Compiled by flowc {options.version} for Airflow 3 from {base_name(module.source_name)}\n"
        f"(sha256 {module.source_digest[:16]})."
    )


def _title(module: Module, options: Options) -> str:
    name = module.full_name
    about = one_line(module.description or "")
    title = f"{name}: {about}" if about else f"The flow {name}."
    return f"{title}\n\n{made_line(module, options)}\nEdit the YAML and recompile."


def _options(module: Module, imports: Imports) -> list[Doc]:
    options: list[Doc] = [
        Atom(literal(module.full_name)),
        Named("schedule=", _schedule(module, imports)),
    ]
    if _active(module):
        # an Airflow may be told to make up for what was missed
        options.append(Named("catchup=", Atom("False")))
    if module.limit is not None:
        options.append(Named("max_active_runs=", Atom(str(module.limit))))
    if module.description is not None:
        options.append(Named("doc_md=", _documentation(module.description)))
    if module.labels:
        tags = [Atom(literal(f"{key}:{text}"[:100])) for key, text in module.labels]
        options.append(Named("tags=", Bracketed("[", tags, "]")))
    if module.inputs:
        options.append(
            Named("params=", params(module.inputs, imports, optional=bool(_active(module))))
        )
    return options


def _documentation(text: str) -> Doc:
    """The description of the flow, but none that Airflow takes for the name of a file: it reads that where a text ends like one."""
    return text_doc(f"{text}\n") if text.endswith(".md") else Atom("definition.description")


def _active(module: Module) -> list[Schedule]:
    return [each for each in schedules(module) if each.active]


def _schedule(module: Module, imports: Imports) -> Doc:
    """When the DAG runs by itself: by the schedules of the flow that are in the time zone of the first."""
    found = _active(module)
    if not found:
        return Atom("None")
    zone = first_zone(module)
    crons: list[Doc] = [Atom(literal(each.cron)) for each in found if each.zone == zone]
    if len(crons) == 1 and zone == ENGINE_ZONE:
        return crons[0]
    timetable = _TIMETABLE if len(crons) == 1 else _TIMETABLES
    return call(imports.add(timetable), [*crons, Named("timezone=", Atom(literal(zone)))])
