"""Literals as Kestra's parser converts them while it reads a flow: to a value, or to what is wrong in Java's words."""

from __future__ import annotations

import re
from math import isfinite

DOUBLE_TEXT = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*")
_INTEGER_TEXT = re.compile(r"\s*[-+]?\d{1,99}\s*")
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def integer(value: object) -> tuple[int | None, str | None]:
    """A whole number; what is behind its point is cut off, a blank text is none."""
    if isinstance(value, bool):
        return None, "not a valid `java.lang.Integer` value"
    if isinstance(value, int):
        return value, None
    if isinstance(value, float) and isfinite(value):
        return int(value), None
    text = str(value)
    if not text.strip():
        return None, None
    if _INTEGER_TEXT.fullmatch(text):
        return int(text), None
    return None, "not a valid `java.lang.Integer` value"


def double(value: object) -> tuple[int | float | None, str | None]:
    """A number; a blank text is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, None
    text = str(value)
    if not text.strip():
        return None, None
    if not isinstance(value, bool) and DOUBLE_TEXT.fullmatch(text):
        return float(text), None
    return None, "not a valid `java.lang.Double` value"


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
