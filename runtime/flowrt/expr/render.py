"""Rendering texts that do not exist before run time: the only place that compiles while running."""

from typing import Any

from flowrt.expr.context import Context, Scopes
from flowrt.expr.template import Template, unwrap_raw
from flowrt.java.casts import as_text
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.values import MISSING, JavaArray, JavaSet, Values, hash_order
from flowrt.missing import COMPILER, MissingPackage

MAX_ROUNDS = 100
MAX_DEPTH = 16
_CACHED = 1000
_templates: dict[tuple[str, bool, bool], Template] = {}


def template_of(text: str, typed: bool = False, keep_raw: bool = False) -> Template:
    """The compiled template of a text; the last thousand are kept."""
    key = (text, typed, keep_raw)
    template = _templates.get(key)
    if template is None:
        try:
            from flowc.gen.python.expr.compile import compile_template
            from flowc.gen.python.expr.loading import load
        except ImportError:
            raise MissingPackage("Rendering a text of run time", COMPILER, "render") from None
        template = load(compile_template(text, typed=typed, keep_raw=keep_raw))
        if len(_templates) >= _CACHED:
            del _templates[next(iter(_templates))]
        _templates[key] = template
    return template


def is_plain(text: str) -> bool:
    """Whether a text holds nothing to evaluate."""
    return "{" not in text or not ("{{" in text or "{%" in text or "{#" in text)


class TooManyRounds(RawError):
    """Recursive rendering does not come to an end."""

    def __init__(self) -> None:
        super().__init__("Too many rendering attempts")


def render_text(text: str, v: Context, recursive: bool = False) -> str | None:
    """A text rendered, again and again while it changes if `recursive`.

    None when only nulls were printed. Raises ExpressionError.
    """
    if is_plain(text):
        return text
    if not recursive:
        return template_of(text).text(v)
    for _ in range(MAX_ROUNDS + 1):
        result = template_of(text, keep_raw=True).text(v, keep_raw=True)
        if result is None or result == text:
            return None if result is None else unwrap_raw(result)
        text = result
    raise TooManyRounds()


def render_value(value: Any, v: Context, recursive: bool = False) -> Any:
    """A run-time value with every text in it taken for a template: keys too, the first of two wins.

    A text that prints only nulls becomes None. Raises ExpressionError.
    """
    if isinstance(value, str):
        return render_text(value, v, recursive)
    if isinstance(value, dict):
        rendered: dict[Any, Any] = {}
        for key, item in value.items():
            name = render_text(as_text(key), v) or ""
            rendered.setdefault(name, render_value(item, v, recursive))
        return rendered
    if isinstance(value, JavaSet):
        texts = (render_text(as_text(item), v, recursive) or "" for item in value)
        return JavaSet(hash_order(JavaSet(texts)), "java.util.HashSet")
    if isinstance(value, list) and not isinstance(value, (JavaArray, Values)):
        return [render_value(item, v, recursive) for item in value]
    return value


def render_structure(value: Any, v: Context) -> Any:
    """A compiled structure with every `Template` in it rendered; plain texts stay as they are.

    Keys become text, of two equal ones the first wins. A template that prints only nulls becomes
    None. Raises ExpressionError.
    """
    if isinstance(value, Template):
        return value.text(v)
    if isinstance(value, dict):
        rendered: dict[Any, Any] = {}
        for key, item in value.items():
            name = (key.text(v) or "") if isinstance(key, Template) else key
            result = render_structure(item, v)
            rendered.setdefault(name, result)
        return rendered
    if isinstance(value, (list, tuple)):
        return [render_structure(item, v) for item in value]
    return value


def render(
    v: Context,
    to_render: Any = MISSING,
    recursive: Any = MISSING,
    line: int = 1,
    once: bool = False,
) -> Any:
    """`render(toRender, recursive=true)`: renders a value with what the template sees.

    Raises ExpressionError; a failure inside is wrapped, so that nothing rescues it.
    """
    if v.env is not None and v.env.recursive:
        name = "renderOnce" if once else "render"
        raise ExpressionError(f"Function or Macro [{name}] does not exist.")
    if v.depth >= MAX_DEPTH:
        raise ExpressionError(
            f"Maximum render() nesting depth ({MAX_DEPTH}) exceeded at line {line} "
            "— check for circular render() calls in your template."
        )
    if to_render is MISSING:
        raise ExpressionError("The 'render' function expects an argument 'toRender'.")
    if recursive is MISSING or recursive is None:
        recursive = True
    if type(recursive) is not bool:
        raise ExpressionError(
            "The 'render' function expects an optional argument 'recursive' with type boolean."
        )
    inner = Context(_visible(v), v.env, v.depth + 1)
    try:
        return render_value(to_render, inner, recursive)
    except TooManyRounds as error:
        raise ExpressionError(str(error)).at(None, None) from None
    except RawError:
        raise
    except ExpressionError as error:
        raise ExpressionError(str(error)).at(None, None) from None


def render_once(v: Context, to_render: Any = MISSING, line: int = 1) -> Any:
    """`renderOnce(toRender)`: `render` without repetition."""
    return render(v, to_render, False, line, once=True)


def _visible(v: Context) -> dict[str, Any]:
    """The names `render` passes on; inside a macro those of the context, but without values."""
    if isinstance(v, Scopes) and v.outer is not None:
        inside = v.visible()
        return {name: inside.get(name) for name in v.outer.visible()}
    return dict(v.visible())
