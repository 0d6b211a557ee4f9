"""Spanner, against a stand-in that answers in the documented form of its interface."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from plugins.service import Asked, PatientRun, Service, rows
from tasks.fake import t, task

from flowrt.java.printing import text_of
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import spanner, spanner_rows
from flowrt.plugins.google.spanner_rows import bound, parts, rows_of, written

INSTANCE = "/span/projects/p/instances/i"
DATABASE = f"{INSTANCE}/databases/db"
SESSION = f"{DATABASE}/sessions/s1"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(monkeypatch, spanner__ADDRESS="/span") as found:
        found.answers["POST", f"{DATABASE}/sessions"] = {"name": SESSION.removeprefix("/span/")}
        found.answers["DELETE", SESSION] = {}
        found.answers["POST", f"{SESSION}:commit"] = {"commitTimestamp": "2026-01-02T03:04:05Z"}
        found.answers["POST", f"{SESSION}:rollback"] = {}
        yield found


PLACE = {"project_id": "p", "instance_id": "i", "database_id": "db"}


def span(verb: str, **properties: Any) -> Any:
    return made(f"gcp.spanner.{verb}", **{**PLACE, **properties})


def kind(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, **more}


def fields(**types: Any) -> dict[str, Any]:
    found = [
        {"name": name, "type": each if isinstance(each, dict) else kind(each)}
        for name, each in types.items()
    ]
    return {"rowType": {"fields": found}}


ALL = fields(
    n="INT64",
    f="FLOAT64",
    d="NUMERIC",
    b="BOOL",
    s="STRING",
    raw="BYTES",
    at="TIMESTAMP",
    day="DATE",
    doc="JSON",
    odd="JSON",
    many=kind("ARRAY", arrayElementType=kind("INT64")),
    pair=kind("STRUCT", structType=fields(x="INT64", y="STRING")["rowType"]),
    none="STRING",
)
VALUES = [
    "7",
    1.5,
    "12.30",
    True,
    "x",
    b64encode(b"hi").decode(),
    "2026-01-02T03:04:05.5Z",
    "2026-01-02",
    '{"a": 1}',
    "[1]",
    ["1", "2", None],
    ["3", "y"],
    None,
]


def test_rows_of_a_query(tmp_path: Path, google: Google) -> None:
    google.answers["POST", f"{SESSION}:executeStreamingSql"] = [
        [{"metadata": ALL, "values": VALUES}]
    ]
    run = PatientRun(tmp_path, least=3)
    query = span(
        "Query",
        sql="SELECT * FROM t WHERE n > @least AND s = @s",
        parameters={"least": t("{{ least }}", typed=True), "s": "x"},
        fetch_type="FETCH",
    )
    found = run.run(query)
    (row,) = found["rows"]
    assert found["size"] == 1
    assert {key: row[key] for key in ("n", "f", "d", "b", "s", "doc", "odd", "many")} == {
        "n": 7,
        "f": 1.5,
        "d": Decimal("12.30"),
        "b": True,
        "s": "x",
        "doc": {"a": 1},
        "odd": "[1]",
        "many": [1, 2, None],
    }
    assert row["pair"] == {"x": 3, "y": "y"} and row["none"] is None
    assert text_of(row["at"]) == "2026-01-02T03:04:05.500Z" or "05.5" in text_of(row["at"])
    assert text_of(row["day"]) == "2026-01-02"
    asked = google.asked[1].json
    assert asked["sql"].startswith("SELECT")
    assert set(asked["params"]) == set(asked["paramTypes"]) == {"least", "s"}
    assert google.steps[-1] == ("DELETE", SESSION)


def test_fetch_types(tmp_path: Path, google: Google) -> None:
    answer = [{"metadata": fields(n="INT64"), "values": ["1", "2"]}, {"values": ["3"]}]
    google.answers["POST", f"{SESSION}:executeStreamingSql"] = lambda asked: (200, answer)
    run = PatientRun(tmp_path)

    def query(form: str) -> Any:
        return run.run(span("Query", sql="SELECT n FROM t", fetch_type=form))

    stored = query("STORE")
    assert rows(run, stored["uri"]) == [{"n": 1}, {"n": 2}, {"n": 3}] and stored["size"] == 3
    assert query("FETCH_ONE") == {"row": {"n": 1}, "size": 3}
    assert query("NONE") == {"size": 3}
    del answer[0]["values"], answer[1:]
    assert query("FETCH_ONE") == {"row": {}, "size": 0}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            [
                {"metadata": fields(s="STRING", n="INT64"), "values": ["ab"], "chunkedValue": True},
                {"values": ["cd"], "chunkedValue": True},
                {"values": ["ef", "1", "x", "2"]},
            ],
            [{"s": "abcdef", "n": 1}, {"s": "x", "n": 2}],
        ),
        (
            [
                {
                    "metadata": fields(l=kind("ARRAY", arrayElementType=kind("STRING"))),
                    "values": [["a", "b"]],
                    "chunkedValue": True,
                },
                {"values": [["c", "d"], ["e"]]},
            ],
            [{"l": ["a", "bc", "d"]}, {"l": ["e"]}],
        ),
        (
            [
                {
                    "metadata": fields(l=kind("ARRAY", arrayElementType=kind("STRING"))),
                    "values": [["a", None]],
                    "chunkedValue": True,
                },
                {"values": [["c"]]},
            ],
            [{"l": ["a", None, "c"]}],
        ),
        (
            [
                {"metadata": fields(s="STRING"), "values": ["a", "b"], "chunkedValue": True},
                {"stats": {}},
                {"values": ["c"]},
            ],
            [{"s": "a"}, {"s": "bc"}],
        ),
    ],
)
def test_values_that_come_in_parts(found: list[Any], expected: list[Any]) -> None:
    assert list(rows_of(iter(found))) == expected


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_an_answer_is_read_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(spanner_rows, "BLOCK", block)
    path = tmp_path / "rows.json"
    elements = [{"values": ["]", "ä", "1"]}, {}, {"values": [[1, {"a": "}"}]]}]
    path.write_text("[" + "\n,\r\n".join(map(json.dumps, elements)) + "\n]", "utf-8")
    assert list(parts(path)) == elements
    path.write_text("[]")
    assert list(parts(path)) == []
    path.write_text('[{"a": 1}, {')
    with pytest.raises(TaskFailure, match="answered with no JSON"):
        list(parts(path))


def test_a_query_that_fails_on_its_way(tmp_path: Path, google: Google) -> None:
    broken = [{"metadata": fields(n="INT64"), "values": ["1"]}, {"error": {"message": "oops"}}]
    google.answers["POST", f"{SESSION}:executeStreamingSql"] = (200, broken)
    run = PatientRun(tmp_path)
    with pytest.raises(TaskFailure, match="Spanner: oops"):
        run.run(span("Query", sql="SELECT 1"))
    refused = (400, {"error": {"message": "Syntax error"}})
    google.answers["POST", f"{SESSION}:executeStreamingSql"] = refused
    with pytest.raises(TaskFailure, match=r"status 400: .*Syntax error"):
        run.run(span("Query", sql="SELEC 1"))
    assert google.steps[-1] == ("DELETE", SESSION)


def test_parameters() -> None:
    given = {
        "s": "x",
        "b": True,
        "n": 7,
        "f": 1.5,
        "nan": float("nan"),
        "d": Decimal("1.20"),
        "m": {"a": 1},
        "none": None,
        "l": [1, 2],
        "t": ["a"],
    }
    found = bound(given)
    assert found["params"] == {
        "s": "x",
        "b": True,
        "n": "7",
        "f": 1.5,
        "nan": "NaN",
        "d": "1.20",
        "m": '{"a":1}',
        "none": None,
        "l": ["1", "2"],
        "t": ["a"],
    }
    types = {name: each["code"] for name, each in found["paramTypes"].items()}
    assert types == {
        "s": "STRING",
        "b": "BOOL",
        "n": "INT64",
        "f": "FLOAT64",
        "nan": "FLOAT64",
        "d": "NUMERIC",
        "m": "JSON",
        "none": "STRING",
        "l": "ARRAY",
        "t": "ARRAY",
    }
    assert found["paramTypes"]["l"]["arrayElementType"] == {"code": "INT64"}
    assert bound({}) == {}
    assert json.loads(written({"params": {"none": None}})["body"]) == {"params": {"none": None}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "Cannot bind an empty list for parameter 'p'"),
        ([1, None], "Null elements are not supported in array parameter 'p'"),
        ([1, "a"], "Mixed types in list parameter 'p': expected integer element but got a"),
        (["a", 1], "Mixed types in list parameter 'p': expected String but got 1"),
    ],
)
def test_lists_that_cannot_be_bound(value: list[Any], message: str) -> None:
    with pytest.raises(TaskFailure, match=message):
        bound({"p": value})


def changed(count: int) -> dict[str, Any]:
    return {
        "metadata": {"transaction": {"id": "tx1"}},
        "stats": {"rowCountExact": str(count)},
    }


def test_a_statement_is_executed(
    tmp_path: Path, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spanner, "PAUSE", 0)
    google.answers["POST", f"{SESSION}:executeSql"] = changed(3)
    aborted = (409, {"error": {"status": "ABORTED"}})
    google.answers["POST", f"{SESSION}:commit"] = [aborted, {}]
    execute = span("Execute", sql="UPDATE t SET s = @s WHERE TRUE", parameters={"s": "x"})
    run = PatientRun(tmp_path)
    assert run.run(execute) == {"affectedRows": 3}
    asked = [each.json for each in google.asked if each.path.endswith(":executeSql")]
    assert len(asked) == 2
    assert asked[0]["params"] == {"s": "x"}
    assert asked[0]["transaction"] == {"begin": {"readWrite": {}}} and asked[0]["seqno"] == "1"
    assert google.asked[-2].json == {"transactionId": "tx1"}


def test_statements_are_all_executed_or_none(tmp_path: Path, google: Google) -> None:
    second = {"stats": {"rowCountExact": "2"}}
    whole = {"resultSets": [changed(1), second], "status": {}}
    half = {"resultSets": [changed(1)], "status": {"code": 3, "message": "no such table"}}
    google.answers["POST", f"{SESSION}:executeBatchDml"] = [whole, half]
    run = PatientRun(tmp_path)
    batch = span("BatchDml", statements=["DELETE FROM a WHERE TRUE", "DELETE FROM b WHERE TRUE"])
    assert run.run(batch) == {"affectedRows": [1, 2], "totalAffectedRows": 3}
    sent = google.asked[1].json["statements"]
    assert sent == [{"sql": "DELETE FROM a WHERE TRUE"}, {"sql": "DELETE FROM b WHERE TRUE"}]
    with pytest.raises(TaskFailure, match="Spanner: no such table"):
        run.run(batch)
    assert ("POST", f"{SESSION}:rollback") in google.steps
    assert google.steps.count(("POST", f"{SESSION}:commit")) == 1


def test_a_schema_is_changed(tmp_path: Path, google: Google) -> None:
    operation = f"{DATABASE}/operations/o1"
    begun = {"name": operation.removeprefix("/span/")}
    google.answers["PATCH", f"{DATABASE}/ddl"] = begun
    google.answers["POST", f"{INSTANCE}/databases"] = begun
    google.answers["DELETE", DATABASE] = {}
    google.answers["GET", operation] = [{}, {"done": True}]
    run = PatientRun(tmp_path)
    ddl = "CREATE TABLE t (n INT64) PRIMARY KEY (n)"
    assert run.run(span("Execute", sql=ddl, is_ddl=True)) == {"affectedRows": 0}
    assert google.asked[0].json == {"statements": [ddl]} and run.slept == [1.0]
    assert run.run(span("CreateDatabase", extra_ddl=[ddl])) == {"database": "db"}
    made_ = next(each for each in google.asked if each.method == "POST").json
    assert made_ == {"createStatement": "CREATE DATABASE `db`", "extraStatements": [ddl]}
    assert run.run(span("DeleteDatabase")) == {"database": "db"}
    google.answers["GET", operation] = {"done": True, "error": {"message": "exists"}}
    with pytest.raises(TaskFailure, match="Spanner: exists"):
        run.run(span("CreateDatabase"))
    with pytest.raises(TaskFailure, match="is no name of a database"):
        run.run(span("CreateDatabase", database_id="db`; DROP"))


def test_a_change_of_schema_is_cancelled_with_its_task(tmp_path: Path, google: Google) -> None:
    operation = f"{DATABASE}/operations/o"
    google.answers["POST", f"{INSTANCE}/databases"] = {"name": operation.removeprefix("/span/")}
    google.answers["GET", operation] = {}
    google.answers["POST", f"{operation}:cancel"] = {}
    PatientRun(tmp_path).killed_in_its_sleep(span("CreateDatabase"))
    assert google.steps[-1] == ("POST", f"{operation}:cancel")


def test_an_emulator_is_told_nothing_of_who_asks(tmp_path: Path, service: Service) -> None:
    def answer(asked: Asked) -> Any:
        assert "authorization" not in asked.headers
        if asked.path.endswith("/sessions"):
            return 200, {"name": "projects/p/instances/i/databases/db/sessions/s"}
        if asked.method == "DELETE":
            return 200, {}
        return 200, [{"metadata": fields(n="INT64"), "values": ["1"]}]

    service.answer = answer
    host = service.url.removeprefix("http://")
    query = task(
        "gcp.spanner.Query", emulator_host=host, sql="SELECT 1", fetch_type="FETCH", **PLACE
    )
    assert PatientRun(tmp_path).run(query) == {"rows": [{"n": 1}], "size": 1}


def test_the_emulator_that_is_named_by_its_other_port(tmp_path: Path) -> None:
    found = task("gcp.spanner.Query", emulator_host="localhost:9010", sql="SELECT 1", **PLACE)
    assert found._base(PatientRun(tmp_path)) == "http://localhost:9020/v1"
