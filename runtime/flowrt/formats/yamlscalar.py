"""What a scalar of YAML means: YAML 1.1 as SnakeYAML tells kinds apart, and Jackson reads them.

The compiler reads flows by the same function as the runtime reads data.
"""

import re
from typing import Any

from flowrt.formats.numbers import MOST_DIGITS

MARKED = "com.fasterxml.jackson.dataformat.yaml.snakeyaml.error.MarkedYAMLException"
CONSTRAINED = "com.fasterxml.jackson.core.exc.StreamConstraintsException"
"""What is raised for a text that is too large in some way; it tells no place."""
STANDARD = "tag:yaml.org,2002:"
_LONGEST = 1024
"""Signs that a plain scalar has, at the most, to be more than a text."""


class YamlError(Exception):
    """The text is no YAML that can be read; worded as the engine words it, which knows it as `java_class`."""

    def __init__(
        self, message: str, java_class: str = "com.fasterxml.jackson.core.JsonParseException"
    ) -> None:
        super().__init__(message)
        self.java_class = java_class


_BOOLEANS = {
    spelling: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_TAGGED_BOOLEANS = {
    "y": True, "yes": True, "on": True, "true": True,
    "n": False, "no": False, "off": False, "false": False,
}  # fmt: skip
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_FIRST = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"[-+]?(?:0b_*[01][01_]*|0_*[0-7][0-7_]*|0|[1-9][0-9_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*)"
)
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+|(?::[0-5]?[0-9])+\.[0-9_]*)"
    r"|[-+]?\.(?:[0-9_]+(?:[eE][-+]?[0-9]+)?|inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str, tag: str | None = None, plain: bool = True) -> Any:
    """The value of a scalar: what its tag says, or the look of a plain one, or its text.

    `tag` is the tag in full (`tag:yaml.org,2002:int`), None where none is written; `plain` is true for `!`, too. Raises
    YamlError for a number that cannot be read, such as `.inf`.
    """
    if tag is None or tag == "!":
        return _implicit(text) if plain else text
    kind = tag.removeprefix(STANDARD).partition(",")[0]
    if kind == "binary":
        return _binary(text)
    if kind == "bool":
        return _TAGGED_BOOLEANS.get(text.lower(), text)
    if not text:
        return text
    if kind == "int":
        return _integer(text)
    if kind == "float":
        return _float(text)
    return None if kind == "null" else text


def _implicit(text: str) -> Any:
    if text in _NULLS:
        return None
    if len(text) > _LONGEST:
        return text
    if text[0] in _FIRST:
        if _INTEGER.fullmatch(text):
            return _integer(text)
        return _float(text) if _FLOAT.fullmatch(text) else text
    return _BOOLEANS.get(text, text)


def _integer(text: str) -> Any:
    """An integer; the text itself where Jackson takes it for none."""
    negative = text[0] == "-"
    body = text[1:] if text[0] in "+-" else text
    if not body:
        raise YamlError("Unexpected end-of-input when trying read value of type `java.lang.Object`")
    if body == "0":
        return 0
    if body[0] == "0":
        mark = body[1]
        base = 2 if mark in "bB" else 16 if mark in "xX" else 8 if mark in "0123456789_" else 0
        if not base:
            return text
        digits = body[1 if base == 8 else 2 :].replace("_", "")
        return _of_base(digits, base, negative)
    digits = body.replace("_", "")
    if not digits:
        raise YamlError(f"Invalid number ('{text}')")
    if not digits.isascii() or not digits.isdigit():
        return text
    _measure(len(digits) + (body is not text))
    return -int(digits) if negative else int(digits)


def _measure(size: int) -> None:
    """Raises YamlError for a number with more signs than Jackson reads."""
    if size > MOST_DIGITS:
        raise YamlError(
            f"Number value length ({size}) exceeds the maximum allowed ({MOST_DIGITS}, from "
            "`StreamReadConstraints.getMaxNumberLength()`)",
            CONSTRAINED,
        )


_ROOM = {2: 31, 8: 10, 16: 7}
"""Digits of each base that always fit 32 bit."""


def _of_base(digits: str, base: int, negative: bool) -> Any:
    from flowrt.java.values import LONG_MAX, Long

    _measure(len(digits))
    try:
        size = int(digits, base)
    except ValueError:
        raise YamlError(
            f"Invalid base-{base} number ('{digits}'), problem: For input string: \"{digits}\""
            + (f" under radix {base}" if digits else "")
        ) from None
    number = -size if negative else size
    if len(digits) <= _ROOM[base] or size > LONG_MAX:
        return number
    whole = base != 8 and len(digits) == _ROOM[base] + 1
    return number if whole and -(2**31) <= number < 2**31 - 1 else Long(number)


def _float(text: str) -> float:
    digits = text.replace("_", "")
    if not _DECIMAL.fullmatch(digits):
        raise YamlError(f"Malformed numeric value '{text}'")
    _measure(len(digits))
    return float(digits)


def _binary(text: str) -> Any:
    from flowrt.formats.yamlbinary import decode
    from flowrt.java.values import ByteArray

    try:
        return ByteArray(decode(text))
    except ValueError as error:
        raise YamlError(str(error)) from None
