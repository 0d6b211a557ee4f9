"""Numbers: of what kind a result is, and how integers of 32 and 64 bit, decimals and floating point ones compute."""

import re
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.narrowing import wrap
from flowrt.java.printing import double_text, text_of
from flowrt.java.text.numberparse import parse_double
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, Float, Long


def _parse_number(text: str) -> Any:
    if "." in text or "e" in text or "E" in text:
        return parse_double(text)
    if not _LONG.fullmatch(text) or not LONG_MIN <= (number := int(text)) <= LONG_MAX:
        raise RawError(f'For input string: "{text}"', "java.lang.NumberFormatException")
    return Long(number)


_LONG = re.compile(r"[+-]?\d{1,4000}")


def is_number(value: Any) -> bool:
    """Whether the value is a number of any kind (a boolean is none)."""
    kind = type(value)
    return (
        kind is int
        or kind is float
        or (kind is not bool and (isinstance(value, (int, float)) or kind.__name__ == "Decimal"))
    )


def _number(value: Any) -> Any:
    if is_number(value):
        return value
    if type(value) is str:
        return _parse_number(value)
    raise RawError(
        f"Cannot convert to Number: {text_of(value)}", "java.lang.IllegalArgumentException"
    )


def to_double(value: Any) -> float:
    """A number of any kind as a 64-bit floating point one."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _is_long(value: Any) -> bool:
    return type(value) is Long or (
        type(value) is int and not INT_MIN <= value <= INT_MAX and LONG_MIN <= value <= LONG_MAX
    )


def _divide_integers(left: int, right: int) -> int:
    if right == 0:
        raise RawError("/ by zero", "java.lang.ArithmeticException")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _integer(symbol: str, left: int, right: int, bits: int) -> Long:
    left, right = wrap(left, bits), wrap(right, bits)
    if symbol == "+":
        result = left + right
    elif symbol == "-":
        result = left - right
    elif symbol == "*":
        result = left * right
    elif symbol == "/":
        result = _divide_integers(left, right)
    else:
        result = left - right * _divide_integers(left, right)
    return Long(wrap(result, bits))


def _floating(symbol: str, left: float, right: float) -> float:
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return left * right
    if symbol == "/":
        if right:
            return left / right
        if not left or left != left or right != right:
            return float("nan")
        from math import copysign

        return copysign(float("inf"), left) * copysign(1.0, right)
    from math import fmod, isinf

    if not right or isinf(left) or left != left or right != right:
        return float("nan")
    return fmod(left, right)


def _decimal(symbol: str, left: Any, right: Any) -> Any:
    from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException

    exact = Context(prec=2000, rounding=ROUND_HALF_EVEN)
    rounded = Context(prec=34, rounding=ROUND_HALF_EVEN)
    try:
        a, b = Decimal(double_text(to_double(left))), Decimal(double_text(to_double(right)))
        if symbol == "+":
            result = exact.add(a, b)
        elif symbol == "-":
            result = exact.subtract(a, b)
        elif symbol == "*":
            result = rounded.multiply(a, b)
        elif symbol == "/":
            result = rounded.divide(a, b)
        else:
            result = _decimal_remainder(a, b, exact)
        return result if result else result.copy_abs()  # Java's decimals have no negative zero
    except DecimalException as error:
        raise RawError(str(error), "java.lang.ArithmeticException") from None


def _decimal_remainder(a: Any, b: Any, exact: Any) -> Any:
    """`BigDecimal.remainder`: the whole quotient has a scale of its own, which shows in the rest."""
    from decimal import Decimal

    preferred = a.as_tuple().exponent - b.as_tuple().exponent  # of the quotient, as an exponent
    quotient = exact.divide_int(a, b)
    if quotient:
        digits, zeros = format(quotient.copy_abs(), "f"), 0
        while zeros < preferred and digits[-1 - zeros] == "0":
            zeros += 1
        exponent = min(preferred, zeros)
    else:
        exponent = preferred
    rest = exact.subtract(a, exact.multiply(quotient, b))
    scale = min(a.as_tuple().exponent, exponent + b.as_tuple().exponent)
    return exact.scaleb(Decimal(int(exact.scaleb(rest, -scale))), scale)


def arithmetic(symbol: str, left: Any, right: Any) -> Any:
    """`left symbol right` for numbers and numeric texts, by the widest kind involved."""
    left, right = _number(left), _number(right)
    if isinstance(left, int) and isinstance(right, int):
        return _integer(symbol, left, right, 64 if _is_long(left) or _is_long(right) else 32)
    if type(left).__name__ == "Decimal" or type(right).__name__ == "Decimal":
        return _decimal(symbol, left, right)
    single = all(isinstance(side, (int, Float)) for side in (left, right))
    if single:
        return Float(_floating(symbol, Float(to_double(left)), Float(to_double(right))))
    return float(_floating(symbol, to_double(left), to_double(right)))
