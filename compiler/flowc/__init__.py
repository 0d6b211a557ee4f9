"""flowc: an ahead-of-time compiler from Kestra flows to Python.

The names below are the public interface; each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowc.api import check, compile_file, compile_text
    from flowc.diag.model import Diagnostic
    from flowc.driver import CompileError
    from flowc.expressions import evaluate, render
    from flowrt.java.errors import ExpressionError

__version__ = "1.0.0"

_HOMES = {
    "CompileError": "flowc.driver",
    "Diagnostic": "flowc.diag.model",
    "ExpressionError": "flowrt.java.errors",
    "check": "flowc.api",
    "compile_file": "flowc.api",
    "compile_text": "flowc.api",
    "evaluate": "flowc.expressions",
    "render": "flowc.expressions",
}

__all__ = [
    "CompileError",
    "Diagnostic",
    "ExpressionError",
    "check",
    "compile_file",
    "compile_text",
    "evaluate",
    "render",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'flowc' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value
