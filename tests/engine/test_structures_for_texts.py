"""Lists and maps that are written where a text is declared."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, executed

CORE = "io.kestra.plugin.core."
IN_WORDS = [
    ({"a": "{{ {'q': 1} }}", "b": ["{{ ['x'] }}"]}, '{"a":"{"q":1}","b":["["x"]"]}'),
    ({"a": "{{ 'say ' ~ vars.quoted }}"}, '{"a":"say a"b"}'),
    ({"{{ flow.id }}": 1, "n": "{{ null }}", "none": None}, '{"f":1,"n":""}'),
    ({"a": "{% set x = 5 %}", "b": "{{ x }}"}, '{"a":"","b":"5"}'),
    (["{{ null }}", None, 1.50, True, {"a": {}}], '["",null,1.5,true,{"a":{}}]'),
    ({"a": "{% raw %}{{ x }}{% endraw %}", "b": "C:\\dir"}, '{"a":"{{ x }}","b":"C:\\\\dir"}'),
    ({}, "{}"),
]
"""Lists and maps where a text is declared, and the text that they are: one template of JSON."""
QUOTED = {"id": "f", "namespace": "a.b", "variables": {"quoted": 'a"b'}}


def _ran(*tasks: dict[str, Any]) -> dict[str, Any]:
    named = [{"id": f"t{number}", **each} for number, each in enumerate(tasks)]
    return executed(analysed({**QUOTED, "tasks": named}))


def _value(document: dict[str, Any], number: int) -> Any:
    return document["taskRunList"][number]["outputs"]["value"]


@pytest.mark.parametrize(("given", "text"), IN_WORDS)
def test_a_list_or_map_for_a_text_is_one_template(given: Any, text: str) -> None:
    document = _ran(
        {"type": f"{CORE}debug.Return", "format": given},
        {"type": f"{CORE}storage.Write", "content": given},
        {"type": f"{CORE}debug.Return", "format": "{{ read(outputs.t1.uri) }}"},
        {"type": f"{CORE}execution.Fail", "errorMessage": given, "allowFailure": True},
        {"type": f"{CORE}kv.Put", "key": "k", "value": given},
        {"type": f"{CORE}debug.Return", "format": "{{ kv('k') }}"},
    )
    assert [_value(document, number) for number in (0, 2)] == [text, text]
    errors = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert errors[0] == text
    if "{{ x }}" in text:  # `Put` renders once more what it was given
        assert errors[1].startswith("Unable to find `x` used in the expression")
    else:
        assert errors == [text] and _value(document, 5) == text


@pytest.mark.parametrize("given", [{"a": '{{ "x" }}'}, ['{{ "x" }}']])
def test_expressions_in_it_are_escaped_as_json_is(given: Any) -> None:
    document = _ran({"type": f"{CORE}debug.Return", "format": given})
    (error,) = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert "Unexpected character [\\]" in error


@pytest.mark.parametrize(
    ("given", "kind", "shown"),
    [
        ({"n": "{{ [1, 2] }}"}, None, '{"n":"[1,2]"} java.util.LinkedHashMap'),
        ([1, "{{ [1] }}"], None, '[1,"[1]"] java.util.ArrayList'),
        ({"b": "{{ {'q': 1} }}"}, None, '{"b":"{"q":1}"} java.lang.String'),
        ({"x": "{{ 1 + 1 }}"}, None, '{"x":"2"} java.lang.String'),
        ({"x": 1.50, "n": None}, None, '{"x":1.5} java.lang.String'),
        ({"x": "{{ flow.id }}"}, "JSON", '{"x":"f"} java.util.LinkedHashMap'),
        ({"n": "{{ [1, 2] }}"}, "STRING", '{"n":"[1,2]"} java.util.LinkedHashMap'),
    ],
)
def test_the_value_of_an_entry_that_is_a_list_or_map(given: Any, kind: str, shown: str) -> None:
    more = {} if kind is None else {"kvType": kind}
    document = _ran(
        {"type": f"{CORE}kv.Set", "key": "k", "value": given, **more},
        {"type": f"{CORE}debug.Return", "format": "{{ kv('k') }} {{ kv('k') | className }}"},
    )
    assert _value(document, 1) == shown


def test_a_value_that_is_no_json_then_is_refused() -> None:
    given = {"n": "{{ {'q': 1} }}", "m": "{{ 5 }}"}
    document = _ran({"type": f"{CORE}kv.Set", "key": "k", "value": given, "kvType": "JSON"})
    (error,) = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert error.startswith("Unexpected character ('q' (code 113))")
