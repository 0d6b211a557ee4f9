"""Filters of numbers, and those that tell what a value is."""

from typing import Any

from flowrt.java.casts import NULL_POINTER, as_text
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import INT_MIN, LONG_MIN, MISSING, number_class
from flowrt.java.values import class_name as java_class_name


def abs_(value: Any) -> Any:
    """The number without its sign."""
    if value is None:
        raise ExpressionError('Can not pass null value to "abs" filter.')
    kind = number_class(value)
    if not kind:
        raise ExpressionError("The 'abs' filter does require as input a number.")
    if (kind == "Integer" and value == INT_MIN) or (kind == "Long" and value == LONG_MIN):
        return value
    if kind == "BigDecimal":
        return value.copy_abs()
    number = abs(value)
    # Java has no arithmetic of fewer than 32 bits
    return int(number) if kind in ("Short", "Byte") else type(value)(number)


def number_format(value: Any, format: Any = MISSING) -> Any:
    """The number in a pattern of Java's DecimalFormat."""
    if value is None:
        return None
    if not number_class(value):
        raise ExpressionError("The input for the 'NumberFormat' filter has to be a number.")
    from flowrt.java.text.numberformat import format_number

    if format is MISSING or format is None:
        return format_number(value, "#,##0.###")
    return format_number(value, as_text(format))


def number(value: Any, type: Any = MISSING) -> Any:
    """The number a text holds, of a wanted type or the smallest that fits."""
    if value is None:
        return None
    if value.__class__ is not str:
        raise ExpressionError(
            f"'number' filter can only be applied to String. Actual type was: {java_class_name(value)}"
        )
    if type is None:
        raise RawError('Cannot invoke "String.hashCode()" because "<local8>" is null', NULL_POINTER)
    wanted = "" if type is MISSING else as_text(type)
    from flowrt.java.text.numberparse import parse_number

    return parse_number(value, wanted)


def string(value: Any) -> Any:
    """The Java text form."""
    return None if value is None else text_of(value)


def class_name(value: Any) -> Any:
    """The name of the value's Java class."""
    return None if value is None else java_class_name(value)
