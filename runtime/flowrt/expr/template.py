"""A compiled expression: the original text and the function it became."""

import re
from collections.abc import Callable
from typing import Any

from flowrt.expr.context import Context
from flowrt.expr.pieces import Pieces
from flowrt.expr.printing import print_text
from flowrt.java.limits import LimitExceeded, begin, end, too_deep, too_large
from flowrt.java.printing import written

_RAW = re.compile(r"\{%-*\s*raw\s*-*%\}(.*?)\{%-*\s*endraw\s*-*%\}", re.A)


def unwrap_raw(text: str) -> str:
    """The text with each raw section replaced by its inside."""
    return _RAW.sub(lambda match: match.group(1), text) if "endraw" in text else text


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
        if v.depth:  # inside of `render()`, whose time it shares
            return self._result(v)
        begin()
        try:
            return self._result(v)
        finally:
            end()

    def _result(self, v: Context) -> Any:
        if not self.once:
            try:
                return self.evaluate(v)
            except LimitExceeded:
                raise
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
        if not value.isascii():
            value = written(value)
        return unwrap_raw(value) if "endraw" in value and not keep_raw else value

    def value(self, v: Context) -> Any:
        """The typed value (a map stays a map). Raises ExpressionError."""
        value = self.result(v)
        if isinstance(value, Pieces):
            value = value.value()
        return unwrap_raw(value) if type(value) is str else value

    def __repr__(self) -> str:
        return f"Template({self.source!r})"


def _printing_failed(error: Exception) -> Exception:
    from flowrt.java.errors import ExpressionError, RawError

    if isinstance(error, RecursionError):
        return too_deep()
    if isinstance(error, MemoryError):
        return too_large()
    return error if isinstance(error, ExpressionError) else RawError(str(error))


#: the name in generated modules
expr = Template


#: the same, for a property whose value is wanted rather than its text
typed = Template
