"""Values that do not fit a property, in Jackson's words."""

from typing import Any

import pytest

from flowrt.expr.context import Context
from flowrt.expr.properties import (
    convert_constant,
    convert_list,
    convert_map,
    convert_property,
    convert_scalar,
)
from flowrt.java.errors import RawError

V = Context({"l": [1, "a"], "m": {"a": 1}, "n": 3})


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("map<object>", "{{ l }}", "`java.util.LinkedHashMap<java.lang.String,java.lang.Object>` from Array value"),
        ("map<string>", "{{ l }}", "`java.util.LinkedHashMap<java.lang.String,java.lang.String>` from Array value"),
        ("map<string>", "[]", "`java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from Array value"),
        ("list<string>", {"a": 1}, "`java.util.ArrayList<java.lang.Object>` from Object value"),
        ("list<string>", "{{ n }}", "`java.util.ArrayList<java.lang.String>` from Integer value"),
        ("map<integer>", {"a": "x"}, 'from String "x": not a valid `java.lang.Integer` value'),
        ("map<string>", {"a": ["x"]}, "`java.lang.String` from Array value (token `JsonToken.START_ARRAY`)"),
        ("map<object>", "{{ '' }}", "No content to map due to end-of-input"),
        ("list<string>", "{{ '' }}", "No content to map due to end-of-input"),
    ],
)  # fmt: skip
def test_words(kind: str, value: Any, words: str) -> None:
    with pytest.raises(RawError) as failure:
        convert_property(kind, value, V)
    assert words in failure.value.message
    # what YAML gives as a map has been read by then, and is converted
    converted = isinstance(value, dict) and kind.startswith("map")
    wanted = "java.lang.IllegalArgumentException" if converted else "MismatchedInputException"
    assert failure.value.java_class.endswith(wanted)


@pytest.mark.parametrize("value", [3, {"a": 1}, True])
def test_a_list_that_is_none(value: Any) -> None:
    with pytest.raises(RawError, match="ArrayList"):
        convert_list("string", value, V)


@pytest.mark.parametrize("value", [3, ["a"], True])
def test_a_map_that_is_none(value: Any) -> None:
    with pytest.raises(RawError, match="LinkedHashMap"):
        convert_map("string", value, V)


def test_numbers_in_a_list_of_texts_fail() -> None:
    """Only texts and maps are rendered and converted; the first use of anything else fails."""
    for value in (1, True, 1.5):
        with pytest.raises(RawError, match=r"cannot be cast to class java\.lang\.String"):
            convert_list("string", ["a", value], V)
    assert convert_list("integer", [1, "2"], V) == [1, 2]


@pytest.mark.parametrize(
    ("text", "constant"),
    [("INFO", "INFO"), (" INFO ", "INFO"), ("1", "WARN"), ("0", "ERROR")],
)
def test_constants_by_name_and_number(text: str, constant: str) -> None:
    assert convert_constant(("TRACE", "DEBUG", "INFO", "WARN", "ERROR"), text) == constant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No content to map"),
        ("9", "from number 9: index value outside legal index range [0..4]"),
        ("true", "`org.slf4j.event.Level` from Boolean value (token `JsonToken.VALUE_TRUE`)"),
        ("[1]", "`org.slf4j.event.Level` from Array value"),
        ("nope", "Unrecognized token 'nope'"),
    ],
)
def test_texts_that_are_no_constant(text: str, words: str) -> None:
    with pytest.raises(RawError) as failure:
        convert_constant(("TRACE", "DEBUG", "INFO", "WARN", "ERROR"), text)
    assert words in failure.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("true", "Unexpected token (VALUE_TRUE), expected one of [VALUE_STRING, VALUE_NUMBER_INT"),
        ("[1]", "`java.time.Duration` from Array value"),
    ],
)
def test_texts_that_are_no_duration(text: str, words: str) -> None:
    with pytest.raises(RawError) as failure:
        convert_scalar("duration", text)
    assert words in failure.value.message


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("double", "[1", "MismatchedInputException: Cannot deserialize value of type `java.lang.Double` from Array"),
        ("double", '{"a', "MismatchedInputException: Cannot deserialize value of type `java.lang.Double` from Object"),
        ("duration", " [1", "MismatchedInputException: Cannot deserialize value of type `java.time.Duration` from Arr"),
        ("double", '"x"', 'InvalidFormatException: Cannot deserialize value of type `java.lang.Double` from String "x"'),
        ("integer", '"x"', 'InvalidFormatException: Cannot deserialize value of type `java.lang.Integer` from String "x"'),
        ("duration", '"x"', "InvalidFormatException: Cannot deserialize value of type `java.time.Duration` from String"),
    ],
)  # fmt: skip
def test_what_jackson_gives_up_at_first(kind: str, text: str, words: str) -> None:
    with pytest.raises(RawError) as failure:
        convert_scalar(kind, text)
    assert f"{failure.value.java_class}: {failure.value}".partition("databind.exc.")[2].startswith(
        words
    )


def test_a_text_of_json_is_no_list() -> None:
    with pytest.raises(RawError, match=r"ArrayList<java.lang.Integer>` from String value \(token"):
        convert_property("list<integer>", "{{ '\"x\"' }}", V)
