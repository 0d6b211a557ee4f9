"""Typed task properties: rendered text converted to what the property declares.

A conversion first reads the text as the kind's own notation, then as JSON, as Kestra does. Kinds are
`string integer long double float boolean duration zoned instant localdate localtime uri state object map`; values of any
other kind stay what they are. Failures are RawError.
"""

import re
from collections.abc import Callable
from typing import Any

from flowrt.expr.context import Context
from flowrt.expr.misfits import ENUMERATIONS, MISMATCH, STATES, container, out_of_range, unfit
from flowrt.expr.template import Template
from flowrt.formats.jsonwrite import to_json
from flowrt.java.casts import ILLEGAL_ARGUMENT, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    EnumName,
    Float,
    Long,
    Uri,
    without_nulls,
)

_BLANKS = "".join(map(chr, range(33)))
_WHOLE = re.compile(r"[+-]?\d{1,99}")


class _Unfit(Exception):
    """The text is not in the kind's own notation."""


def read_json(text: str, kind: str = "") -> Any:
    """The value of a JSON text, as what holds values of a kind. Raises RawError, in Jackson's words."""
    from flowrt.formats.jsonread import NOTHING, parse_json

    if not text.strip(_BLANKS):
        raise RawError(NOTHING, MISMATCH)
    try:
        return parse_json(text, words=kind == "string")
    except ExpressionError as error:
        raise RawError(error.message, "com.fasterxml.jackson.core.JsonParseException") from None


def _whole(text: str, low: int, high: int) -> int | None:
    stripped = text.strip(_BLANKS)
    if stripped in ("", "null"):
        return None
    if not _WHOLE.fullmatch(stripped) or not low <= (number := int(stripped)) <= high:
        raise _Unfit
    return number


def _integer(text: str) -> Any:
    return _whole(text, INT_MIN, INT_MAX)


def _long(text: str) -> Any:
    number = _whole(text, LONG_MIN, LONG_MAX)
    return None if number is None else Long(number)


def _double(text: str) -> Any:
    from flowrt.formats.numbers import double_of

    stripped = text.strip(_BLANKS)
    if stripped in ("", "null"):
        return None
    number = double_of(stripped)
    if number is None:
        raise _Unfit
    return number


def _float(text: str) -> Any:
    number = _double(text)
    return None if number is None else Float(number)


def _boolean(text: str) -> Any:
    stripped = text.strip(_BLANKS)
    if stripped in ("", "null"):
        return None
    if stripped in ("true", "True", "TRUE"):
        return True
    if stripped in ("false", "False", "FALSE"):
        return False
    raise _Unfit


