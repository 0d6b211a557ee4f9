"""Templates as Python: from the tree of a template to an expression over `v`, the context."""

from flowc.gen.python.expr.api import evaluate, load, render
from flowc.gen.python.expr.compile import Compiled, compile_parsed, compile_template

__all__ = ["Compiled", "compile_parsed", "compile_template", "evaluate", "load", "render"]
