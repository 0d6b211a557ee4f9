"""A file of task classes to fill in: begun from the atlas, and kept up to date without touching what a person wrote.

Generated text is parsed and changed by libcst, which leaves layout and comments alone. Three things change in a file that
is there: classes of types that are missing come to the end, properties that flows set come to their classes, old names of
types become current ones. A class that no flow needs any more is marked, never removed.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from flowc import atlas
from flowc.literal import literal
from flowrt.model.declare import Kind, Property, camel
from flowrt.model.task import Task

HEAD = '''"""Task types that flowc has no class for.

`run` of a class does the work of a task: it reads properties through `run` (`run.text(self.key)`, `run.integer`, `run.flag`,
`run.listing`, `run.mapping`, `run.structure`), logs with `run.log("INFO", ...)` and answers a dict of outputs. Packages that
it imports stand in `packages`, as requirements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (  # noqa: F401
    ANY,
    BOOLEAN,
    DATETIME,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text  # noqa: F401
'''
UNUSED = "# flowc: no flow needs this type"
"""The mark above a class that no flow needs."""

_NAMES = {
    "string": ("STRING", "Text"),
    "uri": ("URI", "Text"),
    "duration": ("DURATION", "Text"),
    "zoned": ("DATETIME", "Text"),
    "integer": ("INTEGER", "Integer"),
    "double": ("DOUBLE", "Number"),
    "boolean": ("BOOLEAN", "Flag"),
}
_HOMES = {
    "typing": "Any ClassVar",
    "flowrt.model.declare": (
        "ANY BOOLEAN DATETIME DOUBLE DURATION INTEGER STRING URI Kind enum listing mapping prop task_type"
    ),
    "flowrt.model.task": "Task",
}
"""Where the names live that a class needs when its module is loaded."""
_TAKEN = frozenset(dir(Task)) | {"run", "properties", "None", "True", "False"}
"""Names that a class has already."""
_COMMON = frozenset(each.yaml for each in Task.properties.values())
_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")


class Wanted(NamedTuple):
    """A missing type: the properties that flows set, and where the first of them does."""

    type: str
    used: tuple[str, ...]
    place: str


class Changes(NamedTuple):
    """What became of a file: its text, and what was done, in words."""

    text: str
    done: tuple[str, ...]


def begin(wanted: Iterable[Wanted]) -> Changes:
    """A new file."""
    return update(HEAD, wanted)


def update(source: str, wanted: Iterable[Wanted]) -> Changes:
    """A file that is there, brought up to date.

    Raises:
        libcst.ParserSyntaxError: the file is no Python.
    """
    listed = {each.type: each for each in wanted}
    module = cst.parse_module(source)
    visitor = _Update(listed)
    module = module.visit(visitor)
    done = list(visitor.done)
    added = []
    for name, each in sorted(listed.items()):
        if name not in visitor.seen:
            class_name = _class_name(name, visitor.classes)
            visitor.classes.add(class_name)
            added.append(_class(each, class_name))
            done.append(f"added {class_name} for {name}")
    if done:
        module = _with_imports(module, " ".join((*visitor.lines, *added)))
    text = module.code
    for each_class in added:
        text = f"{text.rstrip()}\n\n\n{each_class}"
    return Changes(text, tuple(done))


def _with_imports(module: cst.Module, text: str) -> cst.Module:
    """A module that imports what some generated text uses; names for type checkers apart, which nothing evaluates."""
    context = CodemodContext()
    words = set(re.findall(r"\w+", text))
    for source, names in _HOMES.items():
        for name in names.split():
            if name in words:
                AddImportsVisitor.add_needed_import(context, source, name)
    if words:
        AddImportsVisitor.add_needed_import(context, "__future__", "annotations")
    return AddImportsVisitor(context).transform_module(module)


class _Update(cst.CSTTransformer):
    """Changes the classes of a file."""

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self.wanted = wanted
        self.seen: set[str] = set()
        self.classes: set[str] = set()
        self.done: list[str] = []
        self.lines: list[str] = []

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        name = original_node.name.value
        self.classes.add(name)
        written = _type_of(original_node)
        if written is None:
            return updated_node
        current = atlas.current(written)
        if current != written:
            updated_node = _renamed(updated_node, written, current)
            self.done.append(f"renamed the type of {name} to {current}")
        self.seen |= {written, current}
        each = self.wanted.get(current)
        if each is None:
            return self._marked(updated_node, name)
        updated_node = _unmarked(updated_node)
        declared = _declared(original_node)
        lines = [
            _property(key, _properties(current).get(key))
            for key in each.used
            if key not in declared and key not in _COMMON
        ]
        if not lines:
            return updated_node
        added = [k for k in each.used if k not in declared and k not in _COMMON]
        self.done += [f"added {key} to {name}" for key in added]
        self.lines += lines
        return _with_lines(updated_node, lines)

    def _marked(self, node: cst.ClassDef, name: str) -> cst.ClassDef:
        if any(line.comment and line.comment.value == UNUSED for line in node.leading_lines):
            return node
        self.done.append(f"marked {name}: no flow needs it")
        mark = cst.EmptyLine(comment=cst.Comment(UNUSED))
        return node.with_changes(leading_lines=[*node.leading_lines, mark])


def _type_of(node: cst.ClassDef) -> str | None:
    """The type that a class is decorated with."""
    for each in node.decorators:
        call = each.decorator
        if isinstance(call, cst.Call) and call.args:
            func, first = call.func, call.args[0].value
            named = func.value if isinstance(func, cst.Name) else ""
            if named == "task_type" and isinstance(first, cst.SimpleString):
                return str(first.evaluated_value)
    return None


def _renamed(node: cst.ClassDef, written: str, current: str) -> cst.ClassDef:
    class Rename(cst.CSTTransformer):
        def leave_SimpleString(
            self, original_node: cst.SimpleString, updated_node: cst.SimpleString
        ) -> cst.SimpleString:
            same = original_node.evaluated_value == written
            return cst.SimpleString(literal(current)) if same else updated_node

    decorators = []
    for each in node.decorators:
        changed = each.visit(Rename())
        assert isinstance(changed, cst.Decorator)
        decorators.append(changed)
    return node.with_changes(decorators=decorators)


def _unmarked(node: cst.ClassDef) -> cst.ClassDef:
    lines = [
        each for each in node.leading_lines if not (each.comment and each.comment.value == UNUSED)
    ]
    return node.with_changes(leading_lines=lines)


def _declared(node: cst.ClassDef) -> set[str]:
    """The YAML names of the properties of a class."""
    found = set()
    for statement in node.body.body:
        for each in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            target = None
            if isinstance(each, cst.AnnAssign):
                target = each.target
            elif isinstance(each, cst.Assign):
                target = each.targets[0].target
            if isinstance(target, cst.Name) and isinstance(each, cst.AnnAssign | cst.Assign):
                found.add(camel(target.value))
                call = each.value
                for argument in call.args if isinstance(call, cst.Call) else ():
                    keyword = argument.keyword.value if argument.keyword else ""
                    if keyword == "yaml" and isinstance(argument.value, cst.SimpleString):
                        found.add(str(argument.value.evaluated_value))
    return found


def _with_lines(node: cst.ClassDef, lines: list[str]) -> cst.ClassDef:
    """A class with more properties, before its first method."""
    body = list(node.body.body)
    at = next((i for i, each in enumerate(body) if isinstance(each, cst.FunctionDef)), len(body))
    new = [cst.parse_statement(line) for line in lines]
    return node.with_changes(body=node.body.with_changes(body=[*body[:at], *new, *body[at:]]))


# ---- text of a class --------------------------------------------------------------------------------------------------


def _properties(type_name: str) -> dict[str, Property]:
    found = atlas.find(type_name)
    if found is None:
        return {}
    return {key: each for key, each in found.properties.items() if key not in Task.properties}


def _class_name(type_name: str, taken: set[str]) -> str:
    """`io.kestra.plugin.gcp.bigquery.Query` is `BigqueryQuery`; more of the package where that is taken."""
    parts = [re.sub(r"\W", "", part) for part in type_name.replace("$", ".").split(".")]
    name = parts.pop()
    name = name[:1].upper() + name[1:]
    while parts:
        part = parts.pop()
        if not name.lower().startswith(part.lower()):
            name = part[:1].upper() + part[1:] + name
            if name not in taken and name.isidentifier():
                return name
    return f"{name}_"


def _class(wanted: Wanted, name: str) -> str:
    known = atlas.find(wanted.type)
    properties = _properties(wanted.type)
    keys = [
        key
        for key, each in properties.items()
        if key in wanted.used or not atlas.is_deprecated(wanted.type, key)
    ]
    keys += [key for key in wanted.used if key not in properties and key not in _COMMON]
    keys.sort(key=lambda key: key not in properties or not properties[key].required)
    lines = [
        f"@task_type({literal(wanted.type)})",
        f"class {name}(Task):",
        f'    """Needed first in {wanted.place}."""',
        "",
        *_outputs(known.outputs if known is not None else None),
    ]
    declared = [_property(key, properties.get(key)) for key in keys]
    lines += [f"    {line}" for text in declared for line in text.splitlines()]
    lines += [""] if declared else []
    message = f"{wanted.type} is not written yet"
    lines += [
        "    def run(self, run: RunContext) -> dict[str, Any]:",
        f"        raise NotImplementedError({literal(message)})",
        "",
    ]
    return "\n".join(lines)


def _outputs(outputs: dict[str, Kind] | None) -> list[str]:
    head = "    outputs: ClassVar[dict[str, Kind] | None] ="
    if outputs is None:
        return [f"{head} None", ""]
    if not outputs:
        return []
    entries = [f"        {literal(key)}: {_kind(kind)}," for key, kind in outputs.items()]
    return [f"{head} {{", *entries, "    }", ""]


def _property(key: str, known: Property | None) -> str:
    """The declaration of a property; of one that the atlas does not have anything may be said."""
    attribute = _UPPER.sub(lambda match: "_" + match[1], re.sub(r"\W", "_", key)).lower()
    if keyword.iskeyword(attribute) or attribute in _TAKEN:
        attribute += "_"
    arguments = []
    kind = ("ANY", "Any") if known is None else (_kind(known.kind), _annotation(known.kind))
    annotation = kind[1]
    if known is None or not known.required:
        arguments.append("default=None")
        annotation += "" if annotation == "Any" else " | None"
    if known is not None and known.static and kind[0] != "ANY":
        arguments.append("static=True")
    if camel(attribute) != key:
        arguments.append(f"yaml={literal(key)}")
    return f"{attribute}: {annotation} = prop({', '.join([kind[0], *arguments])})"


def _kind(kind: Kind) -> str:
    if kind.name in _NAMES:
        return _NAMES[kind.name][0]
    if kind.name == "enum":
        return f"enum({', '.join(map(literal, kind.values))})"
    if kind.name in ("list", "map"):
        inner = _kind(kind.item) if kind.item is not None else "ANY"
        usual = "STRING" if kind.name == "list" else "ANY"
        call = "listing" if kind.name == "list" else "mapping"
        return f"{call}({'' if inner == usual else inner})"
    return "ANY"


def _annotation(kind: Kind) -> str:
    if kind.name in _NAMES:
        return _NAMES[kind.name][1]
    return {"enum": "Text", "list": "Listing", "map": "Mapping"}.get(kind.name, "Any")
