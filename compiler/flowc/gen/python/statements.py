"""Statements of generated functions that are too long for their line, over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flowc.gen.python.codedoc import Operands, code_doc
from flowc.gen.python.layout import INDENT, WIDTH

_PARTS = re.compile(r"( *)((?:if|elif|for \w+ in|return|\w+ =) |)(.*?)(:?)( *#.*)?")
_HEADS = ("if ", "elif ", "for ")


def laid_out(lines: Iterable[str]) -> list[str]:
    """The lines of a function, those that are too long broken."""
    result: list[str] = []
    for line in lines:
        result += [line] if len(line) <= WIDTH else _broken(line)
    return result


def _broken(line: str) -> list[str]:
    found = _PARTS.fullmatch(line)
    if found is None:
        return [line]
    indent, head, expression, colon, remark = found.groups()
    if bool(colon) != head.startswith(_HEADS):
        return [line]
    try:
        doc = code_doc(expression)
    except SyntaxError:
        return [line]
    room = WIDTH - len(indent) - len(head) - len(colon)
    tail = colon + (remark or "")
    if isinstance(doc, Operands):
        first, *rest = doc.lines(indent + INDENT, WIDTH - len(indent) - len(INDENT))
        return [f"{indent}{head}(", f"{indent}{INDENT}{first}", *rest, f"{indent}){tail}"]
    first, *rest = doc.lines(indent, room)
    lines = [f"{indent}{head}{first}", *rest]
    lines[-1] += tail
    return lines
