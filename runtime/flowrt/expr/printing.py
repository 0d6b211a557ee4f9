"""How values become text: printed, as Java text inside other texts, as JSON."""

import re
import struct
from typing import Any

from flowrt.expr.errors import RawError
from flowrt.expr.values import ByteArray, Char, Float, JavaArray, JavaObject, JavaSet


def print_text(value: Any) -> str:
    """The text `{{ value }}` prints: collections as JSON, null as nothing."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if isinstance(value, (dict, list, JavaSet, ByteArray)):
        return to_json(value)
    if kind.__name__ == "Decimal":
        return format(value, "f")
    return text_of(value)


def text_of(value: Any) -> str:
    """Java's text form (`String.valueOf`): `null`, `[1, a]`, `{k=v}`."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is Float:
        return float_text(value)
    if kind is float:
        return double_text(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if kind is Char:
        return str.__str__(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_of(k)}={text_of(v)}" for k, v in value.items()) + "}"
    if kind is JavaArray:
        name = "[I" if value.component == "int" else f"[L{value.component};"
        return f"{name}@{id(value) & 0xFFFFFFFF:x}"
    if isinstance(value, (ByteArray, bytes)):
        return f"[B@{id(value) & 0xFFFFFFFF:x}"
    if isinstance(value, (list, JavaSet)):
        return "[" + ", ".join(map(text_of, value)) + "]"
    if isinstance(value, JavaObject):
        return value.java_text()
    return str(value)


def concat_text(value: Any) -> str:
    """The text form inside a concatenation, where null is nothing."""
    return "" if value is None else text_of(value)


def double_text(value: float) -> str:
    """Java's text of a 64-bit number: `1.0`, `1.0E10`, `NaN`."""
    return _decimal_text(repr(float(value)))


def float_text(value: float) -> str:
    """Java's text of a 32-bit number: the shortest that gives the same 32-bit number back."""
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return _decimal_text(repr(number))
    bits = struct.pack("f", number)
    for digits in range(9):
        text = f"{number:.{digits}e}"
        try:
            if struct.pack("f", float(text)) == bits:
                return _decimal_text(text)
        except OverflowError:  # rounded up beyond the largest number
            continue
    return _decimal_text(repr(number))


def _decimal_text(text: str) -> str:
    if text in ("nan", "inf", "-inf"):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[text]
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign + "0.0"
    # the number is 0.DIGITS times ten to the power of `point`
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if -3 < point <= 7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        padded = digits.ljust(point, "0")
        return f"{sign}{padded[:point]}.{padded[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def _escape(match: "re.Match[str]") -> str:
    char = match.group()
    return _SHORT.get(char) or f"\\u{ord(char):04X}"


def json_string(text: str) -> str:
    """A text as a JSON string: quotes, backslashes and control characters escaped, nothing else."""
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def to_json(value: Any) -> str:
    """Compact JSON. Map entries whose value is null are left out, at every depth.

    Raises RawError for a null key.
    """
    pieces: list[str] = []
    _json(value, pieces)
    return "".join(pieces)


def _json(value: Any, out: list[str]) -> None:
    kind = type(value)
    if kind is str:
        out.append(json_string(value))
    elif value is None:
        out.append("null")
    elif kind is float or kind is Float:
        text = text_of(value)
        out.append(f'"{text}"' if text[-1] in "Ny" else text)
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            if item is None:
                continue
            if key is None:
                raise RawError(
                    "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)"
                )
            out.append(f"{separator}{json_string(key if type(key) is str else text_of(key))}:")
            _json(item, out)
            separator = ","
        out.append("}" if separator == "," else "{}")
    elif isinstance(value, (list, JavaSet)):
        separator = "["
        for item in value:
            out.append(separator)
            _json(item, out)
            separator = ","
        out.append("]" if separator == "," else "[]")
    elif kind is Char:
        out.append(json_string(str.__str__(value)))
    elif isinstance(value, JavaObject):
        out.append(value.json_text())
    elif isinstance(value, (ByteArray, bytes)):
        import binascii

        out.append(json_string(binascii.b2a_base64(value, newline=False).decode()))
    else:
        out.append(text_of(value))


# the name under which generated f-strings use it
text = print_text
