"""Compiles one template to Python."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from flowc.expr import nodes
from flowc.expr.analysis import Parsed, read_template
from flowc.gen.python.expr.code import COMPARISON, SUM, free_name
from flowc.gen.python.expr.emit import Emitter
from flowc.gen.python.expr.statements import FunctionWriter
from flowc.literal import literal, quoted_body
from flowrt.expr.errors import TemplateSyntaxError
from flowrt.expr.texts import expressions_in
from flowrt.java.values import Long

_WORD = re.compile(r"\w+")
_NEWLINE = re.compile("[\n\r\x85\u2028\u2029]")
IN_PLACE = ("sort", "rsort", "reverse")


class Compiled(NamedTuple):
    """A template as Python.

    `source` is an expression over `v`; `functions` are the functions it calls, as (name, source);
    `imports` the (module, name) pairs both need. `lines` and `once` are arguments of the run-time
    `Template`. `constant` is the text where the template always gives the same.
    """

    text: str
    source: str
    functions: tuple[tuple[str, str], ...]
    imports: frozenset[tuple[str, str]]
    constant: str | None
    lines: tuple[int, ...]
    once: bool

    def call(self, name: str = "expr") -> str:
        """The declaration of the template in a generated module: `expr("…", lambda v: …)`."""
        options = ""
        if self.lines:
            options += f", lines=({', '.join(map(str, self.lines))},)"
        if self.once:
            options += ", once=True"
        return f"{name}({literal(self.text)}, lambda v: {self.source}{options})"


def compile_template(
    text: str,
    types: Mapping[str, str] | None = None,
    typed: bool = False,
    name: str = "",
    keep_raw: bool = False,
) -> Compiled:
    """Compile a template.

    `types` tells the kinds of context paths that surely exist and are not null
    (`{"inputs.n": "INT"}`). `typed`: the value is wanted rather than its text, which matters for
    templates of several parts. `name` is that of the function a template with tags becomes; without
    one it is a word that stands nowhere else, to be replaced.
    `keep_raw` leaves raw sections wrapped, for a text that will be rendered again.

    Nothing is raised for a text that is no template: its `source` fails as the engine does.
    """
    if "{" not in text:
        return Compiled(text, literal(text), (), frozenset(), text, (), False)
    return compile_parsed(read_template(text, keep_raw), types, typed, name)


def compile_parsed(
    parsed: Parsed,
    types: Mapping[str, str] | None = None,
    typed: bool = False,
    name: str = "",
    taken: frozenset[str] = frozenset(),
) -> Compiled:
    """Compile a template that was parsed before; see `compile_template`.

    Helpers with a name in `taken` are called by another, see `free_name`.
    """
    emitter = Emitter(types or {}, taken)
    emitter.tells_classes = "className" in parsed.text
    error = parsed.error
    if isinstance(error, TemplateSyntaxError):
        code = emitter.call("syntax_error", literal(error.message), str(error.line))
        return _finished(parsed.text, code.source, emitter)
    if error is not None:
        code = emitter.call("fail_plainly", literal(error.message))
        return _finished(parsed.text, code.source, emitter)
    return _Template(parsed.text, emitter, typed, name).compiled(parsed.body)


class Parts(NamedTuple):
    """The expressions of a text, each as Python of its own, in their order."""

    codes: tuple[str, ...]
    imports: frozenset[tuple[str, str]]
    lines: tuple[int, ...]
    once: bool


def compile_parts(
    parsed: Parsed, types: Mapping[str, str], taken: frozenset[str] = frozenset()
) -> Parts | None:
    """The expressions of a text one by one; None where its `{{ }}` cannot be told apart by their marks alone."""
    texts = expressions_in(parsed.text)[::2]
    body = parsed.body
    if parsed.error or not all(isinstance(node, (nodes.Text, nodes.Print)) for node in body):
        return None
    prints = [node for node in body if isinstance(node, nodes.Print)]
    between = [""]
    for node in body:
        if isinstance(node, nodes.Text):
            between[-1] += node.text
        else:
            between.append("")
    if between != texts or not prints:
        return None
    if any(needs_function(node.expression, True) for node in prints):
        return None
    emitter = Emitter(types, taken)
    codes = tuple(
        emitter.emit(node.expression, node.expression.line, True).source for node in prints
    )
    lines = tuple(node.expression.line for node in prints)
    return Parts(
        codes, used_imports(emitter, *codes), () if set(lines) <= {1} else lines, emitter.once
    )


def used_imports(emitter: Emitter, *sources: str) -> frozenset[tuple[str, str]]:
    """What the sources need of what was noted for them; of some code nothing is left in the end."""
    words = {word for source in sources for word in _WORD.findall(source)}
    return frozenset(pair for pair in emitter.imports if free_name(pair[1], emitter.taken) in words)


def _finished(
    text: str,
    source: str,
    emitter: Emitter,
    functions: tuple[tuple[str, str], ...] = (),
    constant: str | None = None,
    lines: tuple[int, ...] = (),
) -> Compiled:
    return Compiled(
        text,
        source,
        functions,
        used_imports(emitter, source, *(body for _, body in functions)),
        constant,
        () if set(lines) <= {1} else lines,
        emitter.once,
    )


class _Template:
    def __init__(self, text: str, emitter: Emitter, typed: bool, name: str) -> None:
        self.text = text
        self.emitter = emitter
        self.typed = typed
        self.name = name or _placeholder(text)

    def compiled(self, body: nodes.Body) -> Compiled:
        emitter = self.emitter
        # a text that was trimmed to nothing still makes the whole a text in typed rendering
        parts = [
            node for node in body if self.typed or not isinstance(node, nodes.Text) or node.text
        ]
        if not all(isinstance(node, (nodes.Text, nodes.Print)) for node in parts) or any(
            isinstance(node, nodes.Print) and needs_function(node.expression, len(parts) > 1)
            for node in parts
        ):
            source = FunctionWriter(emitter, self.name, not _NEWLINE.search(self.text)).write(body)
            functions = ((self.name, source),)
            return _finished(self.text, f"{self.name}(v)", emitter, functions)
        if len(parts) == 1 and isinstance(parts[0], nodes.Print):
            return self._single(parts[0].expression)
        if all(
            isinstance(node, nodes.Text)
            or (isinstance(node.expression, nodes.Literal) and type(node.expression.value) is str)
            for node in parts
            if isinstance(node, (nodes.Text, nodes.Print))
        ):
            constant = "".join(
                node.text if isinstance(node, nodes.Text) else str(node.expression.value)  # type: ignore[union-attr]
                for node in parts
                if isinstance(node, (nodes.Text, nodes.Print))
            )
            source = literal(constant) if parts else "None"
            return _finished(self.text, source, emitter, constant=constant)
        return self._several([n for n in parts if isinstance(n, (nodes.Text, nodes.Print))])

    def _single(self, expression: nodes.Expression) -> Compiled:
        emitter = self.emitter
        line = expression.line
        code = emitter.emit(expression, line, True)
        constant = None
        if isinstance(expression, nodes.Literal):
            value = expression.value
            if type(value) is str or isinstance(value, Long):
                constant = str(value)
        return _finished(self.text, code.source, emitter, constant=constant, lines=(line,))

    def _several(self, parts: list[nodes.Text | nodes.Print]) -> Compiled:
        has_text = any(isinstance(part, nodes.Text) for part in parts)
        if has_text and not self.typed:
            fitting = self._formatted(parts)
            if fitting is not None:
                return fitting
        emitter = self.emitter
        lines: list[int] = []
        sources = []
        for part in parts:
            if isinstance(part, nodes.Text):
                sources.append(literal(part.text))
                lines.append(1 if not lines else lines[-1])
            else:
                code = emitter.emit(part.expression, part.expression.line, True)
                if code.raises:
                    code = emitter.call("guard", f"lambda: {code.source}")
                sources.append(code.source)
                lines.append(part.expression.line)
        code = emitter.call("Pieces", *sources, module="template")
        return _finished(self.text, code.source, emitter, lines=tuple(lines))

    def _formatted(self, parts: list[nodes.Text | nodes.Print]) -> Compiled | None:
        """As an f-string; None where its expressions would need what those cannot hold."""
        emitter = Emitter(self.emitter.types, self.emitter.taken)
        literals = "".join(part.text for part in parts if isinstance(part, nodes.Text))
        mark, inner = ("'", '"') if '"' in literals and "'" not in literals else ('"', "'")
        emitter.quote = inner
        pieces = []
        lines = []
        for part in parts:
            if isinstance(part, nodes.Text):
                pieces.append(_format_text(part.text, mark))
                continue
            code = emitter.emit(part.expression, part.expression.line, True)
            lines.append(part.expression.line)
            source = code.source
            if not (code.kind in ("text", "int") and code.level > COMPARISON and _direct(part)):
                source = emitter.call("text", source, module="printing").source
            elif code.level <= SUM:
                source = f"{source}"
            if mark in source or "\\" in source or "#" in source or "\n" in source:
                return None
            pieces.append("{" + source + "}")
        source = f"f{mark}{''.join(pieces)}{mark}"
        return _finished(self.text, source, emitter, lines=tuple(lines))


def _direct(part: nodes.Print) -> bool:
    """Whether the value comes straight from the context, so that formatting it is telling."""
    return isinstance(part.expression, (nodes.Name, nodes.Attribute))


def _format_text(text: str, mark: str) -> str:
    """Literal text inside an f-string with that quotation mark."""
    body = quoted_body(text, mark)
    return body.replace("{", "{{").replace("}", "}}")


def _placeholder(text: str) -> str:
    """A name for the template's function that no other template has."""
    from zlib import crc32

    return f"_template_{crc32(text.encode('utf-8', 'replace')):08x}_{len(text)}_"


def needs_function(expression: nodes.Expression, several: bool) -> bool:
    """Whether the expression prints the body of a `filter` tag, or a block.

    With other parts beside it also when it changes a list in place, which only later parts may see.
    """
    return any(
        isinstance(item, (nodes.Rendered, nodes.BlockCall))
        or (several and isinstance(item, nodes.Filter) and item.name in IN_PLACE)
        for item in nodes.walk(expression)
    )
