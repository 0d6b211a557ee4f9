"""The expression language: templates in, Python expressions out."""

from flowc.expr.api import evaluate, load, render
from flowc.expr.compile import Compiled, compile_template

__all__ = ["Compiled", "compile_template", "evaluate", "load", "render"]
