"""Reading JSON texts as the engine does: one value, no constants beyond JSON, what follows a value is ignored."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"[\w$]+")
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def read_json(text: str) -> Any:
    """The first JSON value of a text; `ValueError` with the cause when there is none.

    As in the engine, the last of several equal keys wins, and a number must be followed by a blank or the end.
    """
    from json import JSONDecodeError, JSONDecoder

    body = text.lstrip(" \t\r\n")
    if not body:
        raise ValueError("No content to map due to end-of-input")
    try:
        value, end = JSONDecoder(parse_constant=_refuse).raw_decode(body)
    except JSONDecodeError as error:
        raise ValueError(_wording(error)) from None
    if end < len(body) and body[0] not in '{["' and body[end] not in " \t\r\n":
        raise ValueError(_unexpected(body[end], "Expected space separating root-level values"))
    return value


def _refuse(token: str) -> Any:
    raise ValueError(
        f"Non-standard token '{token}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    )


def _wording(error: Any) -> str:
    at = error.doc[error.pos : error.pos + 1]
    token = _TOKEN.match(error.doc, error.pos)
    if not at:
        return "Unexpected end-of-input"
    if error.msg == "Expecting value" and token:
        return f"Unrecognized token '{token.group()}': {_EXPECTED}"
    return _unexpected(at, str(error.msg))


def _unexpected(char: str, reason: str) -> str:
    return f"Unexpected character ('{char}' (code {ord(char)})): {reason}"
