"""Numbers in texts, as `NumberUtils` of Commons Lang reads them for the filter `number`."""

import re
from math import log10
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.growth import check_digits
from flowrt.java.limits import LimitExceeded, check_items
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, BigInteger, Float, Long

_NUMBER_FORMAT = "java.lang.NumberFormatException"
_FLOATING = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)", re.ASCII
)
_INFINITY = float("inf")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?", re.ASCII)


def _invalid(text: str) -> RawError:
    return RawError(f"{text} is not a valid number.", _NUMBER_FORMAT)


def _for_input(text: str, base: int = 10) -> RawError:
    radix = "" if base == 10 else f" under radix {base}"
    return RawError(f'For input string: "{text}"{radix}', _NUMBER_FORMAT)


def whole(text: str, base: int = 10) -> int:
    """The whole number of a text. Raises LimitExceeded for more digits than can be shown, in any base."""
    if base == 10:
        check_digits(len(text))
        return int(text)
    value = int(text, base)
    check_digits(int(value.bit_length() * log10(2)))
    return value


def _decode(text: str, signed_twice: bool = False) -> int:
    """Java's `Integer.decode`: decimal, `0x1F`, `#FF` or octal `017`.

    The digits of a big integer may have a sign of their own (`signed_twice`), behind that of the number.
    """
    sign, body = 1, text
    if body[:1] in ("+", "-"):
        sign, body = (-1 if body[0] == "-" else 1), body[1:]
    base = 10
    if body[:2].lower() == "0x":
        base, body = 16, body[2:]
    elif body[:1] == "#":
        base, body = 16, body[1:]
    elif len(body) > 1 and body[0] == "0":
        base, body = 8, body[1:]
    if not text:
        raise RawError("Zero length string", _NUMBER_FORMAT)
    if body[:1] in ("+", "-"):
        if not signed_twice or body[1:2] in ("+", "-"):
            raise RawError("Sign character in wrong position", _NUMBER_FORMAT)
        sign, body = (-sign if body[0] == "-" else sign), body[1:]
    digits = _with_ascii_digits(body).lower()
    if not digits or any(char not in "0123456789abcdef"[:base] for char in digits):
        raise _for_input(text if base == 10 else body, base)
    return sign * whole(digits, base)


def _with_ascii_digits(text: str) -> str:
    """The text with its decimal digits of any script in those of ASCII."""
    if text.isascii():
        return text
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)


def _integer(text: str, low: int, high: int) -> int:
    try:
        value = _decode(text)
    except LimitExceeded:
        raise _for_input(text) from None
    if not low <= value <= high:
        raise _for_input(text)
    return value


def _double(text: str) -> float:
    stripped = text.strip("".join(map(chr, range(33))))
    if not stripped:
        raise RawError("empty String", _NUMBER_FORMAT)
    if not _FLOATING.fullmatch(stripped):
        if re.match(r"[+-]?[0-9]*\.[0-9]*\.", stripped):
            raise RawError("multiple points", _NUMBER_FORMAT)
        raise _for_input(text)
    return float(stripped.rstrip("fFdD").replace("Infinity", "inf"))


def _wrong_decimal(text: str) -> str:
    """Why a text is no decimal: long and short texts have readers, and words, of their own."""
    dots = digits = 0
    for index, char in enumerate(text):
        if char in "eE":
            return _wrong_exponent(text[index + 1 :])
        if char == ".":
            dots += 1
            if dots > 1:
                return "Character array contains more than one decimal point."
            continue
        if char.isdigit() or (char in "+-" and not index):
            digits += char.isdigit()
            continue
        if char in "+-":
            return "Illegal embedded sign character"
        if len(text) > 18:
            return 'Character array is missing "e" notation exponential mark.'
        return (
            f"Character {char} is neither a decimal digit number, decimal point, nor "
            '"e" notation exponential mark.'
        )
    return "Character array contains no number." if digits else "No digits found."


def _wrong_exponent(text: str) -> str:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits:
        return "null" if not text else "No exponent digits"
    if not digits.isdigit():
        return "Not a digit."
    return (
        "Too many nonzero exponent digits." if len(digits.lstrip("0")) > 10 else "No digits found."
    )


def _big_decimal(text: str) -> Any:
    import decimal

    text = _with_ascii_digits(text)
    if not text.strip():
        raise RawError("A blank string is not a valid number", _NUMBER_FORMAT)
    if not _DECIMAL.fullmatch(text):
        raise RawError(_wrong_decimal(text), _NUMBER_FORMAT)
    with decimal.localcontext() as context:
        context.prec = max(28, len(text))
        context.Emax, context.Emin = decimal.MAX_EMAX, decimal.MIN_EMIN
        number = decimal.Decimal(text)
    check_items(abs(number.adjusted()) * 4)
    return number


def parse_number(text: str, type: str) -> Any:
    """The number in a text, as INT, LONG, FLOAT, DOUBLE, BIGDECIMAL or BIGINTEGER, or as what fits best.

    Raises RawError for a text that is no such number.
    """
    if type == "INT":
        return _integer(text, INT_MIN, INT_MAX)
    if type == "LONG":
        return Long(_integer(text, LONG_MIN, LONG_MAX))
    if type == "FLOAT":
        return Float(_double(text))
    if type == "DOUBLE":
        return _double(text)
    if type == "BIGDECIMAL":
        return _big_decimal(text)
    if type == "BIGINTEGER":
        return _big_integer(text)
    return _best(text)


