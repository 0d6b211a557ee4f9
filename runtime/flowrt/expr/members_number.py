"""Members of numbers and truth values, as the classes of `java.lang` and `java.math` have them."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

from flowrt.expr.arithmetic import to_double
from flowrt.expr.members_text import OBJECT, Members, Method, Table
from flowrt.java.growth import check_digits, check_places
from flowrt.java.printing import text_of
from flowrt.java.text.numberparse import parse_double
from flowrt.java.values import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    BigInteger,
    Byte,
    Float,
    Long,
    Short,
)

_EXACT = 4000
"""Digits that arithmetic on decimals may need: as many as numbers may have."""


def _wrapped(bits: int) -> Callable[[Any], int]:
    half = 1 << (bits - 1)

    def convert(value: Any) -> int:
        if isinstance(value, float) or type(value) is Decimal:
            number = to_double(value)
            if number != number:
                return 0
            whole = int(max(min(number, 2.0**70), -(2.0**70)))
            if bits >= 32 and isinstance(value, float):
                return max(-half, min(half - 1, whole))
        else:
            whole = int(value)
        return ((whole + half) & (2 * half - 1)) - half

    return convert


def _compare(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _compare_floats(left: float, right: float) -> int:
    """NaN is above everything, zero above its negative."""
    a, b = ((x != x, 0 if x != x else x, math.copysign(1, x)) for x in (left, right))
    return _compare(a, b)


NUMBER: Table = {
    **OBJECT,
    "intValue": [((), _wrapped(32))],
    "longValue": [((), lambda n: Long(_wrapped(64)(n)))],
    "shortValue": [((), lambda n: Short(_wrapped(16)(n)))],
    "byteValue": [((), lambda n: Byte(_wrapped(8)(n)))],
    "doubleValue": [((), to_double)],
    "floatValue": [((), Float)],
}


def _parsed(text: str, low: int, high: int, radix: int = 10) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isalnum() or not 2 <= radix <= 36:
        raise ValueError(text)
    check_digits(len(digits))
    number = int(text, radix)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _in_radix(number: int, radix: int) -> str:
    radix = radix if 2 <= radix <= 36 else 10
    digits, left = "", abs(number)
    while left:
        left, digit = divmod(left, radix)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


def _integer(kind: str, bits: int, of: type) -> Table:
    """Static methods of `Integer` and `Long`: they take numbers of their own class."""
    low, high, mask = -(1 << (bits - 1)), (1 << (bits - 1)) - 1, (1 << bits) - 1
    one, two = (kind,), (kind, kind)

    def read(text: str, radix: int = 10) -> Any:
        return of(_parsed(text, low, high, radix))

    def wrap(number: int) -> Any:
        return of(_wrapped(bits)(number))

    def on_bits(function: Callable[[int], Any]) -> list[Method]:
        return [(one, lambda _, n: function(n & mask))]

    texts: list[Method] = [
        (("String",), lambda _, t: read(t)),
        (("String", "Integer"), lambda _, t, radix: read(t, radix)),
    ]
    return {
        f"parse{'Int' if kind == 'Integer' else kind}": texts,
        "valueOf": [*texts, (one, lambda _, n: of(n))],
        "toString": [
            *OBJECT["toString"],
            (one, lambda _, n: str(int(n))),
            ((kind, "Integer"), lambda _, n, radix: _in_radix(n, radix)),
        ],
        "toBinaryString": on_bits(lambda n: f"{n:b}"),
        "toHexString": on_bits(lambda n: f"{n:x}"),
        "toOctalString": on_bits(lambda n: f"{n:o}"),
        "bitCount": on_bits(int.bit_count),
        "numberOfLeadingZeros": on_bits(lambda n: bits - n.bit_length()),
        "numberOfTrailingZeros": on_bits(lambda n: (n & -n).bit_length() - 1 if n else bits),
        "highestOneBit": on_bits(lambda n: wrap(1 << n.bit_length() >> 1)),
        "lowestOneBit": on_bits(lambda n: wrap(n & -n)),
        "reverse": on_bits(lambda n: wrap(int(f"{n:0{bits}b}"[::-1], 2))),
        "signum": [(one, lambda _, n: _compare(n, 0))],
        "sum": [(two, lambda _, a, b: wrap(a + b))],
        "max": [(two, lambda _, a, b: of(max(a, b)))],
        "min": [(two, lambda _, a, b: of(min(a, b)))],
        "compare": [(two, lambda _, a, b: _compare(a, b))],
        "compareTo": [(one, _compare)],
    }


def _floating(kind: str, of: type) -> Table:
    one, two = (kind,), (kind, kind)

    def infinite(number: float) -> bool:
        return abs(number) == math.inf

    reading: Method = (("String",), lambda _, t: of(parse_double(t)))
    return {
        "isNaN": [((), lambda n: n != n), (one, lambda _, n: n != n)],
        "isInfinite": [((), infinite), (one, lambda _, n: infinite(n))],
        "isFinite": [(one, lambda _, n: n - n == 0)],
        f"parse{kind}": [reading],
        "valueOf": [reading, (one, lambda _, n: of(n))],
        "toString": [*OBJECT["toString"], (one, lambda _, n: text_of(n))],
        "sum": [(two, lambda _, a, b: of(a + b))],
        "max": [(two, lambda _, a, b: of(max(a, b)))],
        "min": [(two, lambda _, a, b: of(min(a, b)))],
        "compare": [(two, lambda _, a, b: _compare_floats(a, b))],
        "compareTo": [(one, _compare_floats)],
    }


def _big(number: int) -> Any:
    check_digits(int(number.bit_length() * math.log10(2)))
    return BigInteger(number) if LONG_MIN <= number <= LONG_MAX else number


def _within(low: int, high: int, of: Callable[[int], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if value != int(value) or not low <= value <= high:
            raise ValueError(value)
        return of(int(value))

    return convert


_EXACT_VALUES: Table = {
    "intValueExact": [((), _within(INT_MIN, INT_MAX, int))],
    "longValueExact": [((), _within(LONG_MIN, LONG_MAX, Long))],
}


def _binary(kind: str, function: Callable[[int, int], int]) -> list[Method]:
    return [((kind,), lambda a, b: _big(function(int(a), int(b))))]


def _quotient(left: int, right: int) -> int:
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _modulus(left: int, right: int) -> int:
    if right <= 0:
        raise ValueError("BigInteger: modulus not positive")
    return left % right


def _power(base: Any, exponent: int) -> Any:
    if exponent < 0:
        raise ValueError("Negative exponent")
    check_digits(int(int(base).bit_length() * exponent * math.log10(2)))
    return _big(int(base) ** exponent)


def _shifted(number: Any, bits: int) -> Any:
    check_digits(int((int(number).bit_length() + max(bits, 0)) * math.log10(2)))
    return _big(int(number) << bits if bits > 0 else int(number) >> -bits)


BIG_INTEGER: Table = {
    **NUMBER,
    **_EXACT_VALUES,
    "signum": [((), lambda n: _compare(n, 0))],
    "negate": [((), lambda n: _big(-int(n)))],
    "abs": [((), lambda n: _big(abs(int(n))))],
    "not": [((), lambda n: _big(~int(n)))],
    "sqrt": [((), lambda n: _big(math.isqrt(int(n))))],
    "bitLength": [((), lambda n: (n if n >= 0 else ~n).bit_length())],
    "bitCount": [((), lambda n: (n if n >= 0 else ~n).bit_count())],
    "getLowestSetBit": [((), lambda n: (n & -n).bit_length() - 1)],
    "add": _binary("BigInteger", lambda a, b: a + b),
    "subtract": _binary("BigInteger", lambda a, b: a - b),
    "multiply": _binary("BigInteger", lambda a, b: a * b),
    "divide": _binary("BigInteger", _quotient),
    "remainder": _binary("BigInteger", lambda a, b: a - b * _quotient(a, b)),
    "mod": _binary("BigInteger", _modulus),
    "gcd": _binary("BigInteger", math.gcd),
    "max": _binary("BigInteger", max),
    "min": _binary("BigInteger", min),
    "pow": [(("Integer",), _power)],
    "shiftLeft": [(("Integer",), _shifted)],
    "shiftRight": [(("Integer",), lambda n, bits: _shifted(n, -bits))],
    "testBit": [(("Integer",), lambda n, bit: bool(int(n) >> bit & 1))],
    "toString": [*OBJECT["toString"], (("Integer",), lambda n, radix: _in_radix(int(n), radix))],
    "valueOf": [(("Long",), lambda _, n: _big(int(n)))],
    "compareTo": [(("BigInteger",), _compare)],
}


def _exactly(function: Callable[..., Decimal]) -> Callable[..., Decimal]:
    """A function on decimals, computed with all their digits."""

    def compute(*numbers: Any) -> Decimal:
        with localcontext() as context:
            context.prec = _EXACT
            result = function(*numbers)
        check_places(result.adjusted())
        return result

    return compute


def _scale(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _digits(number: Decimal) -> int:
    return len(number.as_tuple().digits)


def _unscaled(number: Decimal) -> int:
    sign, digits, _ = number.as_tuple()
    return int("".join(map(str, digits))) * (-1 if sign else 1)


def _raised(number: Decimal, exponent: int) -> Decimal:
    check_digits(_digits(number) * max(exponent, 0))
    if exponent < 0:
        raise ValueError("Invalid operation")
    return Decimal(number**exponent) if exponent else Decimal(1)


def _rescaled(number: Decimal, scale: int) -> Decimal:
    """The number with so many places, where that loses nothing."""
    check_places(scale)
    result = number.quantize(Decimal(1).scaleb(-scale))
    if result != number:
        raise ValueError("Rounding necessary")
    return result


def _moved(number: Decimal, places: int) -> Decimal:
    """The point moved to the right; as many places are written as there are."""
    check_places(places)
    result = number.scaleb(places)
    return result if _scale(result) >= 0 else result.quantize(Decimal(1))


def _stripped(number: Decimal) -> Decimal:
    return number.normalize() if number else Decimal(0)


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    result = left % right
    return result.copy_sign(left) if result else result.copy_abs()


BIG_DECIMAL: Table = {
    **NUMBER,
    **_EXACT_VALUES,
    "scale": [((), _scale)],
    "precision": [((), _digits)],
    "signum": [((), lambda n: _compare(n, 0))],
    "negate": [((), lambda n: n.copy_negate() if n else n)],
    "abs": [((), lambda n: n.copy_abs())],
    "plus": [((), lambda n: n)],
    "unscaledValue": [((), lambda n: _big(_unscaled(n)))],
    "toBigInteger": [((), lambda n: _big(int(n)))],
    "toPlainString": [((), lambda n: format(n, "f"))],
    "stripTrailingZeros": [((), _exactly(_stripped))],
    "add": [(("BigDecimal",), _exactly(lambda a, b: a + b))],
    "subtract": [(("BigDecimal",), _exactly(lambda a, b: a - b))],
    "multiply": [(("BigDecimal",), _exactly(lambda a, b: a * b))],
    "remainder": [(("BigDecimal",), _exactly(_remainder))],
    "max": [(("BigDecimal",), lambda a, b: b if a < b else a)],
    "min": [(("BigDecimal",), lambda a, b: b if a > b else a)],
    "pow": [(("Integer",), _exactly(_raised))],
    "setScale": [(("Integer",), _exactly(_rescaled))],
    "movePointLeft": [(("Integer",), _exactly(lambda n, places: _moved(n, -places)))],
    "movePointRight": [(("Integer",), _exactly(_moved))],
    "scaleByPowerOfTen": [(("Integer",), _exactly(lambda n, places: n.scaleb(places)))],
    "valueOf": [
        (("Long",), lambda _, n: Decimal(int(n))),
        (("Double",), lambda _, n: Decimal(text_of(n))),
    ],
    "compareTo": [(("BigDecimal",), _compare)],
}
BOOLEAN: Table = {
    **OBJECT,
    "booleanValue": [((), lambda b: b)],
    "compareTo": [(("Boolean",), _compare)],
    "compare": [(("Boolean", "Boolean"), lambda _, a, b: _compare(a, b))],
    "logicalAnd": [(("Boolean", "Boolean"), lambda _, a, b: a and b)],
    "logicalOr": [(("Boolean", "Boolean"), lambda _, a, b: a or b)],
    "logicalXor": [(("Boolean", "Boolean"), lambda _, a, b: a != b)],
    "parseBoolean": [(("String",), lambda _, t: t is not None and t.lower() == "true")],
    "valueOf": [
        (("String",), lambda _, t: t is not None and t.lower() == "true"),
        (("Boolean",), lambda _, b: bool(b)),
    ],
    "toString": [*OBJECT["toString"], (("Boolean",), lambda _, b: text_of(bool(b)))],
}
_METHODS: dict[str, Table] = {
    "Boolean": BOOLEAN,
    "Integer": {**NUMBER, **_integer("Integer", 32, int)},
    "Long": {**NUMBER, **_integer("Long", 64, Long)},
    "Short": {**NUMBER, "compareTo": [(("Short",), lambda a, b: int(a) - int(b))]},
    "Byte": {**NUMBER, "compareTo": [(("Byte",), lambda a, b: int(a) - int(b))]},
    "Double": {**NUMBER, **_floating("Double", float)},
    "Float": {**NUMBER, **_floating("Float", Float)},
    "BigInteger": BIG_INTEGER,
    "BigDecimal": BIG_DECIMAL,
}


def _limits(of: type, bits: int) -> dict[str, Any]:
    low = -(1 << (bits - 1))
    return {"MIN_VALUE": of(low), "MAX_VALUE": of(-low - 1), "SIZE": bits, "BYTES": bits // 8}


def _of_floats(of: type, bits: int, fraction: int, largest: int) -> dict[str, Any]:
    """The constants of binary floating point: bits of the fraction, and the largest exponent."""
    least = 1 - largest
    return {
        "MAX_VALUE": of(2.0**largest * (2 - 2.0**-fraction)),
        "MIN_VALUE": of(2.0 ** (least - fraction)),
        "MIN_NORMAL": of(2.0**least),
        "POSITIVE_INFINITY": of(math.inf),
        "NEGATIVE_INFINITY": of(-math.inf),
        "NaN": of(math.nan),
        "MAX_EXPONENT": largest,
        "MIN_EXPONENT": least,
        "PRECISION": fraction + 1,
        "SIZE": bits,
        "BYTES": bits // 8,
    }


_SMALL = {"ZERO": 0, "ONE": 1, "TWO": 2, "TEN": 10}
_CONSTANTS: dict[str, dict[str, Any]] = {
    "Integer": _limits(int, 32),
    "Long": _limits(Long, 64),
    "Short": _limits(Short, 16),
    "Byte": _limits(Byte, 8),
    "Double": _of_floats(float, 64, 52, 1023),
    "Float": _of_floats(Float, 32, 23, 127),
    "BigInteger": {name: BigInteger(number) for name, number in _SMALL.items()},
    "BigDecimal": {name: Decimal(number) for name, number in _SMALL.items()},
    "Boolean": {"TRUE": True, "FALSE": False},
}
NUMBERS = {name: Members(methods, _CONSTANTS[name]) for name, methods in _METHODS.items()}
"""The simple name of a class → what it declares."""
