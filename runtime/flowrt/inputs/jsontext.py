"""Reading JSON texts as the engine does: one value, no constants beyond JSON, what follows a value is ignored."""

from __future__ import annotations

from typing import Any


def read_json(text: str) -> Any:
    """The first JSON value of a text; `ValueError` with the cause when there is none.

    As in the engine, the last of several equal keys wins, and a number must be followed by a blank or the end.
    """
    from json import JSONDecoder

    body = text.lstrip(" \t\r\n")
    if not body:
        raise ValueError("No content to map due to end-of-input")
    value, end = JSONDecoder(parse_constant=_refuse).raw_decode(body)
    if end < len(body) and body[0] not in '{["' and body[end] not in " \t\r\n":
        raise ValueError(f"Unexpected character ({body[end]!r}): expected a space between values")
    return value


def _refuse(token: str) -> Any:
    raise ValueError(f"Non-standard token '{token}'")
