"""TOON: what Kestra's plugin writes and reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def convert(run: FakeRun, name: str, text: str, **more: Any) -> tuple[str, int]:
    data = text.encode(more.get("charset", "utf-8"))
    outputs = run.run(task(f"serdes.json.{name}", from_=run.put_file(data, "in"), **more))
    assert run.metrics[-1] == ("counter", "records", outputs["size"])
    return run.storage.read(outputs["uri"]).decode(more.get("charset", "utf-8")), outputs["size"]


CASES: list[tuple[str, str, int]] = [
    ('{"a":1,"b":"x y","c":true,"d":null}', "a: 1\nb: x y\nc: true\nd: null", 1),
    ('[{"id":1,"n":"a"},{"n":"b,c","id":2}]', '[2]{id,n}:\n  1,a\n  2,"b,c"', 2),
    ('[1,"two",true,null]', "[4]: 1,two,true,null", 4),
    ('{"tags":["a","b"],"e":[],"o":{},"p":{"q":{"r":1}}}', "tags[2]: a,b\ne[0]:\no:\np:\n  q:\n    r: 1", 1),
    ("[[1,2],[3],[],[[4]]]", "[4]:\n  - [2]: 1,2\n  - [1]: 3\n  - [0]:\n  - [1]:\n    - [1]: 4", 4),
    ('{"l":[{"t":[{"a":1},{"a":2}],"k":1}]}', "l[1]:\n  - t[2]{a}:\n      1\n      2\n    k: 1", 1),
    ('{"l":[{"t":[{"a":1},2],"k":1}]}', "l[1]:\n  - t[2]:\n    - a: 1\n    - 2\n    k: 1", 1),
    ('[{"a":1,"b":{"c":[1]}},{},"- x","a:b"]', '[4]:\n  - a: 1\n    b:\n      c[1]: 1\n  -\n  - "- x"\n  - "a:b"', 4),
    ('{"a b":1,"c:d":"e:f","ü":"ü","x.y":"-"}', '"a b": 1\n"c:d": "e:f"\n"ü": ü\nx.y: "-"', 1),
    ('["05","1e5"," r","null","","q\\"","\\n","{"]', '[8]: "05","1e5"," r","null","","q\\"","\\n","{"', 8),
    ('"a: b"', '"a: b"', 1),
    ('"hello"', "hello", 1),
    ("[]", "[0]:", 0),
    ("{}", "", 1),
    # Kestra's plugin writes `b` as deep as `c`, which is another object
    ('[{"a":{"b":1},"c":2}]', "[1]:\n  - a:\n      b: 1\n    c: 2", 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "toon", "size"), CASES)
def test_json_as_toon_and_back(run: FakeRun, source: str, toon: str, size: int) -> None:
    assert convert(run, "JsonToToon", source) == (toon, size)
    assert json.loads(convert(run, "ToonToJson", toon)[0]) == json.loads(source)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("1.50", "1.5"), ("1e20", "100000000000000000000"), ("-0.0", "0"), ("0.000001", "0.000001"),
     ("1200", "1200"), ("12345678901234567890123", "12345678901234567890123")],
)  # fmt: skip
def test_numbers_have_no_exponent(run: FakeRun, number: str, shown: str) -> None:
    assert convert(run, "JsonToToon", f'{{"n":{number}}}')[0] == f"n: {shown}"
    assert convert(run, "ToonToJson", f"n: {shown}")[0] == f'{{\n  "n" : {shown}\n}}'


def test_how_json_is_laid_out(run: FakeRun) -> None:
    toon = "a: 1.50\nb[2]{x,y}:\n  1,null\n  2,\"q,\"\nc[0]:\nd:\ne[3]:\n  - f: true\n    g: ''\n  - [1]: x\n  - z"
    assert convert(run, "ToonToJson", toon) == (
        '{\n  "a" : 1.5,\n  "b" : [ {\n    "x" : 1,\n    "y" : null\n  }, {\n    "x" : 2,\n    "y" : "q,"\n  } ],\n'
        '  "c" : [ ],\n  "d" : { },\n  "e" : [ {\n    "f" : true,\n    "g" : "\'\'"\n  }, [ "x" ], "z" ]\n}',
        6,
    )


def test_charsets(run: FakeRun) -> None:
    assert convert(run, "JsonToToon", '{"a":"ü"}', charset="ISO-8859-1") == ("a: ü", 1)
    assert convert(run, "ToonToJson", "a: ü", charset="ISO-8859-1")[0] == '{\n  "a" : "ü"\n}'


@pytest.mark.parametrize(
    ("toon", "value"),
    [("", {}), ("a: 1\n\n\nb: 2\n", {"a": 1, "b": 2}), ("x[5]: 1", {"x": [1]}), ("no colon\na: 1", {"a": 1}),
     ("a[999999999]:\n  b: 1", {"a": []}), ("a[2]{x}:\n  1\nb: 1", {"a": [{"x": 1}], "b": 1}),
     ('"a\\qb": 1', {"aqb": 1}), ("l[1]:\n  - t[1]:\n      - a\n    k: 1", {"l": [{"t": ["a"], "k": 1}]})],
)  # fmt: skip
def test_what_is_not_quite_toon(run: FakeRun, toon: str, value: Any) -> None:
    assert json.loads(convert(run, "ToonToJson", toon)[0]) == value


def test_what_cannot_be_converted(run: FakeRun) -> None:
    for name, text, said in (
        ("ToonToJson", "a:\n   b: 1", "Invalid indentation: must be a multiple of 2 spaces"),
        ("ToonToJson", 'a[2]: "x"y,z', "A comma is missing behind a quoted value"),
        ("ToonToJson", "".join(f"{'  ' * n}a:\n" for n in range(2000)), "nested too deeply"),
        ("JsonToToon", "", "Invalid JSON: empty input"),
        ("JsonToToon", "{", "Unexpected end"),
        ("JsonToToon", "1e400", "is no number that TOON can write"),
    ):
        with pytest.raises(TaskFailure, match=said):
            convert(run, name, text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(_VALUES)
def test_every_value_comes_back(value: Any) -> None:
    from io import StringIO

    from flowrt.plugins.serdes import toon

    text = "\n".join("  " * depth + line for depth, line in toon._document(value))
    back = toon.ToonReader(toon._lines(StringIO(text, newline=""))).document()
    assert _numbers(back) == _numbers(value)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return value if value is None or isinstance(value, (bool, str)) else float(value)
