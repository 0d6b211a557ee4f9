"""Values of each type: what is accepted, what the document holds, what a refusal says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrt.inputs.conversion import Upload, convert, document_form
from flowrt.inputs.errors import Invalid, Unreadable
from flowrt.inputs.sealing import Sealer
from flowrt.java.values import Float

SEALER = Sealer(b"0123456789abcdef")


def store(id: str, name: str, data: bytes) -> str:
    return f"kestra:///inputs/{id}/{name}"


def document(type_name: str, value: object, element_type: str | None = None) -> object:
    typed = convert(type_name, value, id="x", store_file=store, element_type=element_type)
    return document_form(typed, SEALER)


@pytest.mark.parametrize(
    ("type_name", "given_value", "expected"),
    [
        ("STRING", "text", "text"),
        ("STRING", {"a": 1, "b": ["x", True]}, "{a=1, b=[x, true]}"),
        ("INT", "+5", 5),
        ("INT", "٨٠", 80),
        ("FLOAT", "1e3", 1000.0),
        ("FLOAT", " 2.5 ", 2.5),
        ("FLOAT", "1f", 1.0),
        ("FLOAT", "0x1p3", 8.0),
        ("FLOAT", "123456789.123", 123456790.0),
        ("FLOAT", "0.1", 0.1),
        ("FLOAT", "Infinity", "Infinity"),
        ("BOOLEAN", "TRUE", True),
        ("BOOL", "yes", False),
        ("BOOLEAN", " true", False),
        ("DATETIME", "2024-01-02T03:04:05.123456789+02:00", "2024-01-02T01:04:05.123456Z"),
        ("DATETIME", "2024-01-02T24:00:00Z", "2024-01-03T00:00:00.000000Z"),
        ("DATETIME", "+12024-01-02T03:04:05Z", "+12024-01-02T03:04:05.000000Z"),
        ("DATETIME", "-2024-01-01T24:00:00Z", "2025-01-02T00:00:00.000000Z"),
        ("DATE", "2024-02-29", "2024-02-29"),
        ("TIME", "03:04", "03:04:00"),
        ("TIME", "03:04:05.5", "03:04:05.5"),
        ("DURATION", "PT1H", 3600.0),
        ("DURATION", "-PT5S", -5.0),
        ("DURATION", "P1DT2H3M4.005S", 93784.005),
        ("JSON", '{"a": 1, "a": 2}', {"a": 2}),
        ("JSON", "5 6", 5),
        ("JSON", "null", None),
        ("JSON", [1, None], [1, None]),
        ("URI", "a:b", "a:b"),
        ("FILE", "nsfile:///a.txt", "nsfile:///a.txt"),
        ("FILE", Upload("data.csv", b"1"), "kestra:///inputs/x/data.csv"),
        ("MULTISELECT", '["a"]', ["a"]),
    ],
)
def test_accepted(type_name: str, given_value: object, expected: object) -> None:
    found = document(type_name, given_value)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("type_name", "given_value", "message"),
    [
        ("INT", "3.0", 'For input string: "3.0"'),
        ("INT", " 3", 'For input string: " 3"'),
        ("INT", "99999999999", 'For input string: "99999999999"'),
        ("FLOAT", "1,5", 'For input string: "1,5"'),
        ("FLOAT", " a\n", 'For input string: " a\n"'),
        ("URI", "word", "Invalid URI format."),
        ("STRING", Upload("a", b""), "a file was given, but the type is STRING"),
    ],
)
def test_refused_with_the_name(type_name: str, given_value: object, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(type_name, given_value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("type_name", "text", "cause"),
    [
        ("DURATION", "1h", "Text cannot be parsed to a Duration"),
        ("TIME", "3:04", "Text '3:04' could not be parsed at index 0"),
        ("JSON", "NaN", "Non-standard token 'NaN'"),
        ("JSON", "plain", "Unrecognized token 'plain'"),
        ("ARRAY", "1,2", "Unexpected character (',' (code 44)): Expected space"),
        ("DATETIME", "2024-01-02", "Text '2024-01-02' could not be parsed"),
        ("FILE", "/no/such/file", "/no/such/file (No such file or directory)"),
        ("FILE", "\ud800", "'\\ud800' (No such file or directory)"),
    ],
)
def test_refused_as_a_block(type_name: str, text: str, cause: str) -> None:
    with pytest.raises(Unreadable) as caught:
        document(type_name, text)
    assert str(caught.value).startswith(f" errors:\n```\n{cause}")
    assert str(caught.value).endswith("\n```")


def test_elements_are_converted_to_the_item_type() -> None:
    assert document("ARRAY", '["4", 5]', "INT") == [4, 5]
    assert document("ARRAY", '["2024-01-02"]', "DATE") == ["2024-01-02"]
    assert document("ARRAY", [1, "x", None]) == [1, "x", None]


@pytest.mark.parametrize(
    ("text", "shown"), [('[1, "x"]', "x"), ("[1.0]", "1.0"), ("[null]", "null")]
)
def test_an_element_that_does_not_fit_is_named(text: str, shown: str) -> None:
    with pytest.raises(Invalid) as caught:
        document("ARRAY", text, "INT")
    assert str(caught.value) == f"Unable to parse array element as `INT` on `{shown}`"


def test_a_local_file_is_stored_under_its_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a")
    assert document("FILE", str(path)) == "kestra:///inputs/x/rows.csv"


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_survives_its_document_form(number: float) -> None:
    held = document("FLOAT", repr(number))
    assert isinstance(held, float)
    assert Float(held) == Float(number)


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_32_bit_integer_is_an_int(number: int) -> None:
    assert document("INT", str(number)) == number


@given(st.text(min_size=1), st.binary(min_size=16, max_size=40))
def test_sealed_texts_open_with_their_key_alone(text: str, key: bytes) -> None:
    sealed = Sealer(key).seal(text)
    assert Sealer(key).open(sealed) == text
    assert Sealer(key).reveal({"a": [sealed, 1]}) == {"a": [text, 1]}
    with pytest.raises(ValueError, match="another key"):
        Sealer(key + b"!").open(sealed)


def test_without_a_key_only_the_same_process_opens() -> None:
    sealer = Sealer()
    sealed = sealer.seal("open-sesame")
    assert sealer.open(sealed) == "open-sesame"
    assert sealer.seal("open-sesame") != sealed
    with pytest.raises(ValueError, match="another key"):
        Sealer().open(sealed)


def test_a_sealed_text_hides_the_text() -> None:
    sealed = SEALER.seal("open-sesame")
    assert "open" not in sealed["value"]
    assert sealed != SEALER.seal("open-sesame")


def test_a_key_file_is_made_once_for_its_owner(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "sealing.key"
    sealed = Sealer.kept_in(str(path)).seal("open-sesame")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Sealer.kept_in(str(path)).open(sealed) == "open-sesame"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: yes\nb: 010\nc: 1e3", {"a": True, "b": 8, "c": 1000.0}),
        ("a: ~\nb:\nc: {d: }", {"a": None, "b": "", "c": {"d": ""}}),
        ("a: 2024-01-02", {"a": "2024-01-02"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": "x"}),
        ("a: 1\n---\na: 2", {"a": 1}),
        ("just text", "just text"),
    ],
)
def test_yaml_inputs(text: str, expected: object) -> None:
    assert document("YAML", text) == expected


@pytest.mark.parametrize(
    ("text", "cause"), [("a: 1\na: 2", "Duplicate field 'a'"), ("a: [1", "expected")]
)
def test_yaml_that_is_refused(text: str, cause: str) -> None:
    with pytest.raises(Unreadable, match=cause):
        document("YAML", text)


@pytest.mark.parametrize(
    ("type_name", "text", "index"),
    [
        ("DATETIME", "2024-01-02", 10),
        ("DATETIME", "2024-01-02T03:04:05", 19),
        ("DATETIME", "2024-13-01T00:00:00Z", 0),
        ("DATETIME", "2024-13-01T24:00:00Z", 0),
        ("DATETIME", "2024-01-01t10:00Z", 16),
        ("DATETIME", "2024-01-01T10:00:00+02", 19),
        ("DATETIME", "x", 0),
        ("DATE", "2024-1-2", 5),
        ("DATE", "02.01.2024", 0),
        ("DATETIME", "2024-01-01T1", 11),
        ("DATETIME", "2024-01-01T10", 13),
        ("TIME", "", 0),
        ("TIME", "5", 0),
        ("TIME", "05", 2),
        ("TIME", "0a:00", 0),
        ("TIME", "2024-01-02", 2),
        ("TIME", "12:", 3),
        ("TIME", "12:3", 3),
        ("TIME", "12-30", 2),
    ],
)
def test_where_a_date_is_wrong(type_name: str, text: str, index: int) -> None:
    with pytest.raises(Unreadable) as caught:
        document(type_name, text)
    assert f"Text '{text}' could not be parsed at index {index}\n" in str(caught.value)


def test_yaml_that_is_wrong_is_shown_with_its_place() -> None:
    with pytest.raises(Unreadable) as caught:
        document("YAML", "ok: 1\nwrong: [1")
    assert str(caught.value) == (
        " errors:\n```\n"
        "while parsing a flow sequence\n"
        " in 'reader', line 2, column 8:\n"
        "    wrong: [1\n"
        "           ^\n"
        "expected ',' or ']', but got <stream end>\n"
        " in 'reader', line 2, column 10:\n"
        "    wrong: [1\n"
        "             ^\n"
        "\n at [Source: (StringReader); line: 2, column: 10]\n```"
    )
