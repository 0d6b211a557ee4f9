"""How values become text in Java (`String.valueOf`)."""

import struct
from typing import Any

from flowrt.java.limits import check_text
from flowrt.java.values import ByteArray, Char, Entry, Float, JavaArray, JavaObject, JavaSet


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
        return joined("{", ", ", [f"{text_of(k)}={text_of(v)}" for k, v in value.items()], "}")
    if kind is JavaArray:
        name = "[I" if value.component == "int" else f"[L{value.component};"
        return f"{name}@{id(value) & 0xFFFFFFFF:x}"
    if isinstance(value, (ByteArray, bytes)):
        return f"[B@{id(value) & 0xFFFFFFFF:x}"
    if isinstance(value, (list, JavaSet)):
        return joined("[", ", ", [text_of(item) for item in value], "]")
    if kind is Entry:
        return f"{text_of(value.key)}={text_of(value.value)}"
    if isinstance(value, JavaObject):
        return value.java_text()
    return str(value)


def written(text: str) -> str:
    """As UTF-8 has it: halves of a character that meet are one, one alone is `?`."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return whole.encode(errors="replace").decode()


def joined(opening: str, between: str, parts: list[str], closing: str) -> str:
    """Parts of a list or map; one that stands in several places is written each time, so sizes can explode."""
    check_text(sum(map(len, parts)))
    return opening + between.join(parts) + closing


def double_text(value: float) -> str:
    """Java's text of a 64-bit number: `1.0`, `1.0E10`, `NaN`."""
    if 1e-3 <= value < 1e7 or 1e-3 <= -value < 1e7:
        return float.__repr__(value)  # both languages write the shortest digits
    text = f"{value:.1e}"  # two digits at least, the nearest ones
    return _decimal_text(text if float(text) == value else float.__repr__(value))


def float_text(value: float) -> str:
    """Java's text of a 32-bit number: the shortest that gives the same 32-bit number back."""
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return _decimal_text(repr(number))
    bits = struct.pack("f", number)
    for digits in range(1, 9):
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
