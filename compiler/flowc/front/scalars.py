"""Literals as Kestra's parser converts them while it reads a flow: to a value, or to what is wrong in Java's words."""

from __future__ import annotations

import re
from math import isfinite

from flowrt.formats.numbers import double_of
from flowrt.java.values import INT_MAX, INT_MIN

_INTEGER_TEXT = re.compile(r"[-+]?\d{1,99}")
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def integer(value: object) -> tuple[int | None, str | None]:
    """A whole number; what is behind its point is cut off, a blank text is none, and so is `null`."""
    number: float
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        text = str(value).strip()
        if text in ("", "null"):
            return None, None
        if isinstance(value, bool) or not _INTEGER_TEXT.fullmatch(text):
            return None, "not a valid `java.lang.Integer` value"
        number = int(text)
    if not isfinite(number) or not INT_MIN <= number <= INT_MAX:
        return None, f"out of range of int ({INT_MIN} - {INT_MAX})"
    return int(number), None


def double(value: object) -> tuple[int | float | None, str | None]:
    """A number; a blank text is none, and so is `null`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, None
    text = str(value).strip()
    if text in ("", "null"):
        return None, None
    number = double_of(text)
    return (None, "not a valid `java.lang.Double` value") if number is None else (number, None)


def boolean(value: object) -> tuple[bool | None, str | None]:
    """A truth value; numbers but 0 are true, a blank text is false, and so is `null`."""
    if isinstance(value, bool):
        return value, None
    if isinstance(value, int):
        return value != 0, None
    text = value.strip() if isinstance(value, str) else None
    if text in ("", "null"):
        return False, None
    if text is not None and text in _FLAGS:
        return _FLAGS[text], None
    return None, 'only "true" or "false" recognized'
