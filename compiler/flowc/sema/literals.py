"""Defaults that can never be taken, and conditions that are no expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.atlas import Unsupported
from flowc.diag.model import Note, Sink
from flowc.front import model
from flowc.front.literals import FORMS, default_misfit, dropped_rest
from flowc.front.nodes import Mapping, Node, Scalar, Sequence, plain
from flowc.front.values import has_expression
from flowc.front.walk import scalars, walk_tasks
from flowrt.model.task import UpdatingTask

_EXPRESSION = re.compile(
    r"\b(?:inputs|outputs|vars|flow|execution|taskrun|task|trigger|labels|envs|parent)\b\s*[.\[]"
    r"|[=!<>]=|\b(?:and|or|not|is|contains)\s|&&|\|\|"
)


def check_literals(flow: model.Flow, sink: Sink) -> None:
    """All typed inputs and all conditions of a flow."""
    for given in flow.inputs:
        _default(given, sink)
    for task in walk_tasks(flow):
        for given in task.inputs:
            _default(given, sink)
        if not task.disabled:
            _filled(task, sink)
            _input_files(task, sink)
            if getattr(task.cls, "shape", "") == "branch" and "condition" not in task.properties:
                sink.report("FC317", f"`{task.id}` has no condition: `then` never runs", task.span)
            _condition(task.properties.get("runIf"), sink)
            if not issubclass(task.cls, Unsupported):
                # what a condition of an unknown type is, nobody can tell
                for name in ("condition", "conditions"):
                    _condition(task.properties.get(name), sink)
    for node in _other_conditions(flow):
        _condition(node, sink)


def _filled(task: model.Task, sink: Sink) -> None:
    """Values that are empty where none may be: the task fails whenever it runs."""
    names = task.cls.filled if issubclass(task.cls, UpdatingTask) else ()
    for name in names:
        given = task.properties.get(name)
        for key, value in given.entries if isinstance(given, Mapping) else ():
            if isinstance(value, Scalar) and value.value in (None, ""):
                said = f"`{key.value}` of `{name}` is empty; the task fails"
                sink.report("FC204", said, key.span)


def _input_files(task: model.Task, sink: Sink) -> None:
    """Contents of files that are no texts: the task fails before it begins."""
    given = task.properties.get("inputFiles")
    if not isinstance(given, Mapping) or not hasattr(task.cls, "input_files"):
        return
    for key, value in given.entries:
        if not isinstance(value, Scalar) or not isinstance(value.value, str | None):
            sink.report(
                "FC204",
                f"the content of the file `{key.value}` is no text; the task fails",
                value.span,
                hint="write it in quotation marks, or as a block behind `|`",
            )


def _default(given: model.Input, sink: Sink) -> None:
    for child in given.children:
        _default(child, sink)
    node = given.properties.get("defaults")
    if node is None or "expression" in given.properties or not _is_literal(node):
        return
    rules = {name: plain(each) for name, each in given.properties.items() if _is_literal(each)}
    if "required" in given.properties and plain(given.properties["required"]) in (False, "false"):
        return  # refused for another reason: FC225
    misfit = default_misfit(given.type, plain(node), rules)
    if misfit is not None:
        written = str(plain(node))
        sink.report(
            "FC204",
            f"`{written}` is not a valid default for input `{given.id}` of type {given.type}",
            node.span,
            label=misfit.plain if len(misfit.plain) < 60 else "can never be taken",
            hint=None if len(misfit.plain) < 60 else misfit.plain,
            notes=_refused(misfit.engine),
        )
        return
    dropped = dropped_rest(given.type, plain(node))
    if dropped is not None:
        read, rest = dropped
        sink.report(
            "FC227",
            f"the default of input `{given.id}` is read as {read}; `{rest}` is dropped",
            node.span,
            hint=f"write {FORMS[given.type]}" if given.type in FORMS else None,
        )


def _refused(engine: str) -> tuple[Note, ...]:
    line = next((each for each in engine.splitlines() if each[:1] not in ("", " ", "`")), "")
    return (Note(f"Kestra refuses each start: {line}"),) if line else ()


def _is_literal(node: Node) -> bool:
    return not any(isinstance(s.value, str) and has_expression(s.value) for s in scalars(node))


def _other_conditions(flow: model.Flow) -> Iterator[Node | None]:
    for given in flow.inputs:
        for each in (given, *given.children):
            depends = each.properties.get("dependsOn")
            yield depends.get("condition") if isinstance(depends, Mapping) else None
    yield from (check.get("condition") for check in flow.checks)
    yield from (level.get("assert") for level in flow.sla)


def _condition(node: Node | None, sink: Sink) -> None:
    """A text without braces is the same each time, whatever it says."""
    if isinstance(node, Sequence):
        for item in node.items:
            _condition(item, sink)
    elif isinstance(node, Scalar) and isinstance(node.value, str):
        text = node.value
        if not has_expression(text) and _EXPRESSION.search(text):
            sink.report(
                "FC316",
                "this condition is a text, not an expression: it is not evaluated",
                node.span,
                hint=f'write "{{{{ {text.strip()} }}}}"',
            )
