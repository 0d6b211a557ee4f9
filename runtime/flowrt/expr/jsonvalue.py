"""JSON texts as values of expressions: ints, longs and doubles told apart, only the first value read."""

import json
import re
from typing import Any

from flowrt.expr.errors import ExpressionError

_PLACE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1"
_BLANK = re.compile(r"[ \t\n\r]*")
# What must not follow a number or a word directly: Jackson reads the whole token.
_TOKEN_END = re.compile(r"[ \t\n\r,\]}:\[{\"/#]|\Z")


class JsonError(ExpressionError):
    """The text is no JSON."""


def _constant(name: str) -> Any:
    raise ValueError(f"Unrecognized token '{name}'")


_decoder = json.JSONDecoder(parse_constant=_constant)


def parse_json(text: str) -> Any:
    """The first JSON value of a text; what follows it is not looked at. Raises JsonError."""
    start = _BLANK.match(text).end()  # type: ignore[union-attr]
    if start == len(text):
        raise JsonError(f"No content to map due to end-of-input{_PLACE}]")
    try:
        value, end = _decoder.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise JsonError(f"{error}{_PLACE}]") from None
    if text[end - 1] not in "]}\"" and not _TOKEN_END.match(text, end):
        raise JsonError(f"Unexpected character ('{text[end]}' (code {ord(text[end])})){_PLACE}]")
    return value
