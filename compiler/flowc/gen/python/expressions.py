"""Expressions in the module: the declaration that stands in a property, and the functions that it needs."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.expr import Parsed, nodes
from flowc.gen.python.codedoc import code_doc
from flowc.gen.python.expr.compile import Compiled, compile_parsed, compile_parts
from flowc.gen.python.formattext import FormatText, widest
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Bracketed, Doc, Named, call
from flowc.gen.python.names import Names
from flowc.gen.python.statements import laid_out
from flowc.gen.python.symbols import CONTEXT, EXPR, REF, TEMPLATE, Symbol
from flowc.gen.python.texts import TextBlock, fits_block, text_doc
from flowc.ir.nodes import Expr
from flowc.literal import literal
from flowrt.expr.texts import spelled

_FIELD = 72
"""A field of an f-string wider than this could not be broken, so its expression becomes a function of its own."""

_SHORT = 72
"""A lambda wider than this becomes a function, because it would hide what it stands in."""


class Expressions:
    """Writes expressions. Those with statements, and long ones, become functions, which wait in `functions`."""

    def __init__(self, imports: Imports, names: Names) -> None:
        self._imports = imports
        self._names = names
        self._compiled: dict[tuple[str, bool], Compiled] = {}
        self._given: dict[str, str] = {}
        self.types: Mapping[str, str] = {}
        self.functions: list[list[str]] = []

    def know(self, types: Mapping[str, str]) -> None:
        """From here on the kinds of some paths are known."""
        self.types = types
        self._compiled.clear()

    def doc(self, value: Expr, owner: str) -> Doc:
        """`ref(...)` for a path alone, `template(...)` for a text of lines, else text and function side by side."""
        if not value.typed and fits_block(value.text):
            block = self._parts(value, TextBlock(value.text))
            if block is not None:
                return block
        code = self._compile(value)
        path = _path_of(value.tree)
        if path and value.text == f"{{{{ {spelled(path)} }}}}" and code.source == _subscripts(path):
            return call(self._imports.add(REF), [Atom(literal(step)) for step in path])
        source = code.source
        if source.startswith(("f'", 'f"')) and widest(source) > _FIELD and value.text[0] != "\n":
            block = self._parts(value, text_doc(value.text))
            if block is not None:
                return block
        for placeholder, body in code.functions:
            source = source.replace(placeholder, self._function(placeholder, code, body, owner))
        items = [text_doc(value.text), self._function_doc(source, code, owner)]
        items += _options(code.lines, code.once)
        return call(self._imports.add(EXPR), items)

    def _compile(self, value: Expr) -> Compiled:
        key = (value.text, value.typed)
        found = self._compiled.get(key)
        if found is None:
            found = compile_parsed(value.tree, self.types, value.typed, taken=self._imports.taken)
            self._compiled[key] = found
        return found

    def _parts(self, value: Expr, text: Doc) -> Doc | None:
        """The text once, with a function for each expression in it."""
        parts = compile_parts(value.tree, self.types, self._imports.taken)
        if parts is None:
            return None
        items: list[Doc] = [text]
        for code in parts.codes:
            items.append(self._lambda(code))
        self._import(parts.imports)
        items += _options(parts.lines, parts.once)
        return Bracketed(f"{self._imports.add(TEMPLATE)}(", items, ")")

    def _lambda(self, source: str) -> Doc:
        return Named("lambda v: ", code_doc(source))

    def _function_doc(self, source: str, code: Compiled, owner: str) -> Doc:
        """A function of the context: the name of one, or a lambda."""
        self._import(code.imports)
        name = source.removesuffix("(v)")
        if name.isidentifier() and name != source:
            return Atom(name)
        if source.startswith(("f'", 'f"')):
            return Named("lambda v: ", FormatText(source))
        if len(source) <= _SHORT:
            return Named("lambda v: ", Atom(source))
        known = self._given.get(source)
        if known is None:
            known = self._given[source] = self._names.give(owner)
            head = f"def {known}(v: {self._imports.add(CONTEXT)}) -> object:"
            self.functions.append(laid_out([head, f"    return {source}"]))
        return Atom(known)

    def _function(self, placeholder: str, code: Compiled, body: str, owner: str) -> str:
        name = self._given.get(placeholder)
        if name is None:
            name = self._given[placeholder] = self._names.give(owner)
            self._import(code.imports)
            lines = body.replace(placeholder, name).splitlines()
            self.functions.append(laid_out(lines))
        return name

    def _import(self, names: frozenset[tuple[str, str]]) -> None:
        for module, name in sorted(names):
            self._imports.add(Symbol(module, name))


def _options(lines: tuple[int, ...], once: bool) -> list[Doc]:
    options: list[Doc] = []
    if lines:
        numbers = ", ".join(map(str, lines)) + ("," if len(lines) == 1 else "")
        options.append(Named("lines=", Atom(f"({numbers})")))
    if once:
        options.append(Named("once=", Atom("True")))
    return options


def _path_of(parsed: Parsed) -> tuple[str, ...]:
    """The path that is the whole of a template; empty when it is anything else."""
    if len(parsed.body) != 1 or not isinstance(parsed.body[0], nodes.Print):
        return ()
    node = parsed.body[0].expression
    steps: list[str] = []
    while isinstance(node, nodes.Attribute):
        if node.arguments is not None or not isinstance(node.key, nodes.Literal):
            return ()
        if type(node.key.value) is not str:
            return ()
        steps.append(node.key.value)
        node = node.object
    if not isinstance(node, nodes.Name):
        return ()
    return (node.name, *reversed(steps))


def _subscripts(path: tuple[str, ...]) -> str:
    return "v" + "".join(f"[{literal(step)}]" for step in path)
