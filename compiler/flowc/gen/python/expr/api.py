"""Evaluating single expressions, by the same way generated code takes."""

from importlib import import_module
from typing import Any

from flowc.gen.python.expr.compile import Compiled, compile_template
from flowrt.expr.context import Context, Environment
from flowrt.expr.environment import DictEnvironment
from flowrt.expr.template import Template
from flowrt.java.errors import ExpressionError


def load(compiled: Compiled) -> Template:
    """The compiled template as the run-time object a generated module would hold."""
    names: dict[str, Any] = {"__name__": "flowc.expr.loaded"}
    for module, name in compiled.imports:
        names[name] = getattr(import_module(module), name)
    for _, source in compiled.functions:
        exec(compile(source, "<template>", "exec"), names)
    function = eval(compile(f"lambda v: {compiled.source}", "<expression>", "eval"), names)
    return Template(compiled.text, function, compiled.lines, compiled.once)


def render(
    template: Any,
    variables: dict[str, Any],
    env: Environment | None = None,
    recursive: bool = False,
) -> Any:
    """Render a template to text; a list or a map is rendered in its every part, keys included.

    `recursive` renders the result again until it no longer changes. Raises ExpressionError.
    """
    from flowrt.expr.render import render_text, render_value

    v = Context(variables, env or DictEnvironment())
    if isinstance(template, str):
        return render_text(template, v, recursive) or ""
    return render_value(template, v, recursive)


def evaluate(template: str, variables: dict[str, Any], env: Environment | None = None) -> Any:
    """The typed value of a template: of a single `{{ … }}` the value itself.

    Raises ExpressionError.
    """
    return value_of(template, Context(variables, env or DictEnvironment()))


def value_of(template: str, v: Context) -> Any:
    """The typed value of a template in a context. Raises ExpressionError."""
    from flowrt.expr.render import is_plain, template_of

    return template if is_plain(template) else template_of(template, typed=True).value(v)


__all__ = ["ExpressionError", "compile_template", "evaluate", "load", "render", "value_of"]
