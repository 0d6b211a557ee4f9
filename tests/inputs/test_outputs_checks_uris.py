"""Flow outputs, checks before the start, and the syntax of URIs."""

from __future__ import annotations

from typing import Any

import pytest

from flowrt.expr.context import Context
from flowrt.expr.template import Template
from flowrt.inputs.checks import CREATE, FAIL, CheckError, evaluate_checks
from flowrt.inputs.declaration import Output
from flowrt.inputs.outputs import OutputError, convert_outputs
from flowrt.inputs.sealing import SEALED_TYPE, Sealer
from flowrt.java.uri import InvalidUri, split_uri
from flowrt.model.promises import Check


def outputs(*declared: Output, **rendered: Any) -> dict[str, Any]:
    return convert_outputs(
        declared, rendered, store_file=lambda id, name, data: f"kestra:///{name}", sealer=Sealer()
    )


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("INT", "42", 42),
        ("FLOAT", "7", 7.0),
        ("FLOAT", "Infinity", "Infinity"),
        ("STRING", {"a": 1, "b": ["x"]}, "{a=1, b=[x]}"),
        ("DATETIME", "2024-01-02T03:04:05.600Z", "2024-01-02T03:04:05.600Z"),
        ("DATETIME", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("TIME", "03:04", "03:04:00"),
        ("DURATION", "PT90S", 90.0),
        ("ARRAY", '["a", null, {"b": null}]', ["a", None, {}]),
        ("JSON", '{"a": [1, null], "b": {"c": null}}', {"a": [1, None], "b": {}}),
        (None, True, True),
    ],
)
def test_outputs_are_converted(type_name: str | None, value: object, expected: object) -> None:
    found = outputs(Output("o", type_name, value=""), o=value)["o"]
    assert (type(found), found) == (type(expected), expected)


def test_null_outputs_are_left_out_unless_required() -> None:
    assert outputs(Output("o", "INT", value="", required=False), o=None) == {}
    with pytest.raises(OutputError, match='"current" is null'):
        outputs(Output("o", "INT", value=""), o=None)
    with pytest.raises(OutputError, match='Cause: argument "content" is null'):
        outputs(Output("o", "ARRAY", value=""), o=None)


def test_an_output_that_does_not_fit_is_named() -> None:
    with pytest.raises(OutputError) as caught:
        outputs(Output("o", "INT", value=""), o="abc")
    assert str(caught.value) == 'Invalid value for output `o`. Cause: For input string: "abc"'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("/none//b/../c", "/none/b/../c"),
        ("none/b/", "none/b"),
        ("http://h//x", "http:/h/x"),
        ("//none", "/none"),
        ("none//", "none"),
    ],
)
def test_a_file_is_told_without_slashes_that_say_nothing(given: str, told: str) -> None:
    with pytest.raises(OutputError) as caught:
        outputs(Output("o", "FILE", value=""), o=given)
    assert f"\n{told} (No such file or directory)\n" in str(caught.value)


def test_secret_outputs_are_sealed_and_all_are_in_hash_order() -> None:
    found = outputs(Output("b", "SECRET", value=""), Output("a", "INT", value=""), a=1, b="s")
    assert list(found) == ["a", "b"]
    assert found["b"]["type"] == SEALED_TYPE


def check(value: Any, behavior: str = "BLOCK_EXECUTION", message: str = "no") -> Check:
    def evaluate(v: Any) -> Any:
        if value is KeyError:
            return v["nowhere"]
        return value

    return Check(Template("{{ x }}", evaluate), message, behavior=behavior)


def test_checks_hold_only_with_the_boolean_true() -> None:
    assert evaluate_checks([check(True)], Context({})).messages == []
    for value in ("true", 1, None):
        with pytest.raises(CheckError):
            evaluate_checks([check(value)], Context({}))


def test_the_strictest_failed_check_decides() -> None:
    result = evaluate_checks(
        [check(False, CREATE, "note"), check(False, FAIL, "bad"), check(True)], Context({})
    )
    assert (result.behavior, result.messages) == (FAIL, ["note", "bad"])
    assert evaluate_checks([check(False, CREATE)], Context({})).behavior == CREATE


def test_a_check_that_cannot_be_evaluated_blocks() -> None:
    with pytest.raises(CheckError, match="Failed to evaluate check condition"):
        evaluate_checks([check(KeyError, CREATE)], Context({}))


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("https://example.org/a?b=1#c", "https"),
        ("localhost:8080", "localhost"),
        ("mailto:ann@example.org", "mailto"),
        ("http://é.x/ü?q#f", "http"),
        ("example.org", None),
        ("/only/a/path", None),
        ("s3://[::1]/a%20b", "s3"),
    ],
)
def test_uris(text: str, scheme: str | None) -> None:
    assert split_uri(text)[0] == scheme


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://a b", "Illegal character in authority at index 8: http://a b"),
        ("not a uri", "Illegal character in path at index 3: not a uri"),
        ("1a:b", "Illegal character in scheme name at index 0: 1a:b"),
        (":b", "Expected scheme name at index 0: :b"),
        ("http://x/%zz", "Malformed escape pair at index 9: http://x/%zz"),
        ("http://x/a|b", "Illegal character in path at index 10: http://x/a|b"),
    ],
)
def test_texts_that_are_no_uris(text: str, message: str) -> None:
    with pytest.raises(InvalidUri) as caught:
        split_uri(text)
    assert str(caught.value) == message
