"""What the expressions of generated modules may come by when they run, as far as their text tells.

Each question is answered with yes where the text leaves it open: what comes along for nothing is a matter of size, what is
missing would be a fault.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrt.model.declare import Kind, Property

_DATED = ("execution", "taskrun")
"""Variables with dates in them."""
_DEPTHS = {
    **dict.fromkeys(
        ("flow", "task", "inputs", "vars", "labels", "envs", "globals", "kestra", "trigger"), 2
    ),
    **dict.fromkeys(_DATED, 2),
    **dict.fromkeys(("outputs", "parent"), 3),
}
"""Variable → how many steps its paths may have while all but the last lead to a map."""
_DATE = "startDate"
_SCOPES = ("assign", "each", "parameter", "scoped")
"""Helpers that give names to values, so that a name need not be a variable of the engine."""
_STEPS = ("member", "method")
"""Helpers that look into values of any kind."""

_FREE = ("string", "any", "typed")
"""Kinds of properties whose texts are taken as they are."""

_Path = tuple[object, ...]
"""Literal steps of a path; None for a step that is known only when it is taken."""


def members(source: str) -> bool:
    """Whether something other than a map may be asked for what is in it, such as a text for its length."""
    names, paths = _read(source)
    if not names.isdisjoint(_STEPS):
        return True
    if not names.isdisjoint(_SCOPES):
        return any(len(path) > 1 for path in paths)
    return any(len(path) > _DEPTHS.get(str(path[0]), 1) for path in paths)


def dates(source: str) -> bool:
    """Whether a date of the execution or of a task run may be asked for."""
    names, paths = _read(source)
    if "fetch_context" in names:
        return True
    return any(
        path[0] is None or (path[0] in _DATED and (len(path) < 2 or path[1] in (None, _DATE)))
        for path in paths
    )


def states(source: str) -> bool:
    """Whether the states of other tasks may be asked for."""
    names, paths = _read(source)
    if not names.isdisjoint(("fetch_context", "tasks_with_state")):
        return True
    return any(path[0] in (None, "tasks") for path in paths)


@cache
def conversions(source: str) -> bool:
    """Whether a property may be given in another form than its kind has: a number as a text, a list with expressions."""
    tree = ast.parse(source)
    named = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "flowrt.tasks"
        for alias in node.names
    }
    return any(
        not _is_plain(named[node.func.id], node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in named
    )


def _is_plain(name: str, call: ast.Call) -> bool:
    """Whether all properties that a task renders are given in the form that their kinds have."""
    import flowrt.tasks

    given = {each.arg: each.value for each in call.keywords}
    if None in given:
        return False
    declared: dict[str, Property] = getattr(flowrt.tasks, name).properties
    return all(
        _fits(each.kind, given[each.attribute])
        for each in declared.values()
        if each.attribute in given and not each.static and not each.ignored
    )


def _fits(kind: Kind, node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant):
        # An expression is rendered to a text, or to any value; structures have parts that are looked at one by one.
        return kind.name in _FREE and not isinstance(node, (ast.Dict, ast.List, ast.Tuple))
    value = node.value
    if value is None:
        return True
    match kind.name:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return type(value) is int
        case "enum":
            return value in kind.values
    return kind.name in _FREE and isinstance(value, str)


@cache
def _read(source: str) -> tuple[frozenset[str], frozenset[_Path]]:
    """The helpers that a module has of the runtime's expressions, by their own names, and the paths that its expressions
    follow. What is a step into something else is a path from None."""
    tree = ast.parse(source)
    names = frozenset(
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "flowrt.expressions"
        for alias in node.names
    )
    return names, frozenset(
        path
        for node in ast.walk(tree)
        if _is_expression(node) or _is_ref(node)
        for path in _paths(node)
    )


def _is_expression(node: ast.AST) -> bool:
    """Whether it is a function of the variables."""
    if not isinstance(node, (ast.Lambda, ast.FunctionDef)):
        return False
    return any(each.arg == "v" for each in (*node.args.posonlyargs, *node.args.args))


def _is_ref(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ref"


def _paths(node: ast.AST) -> Iterator[_Path]:
    if isinstance(node, ast.Subscript):
        steps: list[object] = []
        at: ast.expr = node
        while isinstance(at, ast.Subscript):
            yield from _paths(at.slice)
            steps.append(_literal(at.slice))
            at = at.value
        if isinstance(at, ast.Name) and at.id == "v":
            yield tuple(reversed(steps))
        else:
            yield from _paths(at)
            yield (None, *reversed(steps))
        return
    if isinstance(node, ast.Call) and _is_ref(node):
        yield tuple(map(_literal, node.args))
        return
    for child in ast.iter_child_nodes(node):
        yield from _paths(child)


def _literal(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None
