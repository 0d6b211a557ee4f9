"""YAML, Ion, JSON and encryption."""

from base64 import b64encode
from typing import Any

import pytest

from flowrt.expr.filters_data import yaml_filter
from flowrt.expr.functions_data import decrypt, encrypt, from_ion, from_json, yaml
from flowrt.formats import jsonwrite
from flowrt.formats.ion import read_ion, write_ion
from flowrt.formats.ionlines import read_plain_struct
from flowrt.formats.jsonwrite import to_json
from flowrt.java.errors import ExpressionError
from flowrt.java.time.isoparse import parse_instant, parse_local_date
from flowrt.java.time.temporal import Duration
from flowrt.java.values import Char, Float, Long, number_class


@pytest.mark.parametrize(
    "value, text",
    [
        ({"a": 1, "b": ["x", "y"], "c": {"d": True}}, 'a: 1\nb:\n - x\n - "y"\nc:\n  d: true\n'),
        ([[1, [2]], {"a": []}], " -\n   - 1\n   -\n     - 2\n -\n  a: []\n"),
        ({"n": None, "e": "", "sp": " x"}, '"n": null\ne: ""\nsp: \' x\'\n'),
        ("", '--- ""\n'),
        ("a\nb\n", "|\n  a\n  b\n"),
        (["a: b", "#c", "017", "1.5"], ' - "a: b"\n - "#c"\n - \'017\'\n - 1.5\n'),
        ({"1": 1, "-a": 2}, '"1": 1\n"-a": 2\n'),
    ],
)
def test_yaml_writer(value: Any, text: str) -> None:
    assert yaml_filter(value) == text


@pytest.mark.parametrize(
    "text, value",
    [
        ("a: 1\nb:\n- x\n- {c: [1, 2.5]}\n", {"a": 1, "b": ["x", {"c": [1, 2.5]}]}),
        (
            "a: yes\nb: 017\nc: 0o17\nd: 12:30\ne: 1_000\nf: y",
            {"a": True, "b": 15, "c": "0o17", "d": "12:30", "e": 1000, "f": "y"},
        ),
        ("a: |\n  x\n  y\nb: >-\n  z\n  w\n", {"a": "x\ny\n", "b": "z w"}),
        ("a: &x 1\nb: *x\n<<: 2", {"a": 1, "b": "x", "<<": 2}),
        ("a: 1\na: 2 # c", {"a": 2}),
        ("--- 1\n--- 2", 1),
        ("? k\n: v", {"k": "v"}),
        ("a: 'it''s'\nb: \"x\\ty\"", {"a": "it's", "b": "x\ty"}),
        ("- - 1\n  - 2\n- a: 3\n  b: 4", [[1, 2], {"a": 3, "b": 4}]),
        ("a: x y\n  z", {"a": "x y z"}),
    ],
)
def test_yaml_reader(text: str, value: Any) -> None:
    assert yaml(text) == value


@pytest.mark.parametrize(
    "text", ["", "# c", "a: [1", "a: 'x", ".inf", "- 1\na: 2", "a: b: c", "a: @x"]
)
def test_yaml_that_is_none(text: str) -> None:
    with pytest.raises(ExpressionError, match="Invalid yaml: "):
        yaml(text)


def test_yaml_reads_what_it_wrote() -> None:
    value = {"a": ["x\ny", "z: w", {"b": [[1, 2], []]}], "c": {"d": " e ", "f": "- g"}}
    assert yaml(yaml_filter(value)) == value


def test_ion_writer() -> None:
    value = {"a b": 1.5, "c": ["x\n", None], "null": 100.0}
    assert write_ion(value) == "{'a b':1.5e0,c:[\"x\\n\",null],'null':100e0}"
    assert write_ion(parse_instant("2024-03-15T10:11:12.345678Z")) == "2024-03-15T10:11:12.345Z"


