"""JSON texts as values of expressions: ints, longs and doubles told apart, only the first value read."""

import json
import re
from typing import Any

from flowrt.expr.errors import ExpressionError

_PLACE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_BLANK = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"[\w$]+")
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class JsonError(ExpressionError):
    """The text is no JSON."""


class _Constant(ValueError):
    """NaN and the infinities, which are no JSON."""


def _constant(name: str) -> Any:
    raise _Constant(
        f"Non-standard token '{name.lstrip('-')}': "
        "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    )


_decoder = json.JSONDecoder(parse_constant=_constant)


def parse_json(text: str, whole: bool = False) -> Any:
    """The first JSON value of a text; what follows it is looked at when `whole`. Raises JsonError."""
    start = _BLANK.match(text).end()  # type: ignore[union-attr]
    if start == len(text):
        raise _error("No content to map due to end-of-input", text, start)
    try:
        value, end = _decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _error(_wording(error), text, error.pos) from None
    except (ValueError, RecursionError) as error:
        raise _error(str(error), text, start) from None
    if end < len(text) and text[start] not in '{["':
        # Jackson reads on to the end of the token, and wants a blank behind a number
        word = _WORD.match(text, end)
        if text[end - 1].isdigit() and text[end] not in " \t\n\r":
            raise _error(
                _unexpected(text[end], "Expected space separating root-level values"), text, end
            )
        if word:
            raise _error(
                f"Unrecognized token '{text[start : word.end()]}': {_EXPECTED}", text, start
            )
    if whole and _BLANK.match(text, end).end() != len(text):  # type: ignore[union-attr]
        raise JsonError(f"Unexpected text after the value{_PLACE}]")
    return value


def parse_list(text: str) -> list[Any]:
    """The list that a text begins with. Raises JsonError for anything else."""
    value = parse_json(text)
    if isinstance(value, list):
        return value
    kind, token = _KINDS[type(value)] if type(value) is not bool else ("Boolean", f"VALUE_{value}")
    raise _error(
        "Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>` "
        f"from {kind} value (token `JsonToken.{token.upper()}`)",
        text,
        0,
    )


_KINDS: dict[type, tuple[str, str]] = {
    int: ("Integer", "VALUE_NUMBER_INT"),
    float: ("Floating-point", "VALUE_NUMBER_FLOAT"),
    str: ("String", "VALUE_STRING"),
    dict: ("Object", "START_OBJECT"),
    type(None): ("Null", "VALUE_NULL"),
}


def _wording(error: json.JSONDecodeError) -> str:
    word = _WORD.match(error.doc, error.pos)
    if error.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if error.pos >= len(error.doc):
        return "Unexpected end-of-input" + _left_open(error.doc)
    if error.msg == "Expecting value" and word:
        return f"Unrecognized token '{word.group()}': {_EXPECTED}"
    reason = error.msg
    if reason == "Expecting value":
        reason = _EXPECTED.replace("was expecting", "expected a valid value")
    elif reason.startswith("Expecting property name"):
        reason = "was expecting double-quote to start field name"
    return _unexpected(error.doc[error.pos], reason)


def _left_open(text: str) -> str:
    """What a text that ends too early has not closed."""
    open_: list[re.Match[str]] = []
    for found in _MARK.finditer(text):
        if found.group() in "[{":
            open_.append(found)
        elif found.group() in "]}" and open_:
            open_.pop()
    if not open_:
        return ""
    start = open_[-1].start()
    kind = "Array" if text[start] == "[" else "Object"
    if text.rstrip()[-1] in ":,":
        return f" within/between {kind} entries"
    place = _PLACE.format(*_line_and_column(text, start)).removeprefix("\n at ")
    return f": expected close marker for {kind} (start marker at {place})"


def _unexpected(char: str, reason: str) -> str:
    return f"Unexpected character ('{char}' (code {ord(char)})): {reason}"


def _error(message: str, text: str, position: int) -> JsonError:
    return JsonError(message + _PLACE.format(*_line_and_column(text, position)))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
