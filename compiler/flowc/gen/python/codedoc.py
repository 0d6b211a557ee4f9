"""Generated expressions over several lines: broken at calls, displays, operators and in long texts."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from flowc.gen.python.formattext import FormatText
from flowc.gen.python.layout import INDENT, WIDTH, Atom, Bracketed, Doc, Named
from flowc.gen.python.texts import text_doc


class Operands(Doc):
    """Operands with operators between them: on one line, or each operator begins a line. Brackets stand around it."""

    __slots__ = ("parts",)

    def __init__(self, flat: str, parts: Sequence[tuple[str, Doc]]) -> None:
        self.flat = flat
        self.parts = parts

    def lines(self, indent: str, room: int) -> list[str]:
        if self.flat is not None and len(self.flat) <= room:
            return [self.flat]
        result: list[str] = []
        for operator, doc in self.parts:
            prefix = f"{operator} " if operator else ""
            first, *rest = doc.lines(indent, WIDTH - len(indent) - len(prefix))
            result += [(indent if result else "") + prefix + first, *rest]
        return result


class Parenthesized(Doc):
    """An expression with parentheses around it where it takes several lines."""

    __slots__ = ("doc",)

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.flat = doc.flat

    def lines(self, indent: str, room: int) -> list[str]:
        if self.flat is not None and len(self.flat) <= room:
            return [self.flat]
        if not isinstance(self.doc, Operands):
            return self.doc.lines(indent, room)
        inner = indent + INDENT
        first, *rest = self.doc.lines(inner, WIDTH - len(inner))
        return ["(", inner + first, *rest, indent + ")"]


def code_doc(source: str) -> Doc:
    """A doc for an expression."""
    if len(source) < WIDTH // 2:
        return Atom(source)
    return _Reader(source).doc(ast.parse(source, mode="eval").body)


_NEWLINE = ord("\n")


class _Reader:
    def __init__(self, source: str) -> None:
        # the places of nodes are lines and bytes; to look for them by `ast.get_source_segment` is quadratic
        self._source = source.encode()
        self._starts = [0]
        self._starts += (end + 1 for end, byte in enumerate(self._source) if byte == _NEWLINE)

    def _span(self, node: Any) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def doc(self, node: ast.expr) -> Doc:
        """The doc of a node; what cannot be broken stays as it stands."""
        text = self._text(node)
        if len(text) < WIDTH // 3:
            return Atom(text)
        match node:
            case ast.Call():
                items: list[Doc] = [self.doc(each) for each in node.args]
                for keyword in node.keywords:
                    prefix = f"{keyword.arg}=" if keyword.arg else "**"
                    items.append(Named(prefix, self.doc(keyword.value)))
                return Bracketed(f"{self._text(node.func)}(", items, ")")
            case ast.List():
                return Bracketed("[", [self.doc(each) for each in node.elts], "]")
            case ast.Dict() if all(node.keys):
                pairs = zip(node.keys, node.values, strict=True)
                entries = [
                    Named(f"{self._text(key)}: ", self.doc(value)) for key, value in pairs if key
                ]
                return Bracketed("{", entries, "}")
            case ast.Lambda():
                names = ", ".join(map(self._text, node.args.args))
                head = f"lambda {names}: " if names else "lambda: "
                return Named(head, Parenthesized(self.doc(node.body)))
            case ast.JoinedStr():
                return FormatText(text)
            case ast.Constant() if isinstance(node.value, str):
                return text_doc(node.value)
            case ast.BoolOp():
                word = "and" if isinstance(node.op, ast.And) else "or"
                return Operands(
                    text, [(word if n else "", self._operand(v)) for n, v in enumerate(node.values)]
                )
            case ast.IfExp():
                parts = [("", node.body), ("if", node.test), ("else", node.orelse)]
                return Operands(text, [(word, self._operand(each)) for word, each in parts])
            case ast.Compare() if len(node.ops) == 1:
                (right,) = node.comparators
                start = self._text(node)[len(self._text(node.left)) :]
                operator = start.strip().split()[0].rstrip("(") if start.strip() else ""
                if operator in ("==", "!=", "<", ">", "<=", ">="):
                    return Operands(
                        text, [("", self._operand(node.left)), (operator, self._operand(right))]
                    )
        return Atom(text)

    def _operand(self, node: ast.expr) -> Doc:
        """An operand; one that was in parentheses stays so."""
        start, _ = self._span(node)
        wrapped = isinstance(
            node, ast.BoolOp | ast.IfExp | ast.Lambda | ast.Compare
        ) and self._source[:start].rstrip().endswith(b"(")
        return Atom(f"({self._text(node)})") if wrapped else self.doc(node)
