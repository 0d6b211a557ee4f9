"""Plain YAML scalars as Kestra reads them: Jackson's rules over YAML 1.1.

They differ from YAML 1.1 in a few places: `y` and `n` are texts, sexagesimal numbers and dates are texts, octal
numbers begin with `0`, an empty value is the empty text, and only `~` and `null` are null.
"""

from __future__ import annotations

import re

_BOOLEANS = {
    spelling: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_NULLS = frozenset({"~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
)
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST = frozenset("+-.0123456789~nNtTyYoOfF")


class Unreadable(ValueError):
    """A number of YAML that Kestra cannot read."""


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    Raises:
        Unreadable: `.inf` and `.nan`.
    """
    if not text or text[0] not in _FIRST:
        return text
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in _NULLS:
        return None
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        number = _integer(text)
        return text if number is None else number
    if _SPECIAL.fullmatch(text):
        raise Unreadable(text)
    if _FLOAT.fullmatch(text) and ("." in text or "e" in text or "E" in text):
        return float(text.replace("_", ""))
    return text


def tagged(tag: str, text: str) -> str | int | float | bool | None:
    """The value of a scalar with an explicit tag such as `!!str`; unknown tags are ignored."""
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == "null":
        return None
    if kind in ("int", "float", "bool"):
        value = resolve(text)
        if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value if value is not None else text
    return text


def _integer(text: str) -> int | None:
    digits = text.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    for prefix, base in (("0x", 16), ("0b", 2)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base) if digits[2:] else None
    if len(digits) > 1 and digits[0] == "0":
        return sign * int(digits, 8)
    # Python limits the length of decimal numbers it converts; nobody means such a text as a number.
    return sign * int(digits) if len(digits) < 1000 else None
