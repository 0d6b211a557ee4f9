"""YAML as Kestra reads it, and where everything stands."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.diag.model import Sink
from flowc.front.nodes import Mapping, Scalar, plain
from flowc.front.yaml import MAX_COPIES, parse
from flowc.source import SourceFile
from flowrt.formats.yamlread import parse_yaml
from flowrt.formats.yamlscalar import YamlError


def read(text: str) -> tuple[Any, list[str]]:
    sink = Sink()
    node = parse(SourceFile("flow.yaml", text), sink)
    return (None if node is None else plain(node)), [each.code for each in sink.sorted()]


def scalar(text: str) -> Scalar:
    sink = Sink()
    node = parse(SourceFile("flow.yaml", text), sink)
    assert isinstance(node, Mapping)
    value = node.entries[-1][1]
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True), ("On", True), ("TRUE", True), ("off", False), ("No", False),
        ("y", "y"), ("n", "n"), ("tRue", "tRue"),
        ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"), ("", ""), ("'~'", "~"),
        ("012", 10), ("08", "08"), ("0x1F", 31), ("0X1F", "0X1F"), ("-0x1F", -31), ("0b11", 3), ("0o17", "0o17"),
        ("1_000", 1000), ("1_", 1), ("_1", "_1"), ("+1", 1), ("99999999999999999999", 99999999999999999999),
        ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("1.50", 1.5), ("1_000.5", 1000.5), ("1e", "1e"),
        ("1.0.0", "1.0.0"), ("12:30:45", "12:30:45"), ("2024-01-01", "2024-01-01"), ("+", "+"), (".", "."),
        ("!!str 12", "12"), ('!!int "12"', 12), ("!!float 1", 1.0), ('!!bool "yes"', True), ("!!str null", "null"),
        ("!!null x", None), ("!!timestamp 2024-01-01", "2024-01-01"), ("!own text", "text"),
    ],
)  # fmt: skip
def test_scalars(written: str, value: object) -> None:
    found, codes = read(f"a: {written}\n")
    assert codes == []
    assert found["a"] == value
    assert type(found["a"]) is type(value)


@pytest.mark.parametrize("written", [".inf", "-.inf", ".nan", "._", "12:30.5", "9" * 1001])
def test_numbers_that_cannot_be_read(written: str) -> None:
    assert read(f"a: {written}\n")[1] == ["FC105"]


@pytest.mark.parametrize(
    "written",
    [
        "0_",
        "._1",
        "0o7",
        "1_000",
        "0_7",
        "-0x_f",
        "+.5",
        "1:2",
        "08",
        "~",
        "No",
        "! 12",
        "0x0000000001",
    ],
)
def test_flows_and_data_are_read_alike(written: str) -> None:
    """One reader of scalars serves both."""
    assert read(f"a: {written}\n")[0] == parse_yaml(f"a: {written}\n", strict=True)


@pytest.mark.parametrize(
    "written",
    [
        "a:\tb", "a: \tb", "{a:\tb}", "[a,\tb]", "a: |#c\n  b", "'a'\t: b", 'a: "b\\/c"', "a:\n  -\tb", "{\n\ta: b}",
        "a: b\n\tc: d", "a: b\n\t", "a: b\n \tc", "a: |\t\n  b", "a: &x\tb", "a: !!str\tb", "a: !!str\t'b'", "a: [b]\t", "?\ta\n:\tb",
    ],
)  # fmt: skip
def test_what_the_engine_does_not_read_is_refused(written: str) -> None:
    assert read(f"{written}\n") == (None, ["FC101"])
    with pytest.raises(YamlError):
        parse_yaml(f"{written}\n")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a: b\t", "b"), ("a: b\t# c", "b"), ("a: b\tc", "b\tc"), ("a: |\n  \tb\n  c:\td", "\tb\nc:\td\n"),
        ('a: "b\\\\/c\t"', "b\\/c\t"), ("# a:\tb\na: b #\tc", "b"), ("a\t: b", "b"),
        ("a: >\n \tb", "\tb\n"), ("a: 'b\n\tc'", "b c"), ('a: "b\\\n\tc"', "bc"), ("a: |2\n  \tb", "\tb\n"),
    ],
)  # fmt: skip
def test_tabs_and_backslashes_that_the_engine_reads(written: str, value: str) -> None:
    found, codes = read(f"{written}\n")
    assert codes == []
    assert [*found.values()] == [value] == [*parse_yaml(f"{written}\n").values()]


def test_an_escape_that_is_none_has_a_way_out() -> None:
    sink = Sink()
    parse(SourceFile("flow.yaml", 'a: "b\\/c"\n'), sink)
    [found] = sink.sorted()
    assert (found.span.line, found.span.column) == (1, 7)
    assert (
        found.hint
        == "a backslash in double quotes begins an escape: write it twice, or leave it out"
    )


def test_keys_are_texts() -> None:
    assert read("{1: a, true: b, 1.50: c, null: d}")[0] == {
        "1": "a",
        "true": "b",
        "1.50": "c",
        "null": "d",
    }
    assert read("{1: a, '1': b}")[1] == ["FC102"]


def test_merge_keys() -> None:
    found, codes = read("a: &a {p: 1, q: 2}\nb: {<<: *a, q: 3}\nc: {<<: [{x: 1}, {x: 2, y: 3}]}\n")
    assert found["b"] == {"q": 3, "p": 1}
    assert found["c"] == {"x": 1, "y": 3}
    assert set(codes) == {"FC108"}


def test_copies_are_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    found, codes = read("\n".join(lines))
    assert found is None
    assert "FC107" in codes
    assert len(codes) < MAX_COPIES


def test_long_texts_are_not_copied_without_end() -> None:
    """What an alias adds to the module counts, not only how many values it is."""
    found, codes = read(f"a: &a '{'x' * 100_000}'\nb: [{', '.join(['*a'] * 200)}]")
    assert found is None
    assert "FC107" in codes


@pytest.mark.parametrize(
    "text",
    [
        "a: x {{ HERE }} y",
        "a: 'it''s {{ HERE }}'",
        'a: "tab\\t \\u00e9 {{ HERE }}"',
        "a: |\n  first\n    more\n  {{ HERE }}\n",
        "a: |2\n    kept\n  {{ HERE }}\n",
        "a: >\n  folded\n  line {{ HERE }}\n\n  end\n",
        "a: plain\n  over lines\n  {{ HERE }}\n",
        'a: "quoted\n  over \\\n  lines {{ HERE }}"\n',
        "a: 'single\n\n  over lines {{ HERE }}'\n",
        "é: 1\nb: '🚀 {{ HERE }}'",
    ],
)
def test_places_inside_of_texts(text: str) -> None:
    value = scalar(text)
    assert isinstance(value.value, str)
    span = value.place(value.value.index("HERE"), 4)
    assert text[span.start : span.end] == "HERE"


def test_windows_line_ends_and_byte_order_mark() -> None:
    from flowc.front import read as read_flow

    sink = Sink()
    text = "\ufeffid: a\r\nnamespace: b.c\r\ntasks:\r\n- id: t\r\n  type: io.kestra.plugin.core.log.Log\r\n"
    read_flow(text, "flow.yaml", sink)
    (found,) = sink.sorted()
    assert (found.code, found.span.line, found.span.column) == ("FC202", 4, 3)


def test_deep_nesting_is_read_without_recursion_errors() -> None:
    found, codes = read("a: " + "[" * 399 + "]" * 399)
    assert codes == []
    assert read("a: " + "[" * 400 + "]" * 400)[1] == ["FC107"]
    assert isinstance(found["a"], list)


@pytest.mark.parametrize("key", [".nan", ".inf", "1.50", "null", "0x1F", "~"])
def test_a_key_is_a_text_whatever_it_looks_like(key: str) -> None:
    assert read(f"{key}: 1") == ({key: 1}, [])


def test_an_alias_of_what_it_stands_in_is_its_text() -> None:
    assert read("a: &x [*x, b]") == ({"a": ["x", "b"]}, ["FC108"])
    assert read("a: [*x]")[1] == ["FC106"]


def test_characters_in_two_escapes() -> None:
    """As JSON writes those that 16 bits do not hold."""
    text = r'a: "\ud83d\ude00 {{ x }}"'
    assert read(text) == ({"a": "\U0001f600 {{ x }}"}, [])
    assert scalar(text).place(2, 7).start == text.index("{{")
    assert read(r"a: '\ud83d\ude00'") == ({"a": r"\ud83d\ude00"}, [])
    assert read(r'a: "\ud83d"')[1] == ["FC101"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a: 1\n---", []), ("a: 1\n---\n# c", []), ("a: 1\n...\n---\n...", []), ("a: 1\n--- # c\n", []),
        ("a: 1\n---\nb", ["FC109"]), ("a: 1\n--- b", ["FC109"]), ("a: 1\n---\nb: c: d", ["FC109"]),
        ("a: 1\n---\n@", ["FC109"]), ('a: 1\n---\n"', ["FC109"]), ("a: 1\n---\n\tb", ["FC109"]),
        ("a: 1\n...\nb: c: d", ["FC109"]), ('a: 1\n...\n"', ["FC109"]), ("a: 1\n%YAML 1.1\n---\nb", ["FC109"]),
        ("{a: 1} b", ["FC109"]), ("{a: 1}}", ["FC109"]), ("{a: 1}\nb: c", ["FC109"]), ("{a: 1}\n- b", ["FC109"]),
        ("{a: 1}\n@", ["FC101"]), ('{a: 1}"', ["FC101"]), ("{a: 1}\t", ["FC101"]), ("{a: 1}: b", ["FC104"]),
        ("a: 1\n- b", ["FC101"]), ("a: 1\n@", ["FC101"]), ("a: 1\n}", ["FC101"]), ("a: 1\n ---", []),
    ],
)  # fmt: skip
def test_behind_the_first_document_one_token_is_read(text: str, codes: list[str]) -> None:
    """A warning is no refusal: the engine takes a flow whatever follows it, but for what that one token cannot be."""
    assert read(text)[1] == codes
