"""Java's ``String.format`` for the conversions that make sense for the values of expressions."""

import re
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.growth import Growing
from flowrt.java.limits import check_text
from flowrt.java.printing import text_of
from flowrt.java.values import Char, class_name, java_hash, number_class, utf16_units

_SPECIFIER = re.compile(r"%(\d+\$)?([-#+ 0,(<]*)?(\d+)?(\.\d+)?([tT])?([a-zA-Z%])")
_INTEGRAL = ("Integer", "Long", "Short", "Byte", "BigInteger")
_FLOATING = ("Double", "Float", "BigDecimal")


def _fail(kind: str, message: str) -> RawError:
    return RawError(message, "java.util." + kind)


def format_string(pattern: str, arguments: list[Any]) -> str:
    """The pattern with its specifiers filled; raises RawError for wrong or missing arguments."""
    out: list[str] = []
    growing = Growing()
    at, ordinary, previous = 0, 0, -1
    while True:
        start = pattern.find("%", at)
        if start < 0:
            out.append(growing.add(pattern[at:]))
            return "".join(out)
        out.append(growing.add(pattern[at:start]))
        match = _SPECIFIER.match(pattern, start)
        if match is None:
            raise _fail(
                "UnknownFormatConversionException",
                f"Conversion = '{pattern[start + 1:start + 2] or '%'}'",
            )
        at = match.end()
        index, flags, width, precision, temporal, conversion = match.groups()
        if conversion == "n":
            out.append("\n")
            continue
        if conversion == "%":
            out.append(growing.add(_padded("%", flags, width)))
            continue
        kind = conversion.lower()
        if width is None and ("-" in flags or ("0" in flags and kind in "doxfeg")):
            raise _fail("MissingFormatWidthException", match.group())
        if index:
            previous = int(index[:-1]) - 1
        elif "<" not in flags:
            previous, ordinary = ordinary, ordinary + 1
        if not 0 <= previous < len(arguments):
            raise _fail("MissingFormatArgumentException", f"Format specifier '{match.group()}'")
        value = arguments[previous]
        if temporal and value is None:
            null = _padded("null", flags, width)
            out.append(growing.add(null.upper() if temporal == "T" else null))
            continue
        if temporal:
            raise _fail("IllegalFormatConversionException", f"{conversion} != {class_name(value)}")
        text = _convert(value, flags, width, precision, conversion)
        out.append(growing.add(text.upper() if conversion.isupper() else text))


def _padded(text: str, flags: str, width: str | None) -> str:
    if width is None:
        return text
    check_text(int(width))
    blanks = " " * (int(width) - len(utf16_units(text)))
    return text + blanks if "-" in flags else blanks + text


def _convert(
    value: Any, flags: str, width: str | None, precision: str | None, conversion: str
) -> str:
    kind = conversion.lower()
    limit = int(precision[1:]) if precision else None
    if kind in "sbh":
        if kind == "s":
            text = text_of(value)
        elif kind == "b":
            text = "false" if value is None else text_of(value) if type(value) is bool else "true"
        else:
            text = "null" if value is None else f"{java_hash(value):x}"
        return _padded(text if limit is None else _cut(text, limit), flags, width)
    if value is None:
        text = "null" if limit is None or kind in "cdox" else "null"[:limit]
        return _padded(text, flags, width)
    number = number_class(value)
    if kind == "c":
        if isinstance(value, Char):
            return _padded(str(value), flags, width)
        if number in ("Integer", "Short", "Byte"):
            return _padded(chr(value), flags, width)
    elif kind in "dox" and number in _INTEGRAL:
        if limit is not None:
            raise _fail("IllegalFormatPrecisionException", str(limit))
        return _integer(int(value), number, flags, width, kind)
    elif kind in "feg" and number in _FLOATING:
        return _floating(value, flags, width, 6 if limit is None else limit, kind)
    elif kind == "a" and number in ("Double", "Float"):
        mantissa, _, exponent = float(value).hex().partition("p")
        whole, _, fraction = mantissa.partition(".")
        text = f"{whole}.{fraction.rstrip('0') or '0'}p{int(exponent)}"
        return _padded(text, flags, width)
    elif kind not in "doxfegac":
        raise _fail("UnknownFormatConversionException", f"Conversion = '{conversion}'")
    raise _fail("IllegalFormatConversionException", f"{kind} != {class_name(value)}")


def _cut(text: str, units: int) -> str:
    if text.isascii():
        return text[:units]
    data = text.encode("utf-16-le", "surrogatepass")[: 2 * units]
    return data.decode("utf-16-le", "surrogatepass")


def _integer(value: int, number: str, flags: str, width: str | None, kind: str) -> str:
    if kind == "d":
        return _signed(str(abs(value)), value < 0, flags, width)
    if value < 0 and number != "BigInteger":
        value += 1 << {"Integer": 32, "Long": 64, "Short": 16, "Byte": 8}[number]
    text = f"{value:{kind}}"
    if "#" in flags:
        text = ("0x" if kind == "x" else "0") + text
    if "0" in flags and width:
        check_text(int(width))
        return text.rjust(int(width), "0")
    return _padded(text, flags, width)


def _signed(digits: str, negative: bool, flags: str, width: str | None) -> str:
    if "," in flags:
        whole, dot, fraction = digits.partition(".")
        digits = f"{int(whole):,}" + dot + fraction
    before, after = "", ""
    if negative:
        before, after = ("(", ")") if "(" in flags else ("-", "")
    elif "+" in flags:
        before = "+"
    elif " " in flags:
        before = " "
    if "0" in flags and width:
        check_text(int(width))
        digits = digits.rjust(int(width) - len(before) - len(after), "0")
    return _padded(before + digits + after, flags, width)


def _floating(value: Any, flags: str, width: str | None, precision: int, kind: str) -> str:
    from decimal import ROUND_HALF_UP, Context, Decimal

    if isinstance(value, float):
        if value != value or abs(value) == float("inf"):
            plain = flags.replace("0", "").replace(",", "")
            if value != value:
                return _padded("NaN", plain, width)
            return _signed("Infinity", value < 0, plain, width)
        number, negative = Decimal(text_of(abs(value))), str(float(value))[0] == "-"
    else:
        number, negative = Decimal(value).copy_abs(), value < 0  # `abs` would round it
    check_text(precision)
    context = Context(prec=max(2000, precision + 400), rounding=ROUND_HALF_UP)
    if kind == "g":
        rounded = Context(prec=precision or 1, rounding=ROUND_HALF_UP).plus(number)
        if rounded == 0 or Decimal("0.0001") <= rounded < Decimal(10) ** (precision or 1):
            kind = "f"
            precision = max((precision or 1) - (rounded.adjusted() + 1 if rounded else 1), 0)
        else:
            kind, precision = "e", (precision or 1) - 1
    if kind == "f":
        digits = format(number.quantize(Decimal(1).scaleb(-precision), context=context), "f")
    else:
        if number:
            number = Context(prec=precision + 1, rounding=ROUND_HALF_UP).plus(number)
        exponent = number.adjusted() if number else 0
        mantissa = number.scaleb(-exponent, context)
        sign = "-" if exponent < 0 else "+"
        digits = f"{mantissa:.{precision}f}e{sign}{abs(exponent):02d}"
        flags = flags.replace(",", "")
    if "#" in flags and precision == 0:
        digits += "."
    return _signed(digits, negative, flags, width)
