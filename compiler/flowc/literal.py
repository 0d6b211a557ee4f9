"""The one way from user data to Python source."""

from typing import Any


def literal(value: Any, quote: str = '"') -> str:
    """Python source that evaluates to `value` (text, numbers, booleans, None, lists, maps).

    `quote` is the quotation mark to prefer for texts. Raises TypeError for any other kind.
    """
    if value is None or value is True or value is False:
        return repr(value)
    if isinstance(value, str):
        return _text(str.__str__(value), quote)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        number = float.__repr__(value)
        return f"float({_text(number, quote)})" if number in ("nan", "inf", "-inf") else number
    if isinstance(value, dict):
        entries = (f"{literal(k, quote)}: {literal(v, quote)}" for k, v in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, quote) for item in value) + "]"
    raise TypeError(f"no literal for a value of type {type(value).__name__}")


def _text(text: str, quote: str) -> str:
    """A string literal; the other quotation mark where that saves escapes (as black does)."""
    other = "'" if quote == '"' else '"'
    mark = other if quote in text and other not in text else quote
    body = "".join(_escaped(char, mark) for char in text)
    return f"{mark}{body}{mark}"


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(char: str, mark: str) -> str:
    if char == mark:
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and not "\ud800" <= char <= "\udfff":
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
