"""Diagnostics for people and for machines; each renderer turns a list of them into one text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from flowc.diag.model import Diagnostic

FORMATS = ("text", "json", "github", "sarif")

Renderer = Callable[[Sequence[Diagnostic]], str]


def renderer(name: str) -> Renderer:
    """The renderer of a format, imported when it is asked for."""
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}")
    render: Renderer = import_module(f"flowc.diag.render.{name}").render
    return render
