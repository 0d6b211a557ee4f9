"""Templates that exist only at run time: compiled, and loaded as a generated module would hold them."""

from importlib import import_module
from typing import Any

from flowc.gen.python.expr.compile import Compiled
from flowrt.expr.template import Template


def load(compiled: Compiled) -> Template:
    """The compiled template as the run-time object a generated module would hold."""
    names: dict[str, Any] = {"__name__": "flowc.expr.loaded"}
    for module, name in compiled.imports:
        names[name] = getattr(import_module(module), name)
    for _, source in compiled.functions:
        exec(compile(source, "<template>", "exec"), names)
    function = eval(compile(f"lambda v: {compiled.source}", "<expression>", "eval"), names)
    return Template(compiled.text, function, compiled.lines, compiled.once)
