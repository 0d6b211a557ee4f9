"""Records changed by the tasks of the transform plugin: what expressions mean, and what becomes of each record."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.transform.expressions import compiled
from flowrt.plugins.transform.values import Unfit

RECORD: dict[str, Any] = {
    "n": 5,
    "price": "2.50",
    "on": True,
    "none": None,
    "name": "ann",
    "user": {"first": "Ann", "tags": ["a", "b"], "odd key": 1},
    "items": [{"p": Decimal("1.5")}, {"p": None}, {"p": 2}, {}],
}


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.transform.{name}")
    assert found is not None
    return found("t", **properties)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("user.first", "Ann"),
        ('user["odd key"]', 1),
        ("user.tags[1]", "b"),
        ("user.tags[7]", None),
        ("none.deeper.still", None),
        ("missing", None),
        ("items[].p", [Decimal("1.5"), None, 2, None]),
        ("items[]", RECORD["items"]),
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3", Decimal(9)),
        ("-n + 1", Decimal(-4)),
        ("1 / 3", Decimal("0.3333333333")),
        ("2 / 3", Decimal("0.6666666667")),
        ("1 / 0", None),
        ("price * n", Decimal("12.50")),
        ("none + 1", None),
        ("n > 4 && n <= 5", True),
        ('name < "bob"', True),
        ("on || missing.x", True),
        ("none || on", None),
        ("!on", False),
        ("n == 5", False),  # an integer of a record and a decimal of an expression differ in type
        ("toDecimal(n) == 5", True),
        ('price == "2.50"', True),
        ("none == null", True),
        ('name in ("bob", "ann")', True),
        ('missing in ("x")', False),
        ("sum(items[].p)", Decimal("3.5")),
        ("avg(items[].p)", Decimal("1.75")),
        ("count(items[])", 4),
        ("min(items[].p)", Decimal("1.5")),
        ("max(items[].p)", Decimal(2)),
        ("sum(none)", None),
        ('coalesce(none, missing, "x")', "x"),
        ('concat(user.first, " ", none, n, "!")', "Ann 5!"),
        ("toInt(toDecimal(n))", 5),
        ('toBoolean("TRUE")', True),
        ("toString(user.tags)", '["a","b"]'),
        (r'"a\n\"b\""', 'a\n"b"'),
        ("  ", None),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    found = compiled(text)(RECORD)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 +", "Unexpected token: "),
        ('"open', "Unterminated string literal"),
        (r'"\q"', r"Invalid escape sequence: \q"),
        ("a # b", "Unexpected character: #"),
        ("f(1", "Expected ')'"),
        ("a in b", "Expected '(' after 'in'"),
        ("a[1.5]", "Expected integer index after '['"),
        ("nope(1)", "Unknown function: nope"),
        ("sum(1, 2)", "Expected 1 arguments, got 2"),
        ("sum(n)", "Expected list argument"),
        ("name + 1", "Invalid decimal: ann"),
        ("on + 1", "Expected numeric value, got BOOL"),
        ("!name", "Expected boolean value, got STRING"),
        ("name.first", "Expected struct for path segment 'first'"),
        ("name[]", "Expected list for segment 'name[]'"),
        ("toInt(price)", "Invalid integer cast"),
        ("1..2", "Invalid number literal: 1..2"),
        ("(" * 500 + "1", "The expression is nested too deeply"),
    ],
)
def test_expressions_that_fail(text: str, why: str) -> None:
    with pytest.raises(Unfit) as raised:
        compiled(text)(RECORD)
    assert str(raised.value) == why


PEOPLE = [
    {"id": "1", "age": "30", "at": "2025-01-02T03:04:05Z", "tags": ["x", "y"]},
    {"id": "2", "age": "old", "at": None, "tags": []},
]


@pytest.mark.parametrize(
    ("on_error", "found", "counts"),
    [
        ("SKIP", [{"who": 1, "age": 30}], {"processed": 2, "failed": 1, "dropped": 1}),
        ("NULL", [{"who": 1, "age": 30}, {"who": 2}], {"processed": 2, "failed": 1, "dropped": 0}),
    ],
)
def test_map(tmp_path: Path, on_error: str, found: Any, counts: dict[str, int]) -> None:
    run = FakeRun(tmp_path)
    fields = {"who": {"expr": "id", "type": "INT"}, "age": {"expr": "age", "type": "int"}}
    assert run.run(task("Map", from_=PEOPLE, fields=fields, on_error=on_error)) == {
        "records": found
    }
    assert {name: value for _, name, value, *_ in run.metrics} == counts


def test_map_fails_at_the_first_record_that_does(tmp_path: Path) -> None:
    made = task("Map", from_=PEOPLE, fields={"age": {"expr": "age", "type": "INT"}})
    with pytest.raises(TaskFailure, match="Invalid decimal: old"):
        FakeRun(tmp_path).run(made)
    with pytest.raises(TaskFailure, match="Missing required field: x"):
        FakeRun(tmp_path).run(task("Map", from_=PEOPLE, fields={"x": "nope"}))


def test_map_keeps_what_is_not_mapped_and_drops_nulls(tmp_path: Path) -> None:
    fields = {"age": "id", "at": {"expr": "at", "type": "TIMESTAMP", "optional": True}}
    made = task("Map", from_=PEOPLE, fields=fields, keep_original_fields=True)
    assert FakeRun(tmp_path).run(made)["records"] == [
        {"id": "1", "tags": ["x", "y"], "age": "1", "at": "2025-01-02T03:04:05Z"},
        {"id": "2", "tags": [], "age": "2"},
    ]


def test_stored_records_stay_stored(tmp_path: Path) -> None:
    run = FakeRun(tmp_path)
    uri = run.store("{a:1,t:2025-01-02T03:04:05.000Z}\n[{a:2},{a:3}]\n", "in.ion")
    made = task("Filter", from_=uri, where="a > 1 || a < 2")
    outputs = run.run(made)
    assert [row["a"] for row in rows(run, outputs["uri"])] == [1, 2, 3]
    shown = run.run(task("Filter", from_=uri, where="a < 2", output_type="RECORDS"))
    assert shown == {"records": [{"a": 1, "t": "2025-01-02T03:04:05Z"}]}


@pytest.mark.parametrize(("on_error", "ids"), [("SKIP", ["1"]), ("KEEP", ["1", "2"])])
def test_filter(tmp_path: Path, on_error: str, ids: list[str]) -> None:
    made = task("Filter", from_=PEOPLE, where="age > 18", on_error=on_error)
    assert [row["id"] for row in FakeRun(tmp_path).run(made)["records"]] == ids


def test_a_condition_is_a_boolean(tmp_path: Path) -> None:
    for where, why in (("id", "must return boolean, got STRING"), ("nope", "evaluated to null")):
        with pytest.raises(TaskFailure, match=why):
            FakeRun(tmp_path).run(task("Filter", from_=PEOPLE, where=where))


def test_unnest(tmp_path: Path) -> None:
    given = [{"id": 1, "in": {"list": [1, 2], "more": "m"}}, {"id": 2, "in": {}}]
    made = task("Unnest", from_=given, path="in.list[]", as_="one")
    assert FakeRun(tmp_path).run(made)["records"] == [
        {"id": 1, "in": {"more": "m"}, "one": 1},
        {"id": 1, "in": {"more": "m"}, "one": 2},
    ]
    bare = task("Unnest", from_=given, path="in.list", as_="one", keep_original_fields=False)
    assert FakeRun(tmp_path).run(bare)["records"] == [{"one": 1}, {"one": 2}]
    nulls = task("Unnest", from_=given, path="id", as_="one", on_error="NULL")
    assert FakeRun(tmp_path).run(nulls)["records"][1] == {"in": {}, "one": None}


@pytest.mark.parametrize(
    ("on_conflict", "found"), [("LEFT", {"a": 1, "b": 2}), ("RIGHT", {"a": 9, "b": 2})]
)
def test_zip(tmp_path: Path, on_conflict: str, found: Any) -> None:
    made = task("Zip", inputs=[[{"a": 1}], t("{{ more }}")], on_conflict=on_conflict)
    assert FakeRun(tmp_path, more=[{"a": 9, "b": 2}]).run(made) == {"records": [found]}


def test_zip_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(TaskFailure, match="Field conflict on 'a'"):
        FakeRun(tmp_path).run(task("Zip", inputs=[[{"a": 1}], [{"a": 2}]]))
    with pytest.raises(TaskFailure, match="inputs must have same length"):
        FakeRun(tmp_path).run(task("Zip", inputs=[[{"a": 1}], []]))
    with pytest.raises(TaskFailure, match="at least two"):
        FakeRun(tmp_path).run(task("Zip", inputs=[[{"a": 1}]]))


def test_select(tmp_path: Path) -> None:
    left = [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}]
    right = [{"w": 10}, {"w": 20}]
    made = task(
        "Select",
        inputs=[left, right],
        where="$2.w > 10",
        fields={"both": "concat($1.v, w)"},
        keep_input_fields=[2],
        on_length_mismatch="SKIP",
    )
    run = FakeRun(tmp_path)
    assert run.run(made) == {"records": [{"w": 20, "both": "b20"}]}
    assert run.run(task("Select", inputs=[left[:2], right]))["records"][0] == {
        "id": 1,
        "v": "a",
        "w": 10,
    }
    with pytest.raises(TaskFailure, match="out-of-range index: 3"):
        run.run(task("Select", inputs=[left], keep_input_fields=[3]))


SALES = [
    {"who": "ann", "sum": 1, "day": "2025-01-02"},
    {"who": "bob", "sum": "2.5", "day": "2025-01-01"},
    {"who": "ann", "sum": 2, "day": "2025-01-03"},
    {"who": "ann", "sum": None, "day": None},
]


def test_aggregate(tmp_path: Path) -> None:
    aggregates = {
        "n": "count()",
        "total": {"expr": "sum(sum)", "type": "FLOAT"},
        "mean": "avg(sum)",
        "least": "min(sum)",
        "latest": "max(day)",
        "first": "first(day)",
        "last": "last(day)",
    }
    made = task("Aggregate", from_=SALES, group_by=["who"], aggregates=aggregates)
    ann, bob = FakeRun(tmp_path).run(made)["records"]
    assert ann == {
        "who": "ann",
        "n": 4 - 1,
        "total": 3.0,
        "mean": Decimal("1.5"),
        "least": Decimal(1),
        "latest": "2025-01-03",
        "first": "2025-01-02",
        "last": "2025-01-03",
    }
    assert (bob["n"], bob["total"], bob["mean"]) == (1, 2.5, Decimal("2.5"))


@pytest.mark.parametrize(("on_error", "total"), [("SKIP", Decimal(3)), ("NULL", None)])
def test_an_aggregate_of_what_does_not_fit(tmp_path: Path, on_error: str, total: Any) -> None:
    given = [{"g": 1, "v": 1}, {"g": 1, "v": "x"}, {"g": 1, "v": 2}]
    made = task(
        "Aggregate", from_=given, group_by=["g"], aggregates={"t": "sum(v)"}, on_error=on_error
    )
    assert FakeRun(tmp_path).run(made)["records"] == [{"g": 1, "t": total}]


@pytest.mark.parametrize(
    ("aggregate", "why"),
    [("median(v)", "Unsupported aggregate expression"), ("sum( )", "sum requires an argument")],
)
def test_no_aggregate(tmp_path: Path, aggregate: str, why: str) -> None:
    made = task("Aggregate", from_=SALES, group_by=["who"], aggregates={"x": aggregate})
    with pytest.raises(TaskFailure, match=why):
        FakeRun(tmp_path).run(made)


def test_an_expression_that_is_too_long(tmp_path: Path) -> None:
    where = " + ".join(["1"] * 20_000)
    with pytest.raises(TaskFailure, match="too many operators"):
        FakeRun(tmp_path).run(task("Filter", from_=[{}], where=where))


def test_what_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(TaskFailure, match="Expected struct record, got INT"):
        FakeRun(tmp_path).run(task("Filter", from_=[1], where="true"))
    with pytest.raises(TaskFailure, match="BINARY"):
        FakeRun(tmp_path).run(task("Filter", from_=[], where="true", output_format="BINARY"))
