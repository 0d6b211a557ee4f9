"""jq 1.6."""

from collections.abc import Callable
from typing import Any

import pytest

from flowrt.expr.filters_data import jq
from flowrt.formats.jsonwrite import to_json
from flowrt.java.errors import ExpressionError
from flowrt.java.values import Char, JavaSet
from flowrt.jq import JqError, run, run_on_value
from flowrt.jq.values import from_value

DATA = {"a": 1, "b": [1, 2, {"c": "x"}], "s": "Str é", "n": None, "l": [3, 1, 2, 1]}


@pytest.mark.parametrize(
    "program, results",
    [
        (".b[] | numbers", [1, 2]),
        ("[.l[] | select(. > 1) | . * 2]", [[6, 4]]),
        (".l | sort, unique, add, max", [[1, 1, 2, 3], [1, 2, 3], 7, 3]),
        (".b as [$x, $y, {c: $z}] | [$x, $y, $z]", [[1, 2, "x"]]),
        ("reduce .l[] as $x (0; . + $x)", [7]),
        ("foreach .l[] as $x (0; . + $x; [$x, .])", [[3, 3], [1, 4], [2, 6], [1, 7]]),
        ("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac", [3628800]),
        ("label $f | 1, break $f, 2", [1]),
        ('try error("x") catch .', ["x"]),
        (".l[1:3] = [9] | .l", [[3, 9, 1]]),
        (".x.y = 1 | .x", [{"y": 1}]),
        ("del(.l[0, 2]) | .l", [[1, 1]]),
        ("[path(.b[].c?)]", [[["b", 2, "c"]]]),
        ('"v=\\(.l[0, 1])"', ["v=3", "v=1"]),
        ('.s | sub("(?<x>t)"; "<\\(.x)>"), test("^s"; "i")', ["S<t>r é", True]),
        ('.s | [match("t|r"; "g").offset]', [[1, 2]]),
        ('["a,b", null, 1.5] | @csv', ['"a,b",,1.5']),
        ("5 % -3, -5 % 3, 10 / 4, 1e3", [2, -2, 2.5, 1000.0]),
        ("9223372036854775807 + 1", [-9223372036854775808]),
        (".nope // empty // 3", [3]),
        ("# only a comment\n.a # and another", [1]),
    ],
)
def test_programs(program: str, results: list[Any]) -> None:
    assert run(program, {k: v for k, v in DATA.items() if v is not None}) == results


@pytest.mark.parametrize(
    "program", [".[", "nope", ".a[]", "1 / 0", "if . then 1 end", "$x", "{", ""]
)
def test_failures(program: str) -> None:
    with pytest.raises(JqError):
        run(program, DATA)


def test_nulls_of_a_map_are_dropped_but_not_those_of_a_text() -> None:
    assert jq({"a": None, "b": [None]}, "keys") == [["b"]]
    assert jq('{"a": null}', "keys") == [["a"]]


def test_an_error_downstream_passes_through_try() -> None:
    assert run('(try .a) | error("z")', DATA) == []


def test_endless_recursion_is_an_error() -> None:
    with pytest.raises(JqError):
        run("def f: 1 + f; f", None)


def test_the_filter_words_its_error() -> None:
    with pytest.raises(ExpressionError, match="Unable to parse jq value 'not json'"):
        jq("not json", ".")


@pytest.mark.parametrize("program", [".id", ".[0]", "map(.id)", "map(.a.b)", "map(.[0])", "map(.)"])
@pytest.mark.parametrize(
    "value",
    [
        [],
        [{"id": 1}, {"id": None}, {}, None],
        [{"a": {"b": [1, None, {"c": None}]}}, {"a": None}],
        [{1: "x", "id": Char("c")}, {1: "y"}],
        [[1, 2], [], None],
        [{"id": "x"}, "text"],
        {"k": {"id": 1}, "id": 2},
        [JavaSet([1]), {"id": JavaSet([1, None])}],
        7,
    ],
)
def test_a_path_of_a_value_is_that_of_its_json(program: str, value: Any) -> None:
    def outcome(run: Callable[[], list[Any]]) -> Any:
        try:
            return run()
        except JqError as error:
            return str(error)

    assert outcome(lambda: run_on_value(program, value)) == outcome(
        lambda: run(program, from_value(value))
    )


@pytest.mark.parametrize("program", ["01", "007", "1-01", "01.5", "5.", "1.2.3", ".[00]", "1a"])
def test_texts_that_are_no_numbers(program: str) -> None:
    with pytest.raises(JqError):
        run(program, DATA)


@pytest.mark.parametrize(
    ("program", "result"),
    [
        ("type", ["null"]),
        (". == .", [True]),
        ("not", [True]),
        ("tostring", ["null"]),
        ("[.., {a: .}]", [[None, {}]]),
        (". // 1", [1]),
        ("strings", []),
    ],
)
def test_an_empty_text_holds_nothing_which_is_like_null(program: str, result: list[Any]) -> None:
    assert jq("", program) == result


@pytest.mark.parametrize("program", ["length", ".a", ".[0]", "has(0)", 'setpath(["a"]; 1)'])
def test_but_nothing_is_found_in_it(program: str) -> None:
    with pytest.raises(ExpressionError):
        jq(" \n", program)


@pytest.mark.parametrize(
    ("program", "value", "result"),
    [
        ("ceil", -0.5, "[-0.0]"),
        ("round", 1e300, "[9.223372036854776E18]"),
        ("cbrt", 5, "[1.709975946676697]"),
        ("cbrt", -27, "[-3.0]"),
        ("todateiso8601", 1704164645, '["2024-01-02T03:04:05Z"]'),
        ("todateiso8601", -7, '["1969-12-31T23:59:53Z"]'),
        ("todateiso8601", 1.5, '["1970-01-01T00:00:01Z"]'),
    ],
)
def test_numbers_as_java_computes(program: str, value: Any, result: str) -> None:
    assert to_json(jq(value, program)) == result


@pytest.mark.parametrize(
    ("value", "program", "result"),
    [
        (1, "{a}", [{"a": None}]),
        ([1, 2], "[.[] | {k}]", [[{"k": None}, {"k": None}]]),
        ({"a": 1}, "{a, b} | keys", [["a", "b"]]),
        ({"a": 1}, '{"a"}', [{"a": 1}]),
        (1, "{$x}", [{"x": None}]),
    ],
)
def test_an_entry_without_a_value(value: Any, program: str, result: list[Any]) -> None:
    assert jq(value, program) == result
