"""Templates as Python: from the tree of a template to an expression over `v`, the context."""

from flowc.gen.python.expr.compile import Compiled, compile_parsed, compile_template
from flowc.gen.python.expr.loading import load

__all__ = ["Compiled", "compile_parsed", "compile_template", "load"]