def test_ion_reader() -> None:
    assert from_ion("{a:1, b:[2,3], 'c d':\"x\"}") == {"a": 1, "b": [2, 3], "c d": "x"}
    assert number_class(from_ion("1.50")) == "BigDecimal"
    assert from_ion("2024-01-01T00:00:00Z") == parse_local_date("2024-01-01")
    assert from_ion("1 2 // c\n 3", True) == [1, 2, 3]
    for text in ("{", "null", "[1 2]", "01"):
        with pytest.raises(ExpressionError, match="Invalid ion: "):
            from_ion(text)


def test_json_reader_reads_one_value() -> None:
    assert from_json('{"a":1} trailing') == {"a": 1}
    assert number_class(from_json("12345678901")) == "Long"
    for text in ("", " ", "01", "bad", "{", "NaN"):
        with pytest.raises(ExpressionError, match="Invalid json: "):
            from_json(text)


def test_decrypts_what_others_encrypted() -> None:
    # a test case of the specification (McGrew and Viega), without additional data
    key, nonce = "/v/pkoZlcxxtao+UZzCDCA==", "cafebabefacedbaddecaf888"
    plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    plain += "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    sealed = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    sealed += "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
    tag = "4d5c2af327cd64a62cf35abd2ba6fab4"
    text = b64encode(bytes.fromhex(nonce + sealed + tag)).decode()
    assert decrypt(key, text) == bytes.fromhex(plain).decode("utf-8", "replace")


def test_encryption_round_trip() -> None:
    key = "MTIzNDU2Nzg5MDEyMzQ1Ng=="
    secret = encrypt(key, "é😀")
    assert secret != encrypt(key, "é😀")
    assert decrypt(key, secret) == "é😀"
    with pytest.raises(ExpressionError, match="Tag mismatch"):
        decrypt("MTIzNDU2Nzg5MDEyMzQ1Nw==", secret)


@pytest.mark.parametrize(
    "line",
    [
        '{a:1,b:"x,y:{z}",c:1.50,d:1.5e0,e:true,f:null,g:[1,{h:-0.0}],$i_1:"\\n\\"\\\\ü"}',
        '{"a":{},b:[]}',
        "{a:-0.00,b:-1,c:12345678901234567890,d:1E400}",
        '{a:"\\u00e9",b:1e5}',
    ],
)
def test_plain_structs_are_read_as_any_others(line: str) -> None:
    (value,) = read_ion(line, True)
    quick = read_plain_struct(line + "\n")
    assert repr(quick) == repr(value)


@pytest.mark.parametrize(
    "line",
    [
        "{a:2024-01-02}", "{a:sym}", "{'a b':1}", "{a:{{aGk=}}}", '{a:LocalTime::"01:02"}', "{a:1.}", "{a:1d2}",
        '{a:"\\x41"}', "{a:1}{a:2}", "{a:NaN,b:Infinity}", "[1]", "{a:1 /* c */}", "{a:1,}", "{a:1", "{a:'x'}",
    ],
)  # fmt: skip
def test_lines_that_the_quick_reader_leaves(line: str) -> None:
    assert read_plain_struct(line) is None


PARTS: list[Any] = [
    *(0, -1, 2**70, True, False, None, "", "a", 'q"', "\\u001f", "\x1f\x07\n\t/", "ä€😀\u2028"),
    *(0.0, -0.0, 0.5, 1e-3, 9.99e-4, 9_999_999.0, 1e7, 1e300, float("nan"), float("inf")),
    *(Long(3), Float(1.5), Duration(1), Char("c"), [], {}, [None], {"n": None}, {1: 2}),
]


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_json_is_the_same_by_the_short_way(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [[part], {"k": part}, [1, "x", [part]], [{"a": 1, "b": {"c": part}}], {"a": [part, 2]}]
    found = [to_json(value) for value in values]
    monkeypatch.setattr(jsonwrite, "_encode", None)
    assert found == [to_json(value) for value in values]
