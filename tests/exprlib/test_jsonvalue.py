"""What is wrong with a text that is no JSON, as Jackson words it."""

from __future__ import annotations

import pytest

from flowrt.formats.jsonread import JsonError, parse_json


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ('{"a"', "Unexpected end-of-input within/between Object entries", 5),
        ('{"a":', "Unexpected end-of-input within/between Object entries", 6),
        ("[1,", "Unexpected end-of-input within/between Array entries", 4),
        (
            "[1 2]",
            "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            4,
        ),
        (
            '{"a" 1}',
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
            6,
        ),
        ("01", "Invalid numeric value: Leading zeroes not allowed", 2),
        (
            "1.",
            "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit",
            2,
        ),
        ("-", "Unexpected end-of-inputNo digit following sign", 2),
        ("1e", "Unexpected end-of-inputexpected a digit for number exponent", 3),
        ('"abc', "Unexpected end-of-input: was expecting closing quote for a string value", 5),
        ("]", "Unexpected close marker ']': no open Array to close", 1),
        (
            "NaN",
            "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            4,
        ),
    ],
)
def test_wording(text: str, message: str, column: int) -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(text)
    first, _, place = str(caught.value).partition("\n")
    assert first == message
    assert place.endswith(f"line: 1, column: {column}]")


@pytest.mark.parametrize(
    "text", ["10", "0", "-0.5", "[0, 10]", '{"a": [1.5e3, true, null]}', "1 2"]
)
def test_what_is_json_is_read(text: str) -> None:
    assert parse_json(text) is not None
