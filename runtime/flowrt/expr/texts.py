"""The forms in which a generated module writes its texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flowrt.expr.printing import print_text
from flowrt.expr.template import Template

GOES_ON = "\N{LEFTWARDS ARROW WITH HOOK}\n"
"""At the end of a line of a text block: the line goes on in the next one."""

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def text_block(text: str) -> str:
    """A text of several lines, written between triple quotation marks and indented like the code around it.

    The line of the opening marks is left out, and so is the indentation that all lines share; the line of the closing
    marks counts among them. A line that ends with `↩` goes on in the next one.

    >>> text_block('''
    ...     one
    ...       two
    ...     ''')
    'one\\n  two\\n'
    """
    first, *lines = text.split("\n")
    if first:
        lines.insert(0, first)
    counted = [line for line in lines if line.strip(" ")]
    if lines and not lines[-1].strip(" "):
        counted.append(lines[-1] + "|")
    indent = min((len(line) - len(line.lstrip(" ")) for line in counted), default=0)
    return "\n".join(line[indent:] for line in lines).replace(GOES_ON, "")


def expressions_in(text: str) -> list[str]:
    """The texts around the `{{ }}` of a text and the expressions themselves, in turn; it begins with a text."""
    parts: list[str] = []
    at = 0
    for found in _EXPRESSION.finditer(text):
        parts += [text[at : found.start()], found[0]]
        at = found.end()
    return [*parts, text[at:]]


def template(
    text: str, *values: Callable[[Any], Any], lines: tuple[int, ...] = (), once: bool = False
) -> Template:
    """A text with expressions, a block if it begins with a new line: the functions give the values of its `{{ }}`."""
    source = text_block(text) if text.startswith("\n") else text
    given = iter(values)
    parts: list[str | Callable[[Any], Any]] = [
        next(given) if number % 2 else part for number, part in enumerate(expressions_in(source))
    ]
    filled = tuple(part for part in parts if part != "")

    def evaluate(v: Any) -> str:
        return "".join(part if isinstance(part, str) else print_text(part(v)) for part in filled)

    return Template(source, evaluate, lines, once, filled)


def spelled(path: tuple[str, ...]) -> str:
    """How an expression names a path of the context: `inputs.region`, `outputs['my-task'].uri`."""
    steps = (f".{step}" if _NAME.fullmatch(step) else f"['{step}']" for step in path[1:])
    return path[0] + "".join(steps)


def ref(*path: str) -> Template:
    """The expression that is nothing but a path: `ref("inputs", "region")` is `{{ inputs.region }}`."""

    def evaluate(v: Any) -> Any:
        for step in path:
            v = v[step]
        return v

    return Template(f"{{{{ {spelled(path)} }}}}", evaluate)
