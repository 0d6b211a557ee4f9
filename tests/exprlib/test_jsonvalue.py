"""What is wrong with a text that is no JSON, as Jackson words it."""

from __future__ import annotations

import pytest

from flowrt.formats.jsonlist import failure, parse_list
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
        (
            "-Infinity",
            "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            10,
        ),
        (
            "[1, -x]",
            "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, "
            "for valid numeric value",
            6,
        ),
        (
            "-.5",
            "Unexpected character ('.' (code 46)): expected a valid value (JSON String, Number, Array, Object or "
            "token 'null', 'true' or 'false')",
            2,
        ),
        (
            "[1.]",
            "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit",
            3,
        ),
        (
            "[1.5e+x]",
            "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit",
            3,
        ),
        (
            "[1.5.5]",
            "Unexpected character ('.' (code 46)): was expecting comma to separate Array entries",
            5,
        ),
        (
            '["x\ty"]',
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value",
            4,
        ),
        (
            '{"a":1,"b\t":1}',
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name",
            10,
        ),
        (
            '["a","b\t"]',
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value",
            8,
        ),
        (
            "[\x01]",
            "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens",
            3,
        ),
        (
            '{"a"\x01:1}',
            "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens",
            6,
        ),
        ('["\\x"]', "Unrecognized character escape 'x' (code 120)", 4),
        ('["\\\x01"]', "Unrecognized character escape (CTRL-CHAR, code 1)", 4),
        (
            '["\\u12zz"]',
            "Unexpected character ('z' (code 122)): expected a hex-digit for character escape sequence",
            7,
        ),
        ('["\\u1', "Unexpected end-of-input in character escape sequence", 6),
        ('["\\', "Unexpected end-of-input in character escape sequence", 4),
        ('{"a":1,"b', "Unexpected end-of-input in field name", 10),
        ("[1,}", "Unexpected character ('}' (code 125)): expected a value", 4),
        (
            '{"a":1€}',
            "Unexpected character ('€' (code 8364 / 0x20ac)): was expecting comma to separate Object entries",
            7,
        ),
        (
            "[nulll]",
            "Unrecognized token 'nulll': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            2,
        ),
        (
            "[1/]",
            "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)",
            3,
        ),
        (
            "[+1]",
            "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow",
            3,
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
    ("text", "told", "column"),
    [
        ("[}", "'}}': expected ']' (for Array starting at {})", 1),
        ('{"a":[1}', "'}}': expected ']' (for Array starting at {})", 6),
        ('{"a":1]', "']': expected '}}' (for Object starting at {})", 1),
        ("{]", "']': expected '}}' (for Object starting at {})", 1),
    ],
)
def test_a_bracket_that_closes_another_one_is_told_with_that(
    text: str, told: str, column: int
) -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(text)
    place = f"[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {column}]"
    first = str(caught.value).partition("\n")[0]
    assert first == "Unexpected close marker " + told.format(place)


@pytest.mark.parametrize(
    "text", ["10", "0", "-0.5", "[0, 10]", '{"a": [1.5e3, true, null]}', "1 2"]
)
def test_what_is_json_is_read(text: str) -> None:
    assert parse_json(text) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[1,", "core.JsonParseException"),
        ('[{"a": 1, ', "core.JsonParseException"),
        ('[{"a":', "core.io.JsonEOFException"),
        ("[1", "core.io.JsonEOFException"),
        ('"a', "core.io.JsonEOFException"),
        ("[1 2]", "core.JsonParseException"),
        ("", "databind.exc.MismatchedInputException"),
        ("1", "databind.exc.MismatchedInputException"),
        (" {k: v}", "databind.exc.MismatchedInputException"),
    ],
)
def test_the_class_of_what_is_raised_for_a_list(text: str, name: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse_list(text)
    assert failure(caught.value, text).startswith(f"com.fasterxml.jackson.{name}: ")
