"""What comes along of the runtime only for some flows: a table of modules, and by what such flows are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from flowc.gen.python import wants
from flowrt.missing import PARTS

_NEVER = r"(?!)"
"""Matches nothing."""


class Row(NamedTuple):
    """Modules that come along only for flows of some kind."""

    modules: tuple[str, ...]
    in_flows: str | Callable[[str], bool]
    """What generated modules of such flows have: a pattern, or a question to their text."""
    in_tasks: str = _NEVER
    """What the classes of their tasks may have instead."""
    part: str = ""
    """The name by which somebody may ask for them all the same (`flowrt.missing.PARTS`)."""
    importers: tuple[str, ...] = ()
    """The modules that import them only for such flows, where others import them for all."""
    with_modules: frozenset[str] = frozenset()
    """Modules that never come along without them."""
    in_own: str | None = None
    """The same of classes that are not of the core, where that is more."""

    def is_in(self, source: str) -> bool:
        """Whether a generated module is of such a flow."""
        if callable(self.in_flows):
            return self.in_flows(source)
        return re.search(self.in_flows, source, re.M) is not None


def _part(
    name: str, in_flows: str = _NEVER, in_tasks: str = _NEVER, *, importers: tuple[str, ...] = ()
) -> Row:
    modules = tuple(f"flowrt.{module}" for module in PARTS[name])
    return Row(modules, in_flows, in_tasks, name, importers)


def _or(question: Callable[[str], bool], pattern: str) -> Callable[[str], bool]:
    return lambda source: re.search(pattern, source, re.M) is not None or question(source)


CONVERTING = ("parse", "listing", "mapping", "structure", "double", "duration")
"""What a task asks to have converted, whatever is given (`flowrt.engine.rendering`)."""
TEMPLATED = r"\bTemplatedTask\("
"""What a generated module has whose tasks are named at run time."""
RENDERING = rf'\brender(?:_once)?\(\s*v\b|{TEMPLATED}|^# (?:dependencies = .*| +)"flowexpr\b'
"""What a generated module that renders texts of run time has; tasks that do so name the compiler in their packages."""
_HEARING = r"\bflow\.heard_by\("
"""What a program has in which flows listen to others."""
_DATES = r'"(?:DATE|DATETIME|TIME|DURATION)"'
_ADDRESSES = r'"(?:FILE|URI)"'
"""Types of inputs and outputs, as they stand in a generated module."""
_CONVERSION = ("flowrt.inputs.conversion",)
_FILES = r"\bTaskCache\(|\blog_to_file=|\"FILE\""
_FILES_OF_TASKS = (
    r"\.(?:archive|storage|kv|files|\w*file|local_path|delete_execution_files|output_base|working_dir"
    r"|private_folder|companion)\b"
)
_SECRET = rf'\bsecret\b|"SECRET"|{RENDERING}'
"""What a generated module has that may come by secrets."""
_MAIN, _START = "flowrt.program.main", "flowrt.verbs.start"
"""What a program begins with: the modules that know the parts which a command line may ask for."""
_OF_PARCELS = frozenset({"flowrt.worker.parcel"})
"""What takes everything along that a task may see, whether or not it looks."""
CATALOG = "flowrt.catalog"
"""The table of all task types, by which tasks are found that are named at run time."""

OPTIONAL = (
    Row(("flowc",), RENDERING),
    Row(("yaml",), r'^# (?:dependencies = .*| +)"pyyaml\b', part="yaml"),
    Row((CATALOG,), RENDERING),
    # The exact path of expressions, where there are any, or tasks make some while they run.
    Row(
        ("flowrt.expr.proxy",),
        rf"flowrt\.expressions\b|{RENDERING}",
        r"\bparse\(|\bagain\b|\bexpr\b",
    ),
    # What values have inside that are no maps.
    Row(
        ("flowrt.expr.members",),
        _or(wants.members, RENDERING),
        # Under names that a task gives, such as the columns of a row, there may be no maps.
        r"\b(?:parse|text_with)\(",
        importers=("flowrt.expr.attributes",),
    ),
    # Dates and durations as variables, as properties, as inputs.
    Row(
        ("flowrt.java.time.temporal",),
        _or(wants.dates, RENDERING),
        r"\bparse\(|(?<!self)(?<!execution)\.variables\b",
        importers=("flowrt.engine.variables",),
    ),
    Row(
        ("flowrt.formats.times",),
        rf"{_DATES}|\btimeout=|{RENDERING}",
        r"\bDURATION\b|\bDATETIME\b|\bduration\(|\bmetrics?\b",
        importers=("flowrt.expr.properties",),
    ),
    Row(("flowrt.java.time.isoparse", "flowrt.java.time.temporal"), _DATES, importers=_CONVERSION),
    # What the types of inputs need.
    Row(
        ("flowrt.formats.yamlread", "flowrt.formats.yamlscalar"),
        r'"YAML"',
        importers=_CONVERSION,
    ),
    Row(
        ("flowrt.formats.jsonlist",),
        r'"(?:ARRAY|MULTISELECT)"',
        importers=(*_CONVERSION, "flowrt.inputs.defaults"),
    ),
    Row(("flowrt.java.regex.patterns",), r"\bvalidator=", importers=("flowrt.inputs.validation",)),
    # What makes a value of the kind that a property declares, where that is not given as one.
    Row(
        ("flowrt.expr.properties", "flowrt.expr.render", "flowrt.java.casts"),
        _or(wants.conversions, RENDERING),
        rf"\.(?:{'|'.join(CONVERTING)})\(",
        # Whether others ask for what they declare, nobody knows.
        in_own="",
        importers=("flowrt.engine.rendering",),
        with_modules=frozenset(
            {
                "flowrt.engine.labels",
                "flowrt.scripting.registries",
                "flowrt.scripting.runners",
                "flowrt.services.folders",
                "flowrt.services.split",
                "flowrt.worker.cache",
            }
        ),
    ),
    # A failure is looked for in templates where there are any: then they are there.
    Row(("flowrt.expr.template",), _NEVER, importers=("flowrt.engine.places",)),
    Row(
        ("flowrt.engine.taskstates",),
        _or(wants.states, RENDERING),
        r"\bparse\(|(?<!self)(?<!execution)\.variables\b",
        importers=("flowrt.engine.variables",),
        with_modules=_OF_PARCELS,
    ),
    # The ways in which a secret may be printed, where there may be one.
    Row(
        ("flowrt.java.uri",),
        _SECRET,
        r"\.seal\b|\bmasks\b|\bparse\(",
        importers=("flowrt.services.masks",),
        with_modules=frozenset({"flowrt.program.look"}),
    ),
    Row(
        ("flowrt.engine.rounds",),
        r"\b(?:ForEach|ForEachItem|EachParallel|EachSequential|LoopUntil)\(",
        importers=("flowrt.engine.past",),
    ),
    Row(
        ("flowrt.engine.retries",),
        r"\bretr(?:y|ies)=",
        importers=("flowrt.engine.executor", "flowrt.engine.assignments"),
    ),
    Row(("flowrt.engine.anew",), r"\bCREATE_NEW_EXECUTION\b"),
    Row(("flowrt.engine.after",), r"\.(?:after_execution|listener)\b"),
    Row(("flowrt.engine.promises",), r"\bsla="),
    Row(("flowrt.model.promises",), r"\bsla=|\bCheck\("),
    Row(
        ("flowrt.java.uri", "flowrt.java.uriparts"),
        _ADDRESSES,
        r"\bprop\(URI\b",
        importers=(*_CONVERSION, "flowrt.expr.properties"),
    ),
    Row(("flowrt.store.archive",), _NEVER, r"\.archive\b"),
    Row(("flowrt.control.resuming", "flowrt.store.resuming"), _NEVER, r"\brun\.resume\("),
    Row(
        ("flowrt.verbs.told", "flowrt.verbs.paused", "flowrt.program.interactive"),
        r"\b(?:Pause|LoopUntil)\(",
    ),
    Row(("flowrt.verbs.paused", "flowrt.program.interactive"), r"\bPause\(", importers=(_MAIN,)),
    Row(("flowrt.engine.concurrency", "flowrt.store.slots"), r"\bconcurrency="),
    Row(
        ("flowrt.model.triggers", "flowrt.engine.firing", "flowrt.program.schedules"),
        r"\bTrigger\(",
    ),
    Row(("flowrt.engine.conditions",), rf"{_HEARING}|^ *@flow\.listener\("),
    Row(("flowrt.engine.flowtriggers", "flowrt.engine.windows", "flowrt.store.windows"), _HEARING),
    _part(
        "inputs",
        r"\b(?:Input|Output|Check|Pause|Subflow|ForEachItem|Trigger)\(",
        r"\.seal\b|\brun\.resume\(",
    ),
    Row(("flowrt.inputs.checks",), r"\bCheck\(", importers=(_START,)),
    Row(
        ("flowrt.engine.flow_outputs",),
        r"\bOutput\(|\b(?:Subflow|ForEachItem)\(",
        importers=("flowrt.engine.lifecycle",),
    ),
    _part("files", _FILES, _FILES_OF_TASKS),
    Row(
        (
            "flowrt.java.uri",
            "flowrt.services.local",
            "flowrt.services.paths",
            "flowrt.services.uris",
            "flowrt.services.workplace",
        ),
        _FILES,
        _FILES_OF_TASKS,
        importers=(
            "flowrt.engine.assignments",
            "flowrt.engine.creation",
            "flowrt.engine.runcontext",
            "flowrt.engine.services",
            "flowrt.engine.variables",
            _START,
        ),
        with_modules=_OF_PARCELS,
    ),
    _part(
        "store",
        r"\bPause\(|\bconcurrency=",
        r"\.archive\b|\brun\.resume\(",
        importers=(_MAIN, _START),
    ),
    _part("executors", importers=(_MAIN, _START)),
    _part("report", importers=(_MAIN,)),
    *(_part(name, importers=(_MAIN,)) for name in ("dask", "ray")),
    *map(_part, ("storage", "postgresql")),
)

PURPOSES = {
    "store": (
        "`--store`; `resume`, `restart`, `replay`, `change-status`, `kill`, `list`, `show`, `logs`",
        "a Pause, a `concurrency`, tasks that look at executions",
    ),
    "executors": ("`--executor thread`, `--executor process`", ""),
    "report": ("`--report`", "the part `store`"),
    "inputs": (
        "`--input`, `--inputs`",
        "inputs, typed outputs, checks, triggers, a Pause, subflows",
    ),
    "files": (
        "`--storage`, `--namespace-files`, `--kv`",
        "an input of type FILE, tasks and functions that work with files or entries, a task cache",
    ),
    "yaml": (
        "`--inputs FILE.yaml`, `--kv NS=FILE.yaml`, `--trigger FILE.yaml`",
        "inputs and outputs of type YAML",
    ),
    "dask": ("`--executor dask`", ""),
    "ray": ("`--executor ray`", ""),
    "storage": ("`--storage s3://…` and other addresses", ""),
    "postgresql": ("`--store postgresql://…`", ""),
}
"""Part → what a command line asks it for, and what in a flow brings it along."""
