"""Compiled expressions in the module: the call that stands in a property, and the functions that it needs."""

from __future__ import annotations

from flowc.gen.python.formattext import FormatText
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Doc, Named, call
from flowc.gen.python.names import Names
from flowc.ir.nodes import Expr, Symbol

EXPR = Symbol("flowrt.expr.template", "expr")


class Expressions:
    """Writes expressions. A template with statements becomes a function, which waits in `functions` to be written."""

    def __init__(self, imports: Imports, names: Names) -> None:
        self._imports = imports
        self._names = names
        self._function_names: dict[str, str] = {}
        self.functions: list[str] = []

    @staticmethod
    def symbols(value: Expr) -> list[Symbol]:
        """What the module must import for an expression."""
        code = value.code
        if not code.imports:
            return [EXPR]
        used = _names(code.source).union(*(_names(body) for _, body in code.functions))
        needed = sorted(pair for pair in code.imports if pair[1] in used)
        return [EXPR, *(Symbol(module, name) for module, name in needed)]

    def doc(self, value: Expr, text: Doc, owner: str) -> Doc:
        """`expr("{{ text }}", lambda v: source)`; `owner` is what a function is named after."""
        code = value.code
        source = code.source
        for placeholder, body in code.functions:
            source = source.replace(placeholder, self._function(placeholder, body, owner))
        items = [text, _function_doc(source)]
        if code.lines:
            lines = ", ".join(map(str, code.lines)) + ("," if len(code.lines) == 1 else "")
            items.append(Named("lines=", Atom(f"({lines})")))
        if code.once:
            items.append(Named("once=", Atom("True")))
        return call(self._imports.add(EXPR), items)

    def _function(self, placeholder: str, body: str, owner: str) -> str:
        name = self._function_names.get(placeholder)
        if name is None:
            name = self._function_names[placeholder] = self._names.give(owner)
            self.functions.append(body.replace(placeholder, name))
        return name


def _names(source: str) -> set[str]:
    """The names that a source uses."""
    import ast

    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def _function_doc(source: str) -> Doc:
    """A function of the context: the name of one, or a lambda."""
    name = source.removesuffix("(v)")
    if name.isidentifier() and name != source:
        return Atom(name)
    if source.startswith(("f'", 'f"')):
        return Named("lambda v: ", FormatText(source))
    return Named("lambda v: ", Atom(source))
