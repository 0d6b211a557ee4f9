"""Numbers: DecimalFormat patterns, texts that hold numbers, `String.format`."""

from decimal import Decimal
from typing import Any

import pytest

from flowrt.expr.filters_number import number, number_format
from flowrt.expr.functions_core import max_, min_
from flowrt.java.errors import RawError
from flowrt.java.text.stringformat import format_string
from flowrt.java.values import Long, class_name


@pytest.mark.parametrize(
    "value, pattern, printed",
    [
        (1234.567, "#,##0.00", "1,234.57"),
        # what does not count goes to the end, wherever it stands between digits
        (1234.5, "a0b0c", "a1234bc"),
        (1234.5, "0.0a0", "1234.50a"),
        (1234.5, "#,##0x,0", "1,2,3,4x"),
        (1234.5, "0 E0", "1234 E"),
        (1234.5, "0%0", "123450%"),
        (-1.5, "0;(0x0y)", "(2xy)"),
        (1234.565, "0.00", "1234.57"),
        (1.005, "0.00", "1.00"),
        (2.5, "0", "2"),
        (-0.5, "0", "-0"),
        (1234567, "0,0.0", "1,2,3,4,5,6,7.0"),
        (12345, "0.###E0", "1.234E4"),
        (123456, "##0.##E0", "123.46E3"),
        (0.00001234, "##0.###E0", "12.34E-6"),
        (-1234.5, "¤#,##0.00;(¤#,##0.00)", "($1,234.50)"),
        (0.256, "#.#‰", "256‰"),
        (0.1, "0.00000000000000000000", "0.10000000000000000000"),
        (1234, "0 'x''y'", "1234 x'y"),
        (float("nan"), "0", "NaN"),
        (Decimal("1E+3"), "0.0", "1000.0"),
        (10**40 - 1, "0.0", "9" * 40 + ".0"),
        (
            Decimal("-1234567890123456789012345678901.25"),
            "0.#",
            "-1234567890123456789012345678901.2",
        ),
    ],
)
def test_patterns(value: Any, pattern: str, printed: str) -> None:
    assert number_format(value, pattern) == printed


@pytest.mark.parametrize("pattern", ["0.0.0", "0#", "0,", "%%0", "'0", "0;0;0"])
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(RawError):
        number_format(5, pattern)


@pytest.mark.parametrize(
    "text, kind, value",
    [
        ("12.3", "Float", 12.3),
        ("123456789.1", "Double", 123456789.1),
        ("1e-400", "BigDecimal", Decimal("1e-400")),
        ("0xFFFFFFFF", "Long", 0xFFFFFFFF),
        ("010", "Integer", 8),
        ("9223372036854775808", "BigInteger", 2**63),
        ("1L", "Long", 1),
    ],
)
def test_number_of_a_text(text: str, kind: str, value: Any) -> None:
    result = number(text)
    assert class_name(result).endswith("." + kind)
    assert result == pytest.approx(value) if isinstance(value, float) else result == value


@pytest.mark.parametrize("text", ["", "abc", "1 ", "1,000", "1.2.3", "1e5L", "NaN"])
def test_texts_that_hold_no_number(text: str) -> None:
    with pytest.raises(RawError):
        number(text)


@pytest.mark.parametrize(
    "pattern, arguments, printed",
    [
        (
            "%5d|%-5d|%05d|%+d|%,d|%x",
            [5, 5, 5, 5, 1234567, 255],
            "    5|5    |00005|+5|1,234,567|ff",
        ),
        ("%.2f|%e|%.0f", [2.345, 12345.678, 2.5], "2.35|1.234568e+04|3"),
        ("%2$s %1$s %<s", ["a", "b"], "b a a"),
        ("100%% %s", [None], "100% null"),
        (
            "%.1f",
            [Decimal("-1234567890123456789012345678901.75")],
            "-1234567890123456789012345678901.8",
        ),
    ],
)
def test_string_format(pattern: str, arguments: list[Any], printed: str) -> None:
    assert format_string(pattern, arguments) == printed


@pytest.mark.parametrize(
    "pattern, arguments", [("%d", [1.5]), ("%f", [Long(1)]), ("%s", []), ("%-d", [1])]
)
def test_wrong_arguments(pattern: str, arguments: list[Any]) -> None:
    with pytest.raises(RawError):
        format_string(pattern, arguments)


def test_extremes_of_numbers_that_are_larger_than_any_double() -> None:
    large = 10**999
    assert max_(1, 2.5, large) == large
    assert min_(large, 1) == 1
    assert min_(1, -large) == -large
