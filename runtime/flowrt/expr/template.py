"""A compiled expression: the original text and the function it became."""

import re
from collections.abc import Callable
from typing import Any

from flowrt.expr.context import Context, Loop
from flowrt.expr.printing import print_text
from flowrt.java.printing import text_of
from flowrt.java.values import Char

_RAW = re.compile(r"\{%-*\s*raw\s*-*%\}(.*?)\{%-*\s*endraw\s*-*%\}", re.A)
SCALARS = (bool, str, Char, int, float)


def unwrap_raw(text: str) -> str:
    """The text with each raw section replaced by its inside."""
    return _RAW.sub(lambda match: match.group(1), text) if "endraw" in text else text


def is_scalar(value: Any) -> bool:
    """Whether typed rendering joins the value with its neighbours as text."""
    return isinstance(value, SCALARS) or type(value).__name__ == "Decimal"


def snapshot(value: Any) -> Any:
    """A value that later steps of the template do not change (`sort` works in place)."""
    if type(value) is list:
        return value[:]
    return value.copy() if type(value) is Loop else value


class Pieces:
    """What a template of several parts printed, in order."""

    __slots__ = ("parts",)

    def __init__(self, *parts: Any) -> None:
        self.parts: list[Any] = list(parts)

    def write(self, text: str) -> None:
        """Add literal text."""
        self.parts.append(text)

    def print(self, value: Any, line: int = 1) -> None:
        """Add the value of a `{{ … }}` on that line of the template, as it is now."""
        self.parts.append(snapshot(value))

    def extend(self, other: "Pieces") -> None:
        """Add what another part of the template printed."""
        self.parts.extend(other.parts)

    def text(self) -> str | None:
        """All of it as text; None when nothing but nulls was printed."""
        parts = [print_text(part) for part in self.parts if part is not None]
        return "".join(parts) if parts else None

    def java_text(self) -> str:
        """All of it in Java's text forms, as macros, blocks and filter tags print."""
        return "".join(
            print_text(part) if type(part).__name__ == "Decimal" else text_of(part)
            for part in self.parts
            if part is not None
        )

    def value(self) -> Any:
        """Typed rendering: a lone value stays what it is, scalars are joined as text.

        Anything else is printed, and parsed as JSON where that works.
        """
        parts = [part for part in self.parts if part is not None]
        if not parts:
            return None
        if len(parts) == 1:
            return parts[0]
        if all(map(is_scalar, parts)):
            return "".join(
                format(part, "f") if type(part).__name__ == "Decimal" else text_of(part)
                for part in parts
            )
        text = self.text() or ""
        from flowrt.formats.jsonread import parse_json

        try:
            return parse_json(text)
        except Exception:
            return text


class Template:
    """A template and the function that evaluates it.

    `source` is the original text and shows in error messages. `evaluate` is plain Python over the
    context; where it raises, the template is evaluated again on the exact path (`flowrt.expr.proxy`),
    which gives the value Kestra gives or raises the error Kestra words. `lines` are the lines of the
    parts that print, where they are not all on line 1. A template with effects is evaluated `once`:
    on the exact path from the start. `parts` are the functions of the single expressions, where it
    is made of such (`flowrt.expr.texts.template`).
    """

    __slots__ = ("evaluate", "lines", "once", "parts", "source")

    def __init__(
        self,
        source: str,
        evaluate: Callable[[Any], Any],
        lines: tuple[int, ...] = (),
        once: bool = False,
        parts: tuple[str | Callable[[Any], Any], ...] = (),
    ) -> None:
        self.parts = parts
        self.source = source
        self.evaluate = evaluate
        self.lines = lines
        self.once = once

    def result(self, v: Context) -> Any:
        """What evaluation gives: a value, or `Pieces`. Raises ExpressionError."""
        if not self.once:
            try:
                return self.evaluate(v)
            except Exception:
                pass
        from flowrt.expr.proxy import evaluate_exactly

        return evaluate_exactly(self, v)

    def text(self, v: Context, keep_raw: bool = False) -> str | None:
        """The rendered text; None when only nulls were printed. Raises ExpressionError.

        `keep_raw`: raw sections stay wrapped, for a text that will be rendered again.
        """
        value = self.result(v)
        if type(value) is not str:
            if value is None:
                return None
            try:
                text = value.text() if isinstance(value, Pieces) else print_text(value)
            except Exception as error:
                raise _printing_failed(error) from None
            if text is None:
                return None
            value = text
        return unwrap_raw(value) if "endraw" in value and not keep_raw else value

    def value(self, v: Context) -> Any:
        """The typed value (a map stays a map). Raises ExpressionError."""
        value = self.result(v)
        if isinstance(value, Pieces):
            value = value.value()
        if type(value) is str and "endraw" in value:
            return unwrap_raw(value)
        return value

    def __repr__(self) -> str:
        return f"Template({self.source!r})"


def _printing_failed(error: Exception) -> Exception:
    from flowrt.java.errors import ExpressionError, RawError

    return error if isinstance(error, ExpressionError) else RawError(str(error))


#: the name in generated modules
expr = Template
#: the same, for a property whose value is wanted rather than its text
typed = Template
