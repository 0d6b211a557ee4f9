"""Values of the intermediate form as source."""

from __future__ import annotations

from typing import assert_never

from flowc.gen.python.expressions import Expressions
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Bracketed, Doc, Named, Paragraph, call
from flowc.ir.nodes import Arg, Const, Expr, ListOf, MapOf, Object, Step, Switch, TaskRef, Value
from flowc.literal import literal


class ValueWriter:
    """Writes values; `names` holds the variable of each step that has been written."""

    def __init__(self, imports: Imports, expressions: Expressions, names: dict[int, str]) -> None:
        self._imports = imports
        self._expressions = expressions
        self._names = names

    def doc(self, value: Value, owner: str) -> Doc:
        """The source of a value; functions that it needs are named after `owner`."""
        match value:
            case Const():
                if isinstance(value.value, str):
                    return text_doc(value.value)
                return Atom(literal(value.value))
            case Expr():
                return self._expressions.doc(value, text_doc(value.text), owner)
            case ListOf():
                return Bracketed("[", [self.doc(item, owner) for item in value.items], "]")
            case MapOf():
                entries = [
                    Named(f"{self._key(key, owner)}: ", self.doc(item, owner))
                    for key, item in value.items
                ]
                return Bracketed("{", entries, "}")
            case Object():
                return call(
                    self._imports.add(value.op),
                    [
                        *(self.doc(item, owner) for item in value.positional),
                        *self.arguments(value.args, owner),
                    ],
                )
            case TaskRef():
                return Atom(self._names[id(value.step)])
            case _ as never:
                assert_never(never)

    def arguments(self, args: tuple[Arg, ...], owner: str) -> list[Doc]:
        """Named arguments of a call."""
        return [
            Named(f"{arg.name}=", self.doc(arg.value, f"{owner}_{arg.name}" if owner else arg.name))
            for arg in args
        ]

    def declaration(self, step: Step) -> Doc:
        """The call that declares the task of a step: its id, what it is told, how its runs are treated."""
        docs: list[Doc] = [Atom(literal(step.id))]
        docs += self.arguments(step.args, step.id)
        if isinstance(step, Switch) and step.cases:
            texts = [Atom(literal(text)) for text, _ in step.cases]
            docs.append(Named("cases=", Bracketed("[", texts, "]")))
        docs += self.arguments(step.policy.args, step.id)
        return call(self._imports.add(step.op), docs)

    def _key(self, key: Value, owner: str) -> str:
        flat = self.doc(key, owner).flat
        if flat is not None:
            return flat
        return "\n".join(self.doc(key, owner).lines("", 1))


def text_doc(text: str) -> Doc:
    """A text: one literal, or one for each of its lines."""
    if "\n" not in text.rstrip("\n"):
        return Atom(literal(text))
    lines = text.split("\n")
    pieces = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return Paragraph(literal(text), [literal(piece) for piece in pieces])
