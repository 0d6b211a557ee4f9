"""JSON as the engine's Jackson writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.limits import check_text
from flowrt.java.printing import double_text, joined, text_of
from flowrt.java.values import ByteArray, Char, Entry, Float, JavaObject, JavaSet, Long

_encode: Any = None
"""Writes what Python writes as Jackson does."""
try:
    from _json import encode_basestring as _quoted
    from _json import make_encoder

    _encode = make_encoder(None, None, _quoted, None, ":", ",", False, False, True)  # type: ignore[arg-type]
except ImportError:  # an interpreter without the accelerator
    from json.encoder import py_encode_basestring as _quoted

_CODE = re.compile(r"\\u00[01][a-f]")


def json_string(text: str) -> str:
    """A text as a JSON string: quotes, backslashes and control characters escaped, nothing else."""
    quoted: str = _quoted(text)
    check_text(len(quoted))
    return _upper(quoted) if "\\u00" in quoted else quoted


def _upper(quoted: str) -> str:
    """The codes of control characters in upper case; what follows an escaped backslash is text."""
    parts = quoted.split("\\\\")
    return "\\\\".join(
        _CODE.sub(lambda code: "\\u" + code.group()[2:].upper(), part) for part in parts
    )


def to_json(value: Any) -> str:
    """Compact JSON. Map entries whose value is null are left out, at every depth.

    Raises RawError for a null key.
    """
    if _encode is not None and (type(value) is list or type(value) is dict) and _is_plain(value):
        written = "".join(_encode(value, 0))
    else:
        written = _WRITERS.get(type(value), _other)(value)
    check_text(len(written))
    return _upper(written) if "\\u00" in written else written


_SIMPLE = frozenset({str, int, bool})
_TEXTS = {str}


def _is_plain(value: Any) -> bool:
    """Whether a list or map is written by Jackson as by Python: no nulls, no numbers with exponents, no kinds of Java."""
    items = value
    if type(value) is dict:
        if value and set(map(type, value)) != _TEXTS:
            return False
        items = value.values()
    for item in items:
        kind = type(item)
        if kind in _SIMPLE:
            continue
        if kind is float:
            if not (1e-3 <= item < 1e7 or item == 0):
                return False
        elif not ((kind is list or kind is dict) and _is_plain(item)):
            return False
    return True


def _double(value: float) -> str:
    if 1e-3 <= value < 1e7:  # most of them
        return float.__repr__(value)
    text = double_text(value)
    return text if text[-1] <= "9" else f'"{text}"'  # NaN and the infinities


def _single(value: Float) -> str:
    text = text_of(value)
    return f'"{text}"' if text[-1] in "Ny" else text


def _map(value: dict[Any, Any]) -> str:
    entries = [
        f"{_quoted(key) if type(key) is str else _name(key)}:"
        f"{_quoted(item) if type(item) is str else _WRITERS.get(type(item), _other)(item)}"
        for key, item in value.items()
        if item is not None
    ]
    return joined("{", ",", entries, "}")


def _name(key: Any) -> str:
    """The name of an entry whose key is no text."""
    if key is None:
        raise RawError(
            "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)"
        )
    return _quoted(text_of(key))


def _list(value: Any) -> str:
    return joined("[", ",", [_WRITERS.get(type(item), _other)(item) for item in value], "]")


def _other(value: Any) -> str:
    """The kinds that are rare."""
    if isinstance(value, dict):
        return _map(value)
    if isinstance(value, (list, JavaSet)):
        return _list(value)
    kind = type(value)
    if kind is Char:
        return _quoted(str.__str__(value))
    if kind is Entry:
        return _map({value.key: value.value})
    if isinstance(value, JavaObject):
        plain = value.json_value()
        return to_json(plain) if type(plain) in (str, dict) else format(plain, "f")
    if isinstance(value, (ByteArray, bytes)):
        import binascii

        return _quoted(binascii.b2a_base64(value, newline=False).decode())
    return text_of(value)


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: int.__repr__,
    Long: int.__repr__,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
    float: _double,
    Float: _single,
    dict: _map,
    list: _list,
}
"""How values are written, by their kind; kinds that are not here are rare."""
