"""Numbers in the patterns of Java's ``DecimalFormat``, with the symbols of en_US and half-even rounding."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from flowrt.java.casts import ILLEGAL_ARGUMENT
from flowrt.java.errors import RawError

# wide enough for every double and for big numbers of a sane size
_CONTEXT = Context(prec=5000, rounding=ROUND_HALF_EVEN)
_MANY = 2**31 - 1


class _Pattern:
    """A parsed pattern; the field names are those of DecimalFormat."""

    def __init__(self, text: str) -> None:
        self.prefix = self.suffix = ""
        self.negative_prefix = "-"
        self.negative_suffix = ""
        self.minimum_integer, self.maximum_integer = 0, _MANY
        self.minimum_fraction, self.maximum_fraction = 0, 340
        self.grouping = 3
        self.multiplier = 1
        self.exponent_digits = 0
        self.point_always = False
        if text:
            end = self._positive(text)
            explicit: tuple[str, str] | None = None
            if end < len(text):
                explicit = self._negative(text, end + 1)
            if explicit is None or explicit == (self.prefix, self.suffix):
                self.negative_prefix, self.negative_suffix = "-" + self.prefix, self.suffix
            else:
                self.negative_prefix, self.negative_suffix = explicit

    def _affix(self, text: str, at: int, suffix: bool) -> tuple[str, int]:
        """Prefix or suffix from an index on, and the index of what ends it."""
        out, quoted = "", False
        while at < len(text):
            char = text[at]
            if char == "'":
                if text[at + 1 : at + 2] == "'":
                    out += "'"
                    at += 2
                    continue
                quoted = not quoted
            elif quoted:
                out += char
            elif char in "#0,.;":
                return out, at
            elif char == "¤":
                if text[at + 1 : at + 2] == "¤":
                    out += "USD"
                    at += 1
                else:
                    out += "$"
            elif char in "%‰":
                if self.multiplier != 1:
                    raise RawError(
                        f'Too many percent/per mille characters in pattern "{text}"',
                        ILLEGAL_ARGUMENT,
                    )
                self.multiplier = 100 if char == "%" else 1000
                out += char
            else:
                out += char
            at += 1
        if quoted:
            raise _malformed(text)
        return out, at

    def _positive(self, text: str) -> int:
        self.prefix, at = self._affix(text, 0, False)
        if text[at : at + 1] == ";":
            raise _special(text)
        left = zeros = right = 0
        point = group = -1
        while at < len(text):
            char = text[at]
            if char == "#":
                if zeros:
                    right += 1
                else:
                    left += 1
                group += group >= 0 and point < 0
            elif char == "0":
                if right:
                    raise RawError(f"Unexpected '0' in pattern \"{text}\"", ILLEGAL_ARGUMENT)
                zeros += 1
                group += group >= 0 and point < 0
            elif char == ",":
                group = 0
            elif char == ".":
                if point >= 0:
                    raise RawError(
                        f'Multiple decimal separators in pattern "{text}"', ILLEGAL_ARGUMENT
                    )
                point = left + zeros + right
            elif char == "E":
                if self.exponent_digits:
                    raise RawError(
                        f'Multiple exponential symbols in pattern "{text}"', ILLEGAL_ARGUMENT
                    )
                end = at + 1
                while text[end : end + 1] == "0":
                    end += 1
                self.exponent_digits = end - at - 1
                if left + zeros < 1 or self.exponent_digits < 1:
                    raise RawError(f'Malformed exponential pattern "{text}"', ILLEGAL_ARGUMENT)
                more, at = self._affix(text, end, True)
                self.suffix += more
                continue
            elif char == ";":
                break
            else:  # digits may go on behind what does not count
                more, at = self._affix(text, at, True)
                self.suffix += more
                continue
            at += 1
        if zeros == 0 and left > 0 and point >= 0:
            first = point or 1
            right, left, zeros = left - first, first - 1, 1
        outside = point >= 0 and not left <= point <= left + zeros
        if (point < 0 and right > 0) or outside or group == 0:
            raise _malformed(text)
        total = left + zeros + right
        self.minimum_integer = (point if point >= 0 else total) - left
        if self.exponent_digits:
            self.maximum_integer = left + self.minimum_integer
        self.maximum_fraction = total - point if point >= 0 else 0
        self.minimum_fraction = left + zeros - point if point >= 0 else 0
        self.grouping = max(group, 0)
        self.point_always = point in (0, total)
        return at

    def _negative(self, text: str, at: int) -> tuple[str, str]:
        multiplier, self.multiplier = self.multiplier, 1
        prefix, at = self._affix(text, at, False)
        suffix = ""
        while at < len(text):
            if text[at] == ";":
                raise _special(text)
            while at < len(text) and text[at] in "#0,.E":
                at += 1
            more, at = self._affix(text, at, True)
            suffix += more
        self.multiplier = multiplier
        return prefix, suffix


def _malformed(text: str) -> RawError:
    return RawError(f'Malformed pattern "{text}"', ILLEGAL_ARGUMENT)


def _special(text: str) -> RawError:
    return RawError(f"Unquoted special character ';' in pattern \"{text}\"", ILLEGAL_ARGUMENT)


_patterns: dict[str, _Pattern] = {}


def format_number(value: Any, pattern: str) -> str:
    """The number in a pattern; raises RawError for a malformed one."""
    parsed = _patterns.get(pattern)
    if parsed is None:
        parsed = _patterns[pattern] = _Pattern(pattern)
    if isinstance(value, float):
        if value != value:
            return "NaN"
        number = float(value) * parsed.multiplier
        negative = str(number)[0] == "-"
        if abs(number) == float("inf"):
            return _framed(parsed, negative, "∞")
        shortest, exact = Decimal(repr(abs(number))), Decimal(abs(number))
    else:
        exact = shortest = _CONTEXT.multiply(Decimal(value), Decimal(parsed.multiplier)).copy_abs()
        negative = value < 0
    if parsed.exponent_digits:
        return _framed(parsed, negative, _scientific(parsed, shortest, exact))
    return _framed(parsed, negative, _plain(parsed, shortest, exact))


def _framed(pattern: _Pattern, negative: bool, body: str) -> str:
    if negative:
        return pattern.negative_prefix + body + pattern.negative_suffix
    return pattern.prefix + body + pattern.suffix


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def _plain(pattern: _Pattern, shortest: Decimal, exact: Decimal) -> str:
    # the shortest digits are rounded by what the number really is
    rounded = shortest
    if -_exponent(shortest) > pattern.maximum_fraction:
        rounded = exact.quantize(Decimal(1).scaleb(-pattern.maximum_fraction), context=_CONTEXT)
    whole, _, fraction = format(rounded, "f").partition(".")
    whole = whole.lstrip("0").rjust(pattern.minimum_integer, "0")
    fraction = fraction.rstrip("0").ljust(pattern.minimum_fraction, "0")
    if not whole and not fraction:
        whole = "0"
    if pattern.grouping:
        size, groups = pattern.grouping, []
        while len(whole) > size:
            groups.append(whole[-size:])
            whole = whole[:-size]
        whole = ",".join([whole, *reversed(groups)])
    return whole + ("." if fraction or pattern.point_always else "") + fraction


def _scientific(pattern: _Pattern, shortest: Decimal, exact: Decimal) -> str:
    digits, point = _significant(
        shortest, exact, pattern.maximum_integer + pattern.maximum_fraction
    )
    repeat, minimum_integer = pattern.maximum_integer, pattern.minimum_integer
    exponent = point
    if repeat > 1 and repeat > minimum_integer:
        if exponent >= 1:
            exponent = (exponent - 1) // repeat * repeat
        else:
            exponent = -((repeat - exponent) // repeat) * repeat
        minimum_integer = 1
    else:
        exponent -= minimum_integer
    integers = point - exponent if digits else minimum_integer
    if not digits:
        exponent = 0
    total = max(len(digits), pattern.minimum_integer + pattern.minimum_fraction, integers)
    padded = digits.ljust(total, "0")
    text = padded[:integers]
    if total > integers or pattern.point_always:
        text += "." + padded[integers:]
    sign = "-" if exponent < 0 else ""
    return f"{text}E{sign}{str(abs(exponent)).rjust(pattern.exponent_digits, '0')}"


def _significant(shortest: Decimal, exact: Decimal, count: int) -> tuple[str, int]:
    """At most `count` significant digits (all of them for 0), and the place of the point before them."""
    if shortest == 0:
        return "", 0
    number = shortest
    if count and len(shortest.normalize(_CONTEXT).as_tuple().digits) > count:
        number = Context(prec=count, rounding=ROUND_HALF_EVEN).plus(exact)
    _, parts, exponent = number.normalize(_CONTEXT).as_tuple()
    return "".join(map(str, parts)), len(parts) + int(exponent)