def _big_integer(text: str) -> int:
    if not text:
        raise RawError("An empty string is not a valid number", _NUMBER_FORMAT)
    if text in ("+", "-"):
        raise RawError("Zero length BigInteger", _NUMBER_FORMAT)
    try:
        return _big(_decode(text, signed_twice=True))
    except LimitExceeded:
        raise
    except RawError as error:
        raise _no_big_integer(text, error) from None


def _big(value: int) -> int:
    return BigInteger(value) if LONG_MIN <= value <= LONG_MAX else value


def _fits_best(value: int) -> Any:
    if INT_MIN <= value <= INT_MAX:
        return value
    return Long(value) if LONG_MIN <= value <= LONG_MAX else value


def _best(text: str) -> Any:
    if not text.strip():
        raise RawError("A blank string is not a valid number", _NUMBER_FORMAT)
    unsigned = text[1:] if text[0] in "+-" else text
    if unsigned[:2].lower() == "0x" or unsigned[:1] == "#":
        digits = unsigned[2:] if unsigned[0] == "0" else unsigned[1:]
        significant = digits.lstrip("0")
        value = _decode(text)
        # how many hexadecimal digits decide, not the value
        size = len(significant)
        if size > 16 or (size == 16 and significant[0] > "7"):
            return _big(value)
        if size > 8 or (size == 8 and significant[0] > "7"):
            return Long(value)
        return value
    last = text[-1]
    dot = text.find(".")
    exponent = max(text.find("e"), text.find("E"))
    if dot >= 0 and exponent >= 0 and exponent < dot:
        raise _invalid(text)
    if not last.isdigit() and last != ".":
        return _with_suffix(text, last, dot, exponent)
    if dot < 0 and exponent < 0:
        if text[:1] in ("+", "-") and text[1:2] in ("+", "-") and text[2:].isdigit():
            # the last resort, a big integer, takes a second sign
            value = whole(text[1:])
            return _fits_best(-value if text[0] == "-" else value)
        try:
            return _fits_best(_decode(text))
        except LimitExceeded:
            raise
        except RawError as error:
            raise _no_big_integer(text, error) from None
    return _floating(text)


def _no_big_integer(text: str, error: RawError) -> RawError:
    """Why a text is no integer, as the last resort says it: Java's `BigInteger` reads nine digits at a time.

    `error` is what was said of it before, which stays for octal numbers.
    """
    body = text[1:] if text[0] in "+-" else text
    if len(body) > 1 and body[0] == "0":
        return error
    minus, plus = body.rfind("-"), body.rfind("+")
    if minus > 0 or plus > 0 or (minus == 0 and plus >= 0):
        return RawError("Illegal embedded sign character", _NUMBER_FORMAT)
    digits = body[1:] if body[:1] in ("+", "-") else body
    first = len(digits) % 9 or 9
    groups = [digits[:first], *(digits[at : at + 9] for at in range(first, len(digits), 9))]
    wrong = next((group for group in groups if not group.isdecimal()), text)
    return _for_input(wrong)


def _with_suffix(text: str, last: str, dot: int, exponent: int) -> Any:
    body = text[:-1]
    if last in "lL":
        body = _with_ascii_digits(body)
        digits = body[1:] if body[:1] == "-" else body
        if dot < 0 and exponent < 0 and digits.isascii() and digits.isdigit():
            value = whole(body)
            return Long(value) if LONG_MIN <= value <= LONG_MAX else _big(value)
        raise _invalid(text)
    zero = not any(char in "123456789" for char in body.split("e")[0].split("E")[0])
    if last in "fF" and _FLOATING.fullmatch(text):
        single = float(Float(float(body)))
        if abs(single) != float("inf") and (single != 0 or zero):
            return Float(single)
    if last in "fFdD" and _FLOATING.fullmatch(text):
        double = float(body)
        if abs(double) != float("inf") and (double != 0 or zero):
            return double
        return _big_decimal(body)
    raise _invalid(text)


def _floating(text: str) -> Any:
    if not text.isascii():  # only a big decimal takes the digits of other scripts
        return _big_decimal(text)
    if not _DECIMAL.fullmatch(text):
        raise RawError(_wrong_decimal(text), _NUMBER_FORMAT)
    from decimal import Decimal

    from flowrt.java.printing import double_text, float_text

    mantissa = re.split("[eE]", text)[0]
    zero = not any(char in "123456789" for char in mantissa)
    double = float(text)
    single = float(Float(double))
    shown = double_text(double)
    # a 32-bit number is exact enough when it prints as the 64-bit one
    if abs(single) != _INFINITY and (single != 0 or zero) and float_text(single) == shown:
        return Float(single)
    exact = _big_decimal(text)
    if abs(double) != _INFINITY and (double != 0 or zero) and Decimal(shown) == exact:
        return double
    return exact


_DOUBLE = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?"
)


def parse_double(text: str) -> float:
    """Java's `Double.parseDouble`. Raises RawError for text that is no number."""
    stripped = text.strip("".join(map(chr, range(33))))
    if not _DOUBLE.fullmatch(stripped):
        if stripped[:3].lower() in ("0x1", "0x0", "0x."):
            return float.fromhex(stripped.rstrip("dD"))
        word = "empty String" if not stripped else f'For input string: "{text}"'
        raise RawError(word, "java.lang.NumberFormatException")
    if stripped[-1] in "fFdD":
        stripped = stripped[:-1]
    return float(stripped.replace("Infinity", "inf"))
