"""Values and rows changed by expressions of JSONata."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.transform.jsonata.{name}")
    assert found is not None
    return found("t", **properties)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$sum(items.price)", 3.5),
        ("items[price > 1].name", "b"),
        ("items.{'n': name}", [{"n": "a"}, {"n": "b"}]),
        ("items.name ~> $join(', ')", "a, b"),
        ("missing", None),
        ("$map([1..3], function($n) { $n * 2 })", [2, 4, 6]),
        ("{'a': items[0].name & '!'}", {"a": "a!"}),
    ],
)
def test_a_value(tmp_path: Path, expression: str, value: Any) -> None:
    items = '{"items": [{"name": "a", "price": 1}, {"name": "b", "price": 2.5}]}'
    made = task("TransformValue", expression=expression, from_=items)
    assert FakeRun(tmp_path).run(made) == {"value": value}


def test_dates_are_texts_and_failures_are_no_words_of_python(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    made = task(
        "TransformItems",
        expression="{'d': $.d, 'n': n}",
        from_=run.store("{d: 2020-01-02, n: 1.5}\n"),
    )
    assert rows(run, run.run(made)["uri"]) == [{"d": "2020-01-02", "n": 1.5}]
    for expression in ("$toMillis('x')", "$number({})", "$pad('x', 1e400)", "$substring(1, [])"):
        with pytest.raises(TaskFailure) as caught:
            run.run(task("TransformValue", expression=expression, from_="{}"))
        assert "<class" not in str(caught.value)
        assert "object" not in str(caught.value)


def test_expressions_and_values_are_rendered(tmp_path: Path) -> None:
    made = task("TransformValue", expression=t("{{ word }}"), from_=t('{"a": {{ 1 + 1 }} }'))
    assert FakeRun(tmp_path, word="a").run(made) == {"value": 2}


@pytest.mark.parametrize(("explode", "found"), [(True, [1, 2, 3]), (False, [[1, 2], [3, 4], 3])])
def test_rows(tmp_path: Path, explode: bool, found: list[Any]) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("{x:[1,2]}\n{x:3}\n" if explode else "{x:[1,2]}\n{x:[3,4]}\n{x:3}\n", "in.ion")
    made = task("TransformItems", expression="x", from_=uri, explode_array=explode)
    outputs = run.run(made)
    assert rows(run, outputs["uri"]) == found
    assert outputs["processedItemsTotal"] == len(found)


def test_an_expression_may_go_deep(tmp_path: Path) -> None:
    count = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100))"
    assert FakeRun(tmp_path).run(task("TransformValue", expression=count, from_="{}")) == {
        "value": 100
    }


def test_an_expression_that_never_ends(tmp_path: Path) -> None:
    endless = "($f := function($n) { 1 + $f($n) }; $f(1))"
    with pytest.raises(TaskFailure, match="deeper than maxDepth=200"):
        FakeRun(tmp_path).run(task("TransformValue", expression=endless, from_="{}", max_depth=200))


def test_other_tasks_keep_their_limit_of_recursion(tmp_path: Path) -> None:
    before = sys.getrecursionlimit()
    deep = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(200))"
    made = FakeRun(tmp_path).run(task("TransformValue", expression=deep, from_="{}"))
    assert made["value"] == 200
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    ("expression", "given", "said"),
    [
        ("1 +", "{}", "Invalid JSONata expression"),
        ("a", "{", "Failed to parse the JSON object"),
        ("$number('x')", "{}", "Failed to evaluate expression"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, expression: str, given: str, said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        FakeRun(tmp_path).run(task("TransformValue", expression=expression, from_=given))


def test_a_row_may_go_over_several_lines(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("{\n  x: 1\n}\n{x:2}\n", "in.ion")
    assert rows(run, run.run(task("TransformItems", expression="x", from_=uri))["uri"]) == [1, 2]


def test_decimals_and_dates_of_rows(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("{a:1.50,b:2d0,on:2024-01-02,at:2024-01-02T03:04:05Z}\n", "in.ion")
    expression = (
        "{'same': a, 'sum': a + b, 'text': $string(a), 'on': on, 'day': $substring(at, 8, 2)}"
    )
    made = run.run(task("TransformItems", expression=expression, from_=uri))
    assert rows(run, made["uri"]) == [
        {"same": Decimal("1.50"), "sum": 3.5, "text": "1.5", "on": "2024-01-02", "day": "02"}
    ]
