"""What a template of several parts printed."""

from typing import Any

from flowrt.expr.context import Loop
from flowrt.expr.printing import print_text
from flowrt.java.limits import check_items
from flowrt.java.printing import text_of


def is_scalar(value: Any) -> bool:
    """Whether typed rendering joins the value with its neighbours as text."""
    return isinstance(value, (str, int, float)) or type(value).__name__ == "Decimal"


def snapshot(value: Any) -> Any:
    """A value that no later step changes (`sort` works in place)."""
    return value.copy() if isinstance(value, (list, Loop)) else value


class Pieces:
    """What a template of several parts printed, in order."""

    __slots__ = ("parts",)

    def __init__(self, *parts: Any) -> None:
        self.parts: list[Any] = list(parts)

    def write(self, text: str) -> None:
        """Add literal text."""
        self.parts.append(text)
        self._check()

    def _check(self) -> None:
        if not len(self.parts) & 0xFFF:
            check_items(len(self.parts))

    def print(self, value: Any, line: int = 1) -> None:
        """Add the value of a `{{ … }}` on that line of the template, as it is now."""
        self.parts.append(snapshot(value))
        self._check()

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
            return text_of(parts[0]) + "".join(map(print_text, parts[1:]))
        text = self.text() or ""
        from flowrt.formats.jsonread import parse_json

        try:
            return parse_json(text)
        except Exception:
            return text
