"""From templates with tags to a Python function that collects what is printed."""

from typing import TypeVar

from flowc.expr import nodes
from flowc.gen.python.expr.code import Code
from flowc.gen.python.expr.emit import Emitter
from flowc.literal import literal

Kind = TypeVar("Kind")
DUPLICATE_MACRO = "io.pebbletemplates.pebble.error.PebbleException: More than one macro can not share the same name: {} (?:?)"


class FunctionWriter:
    """Writes the function of one template; `source` has it in the end."""

    def __init__(self, emitter: Emitter, name: str, one_line: bool) -> None:
        self.emitter = emitter
        self.name = name
        #: whether the template has one line, so that failures need not be told apart by lines
        self._one_line = one_line
        self._lines: list[str] = []
        self._indent = 0
        self._count: dict[str, int] = {}
        emitter.body = self._part

    def write(self, body: nodes.Body) -> str:
        """The function's source for the whole template."""
        emitter = self.emitter
        self._context, self._pieces = (
            emitter.helper("Context", "context"),
            emitter.helper("Pieces", "pieces"),
        )
        # those in the body of a `filter` tag are not known to the engine
        macros = list(_find(body, nodes.Macro, nodes.Rendered))
        blocks = {block.name: block for block in _find(body, nodes.Block, nodes.Rendered)}
        names = {node.name for node in _find(body, nodes.Set)}
        emitter.locals.append(names)
        for macro in macros:
            if macro.name in emitter.macros:
                return self._failing(DUPLICATE_MACRO.format(macro.name))
            emitter.macros[macro.name] = (self._fresh("macro", macro.name), macro)
        for block in blocks.values():
            emitter.blocks[block.name] = self._fresh("block", block.name)
        emitter.once = emitter.once or bool(macros)
        self._line(f"def {self.name}(v: {self._context}) -> {self._pieces}:")
        self._indent += 1
        if names or macros or blocks or any(_find(body, nodes.For)):
            self._line(f"v = {emitter.helper('scoped', 'context')}(v)")
        for macro in macros:
            self._macro(macro)
        for block in blocks.values():
            self._function(emitter.blocks[block.name], block.body)
        self._collect(body)
        self._indent -= 1
        emitter.locals.pop()
        return "\n".join(self._lines) + "\n"

    def _failing(self, message: str) -> str:
        fail = self.emitter.helper("fail_plainly")
        return (
            f"def {self.name}(v: {self._context}) -> {self._pieces}:\n"
            f"    return {fail}({literal(message)})  # type: ignore[no-any-return]\n"
        )

    def _line(self, text: str) -> None:
        if text or (self._lines and self._lines[-1]):
            self._lines.append("    " * self._indent + text if text else "")

    def _fresh(self, kind: str, name: str) -> str:
        base = f"{kind}_{name}" if f"x{name}".isidentifier() and name.isascii() else kind
        self._count[base] = self._count.get(base, 0) + 1
        number = self._count[base]
        return base if number == 1 else f"{base}_{number}"

    def _collect(self, body: nodes.Body) -> None:
        self._line(f"out = {self._pieces}()")
        self._body(body)
        self._line("return out")

    def _function(self, name: str, body: nodes.Body) -> None:
        self._line("")
        self._line(f"def {name}(v: {self._context}) -> {self._pieces}:")
        self._indent += 1
        self._collect(body)
        self._indent -= 1
        self._line("")

    def _part(self, body: nodes.Body) -> str:
        """The function of a `filter` tag's body, written in front of the statement at hand."""
        name = self._fresh("part", "body")
        self._function(name, body)
        return name

    def _macro(self, macro: nodes.Macro) -> None:
        emitter = self.emitter
        symbol, own = emitter.macros[macro.name]
        if own is not macro:
            return
        outer, emitter.locals = emitter.locals, [_Everything()]
        scopes = emitter.helper("Scopes", "context")
        self._line("")
        self._line(f"def {symbol}(v: {scopes}) -> {self._pieces}:")
        self._indent += 1
        for name, default in macro.parameters:
            value = ["None"]
            if default is not None:
                value = self._placed(emitter.emit(default, default.line), default)
            call = emitter.call("parameter", "v", literal(name), *value, module="macros")
            self._line(call.source)
        self._line(emitter.call("enter", "v", module="macros").source)
        self._collect(macro.body)
        self._indent -= 1
        self._line("")
        emitter.locals = outer

    def _body(self, body: nodes.Body) -> None:
        written = len(self._lines)
        for node in body:
            if isinstance(node, nodes.Text):
                self._line(f"out.write({literal(node.text)})")
            elif isinstance(node, nodes.Print):
                self._print(node)
            elif isinstance(node, nodes.If):
                self._if(node)
            elif isinstance(node, nodes.For):
                self._for(node)
            elif isinstance(node, nodes.Set):
                self._set(node)
            elif isinstance(node, nodes.Block) and node.name in self.emitter.blocks:
                self._line(f"out.extend({self.emitter.blocks[node.name]}(v))")
        if len(self._lines) == written:
            self._line("pass")

    def _print(self, node: nodes.Print) -> None:
        code = self.emitter.emit(node.expression, node.expression.line, True)
        value = ", ".join(self._placed(code, node.expression))
        self._line(f"out.print({value})")

    def _placed(self, code: Code, node: nodes.Expression) -> list[str]:
        """A value and, where that is not the first, its line; its failures are of that line."""
        where = _line_of(node)
        if code.raises and not self._one_line:
            code = self.emitter.call("guard", f"lambda: {code.source}")
        return [code.source, *where]

    def _condition(self, node: nodes.Expression, line: int) -> str:
        code = self.emitter.emit(node, node.line, True)
        source = f"lambda: {code.source}" if code.raises else code.source
        where = [] if line == 1 else [f"line={line}"]
        return self.emitter.call("condition", source, *where).source

    def _if(self, node: nodes.If) -> None:
        if len(node.branches) > _LONGEST:
            self._first_of_many(node)
            return
        word = "if"
        for condition, body in node.branches:
            self._line(f"{word} {self._condition(condition, node.line)}:")
            self._nested(body)
            word = "elif"
        if node.otherwise is not None:
            self._line("else:")
            self._nested(node.otherwise)

    def _first_of_many(self, node: nodes.If) -> None:
        """To Python each `elif` stands inside of the one before, and so deep it cannot look: leave with the first that holds."""
        self._line("while True:")
        self._indent += 1
        for condition, body in node.branches:
            self._line(f"if {self._condition(condition, node.line)}:")
            self._nested(body)
            self._indent += 1
            self._line("break")
            self._indent -= 1
        if node.otherwise is not None:
            self._body(node.otherwise)
        self._line("break")
        self._indent -= 1

    def _nested(self, body: nodes.Body) -> None:
        self._indent += 1
        self._body(body)
        self._indent -= 1

    def _for(self, node: nodes.For) -> None:
        code = self.emitter.emit(node.iterable, node.line)
        arguments = ["v", literal(node.variable), code.source, *_line_of(node.iterable, node.line)]
        each = self.emitter.call("each", *arguments, module="context").source
        name = None
        if node.otherwise is not None:
            name = self._fresh("loop", "")
            self._line(f"{name} = {each}")
        self.emitter.locals.append({node.variable, "loop"})
        self._line(f"for _ in {name or each}:")
        self._nested(node.body)
        self.emitter.locals.pop()
        if node.otherwise is not None:
            self._line(f"if {name}.empty:")
            self._nested(node.otherwise)

    def _set(self, node: nodes.Set) -> None:
        code = self.emitter.emit(node.value, node.value.line)
        arguments = ["v", literal(node.name), *self._placed(code, node.value)]
        self._line(self.emitter.call("assign", *arguments, module="context").source)


_LONGEST = 100
"""So many branches are written with `elif`."""


class _Everything(set[str]):
    """Inside a macro no name is one of the context."""

    def __contains__(self, name: object) -> bool:
        return True


def _line_of(node: nodes.Expression, line: int | None = None) -> list[str]:
    """The line as an argument, where it is not the first."""
    number = node.line if line is None else line
    return [] if number == 1 else [f"line={number}"]


def _find(body: nodes.Body, kind: type[Kind], without: type | None = None) -> list[Kind]:
    """All nodes of a kind in a template, in order, at any depth; not inside of `without`."""
    return [node for node in nodes.walk(body, without) if isinstance(node, kind)]
