"""The last two steps of generation: layout by black, and proof that the result is Python."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def format_source(source: str) -> str:
    """The source as black lays it out, with the line length of this project."""
    import black
    from black.mode import TargetVersion

    from flowc.gen.python.layout import WIDTH

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


def check_source(source: str, name: str) -> None:
    """Compile the source without running it.

    Raises:
        SyntaxError: an error of the compiler: what it wrote is no Python.
    """
    compile(source, name, "exec", dont_inherit=True)
