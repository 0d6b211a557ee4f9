"""What a scalar of YAML means: the implicit types of YAML 1.1 as Jackson reads them."""

import re
from typing import Any

MARKED = "com.fasterxml.jackson.dataformat.yaml.snakeyaml.error.MarkedYAMLException"


class YamlError(Exception):
    """The text is no YAML that can be read; worded as the engine words it, which knows it as `java_class`."""

    def __init__(
        self, message: str, java_class: str = "com.fasterxml.jackson.core.JsonParseException"
    ) -> None:
        super().__init__(message)
        self.java_class = java_class


_TRUE = frozenset(["yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"])
_FALSE = frozenset(["no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9_]*)")
_OCTAL = re.compile(r"[+-]?0[0-7_]+")
_HEX = re.compile(r"[+-]?0x[0-9a-fA-F_]+")
_BINARY = re.compile(r"[+-]?0b[01_]+")
_FLOAT = re.compile(
    r"[+-]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+)(?:[eE][+-]?[0-9]+)?|[+-]?[0-9][0-9_]*[eE][+-]?[0-9]+"
)


def _integer(text: str) -> int | None:
    digits = text.replace("_", "")
    for pattern, base, prefix in ((_HEX, 16, 2), (_BINARY, 2, 2), (_OCTAL, 8, 1)):
        if pattern.fullmatch(text):
            sign = -1 if digits[0] == "-" else 1
            body = digits.lstrip("+-")[prefix:]
            return sign * int(body, base) if body else None
    return int(digits) if _INTEGER.fullmatch(text) else None


def resolve(text: str, tag: str | None, plain: bool) -> Any:
    """The value of a scalar: its text, or what its tag or its look says. Raises YamlError."""
    if tag is not None and tag.startswith("!!"):
        kind = tag[2:]
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "binary":
            return _binary(text)
        if kind in ("int", "float"):
            return _number(text, kind)
        if kind == "bool":
            if text in _TRUE or text in _FALSE:
                return text in _TRUE
            return text
    if not plain:
        return text
    return _implicit(text)


def _binary(text: str) -> Any:
    import binascii

    from flowrt.java.values import ByteArray

    try:
        return ByteArray(binascii.a2b_base64("".join(text.split())))
    except binascii.Error:
        raise YamlError("Illegal base64 content") from None


def _number(text: str, kind: str) -> Any:
    number = _integer(text)
    if number is not None:
        return number if kind == "int" else float(number)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    raise YamlError(f"Malformed numeric value '{text}'")


def _implicit(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] in "+-.0123456789":
        number = _integer(text)
        if number is not None:
            return number
        if _FLOAT.fullmatch(text):
            return float(text.replace("_", ""))
        if text.lstrip("+-") in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"):
            raise YamlError(f"Malformed numeric value '{text}'")
    return text
