"""Statements of Databricks, against a stand-in that answers in the documented form of its statement execution."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answer, Asked, PatientRun, Service, rows
from tasks.fake import t, task

from flowrt.java.printing import text_of
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import databricks_sql

COLUMNS = {
    "n": "LONG",
    "f": "DOUBLE",
    "d": "DECIMAL",
    "b": "BOOLEAN",
    "t": "STRING",
    "day": "DATE",
    "at": "TIMESTAMP",
    "local": "TIMESTAMP_NTZ",
    "list": "ARRAY",
}
ROW = ["7", "1.5", "12.30", "true", "x", "2026-01-02", "2026-01-02T03:04:05.000Z"]
ROW += ["2026-01-02T03:04:05.000", '["a"]']
HERE = "/api/2.0/sql/statements"


class Warehouse:
    """A statement that goes through states, and has rows in parts."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.states = ["PENDING", "RUNNING", "SUCCEEDED"]
        self.parts: list[list[Any]] = [[ROW, [None] * len(ROW)], [ROW]]
        self.columns = COLUMNS
        self.error: dict[str, Any] | None = None
        self.canceled = False
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.startswith("/part/"):
            assert "authorization" not in asked.headers
            return 200, self.parts[int(asked.path.rpartition("/")[2])]
        assert asked.headers["authorization"] == "Bearer dapi1"
        if asked.path == f"{HERE}/s1/cancel":
            self.canceled = True
            return 200, {}
        if asked.path.startswith(f"{HERE}/s1/result/chunks/"):
            return 200, self.links(int(asked.path.rpartition("/")[2]))
        assert asked.path == (HERE if asked.method == "POST" else f"{HERE}/s1")
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        found: dict[str, Any] = {"statement_id": "s1", "status": {"state": state}}
        if self.error is not None:
            found["status"]["error"] = self.error
        if state == "SUCCEEDED":
            columns = [
                {"name": name, "type_name": kind, "position": place}
                for place, (name, kind) in enumerate(self.columns.items())
            ]
            found["manifest"] = {"schema": {"columns": columns}}
            found["result"] = self.links(0)
        return 200, found

    def links(self, number: int) -> dict[str, Any]:
        if not self.parts:
            return {}
        link: dict[str, Any] = {"external_link": f"{self.service.url}/part/{number}"}
        if number + 1 < len(self.parts):
            link["next_chunk_index"] = number + 1
        return {"external_links": [link]}


@pytest.fixture
def warehouse(service: Service, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setattr(databricks_sql, "BASE", "http://{host}")
    return Warehouse(service)


def query(warehouse: Warehouse, **properties: Any) -> Any:
    given = {
        "host": warehouse.service.url.removeprefix("http://"),
        "http_path": "/sql/1.0/warehouses/a1b2",
        "access_token": t("{{ token }}"),
        "sql": "SELECT 1",
        "time_zone_id": "Europe/Paris",
    }
    return task("databricks.sql.Query", **{**given, **properties})


def a_run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, token="dapi1")


def test_a_statement_and_its_rows(tmp_path: Path, warehouse: Warehouse) -> None:
    run = a_run(tmp_path)
    found = run.run(query(warehouse, catalog="c", schema="s"))
    first, empty, last = rows(run, found["uri"])
    assert found["size"] == 3 and first == last
    assert empty == dict.fromkeys(COLUMNS)
    plain = {name: first[name] for name in ("n", "f", "d", "b", "t", "list")}
    assert plain == {"n": 7, "f": 1.5, "d": Decimal("12.30"), "b": True, "t": "x", "list": '["a"]'}
    assert text_of(first["day"]) == "2026-01-02"
    assert text_of(first["at"]).startswith("2026-01-02T03:04:05") or "04:04:05" in text_of(
        first["at"]
    )
    assert warehouse.service.asked[0].json == {
        "statement": "SELECT 1",
        "warehouse_id": "a1b2",
        "catalog": "c",
        "schema": "s",
        "wait_timeout": "10s",
        "on_wait_timeout": "CONTINUE",
        "disposition": "EXTERNAL_LINKS",
        "format": "JSON_ARRAY",
    }
    assert run.slept == [1.0, 1.0]
    assert ("counter", "fetch.size", 3) in run.metrics
    assert not [text for _, text in run.logs if "dapi1" in text or "/part/" in text]


def test_a_statement_without_rows(tmp_path: Path, warehouse: Warehouse) -> None:
    warehouse.columns, warehouse.parts = {}, []
    given = {"access_token": None, "properties_": {"PWD": t("{{ token }}")}}
    assert a_run(tmp_path).run(query(warehouse, **given)) is None


def test_a_statement_that_finds_nothing(tmp_path: Path, warehouse: Warehouse) -> None:
    warehouse.parts = []
    run = a_run(tmp_path)
    found = run.run(query(warehouse))
    assert found["size"] == 0 and rows(run, found["uri"]) == []


def test_a_statement_that_fails(tmp_path: Path, warehouse: Warehouse) -> None:
    warehouse.states = ["FAILED"]
    warehouse.error = {"error_code": "BAD_REQUEST", "message": "[PARSE_SYNTAX_ERROR] near 'SELEC'"}
    with pytest.raises(TaskFailure, match=r"Databricks: \[PARSE_SYNTAX_ERROR\] near 'SELEC'"):
        a_run(tmp_path).run(query(warehouse))


def test_a_statement_is_canceled_with_its_task(tmp_path: Path, warehouse: Warehouse) -> None:
    warehouse.states = ["RUNNING"]
    run = a_run(tmp_path)

    async def killed() -> None:
        work = asyncio.ensure_future(query(warehouse).run(run))
        while not run.slept:
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    run.wait_for(killed())
    assert warehouse.canceled


def test_what_is_no_warehouse(tmp_path: Path, warehouse: Warehouse) -> None:
    run = a_run(tmp_path)
    with pytest.raises(TaskFailure, match="`httpPath` names a warehouse"):
        run.run(query(warehouse, http_path="sql/protocolv1/o/1/0123-abc"))
    with pytest.raises(TaskFailure, match="set `accessToken`"):
        run.run(query(warehouse, access_token=None))
    assert warehouse.service.asked == []
