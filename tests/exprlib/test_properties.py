"""Values that do not fit a property, in Jackson's words."""

from typing import Any

import pytest

from flowrt.expr.context import Context
from flowrt.expr.properties import convert_list, convert_map, convert_property
from flowrt.java.errors import RawError

V = Context({"l": [1, "a"], "m": {"a": 1}, "n": 3})


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("map<object>", "{{ l }}", "`java.util.LinkedHashMap<java.lang.String,java.lang.Object>` from Array value"),
        ("map<string>", "{{ l }}", "`java.util.LinkedHashMap<java.lang.String,java.lang.String>` from Array value"),
        ("map<string>", "[]", "`java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from Array value"),
        ("list<string>", {"a": 1}, "`java.util.ArrayList<java.lang.Object>` from Object value"),
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
    assert failure.value.java_class.endswith("MismatchedInputException")


@pytest.mark.parametrize("value", [3, {"a": 1}, True])
def test_a_list_that_is_none(value: Any) -> None:
    with pytest.raises(RawError, match="ArrayList"):
        convert_list("string", value, V)


@pytest.mark.parametrize("value", [3, ["a"], True])
def test_a_map_that_is_none(value: Any) -> None:
    with pytest.raises(RawError, match="LinkedHashMap"):
        convert_map("string", value, V)


def test_numbers_in_a_list_of_texts_stay_numbers() -> None:
    """Only texts and maps are rendered and converted; their first use fails."""
    assert convert_list("string", ["a", 1, True], V) == ["a", 1, True]
