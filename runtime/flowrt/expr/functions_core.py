"""Functions that need nothing but their arguments: numbers, ranges, ids, the time."""

from typing import Any

from flowrt.expr.arithmetic import to_double
from flowrt.expr.context import Context
from flowrt.java.casts import NULL_POINTER, as_text
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.limits import check_items
from flowrt.java.narrowing import to_long
from flowrt.java.printing import text_of
from flowrt.java.values import MISSING, Char, Long, number_class, utf16_units


def _extreme(values: tuple[Any, ...], operator: str) -> Any:
    best: Any = None
    if len(values) == 1:
        return values[0]
    for value in values:
        if best is None:
            best = value
        elif value is not None:
            if not (number_class(best) and number_class(value)):
                raise RawError(f"invalid operands for mathematical comparison [{operator}]")
            left, right = to_double(value), to_double(best)
            if left > right if operator == "GREATER_THAN" else left < right:
                best = value
    return best


def max_(*values: Any) -> Any:
    """The greatest of numbers; nulls do not count."""
    return _extreme(values, "GREATER_THAN")


def min_(*values: Any) -> Any:
    """The least of numbers; nulls do not count."""
    return _extreme(values, "LESS_THAN")


# a longer range would take more memory than the machines have that run flows


def range_(start: Any = MISSING, end: Any = MISSING, increment: Any = MISSING) -> Any:
    """The numbers (or characters) from `start` to `end`, both included."""
    step = 1
    if increment is not MISSING and increment is not None:
        if not number_class(increment):
            shown = text_of(increment)
            raise ExpressionError(f"The increment of the range function must be a number {shown}")
        step = int(increment)
    numeric = bool(number_class(start) and number_class(end))
    if not numeric and not all(
        type(bound) is str and len(utf16_units(bound)) == 1 for bound in (start, end)
    ):
        raise ExpressionError(
            "Arguments of range function must be of type Number or String with a length of 1"
        )
    if step == 0:
        raise ExpressionError("The increment of the range function must be different than 0")
    stop = 1 if step > 0 else -1
    if numeric:
        numbers = range(to_long(start), to_long(end) + stop, step)
        if numbers:
            check_items(abs(numbers[-1] - numbers[0]) // abs(step))
        return [Long(number) for number in numbers]
    return [Char(chr(code)) for code in range(ord(start), ord(end) + stop, step)]


def now(
    v: Context,
    format: Any = MISSING,
    time_zone: Any = MISSING,
    existing_format: Any = MISSING,
    locale: Any = MISSING,
) -> str:
    """The current time as text, formatted as `date` does."""
    from flowrt.expr.filters_date import format_zoned
    from flowrt.java.time.temporal import UTC, Zoned

    if v.env is None:
        import time

        nanos = time.time_ns()
    else:
        nanos = v.env.now_ns()
    moment = Zoned.of_instant(nanos, UTC)
    return format_zoned(moment, format, time_zone, existing_format, locale)


def _base62(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    out = ""
    while number:
        number, digit = divmod(number, 62)
        out = digits[digit] + out
    return out


def _random_bits(count: int) -> int:
    from os import urandom

    return int.from_bytes(urandom((count + 7) // 8), "big") >> (-count % 8)


def uuid() -> str:
    """A UUID of version 7: the milliseconds of the time, then random bits."""
    from time import time_ns

    number = (time_ns() // 1_000_000 & (1 << 48) - 1) << 80
    number |= 7 << 76 | _random_bits(12) << 64 | 2 << 62 | _random_bits(62)
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def id_() -> str:
    """A short random id: a random UUID in base 62."""
    return _base62(_random_bits(128) | 1 << 120)


def ksuid() -> str:
    """A K-sortable id of 27 characters: seconds since May 2014, then 128 random bits."""
    from time import time

    number = (int(time()) - 1_400_000_000 & 0xFFFFFFFF) << 128 | _random_bits(128)
    return _base62(number).rjust(27, "0")


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


def nano_id(length: Any = MISSING, alphabet: Any = MISSING) -> str:
    """A random id of letters of an alphabet (its length should be a power of two, as for the engine)."""
    size = 21
    if number_class(length) == "Long":
        size = int(length)
        if size > 1000:
            raise ExpressionError("The 'nanoId()' function field 'length' must be lower than: 1000")
        if size < 0:
            raise RawError(str(size), "java.lang.NegativeArraySizeException")
    letters = alphabet if type(alphabet) is str else _ALPHABET
    from os import urandom

    mask = len(letters) - 1
    picks = [(byte - 256 if byte > 127 else byte) & mask for byte in urandom(size)]
    if any(pick >= len(letters) for pick in picks) or (not letters and size):
        raise RawError(
            f"Index {max(picks, default=0)} out of bounds for length {len(letters)}",
            "java.lang.ArrayIndexOutOfBoundsException",
        )
    return "".join(letters[pick] for pick in picks)


def _long(value: Any, name: str) -> int:
    if value is MISSING:
        raise ExpressionError(f"The 'randomIn()' function expects an argument {name}")
    if number_class(value) != "Long":
        raise ExpressionError(f"The 'randomIn()' function expects an argument {name} of type Long.")
    return int(value)


def random_int(lower: Any = MISSING, upper: Any = MISSING) -> int:
    """A random integer with `lower <= n < upper`."""
    low, high = _long(lower, "lower"), _long(upper, "upper")
    if high < low:
        raise ExpressionError("In 'randomIn()' upper is less than lower")
    import random

    number = low + (random.randrange(high - low) if high > low else 0)
    return max(-(2**31), min(2**31 - 1, number))


def random_port() -> int:
    """A TCP port that is free right now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def i18n(bundle: Any = MISSING, key: Any = MISSING, params: Any = MISSING) -> Any:
    """Always fails: there are no resource bundles."""
    if bundle is MISSING or bundle is None:
        raise RawError("baseName", NULL_POINTER)
    raise RawError(
        f"Can't find bundle for base name {as_text(bundle)}, locale en_US",
        "java.util.MissingResourceException",
    )
