"""The last look at a module before it is written: it holds nothing that the generator does not write.

User text enters a module only as a literal, through one function. This is the second line behind it: the finished text
is parsed anew, and whatever is no declaration, block or call into the runtime is an error of the compiler, not a program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flowrt.catalog import own_modules

_FORBIDDEN_CALLS = frozenset(
    {"eval", "exec", "compile", "open", "input", "getattr", "setattr", "delattr", "globals"}
    | {"locals", "vars", "breakpoint", "__import__"}
)
_PRELUDE = frozenset({"os", "sys"})


class GuardError(Exception):
    """A generated module holds code that the generator does not write: an error of the compiler."""


def guard(
    source: str,
    modules: Iterable[str] = (),
    name: str = "<module>",
    packages: frozenset[str] = frozenset(),
) -> None:
    """Check a generated module; `modules` are those of other flows that it may import, `packages` those of its engine.

    Raises GuardError, naming what is wrong, or SyntaxError.
    """
    tree = ast.parse(source, name)
    known = frozenset(modules)
    for node in ast.walk(tree):
        found = _foreign(node, known, packages)
        if found:
            raise GuardError(found)
    compile(tree, name, "exec", dont_inherit=True)


def _foreign(node: ast.AST, modules: frozenset[str], packages: frozenset[str]) -> str:
    """What is wrong with a node; empty when nothing is."""
    match node:
        case ast.Import():
            wrong = [each.name for each in node.names if each.name not in _PRELUDE]
            return f"imports {wrong[0]}" if wrong else ""
        case ast.ImportFrom():
            name = node.module or ""
            ours = name == "flowrt" or name.startswith("flowrt.") or name in modules | packages
            # packages that offer task types are looked up only where something else is imported
            ours = ours or name.partition(".")[0] in own_modules()
            return "" if ours and not node.level else f"imports from {'.' * node.level}{name}"
        case ast.Call(func=ast.Name(id=name)):
            return f"calls {name}" if name in _FORBIDDEN_CALLS else ""
        case ast.Attribute():
            return f"reaches for {node.attr}" if node.attr.startswith("__") else ""
        case ast.ClassDef():
            return f"defines the class {node.name}"
        case ast.Global():
            return "declares a global name"
        case ast.Delete():
            return "deletes a name"
    return ""
