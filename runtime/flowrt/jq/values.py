"""JSON values in jq: order, arithmetic, text, and the way in from values of expressions."""

import struct
from typing import Any

from flowrt.formats.jsonwrite import json_string
from flowrt.java.growth import Growing
from flowrt.java.limits import Clock, check_items, check_text
from flowrt.java.narrowing import to_int, to_long, wrap
from flowrt.java.printing import double_text, text_of
from flowrt.java.values import (
    MISSING,
    ByteArray,
    Char,
    Entry,
    Float,
    JavaObject,
    JavaSet,
    utf16_units,
)


class JqError(Exception):
    """A failure of a program; `value` is what `catch` sees."""

    def __init__(self, value: Any) -> None:
        super().__init__(value if type(value) is str else to_text(value))
        self.value = value


class Unrescued(Exception):
    """A failure that no `try` of a program catches."""


def is_number(value: Any) -> bool:
    return type(value) is not bool and (
        isinstance(value, (int, float)) or type(value).__name__ == "Decimal"
    )


def is_integral(value: Any) -> bool:
    return isinstance(value, int) and type(value) is not bool


def type_of(value: Any) -> str:
    """The name `type` gives."""
    if value is None:
        return "null"
    if type(value) is bool:
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    if isinstance(value, dict):
        return "object"
    return "null" if value is MISSING else "number"


def truthy(value: Any) -> bool:
    return value is not None and value is not False and value is not MISSING


_ORDER = {"null": 0, "boolean": 1, "number": 2, "string": 3, "array": 4, "object": 5}


def _text_key(text: str) -> Any:
    return list(map(ord, text)) if text.isascii() else utf16_units(text)


def compare(left: Any, right: Any, clock: Clock | None = None) -> int:
    """Negative, zero or positive as `left` sorts before, with or after `right`."""
    kind = type_of(left)
    order = _ORDER[kind] - _ORDER[type_of(right)]
    if order or kind == "null":
        return order
    if kind == "number":
        return _compare_numbers(float(left), float(right))
    if kind == "string":
        if not (left.isascii() and right.isascii()):
            left, right = utf16_units(left), utf16_units(right)
        return int(left > right) - int(left < right)
    if kind == "array":
        return _compare_lists(left, right, clock or Clock())
    if kind == "object":
        return _compare_objects(left, right, clock or Clock())
    return int(left) - int(right)


def _compare_numbers(left: float, right: float) -> int:
    if left != left:
        return -1
    if right != right:
        return 1
    if left == right == 0:  # Java tells the zeros apart
        signs = [struct.pack(">d", x)[0] & 0x80 for x in (left, right)]
        return int(signs[1] > 0) - int(signs[0] > 0)
    return int(left > right) - int(left < right)


def _compare_lists(left: list[Any], right: list[Any], clock: Clock) -> int:
    clock.tick()  # lists that stand in several places are compared for each
    for one, other in zip(left, right, strict=False):
        order = compare(one, other, clock)
        if order:
            return order
    return len(left) - len(right)


def _compare_objects(left: dict[str, Any], right: dict[str, Any], clock: Clock) -> int:
    clock.tick()
    names, others = sorted(left, key=_text_key), sorted(right, key=_text_key)
    order = _compare_lists(names, others, clock)
    if order:
        return order
    for name in names:
        order = compare(left[name], right[name], clock)
        if order:
            return order
    return 0


def sorted_keys(value: dict[str, Any]) -> list[str]:
    return sorted(value, key=_text_key)


# -- numbers


def as_long(value: Any) -> int:
    """Java's conversion of a number to a long."""
    return to_long(value if is_integral(value) else float(value))


def as_int(value: Any) -> int:
    """Java's conversion of a number to an int."""
    return to_int(value if is_integral(value) else float(value))


def numeric(number: float) -> Any:
    """A double that is a whole number becomes an integer."""
    if number != number or abs(number) >= 2.0**63:
        return number
    whole = int(number)
    return whole if whole == number else number


def shown(value: Any) -> str:
    """A value in an error message: its type and the beginning of its JSON."""
    text = to_text(value)
    if len(text) > 14:
        text = text[:11] + "..."
    return f"{type_of(value)} ({text})"


def add(left: Any, right: Any) -> Any:
    if is_integral(left) and is_integral(right):
        return wrap(as_long(left) + as_long(right), 64)
    if is_number(left) and is_number(right):
        return numeric(float(left) + float(right))
    if isinstance(left, list) and isinstance(right, list):
        check_items(len(left) + len(right))
        return left + right
    if isinstance(left, str) and isinstance(right, str):
        check_text(len(left) + len(right))
        return left + right
    if isinstance(left, dict) and isinstance(right, dict):
        check_items(len(left) + len(right))
        return {**left, **right}
    if left is None:
        return right
    if right is None:
        return left
    raise JqError(f"{shown(left)} and {shown(right)} cannot be added")


