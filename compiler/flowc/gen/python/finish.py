"""The last steps of generation: layout by black where it is needed, and proof that the result is what was meant."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flowc.gen.python.guard import guard
from flowc.gen.python.layout import WIDTH


def finish(
    source: str,
    name: str,
    formatted: bool | None,
    modules: Iterable[str] = (),
    packages: frozenset[str] = frozenset(),
) -> str:
    """A generated module, laid out and checked; it may import the `modules` of other flows and `packages` of its engine.

    The generator lays out as black does. Where a line is too long all the same it cannot prove that black would leave
    the module alone, so black runs: always with `formatted`, never where it is False.

    Raises:
        SyntaxError, GuardError: errors of the compiler: what it wrote is no Python, or holds what it never writes.
    """
    guard(source, modules, name, packages)
    if formatted or (formatted is None and not is_laid_out(source)):
        source = format_source(source)
        guard(source, modules, name, packages)
    return source


def is_laid_out(source: str) -> bool:
    """Whether black is sure to leave the layout alone: no line is too wide that could be broken, no operator begins one."""
    return not any(_is_doubtful(line) for line in source.split("\n"))


def _is_doubtful(line: str) -> bool:
    if len(line) > WIDTH or (not line.isascii() and _cells(line) > WIDTH):
        return " " in line.strip().removeprefix("# ")
    return _OPERATOR.match(line) is not None


_OPERATOR = re.compile(r" +(?:and|or|if|else|==|!=|<=?|>=?) .*[^:]$")
"""A line that continues an expression: where black breaks those depends on what stands around them."""


def _cells(line: str) -> int:
    """The width of a line as black measures it: wide characters count twice."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line)


def format_source(source: str) -> str:
    """The source as black lays it out, with the line length of this project."""
    import black
    from black.mode import TargetVersion

    mode = black.Mode(line_length=WIDTH, target_versions={TargetVersion.PY311})
    with _no_collection():
        return black.format_str(source, mode=mode)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the cycle collector: it would walk the growing syntax tree again and again, and take half of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
