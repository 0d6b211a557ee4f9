"""The default of an input: rendered, then read as the engine reads a text into the input's Java class.

That reading is laxer than the one for given values: `"4.0"` is an INT here, a number a DURATION in seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonwrite import to_json
from flowrt.inputs.declaration import LIST_TYPES
from flowrt.inputs.errors import Invalid
from flowrt.java.errors import ExpressionError
from flowrt.java.printing import text_of
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, Float, Uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.expr.context import Context
    from flowrt.inputs.declaration import Input

    MakeContext = Callable[[], Context]


def default_value(declared: Input, context: MakeContext) -> Any:
    """The typed default; None when it renders to nothing. The context is made only for expressions.

    Raises `ExpressionError` when it cannot be rendered, `Invalid` when the text cannot be read.
    """
    raw = declared.default
    if raw is None:
        return None
    if declared.type in LIST_TYPES:
        return _listing(declared, raw, context)
    reader = _READERS.get(declared.type)
    text = _text(raw, context)
    return reader(text) if reader else text


def rendered(raw: Any, context: MakeContext) -> Any:
    """A structure with its expressions replaced by their texts."""
    if isinstance(raw, dict):
        return {rendered(key, context): rendered(item, context) for key, item in raw.items()}
    if isinstance(raw, list):
        return [rendered(item, context) for item in raw]
    if raw is None or isinstance(raw, (str, int, float)):
        return raw
    return _render(raw, context)


def _render(template: Any, context: MakeContext) -> str:
    text: str | None = template.text(context())
    return "" if text is None else text


def _text(raw: Any, context: MakeContext) -> str:
    if isinstance(raw, (dict, list)):
        return to_json(rendered(raw, context))
    if isinstance(raw, (str, int, float)):
        return text_of(raw)
    return _render(raw, context)


def _listing(declared: Input, raw: Any, context: MakeContext) -> Any:
    if not isinstance(raw, list):
        from flowrt.formats.jsonread import JsonError, parse_list

        try:
            elements = parse_list(_text(raw, context))
        except JsonError as error:
            raise Invalid(f"Cannot read the default: {error}") from None
    else:
        elements = rendered(raw, context)
    if declared.type == "MULTISELECT":
        return [each if each is None else text_of(each) for each in elements]
    return elements


def _parse(text: str) -> Any:
    from flowrt.formats.jsonread import parse_json

    try:
        return parse_json(text)
    except ExpressionError as error:
        raise Invalid(f"Cannot read the default: {error}") from None


def _integer(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    number: Any = int(text) if re.fullmatch(r"[+-]?\d{1,99}", text, re.ASCII) else _parse(text)
    if isinstance(number, float):
        number = int(number)
    if type(number) is not int:
        raise Invalid(f"Cannot read an INT from the default {text_of(number)}")
    if not INT_MIN <= number <= INT_MAX:
        raise Invalid(f"Numeric value ({number}) out of range of int ({INT_MIN} - {INT_MAX})")
    return number


def _float(text: str) -> Float | None:
    text = text.strip()
    if not text:
        return None
    if text in ("NaN", "Infinity", "-Infinity"):
        return Float(text)
    number = _parse(text)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise Invalid(f"Cannot read a FLOAT from the default {text_of(number)}")
    return Float(number)


def _boolean(text: str) -> bool | None:
    text = text.strip()
    if not text:
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text[0] in "tT"
    value = _parse(text)
    if isinstance(value, int):
        return bool(value)
    raise Invalid(f"Cannot read a BOOLEAN from the default {text_of(value)}")


def _temporal(parser: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        from flowrt.java.time import isoparse

        text = text.strip()
        if not text:
            return None
        try:
            return getattr(isoparse, parser)(text)
        except ExpressionError as error:
            value = _lax(parser, text)
            if value is None:
                raise Invalid(f"Cannot read the default: {error}") from None
            return value

    return read


_DAY = 86_400


def _lax(parser: str, text: str) -> Any:
    """The other forms that a date or duration may have: seconds as a number, a date with a time."""
    from flowrt.java.time import isoparse, local, temporal

    if parser in ("parse_duration", "parse_instant") and re.fullmatch(r"-?\d+(\.\d+)?", text):
        from decimal import Decimal

        number = Decimal(text)
        if not LONG_MIN <= number <= LONG_MAX:
            raise Invalid(
                f"com.fasterxml.jackson.core.exc.InputCoercionException: Numeric value ({text}) out of range of long"
                f" ({LONG_MIN} - {LONG_MAX})"
            )
        nanos = int(number * temporal.NANOS)
        if parser == "parse_duration":
            return temporal.Duration(nanos)
        if not local.FIRST_DAY <= number // _DAY <= local.LAST_DAY:
            raise Invalid("Instant exceeds minimum or maximum instant")
        return temporal.Instant(nanos)
    if parser == "parse_local_date" and text[10:11] == "T":
        try:
            return isoparse.parse_local_date_time(text.removesuffix("Z")).date
        except ExpressionError:
            return None
    return None


def _uri(text: str) -> Uri | None:
    from flowrt.inputs.errors import Invalid
    from flowrt.java.uri import InvalidUri, split_uri

    text = text.strip()
    try:
        split_uri(text)
    except InvalidUri as error:
        raise Invalid(str(error)) from None
    return Uri(text) if text else None


_READERS: dict[str, Callable[[str], Any]] = {
    "INT": _integer,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "BOOL": _boolean,
    "DATETIME": _temporal("parse_instant"),
    "DATE": _temporal("parse_local_date"),
    "TIME": _temporal("parse_local_time"),
    "DURATION": _temporal("parse_duration"),
    "FILE": _uri,
    "URI": _uri,
}
