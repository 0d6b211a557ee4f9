"""Attribute access: `a.b`, `a['b']`, `a[0]`, `a.method(…)`."""

from typing import Any

from flowrt.expr.arithmetic import is_number
from flowrt.expr.errors import Undefined
from flowrt.expr.ops import NULL_POINTER, is_list
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import INT_MAX, INT_MIN, MISSING, JavaArray, class_name


def _position(text: str) -> int | None:
    """Java's `Integer.parseInt`; None where that fails."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isdecimal() or len(digits) > 20:
        return None
    number = int(text)
    return number if INT_MIN <= number <= INT_MAX else None


def _of_map(owner: "dict[Any, Any]", key: Any) -> Any:
    if is_number(key):
        first = next(iter(owner), MISSING)
        if first is MISSING:
            raise RawError("null", "java.util.NoSuchElementException")
        if first is None:
            raise RawError('Cannot invoke "Object.getClass()" because key is null', NULL_POINTER)
        if not is_number(first) or type(first).__name__ == "Decimal":
            raise ExpressionError(
                f"type class {class_name(first)} not supported for key {text_of(key)}"
            )
        key = float(key) if isinstance(first, float) else int(key)
    elif key is None and None not in owner:
        raise RawError(
            'Cannot invoke "Object.toString()" because "attributeNameValue" is null', NULL_POINTER
        )
    try:
        value = owner.get(key, MISSING)
    except TypeError:  # a list or a map as the key
        value = MISSING
    if value is MISSING or (type(key) is bool and not any(own is key for own in owner)):
        raise Undefined(text_of(key))  # for Python, true is the key 1, too
    return value


def member(owner: Any, key: Any, root: str | None = None) -> Any:
    """`owner[key]`; `root` is the variable's name when the owner is a variable of the context.

    Raises Undefined where there is no such key, element or member.
    """
    if owner is None:
        raise Undefined(text_of(key) if root is None else root)
    if isinstance(owner, dict):
        return _of_map(owner, key)
    name = text_of(key)
    if isinstance(owner, JavaArray):
        index = _position(name)
        if index is None or not 0 <= index < len(owner):
            raise Undefined(name)
        return owner[index]
    if is_list(owner):
        index = _position(name)
        if index is not None:
            if not 0 <= index < len(owner):
                raise Undefined(name)
            return owner[index]
    if not name:
        raise RawError("Index 0 out of bounds for length 0")
    own = getattr(type(owner), "__getitem__", None)
    if own is not None and type(owner).__name__ == "Loop":
        try:
            return owner[name]
        except KeyError:
            raise Undefined(name) from None
    return _found(owner, name, [])


def method(owner: Any, name: str, *arguments: Any, root: str | None = None) -> Any:
    """`owner.name(arguments)`.

    Raises Undefined where the value has no such method for arguments of these kinds.
    """
    if owner is None:
        raise Undefined(name if root is None else root)
    return _found(owner, name, list(arguments))


def _found(owner: Any, name: str, arguments: list[Any]) -> Any:
    from flowrt.expr.members import find

    value = find(owner, name, arguments)
    if value is MISSING:
        raise Undefined(name)
    return value
