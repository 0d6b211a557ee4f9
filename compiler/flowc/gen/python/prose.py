"""Comments and docstrings from texts of the flow: whatever they hold, they stay comments and docstrings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: from Python 3.13 on, docstrings must be encodable."""

_PRAGMA = re.compile(
    r"(#*\s*)(?=(?:type|fmt|isort|mypy|ruff|pyright|pylint|flake8|yapf|noqa|nosec|pragma|black|coding)\b\s*(?:[:=]|$))"
    r"|(#*\s*)(?=noqa\b|///|!|-\*-)",
    re.IGNORECASE,
)
"""What tools would read as an order, at the start of a comment or after another `#`."""

DOCUMENTED = 90
"""The width of docstrings; escapes may make a line a little wider."""


def comment(lines: Iterable[str], indent: str = "", width: int = 0) -> list[str]:
    """Comment lines; each text line becomes at least one, and more where it is wider than `width`."""
    result = []
    for line in lines:
        for part in _LINE_ENDS.split(line):
            text = _visible(part).rstrip()
            for piece in _wrapped(text, width - len(indent) - 2 if width else 0):
                result.append(f"{indent}# {_harmless(piece)}".rstrip())
    return result


def _wrapped(text: str, room: int) -> list[str]:
    """A line cut at blanks into pieces that fit; `room` 0 is any width."""
    pieces = []
    while room and len(text) > room:
        at = text.rfind(" ", 1, room + 1)
        if at < 0 or not text[:at].strip():
            at = text.find(" ", room)
        if at < 0:
            break
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text]


def docstring(text: str, indent: str = "") -> list[str]:
    """The lines of a docstring; its value is the text, but for where its lines end."""
    lines = (
        piece
        for line in _LINE_ENDS.split(text.strip())
        for piece in _wrapped(line.rstrip(), DOCUMENTED - len(indent))
    )
    first, *rest = (_escaped(line) for line in lines)
    if not rest:
        return [f'{indent}"""{_closed(first)}"""']
    body = (f"{indent}{line}".rstrip() for line in rest)
    return [f'{indent}"""{first}', *body, f'{indent}"""']


def one_line(text: str) -> str:
    """The first line of a text, for a title."""
    lines = [line for line in _LINE_ENDS.split(text.strip()) if line.strip()]
    return lines[0].strip() if lines else ""


def _visible(text: str) -> str:
    """Characters that show nothing, or reorder what is shown, as escapes; a tab as spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = text.expandtabs(4)
    return "".join(char if _shows(char) else _code(char) for char in text)


def _shows(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")


def _code(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _harmless(text: str) -> str:
    """A quotation mark before what a tool would obey."""
    head = _PRAGMA.match(text)
    if head:
        text = f"' {text}"
    return re.sub(
        r"#(?=\s*(?:noqa|fmt|type|isort|pragma|nosec|mypy|ruff|pyright|pylint|yapf)\b)",
        "#'",
        text,
        flags=re.I,
    )


def _escaped(line: str) -> str:
    """A line inside triple quotation marks. A line that would open inline metadata hides its first mark."""
    whole = _HALF.sub("\N{REPLACEMENT CHARACTER}", line)
    text = _visible(whole.replace("\\", "\\\\")).replace('""', '\\"\\"')
    return f"\\x23{text[1:]}" if text.startswith("# ///") else text


def _closed(line: str) -> str:
    """The line so that a quotation mark at either end is no part of the marks around it."""
    if line.startswith('"'):
        line = "\\" + line
    body = line[:-1]
    if line.endswith('"') and (len(body) - len(body.rstrip("\\"))) % 2 == 0:
        line = body + '\\"'
    return line
