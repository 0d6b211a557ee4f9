"""Evaluating single expressions, by the same way generated code takes."""

from typing import Any

from flowrt.expr.context import Context, Environment
from flowrt.expr.environment import DictEnvironment
from flowrt.java.errors import ExpressionError


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


__all__ = ["ExpressionError", "evaluate", "render", "value_of"]
