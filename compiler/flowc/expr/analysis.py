"""One template, parsed once, and what can be told of it before it is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from flowc.expr import nodes
from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS, Builtin, suggestion
from flowc.expr.parser import parse
from flowrt.expr.errors import TemplateSyntaxError
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of

_RAW = re.compile(
    "\\{%-*\\s*raw\\s*-*%\\}([^\n\r\x85\u2028\u2029]*?)\\{%-*\\s*endraw\\s*-*%\\}", re.A
)
_LAZY = frozenset({"and", "or", "??", "???"})
_RESCUING = frozenset({"??", "???"})

ProblemKind = Literal["syntax", "name", "arguments"]


class Problem(NamedTuple):
    """Something a template can be told to fail on, before it is run.

    `kind`: the text is no template, it names a filter, function or test that does not exist, or it calls one with
    arguments that do not fit.
    """

    message: str
    offset: int
    length: int
    hint: str = ""
    kind: ProblemKind = "syntax"


class Reference(NamedTuple):
    """A use of a context variable: its path as far as it is known, and where it stands.

    `guarded`: it may be missing (`??`, `???`, `default`, `is defined`). `dynamic`: a computed subscript follows.
    `conditional`: it is evaluated on some paths only (a branch, the body of a loop, the right side of `and`).
    """

    path: tuple[str, ...]
    offset: int
    guarded: bool
    dynamic: bool
    conditional: bool = False


class Parsed(NamedTuple):
    """A template and its tree; `error` in place of the tree where the text is none.

    `packages` are those that its filters and functions need beside the runtime.
    """

    text: str
    body: nodes.Body
    error: TemplateSyntaxError | RawError | None
    problems: tuple[Problem, ...]
    references: tuple[Reference, ...]
    packages: frozenset[str] = frozenset()


@lru_cache(maxsize=8192)
def read_template(text: str, keep_raw: bool = False) -> Parsed:
    """Parse a template and look through its tree.

    Nothing is raised for a text that is no template: `problems` say what is wrong. `keep_raw` leaves raw sections
    wrapped, for a text that will be rendered again.
    """
    inside = _cut_raw(text)
    try:
        body = _restored(parse(inside.text), inside, 0 if keep_raw else 1)
    except TemplateSyntaxError as error:
        problem = Problem(error.message, error.offset, error.length, error.hint)
        return Parsed(text, (), error, (problem,), ())
    except RawError as error:
        return Parsed(text, (), error, (Problem(error.message, 0, len(text)),), ())
    look = _Look()
    look.template(body)
    return Parsed(
        text, body, None, tuple(look.problems), tuple(look.references), frozenset(look.packages)
    )


def constant(parsed: Parsed) -> str | None:
    """The text that a template of nothing but texts and literals gives; None of any other."""
    found = []
    for each in parsed.body:
        if isinstance(each, nodes.Text):
            found.append(each.text)
        elif isinstance(each, nodes.Print) and isinstance(each.expression, nodes.Literal):
            found.append(text_of(each.expression.value))
        else:
            return None
    return "".join(found)


def misfit(names: tuple[str, ...], given: nodes.Arguments) -> str | None:
    """Why arguments cannot be bound to declared names, in the words of the engine; None when they can."""
    if len(given.positional) > len(names):
        return (
            f"The argument at position {len(names) + 1} is not allowed. "
            f"Only {len(names)} argument(s) are allowed."
        )
    for name, _ in given.named:
        if name not in names:
            return f"The following named argument does not exist: {name}"
    return None


class _Look:
    """Walks the tree of one template in the order of evaluation."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.references: list[Reference] = []
        self.packages: set[str] = set()
        self._locals: list[frozenset[str] | None] = []
        self._macros: dict[str, nodes.Macro] = {}
        self._guarded = 0
        self._conditional = 0

    def template(self, body: nodes.Body) -> None:
        if not all(isinstance(node, nodes.Text | nodes.Print) for node in body):
            found = list(nodes.walk(body))
            self._macros = {each.name: each for each in found if isinstance(each, nodes.Macro)}
            self._locals.append(
                frozenset(each.name for each in found if isinstance(each, nodes.Set))
            )
        self._body(body)

    # -- statements

    def _body(self, body: nodes.Body) -> None:
        for node in body:
            self._statement(node)

    def _maybe(self, body: nodes.Body) -> None:
        self._conditional += 1
        self._body(body)
        self._conditional -= 1

    def _statement(self, node: nodes.Statement) -> None:
        match node:
            case nodes.Text():
                pass
            case nodes.Print():
                self._look(node.expression)
            case nodes.If():
                for index, (condition, body) in enumerate(node.branches):
                    (self._look if index == 0 else self._look_maybe)(condition)
                    self._maybe(body)
                self._maybe(node.otherwise or ())
            case nodes.For():
                self._look(node.iterable)
                self._locals.append(frozenset({node.variable, "loop"}))
                self._maybe(node.body)
                self._locals.pop()
                self._maybe(node.otherwise or ())
            case nodes.Set():
                self._look(node.value)
            case nodes.Macro():
                self._locals.append(None)
                for _, default in node.parameters:
                    if default is not None:
                        self._look_maybe(default)
                self._maybe(node.body)
                self._locals.pop()
            case nodes.Block():
                self._body(node.body)

    # -- expressions

    def _look_maybe(self, node: nodes.Expression) -> None:
        self._conditional += 1
        self._look(node)
        self._conditional -= 1

    def _look_guarded(self, node: nodes.Expression) -> None:
        self._guarded += 1
        self._look(node)
        self._guarded -= 1

    def _look(self, node: nodes.Expression) -> None:
        match node:
            case nodes.Literal() | nodes.ParentBlock():
                pass
            case nodes.Name() | nodes.Attribute():
                self._chain(node)
            case nodes.Unary():
                self._look(node.operand)
            case nodes.Binary():
                self._binary(node)
            case nodes.Ternary():
                self._look(node.condition)
                self._look_maybe(node.then)
                self._look_maybe(node.otherwise)
            case nodes.ListLiteral():
                for item in node.items:
                    self._look(item)
            case nodes.MapLiteral():
                for key, value in node.entries:
                    self._look(key)
                    self._look(value)
            case nodes.Interpolation():
                for part in node.parts:
                    self._look(part)
            case nodes.Call():
                self._call(node)
            case nodes.Filter():
                self._applied(node, FILTERS, "Filter")
            case nodes.Test():
                self._applied(node, TESTS, "Test")
            case nodes.Rendered():
                self._body(node.body)
            case nodes.BlockCall():
                self._look(node.name)

    def _binary(self, node: nodes.Binary) -> None:
        """The operands from the left; chains of one operator may be longer than Python's stack."""
        spine = [node]
        left = node.left
        while isinstance(left, nodes.Binary) and left.operator == node.operator:
            spine.append(left)
            left = left.left
        guarded = node.operator in _RESCUING
        (self._look_guarded if guarded else self._look)(left)
        lazy = self._look_maybe if node.operator in _LAZY else self._look
        for index, each in enumerate(reversed(spine)):
            # `a ?? b ?? c` rescues b as well
            if guarded and index < len(spine) - 1:
                self._guarded += 1
                lazy(each.right)
                self._guarded -= 1
            else:
                lazy(each.right)

    def _chain(self, node: nodes.Expression) -> None:
        """A name or a value with the subscripts behind it."""
        steps: list[nodes.Attribute] = []
        while isinstance(node, nodes.Attribute):
            steps.append(node)
            node = node.object
        steps.reverse()
        if isinstance(node, nodes.Name):
            self._refer(node, steps)
        else:
            self._look(node)
        for step in steps:
            self._look(step.key)
            if step.arguments is not None:
                self._arguments(step.arguments)

    def _refer(self, name: nodes.Name, steps: list[nodes.Attribute]) -> None:
        if any(names is None or name.name in names for names in self._locals):
            return
        path = [name.name]
        dynamic = False
        for step in steps:
            key = step.key
            dynamic = step.arguments is not None or not (
                isinstance(key, nodes.Literal) and type(key.value) is str
            )
            if dynamic:
                break
            assert isinstance(key, nodes.Literal)
            path.append(str(key.value))
        guarded, conditional = self._guarded > 0, self._conditional > 0
        self.references.append(Reference(tuple(path), name.offset, guarded, dynamic, conditional))

    def _arguments(self, given: nodes.Arguments) -> None:
        for value in given.positional:
            self._look(value)
        for _, value in given.named:
            self._look(value)

    def _call(self, node: nodes.Call) -> None:
        builtin = FUNCTIONS.get(node.name)
        macro = self._macros.get(node.name)
        if builtin is not None:
            self._check_arguments(builtin.arguments, builtin, node)
        elif macro is not None:
            names = tuple(name for name, _ in macro.parameters)
            self._check_arguments(names or None, None, node)
        else:
            message = f"Function or Macro [{node.name}] does not exist."
            self._unknown(message, node, FUNCTIONS)
        self._arguments(node.arguments)

    def _applied(
        self, node: nodes.Filter | nodes.Test, table: Mapping[str, Builtin], what: str
    ) -> None:
        builtin = table.get(node.name)
        if builtin is None:
            self._unknown(f"{what} [{node.name}] does not exist.", node, table)
        else:
            self._check_arguments(builtin.arguments, builtin, node)
        lazy = builtin is not None and builtin.lazy
        (self._look_guarded if lazy else self._look)(node.input)
        self._arguments(node.arguments)

    def _unknown(
        self,
        message: str,
        node: nodes.Call | nodes.Filter | nodes.Test,
        table: Mapping[str, Builtin],
    ) -> None:
        hint = suggestion(node.name, dict(table))
        self.problems.append(Problem(message, node.offset, len(node.name), hint, "name"))

    def _check_arguments(
        self,
        names: tuple[str, ...] | None,
        builtin: Builtin | None,
        node: nodes.Call | nodes.Filter | nodes.Test,
    ) -> None:
        if builtin is not None:
            given = node.arguments
            bound = [*(names or ())[: len(given.positional)], *(name for name, _ in given.named)]
            self.packages.update(builtin.needs(bound))
        message = None if names is None else misfit(names, node.arguments)
        if message is not None:
            shown = builtin.usage() if builtin else f"{node.name}({', '.join(names or ())})"
            hint = f"it is {shown}"
            problem = Problem(message, node.offset, len(node.name), hint, "arguments")
            self.problems.append(problem)


# -- raw sections


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

    def cut(match: re.Match[str]) -> str:
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