def subtract(left: Any, right: Any) -> Any:
    if is_integral(left) and is_integral(right):
        return wrap(as_long(left) - as_long(right), 64)
    if is_number(left) and is_number(right):
        return numeric(float(left) - float(right))
    if isinstance(left, list) and isinstance(right, list):
        clock = Clock()

        def equal(item: Any, other: Any) -> bool:
            clock.tick()
            return compare(item, other) == 0

        return [item for item in left if not any(equal(item, other) for other in right)]
    raise JqError(f"{shown(left)} and {shown(right)} cannot be subtracted")


def _merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    out = dict(left)
    for key, value in right.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _merge(old, value)
        out[key] = value
    return out


def multiply(left: Any, right: Any) -> Any:
    if is_integral(left) and is_integral(right):
        return wrap(as_long(left) * as_long(right), 64)
    if is_number(left) and is_number(right):
        return numeric(float(left) * float(right))
    if is_number(left) and isinstance(right, str):
        left, right = right, left
    if isinstance(left, str) and is_number(right):
        count = float(right)
        if count <= 0:
            return None
        if count < 2:
            return left
        check_text(int(min(count, 1e12)) * len(left))
        return left * as_int(count)
    if isinstance(left, dict) and isinstance(right, dict):
        return _merge(left, right)
    raise JqError(f"{shown(left)} and {shown(right)} cannot be multiplied")


def split_text(text: str, separator: str) -> list[str]:
    if not separator:
        return list(text)
    return text.split(separator) if text else []


def divide(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        if float(right) == 0:
            raise JqError(
                f"{shown(left)} and {shown(right)} cannot be divided because the divisor is zero"
            )
        return numeric(float(left) / float(right))
    if isinstance(left, str) and isinstance(right, str):
        return split_text(left, right)
    raise JqError(f"{shown(left)} and {shown(right)} cannot be divided")


def modulo(left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)):
        raise JqError(f"{shown(left)} and {shown(right)} cannot be divided (remainder)")
    divisor, dividend = as_long(right), as_long(left)
    if float(right) != float(right):
        return dividend
    if divisor == 0:
        raise JqError(
            f"{shown(left)} and {shown(right)} cannot be divided (remainder) because the divisor is zero"
        )
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


# -- text


def _number_text(number: float) -> str:
    if number != number:
        return "null"
    if abs(number) == float("inf"):
        number = 1.7976931348623157e308 if number > 0 else -1.7976931348623157e308
    if abs(number) < 2.0**63 and number == int(number):
        return str(int(number))
    text = double_text(number)
    return text.replace("E", "e") if "E-" in text else text.replace("E", "e+")


def to_text(value: Any) -> str:
    """JSON as `tojson` and `tostring` write it."""
    return _text(value, Growing())


def _text(value: Any, growing: Growing) -> str:
    if isinstance(value, list):
        return "[" + ",".join([_text(item, growing) for item in value]) + "]"
    if isinstance(value, dict):
        entries = [
            f"{growing.add(json_string(key))}:{_text(item, growing)}" for key, item in value.items()
        ]
        return "{" + ",".join(entries) + "}"
    return growing.add(_scalar_text(value))


def _scalar_text(value: Any) -> str:
    if value is None or value is MISSING:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, str):
        return json_string(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number_text(float(value))
    return str(value)


# -- in


_PLAIN = frozenset((str, bool, int, float, Float, type(None)))
"""Kinds that JSON has as they are."""


def from_value(value: Any) -> Any:
    """A value of an expression as JSON: map entries that are null are dropped, dates become texts."""
    return value if type(value) in _PLAIN else _from(value, Clock())


def _from(value: Any, clock: Clock) -> Any:
    kind = type(value)
    clock.tick()  # lists that stand in several places are copied for each
    if isinstance(value, dict):
        return {
            key if type(key) is str else text_of(key): (
                item if type(item) in _PLAIN else _from(item, clock)
            )
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, (list, JavaSet)):
        return [item if type(item) in _PLAIN else _from(item, clock) for item in value]
    if isinstance(value, int):
        return int(value)
    if kind is Char:
        return str.__str__(value)
    if kind is Entry:
        return from_value({value.key: value.value})
    if isinstance(value, (ByteArray, bytes)):
        import binascii

        return binascii.b2a_base64(value, newline=False).decode()
    if kind.__name__ == "Decimal":
        return _normal(value)
    if isinstance(value, JavaObject):
        return from_value(value.json_value())
    return value


def _normal(number: Any) -> Any:
    """Without zeros at the end, as the engine's JSON trees hold decimals."""
    return number.normalize() if number else number * 0