def _temporal(reader: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        from flowrt.formats import times

        try:
            return getattr(times, reader)(value)
        except times.NoTime:
            raise _Unfit from None

    return read


def _uri(text: str) -> Any:
    from flowrt.java import uriparts
    from flowrt.java.uri import InvalidUri

    stripped = text.strip(_BLANKS)
    try:
        uriparts.Uri(stripped)
    except InvalidUri:
        raise _Unfit from None
    return Uri(stripped)


def _state(text: str) -> Any:
    try:
        return EnumName(convert_constant(STATES, text))
    except RawError:
        raise _Unfit from None


def _no_text(text: str) -> Any:
    raise _Unfit


_TIMES = {
    kind: _temporal(reader)
    for kind, reader in (
        ("duration", "duration_of"),
        ("instant", "instant_of"),
        ("zoned", "zoned_of"),
        ("localdate", "local_date_of"),
        ("localtime", "local_time_of"),
    )
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "string": str,
    "object": str,
    "integer": _integer,
    "long": _long,
    "double": _double,
    "float": _float,
    "boolean": _boolean,
    **_TIMES,
    "uri": _uri,
    "state": _state,
    "map": _no_text,
}


def from_json(kind: str, value: Any, key: str | None = None, *, read: bool = False) -> Any:
    """A value that was read as JSON, converted to the kind; `key` is that of the map in which it stands."""
    if value is None or kind not in _FROM_TEXT or kind == "object":
        return value
    if isinstance(value, str):
        try:
            return _FROM_TEXT[kind](value)
        except _Unfit:
            raise unfit(kind, value, key, read=read) from None
        except RawError as error:
            raise unfit(kind, value, key, read=read, said=error.message) from None
    if kind == "state" and type(value) is int:
        return EnumName(convert_constant(STATES, str(value)))
    if kind == "map":
        if isinstance(value, dict):
            return value
        raise unfit(kind, value, key, read=read)
    if kind in _TIMES:
        try:
            return _TIMES[kind](value)
        except _Unfit:
            raise unfit(kind, value, key, read=read) from None
    if isinstance(value, (dict, list)):
        raise unfit(kind, value, key, read=read)
    if kind == "string":
        return text_of(value)
    number = not isinstance(value, bool) and isinstance(value, (int, float))
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value != 0
    elif number and kind in ("integer", "long"):
        low, high = (INT_MIN, INT_MAX) if kind == "integer" else (LONG_MIN, LONG_MAX)
        if low <= value <= high:
            return int(value) if kind == "integer" else Long(int(value))
        raise out_of_range(text_of(value), "int" if kind == "integer" else "long", low, high)
    elif number and kind in ("double", "float"):
        exact = float(text_of(value))  # a number that is too large is infinite
        return exact if kind == "double" else Float(exact)
    raise unfit(kind, value, key, read=read)


def convert_scalar(kind: str, text: str | None) -> Any:
    """A rendered text as a value of the kind; None for null, and for a blank number or date."""
    if text is None:
        return None
    try:
        return _FROM_TEXT.get(kind, str)(text)
    except (_Unfit, ExpressionError):
        # Jackson gives up at the bracket of what is no scalar; a local date can be a list.
        shape: Any = {"[": [], "{": {}}.get(text.strip(_BLANKS)[:1])
        whole = shape is None or kind == "map" or kind.startswith("local")
        return from_json(kind, read_json(text) if whole else shape, read=True)


def list_of(kind: str, text: str) -> list[Any]:
    """The text of a list property that was rendered as a whole: a JSON array."""
    values = read_json(text, kind)
    if not isinstance(values, list):
        raise unfit(container("list", kind, literal=False), values, read=True)
    return [from_json(kind, value) for value in values]


def _items(kind: str, items: list[Any], render: Callable[[Any], Any]) -> list[Any]:
    """The elements of a list property, rendered and converted."""

    def item(given: Any) -> Any:
        if not isinstance(given, (Template, str, dict)):
            return given
        found = render(given)
        if isinstance(found, str):
            return convert_scalar(kind, found)
        return _as_converted(kind, found) if isinstance(found, dict) else found

    return list(map(item, items))


def _as_converted(kind: str, value: Any, key: str | None = None) -> Any:
    """A value that is not read from a text, but converted; that fails as another kind of error."""
    try:
        return from_json(kind, value, key)
    except RawError as error:
        raise RawError(error.message, ILLEGAL_ARGUMENT) from None


def _map_of(kind: str, rendered: Any) -> dict[str, Any]:
    """A map property after rendering: a map, whose nulls are dropped, or a JSON object as text."""
    if isinstance(rendered, str):
        entries = read_json(rendered, kind)
        if isinstance(entries, dict):
            return {key: from_json(kind, value, key) for key, value in entries.items()}
        raise unfit(container("map", kind, literal=False), entries, read=True)
    return literal_map(kind, rendered)


def literal_map(kind: str, value: Any) -> dict[str, Any]:
    """A map that was read without knowing the kind of its values, which are converted then; its nulls are dropped."""
    if not isinstance(value, dict):
        raise unfit(container("map", kind, literal=True), value, read=True)
    return {
        key: _as_converted(kind, without_nulls(item), str(key))
        for key, item in value.items()
        if item is not None
    }


def convert_list(kind: str, value: Any, v: Context) -> list[Any] | None:
    """A list property of a compiled task: a list whose elements may be templates, or one template.

    Raises ExpressionError where an expression fails, RawError where a value does not fit.
    """
    from flowrt.expr.render import render_structure

    if value is None:
        return None
    if isinstance(value, (Template, str)):
        source = value if isinstance(value, str) else value.source
        if isinstance(value, Template) and is_expression(source):
            return list_of(kind, value.text(v) or "")
        return list(convert_property(f"list<{kind}>", source, v))
    if not isinstance(value, list):
        raise unfit(container("list", kind, literal=True), value, read=True)
    items = _items(
        kind,
        value,
        lambda it: it.text(v) or "" if isinstance(it, Template) else render_structure(it, v),
    )
    if kind == "string":
        for item in items:
            if item is not None and not isinstance(item, str):
                raise cast_failure(item, "java.lang.String")  # at its first use
    return items


def convert_map(kind: str, value: Any, v: Context) -> dict[str, Any] | None:
    """A map property of a compiled task: a map whose parts may be templates, or one template; see `convert_list`."""
    from flowrt.expr.render import render_structure

    if value is None:
        return None
    if isinstance(value, (Template, str)):
        source = value if isinstance(value, str) else value.source
        if isinstance(value, Template) and is_expression(source):
            return _map_of(kind, value.text(v) or "")
        return dict(convert_property(f"map<{kind}>", source, v))
    return _map_of(kind, render_structure(value, v))


def source_text(value: Any) -> str | None:
    """The text as which a property keeps what YAML gave: lists and maps as JSON."""
    if value is None or isinstance(value, str):
        return value
    return to_json(value) if isinstance(value, (list, dict)) else text_of(value)


def is_expression(text: str) -> bool:
    """Whether a list or map property is rendered as a whole: one expression from end to end."""
    stripped = text.strip()
    return stripped[:2] in ("{{", "{%") and stripped[-2:] in ("}}", "%}")


def convert_property(declared: str, value: Any, v: Context) -> Any:
    """A property of the declared type (`integer`, `list<string>`, `map<object>`), as YAML gives it.

    Raises ExpressionError where an expression fails, RawError where a value does not fit.
    """
    from flowrt.expr.render import render_text, render_value

    text = source_text(value)
    if text is None:
        return None
    outer, _, inner = declared.rstrip(">").partition("<")
    if outer not in ("list", "map") or not inner:
        return convert_scalar(declared, render_text(text, v) or "")
    if is_expression(text):
        rendered = render_text(text, v) or ""
        return list_of(inner, rendered) if outer == "list" else _map_of(inner, rendered)
    plain = read_json(text)
    if outer == "map" and isinstance(plain, dict):
        return _map_of(inner, render_value(plain, v))
    if outer == "list" and isinstance(plain, list):
        return _items(
            inner,
            plain,
            lambda it: render_text(it, v) or "" if isinstance(it, str) else render_value(it, v),
        )
    raise unfit(container(outer, inner, literal=True), plain, read=True)


def convert_constant(constants: tuple[str, ...], text: str) -> str:
    """One of the constants of an enumeration, by its name or its number. Raises RawError for any other text."""
    stripped = text.strip(_BLANKS)
    if stripped in constants:
        return stripped
    java, ordered = ENUMERATIONS.get(frozenset(constants), ("java.lang.Enum", constants))
    value = read_json(stripped)
    if type(value) is int:
        if 0 <= value < len(ordered):
            return ordered[value]
        raise RawError(
            f"Cannot deserialize value of type `{java}` from number {value}: index value outside legal index range "
            f"[0..{len(ordered) - 1}]",
            "com.fasterxml.jackson.databind.exc.InvalidFormatException",
        )
    raise unfit(java, value, read=True)
