"""Values of the intermediate form as source."""

from __future__ import annotations

from typing import assert_never

from flowc.gen.expressions import Expressions
from flowc.gen.imports import Imports
from flowc.gen.layout import Atom, Bracketed, Doc, Named, Paragraph, call
from flowc.ir.nodes import Arg, Const, Expr, ListOf, MapOf, Object, Step, TaskRef, Value
from flowc.literal import literal

_LONG = 40
"""A text of several lines that is longer than this stands on several lines."""


class ValueWriter:
    """Writes values; `names` holds the variable of each step that has been written."""

    def __init__(self, imports: Imports, expressions: Expressions, names: dict[int, str]) -> None:
        self._imports = imports
        self._expressions = expressions
        self._names = names

    def doc(self, value: Value) -> Doc:
        """The source of a value."""
        match value:
            case Const():
                return text_doc(value.value) if isinstance(value.value, str) else Atom(literal(value.value))
            case Expr():
                return self._expressions.doc(value, text_doc(value.text))
            case ListOf():
                return Bracketed("[", [self.doc(item) for item in value.items], "]")
            case MapOf():
                return Bracketed("{", [self._entry(key, item) for key, item in value.items], "}")
            case Object():
                return call(self._imports.add(value.op), self.arguments(value.positional, value.args))
            case TaskRef():
                return Atom(self._names[id(value.step)])
            case _ as never:
                assert_never(never)

    def arguments(self, positional: tuple[Value, ...], args: tuple[Arg, ...]) -> list[Doc]:
        """What stands between the parentheses of a call."""
        docs = [self.doc(value) for value in positional]
        docs += [Named(f"{arg.name}=", self.doc(arg.value)) for arg in args]
        return docs

    def declaration(self, step: Step) -> Doc:
        """The call that declares the task of a step: its id, what it is told, how its runs are treated."""
        docs: list[Doc] = [Atom(literal(step.id))]
        docs += self.arguments((), step.args + step.policy.args)
        return call(self._imports.add(step.op), docs)

    def _entry(self, key: Value, item: Value) -> Doc:
        head = self.doc(key).flat or literal("")
        return Named(f"{head}: ", self.doc(item))


def text_doc(text: str) -> Doc:
    """A text: one literal, or one for each of its lines."""
    if len(text) <= _LONG or "\n" not in text.rstrip("\n"):
        return Atom(literal(text))
    return Paragraph([literal(line) for line in text.splitlines(keepends=True)])
