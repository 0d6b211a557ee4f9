"""The frame of rustc and ruff: code, message, place, the source line with the part marked, hint."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flowc.diag.model import Diagnostic, Severity
from flowc.source import Span

_WIDTH = 160
"""Longer source lines are cut around the marked part."""
_LONG = re.compile(r"(?<=`)[^`]{160,}(?=`)|[^\s`]{240,}")
"""Quoted texts, and words, that are told by their ends."""
_START, _END = 80, 20
_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}
"""What a terminal would obey is shown by its picture: findings quote what files hold."""


def render(found: Sequence[Diagnostic]) -> str:
    """All findings, one frame each, and a last line that counts them."""
    if not found:
        return ""
    frames = [frame(each) for each in found]
    return "\n".join(frames) + "\n" + summary(found) + "\n"


def summary(found: Sequence[Diagnostic]) -> str:
    """`Found 2 errors and 1 warning.`"""
    counts = [
        _count(sum(each.severity is severity for each in found), severity.value)
        for severity in Severity
    ]
    parts = [each for each in counts if not each.startswith("0 ")]
    return f"Found {' and '.join(parts)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def frame(found: Diagnostic) -> str:
    """One finding with its source line."""
    lines = [f"{found.severity.value}[{found.code}]: {_told(found.message)}"]
    lines += _source(found.span, found.label)
    for note in found.notes:
        if note.span is None:
            lines.append(f"   = note: {_told(note.text)}")
        else:
            lines.append(f"   = note: {_told(note.text)} at {note.span}")
    if found.hint:
        lines.append(f"   = help: {_told(found.hint)}")
    return "\n".join(lines).translate(_PICTURES) + "\n"


def _told(text: str) -> str:
    """A text for people: what it quotes may be as long as a file."""
    return _LONG.sub(lambda found: f"{found[0][:_START]}…{found[0][-_END:]}", text)


def _source(span: Span, label: str) -> list[str]:
    number, column = span.file.position(span.start)
    place = f"  --> {span}"
    text = span.file.line(number)
    if not text.strip():
        return [place]
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    start = column - 1
    if len(text) > _WIDTH:
        cut = max(0, min(start - 40, len(text) - _WIDTH))
        text = ("…" if cut else "") + text[cut : cut + _WIDTH]
        start = start - cut + (1 if cut else 0)
        width = min(width, len(text) - start)
    # Tabs stay tabs in the line of marks, so that both lines align in any terminal.
    pad = "".join("\t" if char == "\t" else " " * _cells(char) for char in text[:start])
    marks = "^" * max(1, sum(_cells(char) for char in text[start : start + width]))
    gutter = str(number)
    blank = " " * len(gutter)
    return [
        place.replace("  -->", f"{blank} -->", 1),
        f"{blank} |",
        f"{gutter} | {text}",
        f"{blank} | {pad}{marks}{' ' + label if label else ''}",
        f"{blank} |",
    ]


def _cells(char: str) -> int:
    """Columns that a character takes in a terminal."""
    if char < "\u0300":
        return 1
    from unicodedata import combining, east_asian_width

    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
