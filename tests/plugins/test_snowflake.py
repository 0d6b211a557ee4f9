"""Snowflake, as fakesnow answers for it: a flow runs with the driver that is beside that server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import fakesnow
from running import analysed

from flowc.driver import generate

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[2]
TYPE = "io.kestra.plugin.jdbc.snowflake."
TABLE = """
CREATE DATABASE IF NOT EXISTS db1;
CREATE SCHEMA IF NOT EXISTS db1.s1;
CREATE OR REPLACE TABLE db1.s1.t
    (id INT, name VARCHAR, price NUMBER(10,2), moment TIMESTAMP_NTZ, day DATE, ok BOOLEAN, raw VARIANT);
INSERT INTO db1.s1.t SELECT 1, 'it''s', 1.50, '2024-03-05 06:08:09', '2024-02-29', true, PARSE_JSON('{"a": [1]}');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, str]]:
    with fakesnow() as found:
        yield found


def ran(folder: Path, server: tuple[str, str], *tasks: dict[str, Any]) -> dict[str, Any]:
    """The document of a flow of such tasks."""
    address, python = server
    given = {"url": address, "username": "fake", "password": "snow", "database": "db1"}
    made = [
        {"id": f"t{number}", **each, "type": f"{TYPE}{each['type']}", **given}
        for number, each in enumerate(tasks)
    ]
    flow = {"id": "f", "namespace": "a.b", "tasks": made}
    (folder / "f.py").write_text(generate(analysed(flow).require()))
    words = [python, "f.py", "--execution", "out.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime"), "HOME": str(folder)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert (folder / "out.json").exists(), done.stderr
    found: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return found


def outputs(document: dict[str, Any]) -> list[Any]:
    assert document["state"]["current"] == "SUCCESS", document["logs"]
    return [each.get("outputs") for each in document["taskRunList"]]


def test_statements_and_rows(server: tuple[str, str], tmp_path: Path) -> None:
    make = {"type": "Queries", "sql": TABLE}
    rows = {"type": "Query", "sql": "SELECT * FROM db1.s1.t", "fetchType": "FETCH"}
    one = {"type": "Query", "sql": "SELECT count(*) AS n FROM db1.s1.t", "fetchType": "FETCH_ONE"}
    made, fetched, counted = outputs(ran(tmp_path, server, make, rows, one))
    assert len(made["outputs"]) == 4
    assert fetched["size"] == 1 and fetched["rows"] == [
        {
            "ID": 1,
            "NAME": "it's",
            "PRICE": 1.5,
            "MOMENT": "2024-03-05T06:08:09Z",
            "DAY": "2024-02-29",
            "OK": True,
            "RAW": {"a": [1]},
        }
    ]
    assert counted["row"] == {"N": 1}


def test_many_rows_go_to_a_file(server: tuple[str, str], tmp_path: Path) -> None:
    sql = "SELECT seq AS n FROM (SELECT row_number() OVER (ORDER BY 1) AS seq FROM TABLE(GENERATOR(ROWCOUNT => 5000)))"
    (stored,) = outputs(ran(tmp_path, server, {"type": "Query", "sql": sql, "fetchType": "STORE"}))
    assert stored["size"] == 5000


def test_a_statement_that_is_wrong_fails(server: tuple[str, str], tmp_path: Path) -> None:
    document = ran(tmp_path, server, {"type": "Query", "sql": "SELECT nope FROM db1.s1.nowhere"})
    assert document["state"]["current"] == "FAILED"
    (reason,) = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert "NOWHERE" in reason.upper()
