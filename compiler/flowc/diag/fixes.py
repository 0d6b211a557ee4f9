"""Changes that findings propose, put into texts."""

from __future__ import annotations

from collections.abc import Iterable

from flowc.diag.model import Diagnostic, Fix


def by_file(found: Iterable[Diagnostic]) -> dict[str, list[Fix]]:
    """The fixes of findings by the name of the file, in the order of their places, none that touches another one."""
    fixes: dict[str, list[Fix]] = {}
    for each in sorted({each.fix for each in found if each.fix is not None}, key=_place):
        listed = fixes.setdefault(each.span.file.name, [])
        if not listed or listed[-1].span.end <= each.span.start:
            listed.append(each)
    return fixes


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """A text with the fixes of its file in it; they stand in the order of their places."""
    parts = []
    at = 0
    for each in fixes:
        parts += [text[at : each.span.start], each.text]
        at = each.span.end
    return "".join([*parts, text[at:]])


def _place(fix: Fix) -> tuple[str, int, int, str]:
    return fix.span.file.name, fix.span.start, fix.span.end, fix.text
