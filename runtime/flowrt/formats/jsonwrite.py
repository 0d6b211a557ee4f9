"""JSON as the engine's Jackson writes it."""

import re
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.java.values import ByteArray, Char, Entry, Float, JavaObject, JavaSet

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
    elif kind is Entry:
        _json({value.key: value.value}, out)
    elif isinstance(value, JavaObject):
        plain = value.json_value()
        out.append(json_string(plain) if type(plain) is str else format(plain, "f"))
    elif isinstance(value, (ByteArray, bytes)):
        import binascii

        out.append(json_string(binascii.b2a_base64(value, newline=False).decode()))
    else:
        out.append(text_of(value))
