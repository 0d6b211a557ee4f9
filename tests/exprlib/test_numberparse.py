"""Texts that are no numbers, in the words of the engine (each asked of it)."""

from __future__ import annotations

import pytest

from flowrt.java.errors import RawError
from flowrt.java.text.numberparse import parse_number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fuzz-98", "Illegal embedded sign character"),
        ("-12-3", "Illegal embedded sign character"),
        ("1+2", "Illegal embedded sign character"),
        ("a12345678901", 'For input string: "a12"'),
        ("12345a678901", 'For input string: "45a678901"'),
        ("--1a2", 'For input string: "1a2"'),
        ("+x1", 'For input string: "x1"'),
        ("fuzz 98", 'For input string: "fuzz 98"'),
        ("0x-98", "Sign character in wrong position"),
        ("08", 'For input string: "8" under radix 8'),
        (
            "abcdefghijklmnop12",
            'Character a is neither a decimal digit number, decimal point, nor "e" notation exponential mark.',
        ),
    ],
)
def test_what_is_no_number(text: str, why: str) -> None:
    with pytest.raises(RawError) as raised:
        parse_number(text, "")
    assert str(raised.value) == why
