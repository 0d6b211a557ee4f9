"""Compiles one template to Python."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple

from flowc.expr import nodes
from flowc.expr.code import COMPARISON, SUM, Problem, Reference
from flowc.expr.emit import Emitter
from flowc.expr.parser import parse
from flowc.expr.statements import FunctionWriter
from flowc.literal import literal
from flowrt.expr.errors import TemplateSyntaxError
from flowrt.java.errors import RawError
from flowrt.java.values import Long

_RAW = re.compile(
    "\\{%-*\\s*raw\\s*-*%\\}([^\n\r\x85\u2028\u2029]*?)\\{%-*\\s*endraw\\s*-*%\\}", re.A
)


_NEWLINE = re.compile("[\n\r\x85\u2028\u2029]")
IN_PLACE = ("sort", "rsort", "reverse")


class Compiled(NamedTuple):
    """A template as Python.

    `source` is an expression over `v`; `functions` are the functions it calls, as (name, source);
    `imports` the (module, name) pairs both need. `lines` and `once` are arguments of the run-time
    `Template`. `constant` is the text where the template always gives the same. `packages` are those that
    the functions need beside the runtime.
    """

    text: str
    source: str
    functions: tuple[tuple[str, str], ...]
    imports: frozenset[tuple[str, str]]
    references: tuple[Reference, ...]
    problems: tuple[Problem, ...]
    constant: str | None
    lines: tuple[int, ...]
    once: bool
    packages: frozenset[str] = frozenset()

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

    Nothing is raised for a text that is no template: its `source` fails as the engine does, and
    `problems` say what is wrong.
    """
    if "{" not in text:
        return Compiled(text, literal(text), (), frozenset(), (), (), text, (), False)
    emitter = Emitter(types or {})
    emitter.tells_classes = "className" in text
    inside = _cut_raw(text)
    try:
        body = _restored(parse(inside.text), inside, 0 if keep_raw else 1)
    except TemplateSyntaxError as error:
        code = emitter.call("syntax_error", literal(error.message), str(error.line))
        message, hint = error.message, error.hint
        problem = Problem(message, error.offset, error.length, hint)
        return _finished(text, code.source, emitter, [problem])
    except RawError as error:
        code = emitter.call("fail_plainly", literal(error.message))
        return _finished(text, code.source, emitter, [Problem(error.message, 0, len(text))])
    return _Template(text, emitter, typed, name).compiled(body)


def _finished(
    text: str,
    source: str,
    emitter: Emitter,
    problems: list[Problem],
    functions: tuple[tuple[str, str], ...] = (),
    constant: str | None = None,
    lines: tuple[int, ...] = (),
) -> Compiled:
    return Compiled(
        text,
        source,
        functions,
        frozenset(emitter.imports),
        tuple(emitter.references),
        tuple(problems),
        constant,
        () if set(lines) <= {1} else lines,
        emitter.once,
        frozenset(emitter.packages if constant is None else ()),
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
            return _finished(self.text, f"{self.name}(v)", emitter, emitter.problems, functions)
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
            return _finished(self.text, source, emitter, [], constant=constant)
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
        return _finished(
            self.text, code.source, emitter, emitter.problems, constant=constant, lines=(line,)
        )

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
        code = emitter.call("Pieces", *sources, module="pieces")
        return _finished(self.text, code.source, emitter, emitter.problems, lines=tuple(lines))

    def _formatted(self, parts: list[nodes.Text | nodes.Print]) -> Compiled | None:
        """As an f-string; None where its expressions would need what those cannot hold."""
        emitter = Emitter(self.emitter.types)
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
        return _finished(self.text, source, emitter, emitter.problems, lines=tuple(lines))


def _direct(part: nodes.Print) -> bool:
    """Whether the value comes straight from the context, so that formatting it is telling."""
    return isinstance(part.expression, (nodes.Name, nodes.Attribute))


def _format_text(text: str, mark: str) -> str:
    """Literal text inside an f-string with that quotation mark."""
    if mark == '"':
        # keep the literal's own mark: an apostrophe elsewhere makes it stay with this one
        quoted = literal(text + "'", '"')[1:-1]
        body = quoted[:-1] if quoted.endswith("'") else quoted
    else:
        quoted = literal(text + '"', "'")[1:-1]
        body = quoted[:-1]
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


class _Inside(NamedTuple):
    """A text whose raw sections are replaced by runs of one private character each."""

    text: str
    first: str
    sections: tuple[tuple[str, str], ...]


def _cut_raw(text: str) -> _Inside:
    if "endraw" not in text:
        return _Inside(text, "", ())
    code = 0xE000
    while any(chr(code + step) in text for step in range(64)) and code < 0xF000:
        code += 64
    sections: list[tuple[str, str]] = []

    def cut(match: "re.Match[str]") -> str:
        sections.append((match.group(), match.group(1)))
        return chr(code + len(sections) - 1) * len(match.group())

    return _Inside(_RAW.sub(cut, text), chr(code), tuple(sections))


def _restored(body: nodes.Body, inside: _Inside, which: int) -> nodes.Body:
    """The tree with the raw sections back in its texts."""
    if not inside.sections:
        return body

    last = chr(ord(inside.first) + len(inside.sections) - 1)
    runs = re.compile(f"([{inside.first}-{last}])\\1*")

    def put_back(text: str, part: int) -> str:
        return runs.sub(lambda run: inside.sections[ord(run[1]) - ord(inside.first)][part], text)

    def restore(node: Any) -> Any:
        if isinstance(node, nodes.Text):
            return replace(node, text=put_back(node.text, which))
        if isinstance(node, nodes.Literal) and isinstance(node.value, str):
            return replace(node, value=put_back(node.value, 0))
        if isinstance(node, tuple):
            return tuple(map(restore, node))
        if isinstance(node, nodes.Node):
            return type(node)(*(restore(getattr(node, field.name)) for field in fields(node)))
        return node

    restored: nodes.Body = restore(body)
    return restored
