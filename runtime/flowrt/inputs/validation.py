"""The constraints that an input puts on its value: bounds, patterns, choices."""

from __future__ import annotations

import re
from math import copysign
from typing import TYPE_CHECKING, Any

from flowrt.inputs.errors import Invalid
from flowrt.java.errors import ExpressionError
from flowrt.java.printing import text_of
from flowrt.java.values import Float, class_name

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.inputs.declaration import Input

_EMAIL = re.compile(r"[a-zA-Z0-9_!#$%&’*+/=?`{|}~^.-]+@[a-zA-Z0-9.-]+")


class Refused(Exception):
    """The value breaks constraints that are reported without a message: the value as given is kept."""


def violations(declared: Input, value: Any) -> list[str]:
    """What is wrong with a typed value, one message for each broken constraint.

    Raises `Refused` where the engine notices the violation and goes on with what was given.
    """
    kind = declared.type
    if kind in ("INT", "FLOAT", "DURATION"):
        return _bounds(declared, value)
    if kind in ("DATE", "DATETIME", "TIME"):
        return _period(declared, value)
    if kind == "STRING":
        return _pattern(declared.validator, value)
    if kind == "EMAIL":
        if value and not _EMAIL.fullmatch(value):
            return ["The input must be a valid email"]
        return []
    if kind in ("SELECT", "ENUM"):
        return _choice(declared, value)
    if kind == "MULTISELECT":
        return _choices(declared, value)
    if kind == "FILE" and declared.allowed_file_extensions:
        name = value.text.partition("?")[0].partition("#")[0]
        dot = name.rfind(".")
        if dot < 0 or name[dot:].lower() not in declared.allowed_file_extensions:
            raise Refused
    return []


def secret_violation(declared: Input, text: str) -> str | None:
    """A SECRET is checked before it is sealed; its message repeats the id."""
    found = _pattern(declared.validator, text)
    return f"{declared.id}: {found[0]}" if found else None


def _pattern(validator: str | None, value: str) -> list[str]:
    if validator is None or _matches(validator, value):
        return []
    return [f"it must match the pattern `{validator}`"]


def _matches(validator: str, value: str) -> bool:
    from flowrt.java.regex.patterns import matches

    try:
        return matches(validator, value)
    except ExpressionError as error:
        raise Invalid(str(error)) from error


def _bounds(declared: Input, value: Any) -> list[str]:
    it = "It" if declared.type == "DURATION" else "it"
    least, most = (_bound(declared, each) for each in (declared.min, declared.max))
    if least is not None and _order(value) < _order(least):
        return [f"{it} must be more than `{text_of(least)}`"]
    if most is not None and _order(value) > _order(most):
        return [f"{it} must be less than `{text_of(most)}`"]
    return []


def _period(declared: Input, value: Any) -> list[str]:
    after, before = (_bound(declared, each) for each in (declared.after, declared.before))
    if after is not None and value < after:
        return [f"it must be after `{text_of(after)}`"]
    if before is not None and before < value:
        return [f"it must be before `{text_of(before)}`"]
    return []


def _bound(declared: Input, literal: Any) -> Any:
    """The typed value of a bound as it stands in the flow."""
    if literal is None:
        return None
    from flowrt.inputs.conversion import convert

    return convert(declared.type, literal, id=declared.id, store_file=_never)


def _never(id: str, name: str, data: bytes | Path) -> str:
    raise AssertionError("bounds are no files")


def _order(value: Any) -> Any:
    """A sort key; NaN is larger than every other number, and `-0.0` smaller than `0.0`."""
    if isinstance(value, Float):
        if value != value:
            return (True, 0.0, 0.0)
        return (False, float(value), copysign(1, value))
    return value.nanos if hasattr(value, "nanos") else value


def _choice(declared: Input, value: str) -> list[str]:
    if declared.values is None:
        raise Invalid(
            'Cannot invoke "java.util.List.contains(Object)" because "this.values" is null'
        )
    choices = [text_of(each) for each in declared.values]
    if value in choices or not declared.required or declared.allow_custom_value:
        return []
    return [f"it must match the values `{text_of(choices)}`"]


def _choices(declared: Input, value: list[Any]) -> list[str]:
    found = []
    if declared.values is not None and declared.options is not None:
        found.append("you can't define both `values` and `options`")
    if declared.allow_custom_value:
        return found
    offered = declared.values if declared.values is not None else declared.options
    choices = [text_of(each) for each in offered or ()]
    for each in value:
        if type(each) is not str:
            raise MismatchedElement(each)
        if each not in choices:
            found.append(f"value `{each}` doesn't match the values `{text_of(choices)}`")
    return found


class MismatchedElement(Exception):
    """The choices of a MULTISELECT are texts; elements of another type cannot be compared with them."""

    def __init__(self, element: Any) -> None:
        name, text = class_name(element), "java.lang.String"
        super().__init__(
            f"class {name} cannot be cast to class {text} "
            f"({name} and {text} are in module java.base of loader 'bootstrap')"
        )
