"""The tests behind `is` and `is not`."""

from collections.abc import Callable
from typing import Any

from flowrt.expr.errors import Undefined
from flowrt.expr.ops import is_collection
from flowrt.expr.ops import is_empty as is_empty
from flowrt.java.casts import ILLEGAL_ARGUMENT, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.values import JavaArray, number_class


def defined(value: Callable[[], Any]) -> bool:
    """The value exists and is not null."""
    try:
        return value() is not None
    except (KeyError, Undefined):
        return False


def is_null(value: Any) -> bool:
    """The value is null."""
    return value is None


def is_even(value: Any) -> bool:
    """An even whole number. Raises ExpressionError for null, RawError for other kinds."""
    return _remainder(value, "even") == 0


def is_odd(value: Any) -> bool:
    """An odd whole number. Raises RawError for null and for other kinds."""
    return _remainder(value, "odd") != 0


def _remainder(value: Any, name: str) -> int:
    if value is None:
        message = f'Can not pass null value to "{name}" test.'
        raise ExpressionError(message) if name == "even" else RawError(message)
    if number_class(value) not in ("Integer", "Long"):
        raise cast_failure(value, "java.lang.Long")
    return int(value) % 2


def is_iterable(value: Any) -> bool:
    """A list, a set or an array of objects."""
    return is_collection(value) or (type(value) is JavaArray and value.component != "int")


def is_map(value: Any) -> bool:
    """A map."""
    return isinstance(value, dict)


def is_json(value: Any) -> bool:
    """A text that begins with a JSON value, or is blank. Raises RawError for other kinds."""
    if value is None:
        raise RawError('argument "content" is null', ILLEGAL_ARGUMENT)
    if type(value) is not str:
        raise cast_failure(value, "java.lang.String")
    if not value.strip(" \t\r\n"):
        return True
    from flowrt.formats.jsonread import parse_json

    try:
        parse_json(value)
    except (ExpressionError, ValueError):
        return False
    return True
