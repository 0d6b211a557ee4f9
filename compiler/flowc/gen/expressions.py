"""Compiled expressions in the module: the call that stands in a property, and the functions that it needs."""

from __future__ import annotations

from flowc.gen.imports import Imports
from flowc.gen.layout import Atom, Doc, Named, call
from flowc.gen.names import Names
from flowc.ir.nodes import Expr, Symbol

EXPR = Symbol("flowrt", "expr")


class Expressions:
    """Writes expressions; functions that they call are gathered, each once."""

    def __init__(self, imports: Imports, names: Names) -> None:
        self._imports = imports
        self._names = names
        self.functions: list[str] = []

    @staticmethod
    def symbols(value: Expr) -> list[Symbol]:
        """What the module must import for an expression."""
        needed = [Symbol(module, name) for module, name in sorted(value.code.imports)]
        return [EXPR, *needed]

    def doc(self, value: Expr, text: Doc) -> Doc:
        """`expr("{{ text }}", lambda v: source)`."""
        source = value.code.source
        return call(self._imports.add(EXPR), [text, Named("lambda v: ", Atom(source))])
