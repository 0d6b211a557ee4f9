"""Databases: what is the same for all of them, tried with SQLite and DuckDB, which need no server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t

from flowrt.catalog import find
from flowrt.java.time.isoparse import parse_instant, parse_local_date
from flowrt.model.failures import TaskFailure
from flowrt.plugins.jdbc.address import parse_address
from flowrt.plugins.jdbc.statements import identifier, split, with_marks, with_places


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def task(name: str, **properties: Any) -> Any:
    cls: Any = find(f"io.kestra.plugin.jdbc.{name}")
    return cls("t", **properties)


def answer(run: FakeRun, name: str, sql: Any, **properties: Any) -> dict[str, Any]:
    """The outputs of a query."""
    result: dict[str, Any] = run.run(task(name, sql=sql, **properties))
    return result


# ---- SQL texts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("", []),
        (" ; -- nothing\n;", []),
        ("select ';' ; select \"a;b\"", ["select ';'", 'select "a;b"']),
        ("select `a;b`; select [c;d]", ["select `a;b`", "select [c;d]"]),
        ("select 'it''s; one'; -- two; three\nselect /* ; */ 2", ["select 'it''s; one'", "-- two; three\nselect /* ; */ 2"]),
        ("do $$ begin a; b; end $$; select 1", ["do $$ begin a; b; end $$;", "select 1"]),
        ("select $x$;$y$;$x$; select 2", ["select $x$;$y$;$x$", "select 2"]),
        ("begin a; if x then b; end if; end; select 1", ["begin a; if x then b; end if; end;", "select 1"]),
        ("declare x int; begin a; end; select 1", ["declare x int; begin a; end;", "select 1"]),
        ("create or replace procedure p as a; b; end p; select 1", ["create or replace procedure p as a; b; end p;", "select 1"]),
        ("select case when 1 then 2 end; select 2", ["select case when 1 then 2 end", "select 2"]),
        ("select 'open; select 2", ["select 'open; select 2"]),
    ],
)  # fmt: skip
def test_statements(sql: str, statements: list[str]) -> None:
    assert split(sql) == statements


@pytest.mark.parametrize(
    ("style", "sql"),
    [
        ("?", "select ?, a::int, ':no', ? -- :no\n% 2"),
        ("%s", "select %s, a::int, ':no', %s -- :no\n%% 2"),
        (":1", "select :1, a::int, ':no', :2 -- :no\n% 2"),
    ],
)
def test_named_parameters(style: str, sql: str) -> None:
    assert with_places("select :a, a::int, ':no', :b -- :no\n% 2", style) == (sql, ["a", "b"])


def test_marks() -> None:
    assert (
        with_marks("insert into t values (?, '?', ?)", "%s") == "insert into t values (%s, '?', %s)"
    )
    assert with_marks("insert into t values (?, ?)", ":1") == "insert into t values (:1, :2)"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("people", "people"),
        ("public.people", "public.people"),
        ('public."My people"', 'public."My people"'),
        ("people; drop table x", '"people; drop table x"'),
        ('a"b', '"a""b"'),
        ("two words", '"two words"'),
    ],
)
def test_identifiers(name: str, written: str) -> None:
    assert identifier(name) == written


def test_addresses() -> None:
    address = parse_address(
        "jdbc:postgresql://u:p%40@h:5433,other/my%20db?ssl=true&Name=a%26b", "postgresql"
    )
    assert address[:3] == ("h", 5433, "my db")
    assert address.parameters == {"user": "u", "password": "p@", "ssl": "true", "name": "a&b"}
    assert parse_address(
        "jdbc:sqlserver://h;databaseName=x;encrypt=true", "sqlserver"
    ).parameters == {
        "databasename": "x",
        "encrypt": "true",
    }
    assert parse_address("jdbc:postgresql://[::1]:5/d", "postgresql")[:3] == ("::1", 5, "d")
    with pytest.raises(TaskFailure, match="must begin with 'jdbc:postgresql:'"):
        parse_address("jdbc:mysql://secret@h/d", "postgresql")
    with pytest.raises(TaskFailure, match="port that is no number"):
        parse_address("jdbc:mysql://h:x/d", "mysql")


# ---- queries --------------------------------------------------------------------------------------------------------

EMBEDDED = ["duckdb", "sqlite"]


@pytest.mark.parametrize("engine", EMBEDDED)
def test_fetch_types(run: FakeRun, engine: str) -> None:
    sql = "select 1 as a, 'x' as b union all select 2, null order by 1"
    query = f"{engine}.Query"
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert answer(run, query, sql) == {}
    assert answer(run, query, sql, fetch_type="FETCH") == {"rows": rows, "size": 2}
    assert answer(run, query, sql, fetch_type="FETCH_ONE") == {"row": rows[0], "size": 1}
    assert answer(
        run, query, f"select * from ({sql}) as t where a > 2", fetch_type="FETCH_ONE"
    ) == {
        "row": None,
        "size": 0,
    }
    stored = answer(run, query, sql, fetch_type="STORE", fetch_size=1)
    assert stored["size"] == 2
    assert run.content(stored["uri"]) == '{a:1,b:"x"}\n{a:2,b:null}\n'
    assert ("counter", "fetch.size", 2) in run.metrics


@pytest.mark.parametrize("engine", EMBEDDED)
def test_older_flags_go_before_the_fetch_type(run: FakeRun, engine: str) -> None:
    query = f"{engine}.Query"
    assert "row" in answer(run, query, "select 1 as a", fetch_one=True, fetch_type="STORE")
    assert "rows" in answer(run, query, "select 1 as a", fetch=True, store=True)
    assert "uri" in answer(run, query, "select 1 as a", store=True)


@pytest.mark.parametrize("engine", EMBEDDED)
def test_parameters_are_bound(run: FakeRun, engine: str) -> None:
    found = answer(
        run,
        f"{engine}.Query",
        "select :name as a, :missing as b, ':name' as c, :n + 1 as d",
        fetch_type="FETCH_ONE",
        parameters={"name": t("{{ 'W' }}"), "n": 2},
    )
    assert found["row"] == {"a": "W", "b": None, "c": ":name", "d": 3}
    evil = "x'); drop table t; --"
    found = answer(
        run, f"{engine}.Query", "select :v as a", fetch_type="FETCH_ONE", parameters={"v": evil}
    )
    assert found["row"] == {"a": evil}


@pytest.mark.parametrize("engine", EMBEDDED)
def test_several_statements(run: FakeRun, engine: str) -> None:
    sql = "create table t (a int); insert into t values (1), (2); select a from t order by a; select count(*) as n from t"
    found = answer(run, f"{engine}.Queries", sql, fetch_type="FETCH")
    assert found["outputs"] == [
        {"rows": [{"a": 1}, {"a": 2}], "size": 2},
        {"rows": [{"n": 2}], "size": 1},
    ]
    assert answer(run, f"{engine}.Queries", sql)["outputs"] == [{}, {}]
    assert "fetchType is set to NONE, no output will be returned" in run.messages("INFO")
    with pytest.raises(TaskFailure, match="only a single SQL statement"):
        answer(run, f"{engine}.Query", "select 1; select 2")


@pytest.mark.parametrize("engine", EMBEDDED)
def test_a_transaction_is_rolled_back(run: FakeRun, engine: str) -> None:
    file = str(run.root / "db")
    url = f"jdbc:{engine}:{file}"
    answer(run, f"{engine}.Query", "create table t (a int)", url=url)
    for transaction, rows in ((True, 0), (False, 1)):
        with pytest.raises(TaskFailure, match=r"(?i)missing"):
            answer(
                run,
                f"{engine}.Queries",
                "insert into t values (1); select * from missing",
                url=url,
                transaction=transaction,
            )
        count = "select count(*) as n from t"
        assert answer(run, f"{engine}.Query", count, url=url, fetch_one=True)["row"] == {"n": rows}


@pytest.mark.parametrize("engine", EMBEDDED)
def test_what_comes_after_is_in_the_same_transaction(run: FakeRun, engine: str) -> None:
    url = f"jdbc:{engine}:{run.root / 'db'}"
    answer(run, f"{engine}.Query", "create table t (a int)", url=url)
    with pytest.raises(TaskFailure):
        answer(run, f"{engine}.Query", "insert into t values (1)", after_sql="broken", url=url)
    answer(
        run, f"{engine}.Query", "insert into t values (2)", after_sql="update t set a = 3", url=url
    )
    found = answer(run, f"{engine}.Query", "select * from t", url=url, fetch=True)
    assert found["rows"] == [{"a": 3}]
    with pytest.raises(TaskFailure, match="afterSQL supports only a single"):
        answer(run, f"{engine}.Query", "select 1", after_sql="select 1; select 2", url=url)


@pytest.mark.parametrize("engine", EMBEDDED)
def test_a_database_goes_from_task_to_task(run: FakeRun, engine: str) -> None:
    first = answer(run, f"{engine}.Queries", "create table t as select 7 as a", output_db_file=True)
    key = {"duckdb": "database_uri", "sqlite": "sqlite_file"}[engine]
    given: dict[str, Any] = {key: first["databaseUri"]}
    assert answer(run, f"{engine}.Query", "select a from t", fetch_one=True, **given)["row"] == {
        "a": 7
    }


@pytest.mark.parametrize("engine", EMBEDDED)
def test_a_kill_ends_what_runs(run: FakeRun, engine: str) -> None:
    endless = {
        "duckdb": "select count(*) from range(1000000000000) a, range(1000000) b",
        "sqlite": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    }[engine]

    async def killed() -> None:
        work = asyncio.ensure_future(task(f"{engine}.Query", sql=endless, fetch=True).run(run))
        while ("DEBUG", f"Starting query: {endless}") not in run.logs and not work.done():
            await asyncio.sleep(0.01)
        for _ in range(3000):
            run._stops, stops = run._stops, list(run._stops)
            for stop in stops:
                stop()
            done, _ = await asyncio.wait({work}, timeout=0.01)
            if done:
                break
        with pytest.raises(TaskFailure, match="The task was stopped"):
            await work

    asyncio.run(killed())


# ---- DuckDB ---------------------------------------------------------------------------------------------------------


def test_values_of_duckdb(run: FakeRun) -> None:
    sql = """select 1::tinyint as a, 12345678901234567890123::hugeint as b, 1.50::decimal(5,2) as c, 1.5::float as d,
        timestamptz '2024-01-02 03:04:05.5+02' as e, timestamp '2024-01-02 03:04:05' as f, date '2024-01-02' as g,
        time '01:02:03' as h, {'x': 1, 'y': [1, null]} as i, '{"k": [1]}'::json as j, 'x'::blob as k,
        interval '1 day 2 hours' as l, map {'k': 1} as m, true as n,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as o"""
    uri = answer(run, "duckdb.Query", sql, store=True, time_zone_id="Europe/Paris")["uri"]
    assert run.content(uri) == (
        '{a:1,b:"12345678901234567890123",c:1.50,d:1.5e0,e:ZonedDateTime::"2024-01-02T01:04:05.5Z",'
        'f:ZonedDateTime::"2024-01-02T03:04:05+01:00[Europe/Paris]",g:2024-01-02,h:LocalTime::"01:02:03",'
        'i:{x:1,y:[1,null]},j:{k:[1]},k:{{eA==}},l:"P1DT2H0M0S",m:{k:1},n:true,'
        'o:"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}\n'
    )


def test_files_of_duckdb(run: FakeRun) -> None:
    found = answer(
        run,
        "duckdb.Query",
        t(
            "copy (select a + 1 as b from read_csv('in.csv')) to '{{ outputFiles.out }}' (format csv)"
        ),
        input_files={"in.csv": "a\n1\n2\n"},
        output_files=["out"],
    )
    assert run.content(found["outputFiles"]["out"]) == "b\n2\n3\n"
    stored = run.store("a\n5\n")
    found = answer(
        run,
        "duckdb.Query",
        t("select a, filename from read_csv('{{ workingDir }}/x.csv', filename = true)"),
        input_files={"x.csv": stored},
        fetch=True,
    )
    assert found["rows"] == [{"a": 5, "filename": "x.csv"}]


def test_extensions_that_cannot_be_had(run: FakeRun) -> None:
    found = answer(
        run, "duckdb.Query", "select 1 as a", fetch=True, community_extensions=["no; thing"]
    )
    assert found["rows"] == [{"a": 1}]
    assert run.messages("WARN") == [
        "Skipping DuckDB community extension 'no; thing' because the name contains unsupported characters."
    ]


def test_what_changes_rows_answers_none(run: FakeRun) -> None:
    sql = "create table t (a int); insert into t values (1); insert into t values (2) returning a; delete from t"
    assert answer(run, "duckdb.Queries", sql, fetch_type="FETCH")["outputs"] == [
        {"rows": [{"a": 2}], "size": 1}
    ]


# ---- SQLite ---------------------------------------------------------------------------------------------------------


def test_values_of_sqlite(run: FakeRun) -> None:
    sql = """create table t (i integer, r real, s text, b blob, d date, dt datetime, ts timestamp, tm time);
        insert into t values (1, 1.5, 'x', x'00ff', '2024-01-02', '2024-01-02 03:04:05', 1704164645678, '01:02:03');
        select * from t"""
    found = answer(run, "sqlite.Queries", sql, fetch_type="STORE", time_zone_id="Europe/Paris")
    assert run.content(found["outputs"][0]["uri"]) == (
        '{i:1,r:1.5e0,s:"x",b:{{AP8=}},d:2024-01-02,dt:2024-01-02T02:04:05.000Z,ts:2024-01-02T03:04:05.678Z,'
        'tm:LocalTime::"01:02:03"}\n'
    )


def test_values_bound_to_sqlite(run: FakeRun) -> None:
    found = answer(
        run,
        "sqlite.Query",
        "select :d as d, :i as i, :m as m",
        fetch_one=True,
        parameters={
            "d": parse_local_date("2024-01-02"),
            "i": parse_instant("2024-01-02T03:04:05Z"),
            "m": {"a": [1]},
        },
    )
    assert found["row"] == {"d": "2024-01-02", "i": "2024-01-02T03:04:05Z", "m": '{"a":[1]}'}


def test_a_file_that_is_no_database(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="not a database"):
        answer(
            run, "sqlite.Query", "select * from t", sqlite_file=run.store("x" * 5000), fetch=True
        )
