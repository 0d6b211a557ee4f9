"""PostgreSQL and MariaDB, as they are: private servers that the tests start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from tasks.fake import FakeRun

from flowrt.catalog import find
from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    with servers.mariadb() as url:
        yield url


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


class Server:
    """A database to put questions to."""

    def __init__(self, run: FakeRun, engine: str, url: str) -> None:
        self.run = run
        self.engine = engine
        self.url = url

    def task(self, name: str, **properties: Any) -> Any:
        cls: Any = find(f"io.kestra.plugin.jdbc.{self.engine}.{name}")
        given = {"url": self.url, "username": "tester", "password": servers.PASSWORD, **properties}
        return cls("t", **given)

    def __call__(self, name: str, **properties: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.run.run(self.task(name, **properties))
        return result

    def rows(self, sql: str, **properties: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self("Query", sql=sql, fetch_type="FETCH", **properties)[
            "rows"
        ]
        return rows

    def do(self, sql: str) -> None:
        self("Queries", sql=sql)


@pytest.fixture
def pg(run: FakeRun, postgresql: str) -> Server:
    return Server(run, "postgresql", postgresql)


@pytest.fixture
def my(run: FakeRun, mariadb: str) -> Server:
    return Server(run, "mysql", mariadb)


@pytest.fixture(params=["pg", "my"])
def db(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    return server


# ---- both of them ---------------------------------------------------------------------------------------------------


def test_fetch_types(db: Server) -> None:
    db.do(
        "drop table if exists f; create table f (a int, b varchar(9)); insert into f values (1, 'x'), (2, null)"
    )
    sql = "select * from f order by a"
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert db("Query", sql=sql, fetch_type="FETCH") == {"rows": rows, "size": 2}
    assert db("Query", sql=f"{sql};", fetch_type="FETCH_ONE") == {"row": rows[0], "size": 1}
    stored = db("Query", sql=sql, fetch_type="STORE", fetch_size=1)
    assert stored["size"] == 2
    assert db.run.content(stored["uri"]) == '{a:1,b:"x"}\n{a:2,b:null}\n'
    assert db("Query", sql="update f set a = a", fetch_type="STORE") == {}
    assert db("Query", sql=sql) == {}


def test_parameters(db: Server) -> None:
    evil = "x'); drop table f; -- %s ?"
    found = db.rows(
        "select :a as a, cast(:n as decimal(9, 2)) as n, '50%' as p, ':a' as q, :gone as g",
        parameters={"a": evil, "n": "1.50"},
    )
    assert [{**row, "n": str(row["n"])} for row in found] == [
        {"a": evil, "n": "1.50", "p": "50%", "q": ":a", "g": None}
    ]


def test_a_transaction_is_rolled_back(db: Server) -> None:
    db.do("drop table if exists r; create table r (a int primary key)")
    for transaction, count in ((True, 0), (False, 1)):
        with pytest.raises(TaskFailure, match=r"(?i)nowhere"):
            db(
                "Queries",
                sql="insert into r values (1); select * from nowhere",
                transaction=transaction,
            )
        assert db.rows("select a from r") == [{"a": 1}] * count
    with pytest.raises(TaskFailure):
        db("Query", sql="insert into r values (2)", after_sql="insert into r values (1)")
    db("Query", sql="insert into r values (3)", after_sql="delete from r where a = 1")
    assert db.rows("select a from r") == [{"a": 3}]


def test_batches(db: Server) -> None:
    db.do("drop table if exists b; create table b (a int, s varchar(20), d date, t timestamp null)")
    rows = "".join(f'{{s:"x{n}",a:{n},d:2024-01-02,t:null,more:1}}\n' for n in range(25))
    uri = db.run.store(rows)
    insert = "insert into b (a, s, d) values (?, ?, ?)"
    assert db("Batch", from_=uri, sql=insert, columns=["a", "s", "d"], chunk=10) == {
        "rowCount": 25,
        "updatedCount": 25,
    }
    assert db.run.messages("INFO")[-1] == "Successfully executed 3 bulk queries and updated 25 rows"
    assert db("Batch", from_=uri, table="b")["rowCount"] == 25
    assert db.rows("select count(*) as n, min(s) as s from b") == [{"n": 50, "s": "x0"}]
    lists = db.run.store('[1,"y"]\n[2,"50%"]\n', "lists")
    db("Batch", from_=lists, sql="insert into b (a, s, t) values (?, ?, '2024-01-02 03:04:05')")
    assert [row["s"] for row in db.rows("select s from b where t is not null order by s")] == [
        "50%",
        "y",
    ]
    with pytest.raises(TaskFailure):
        db("Batch", from_=uri, table="nowhere; drop table b")
    with pytest.raises(TaskFailure, match="localBufferMaxBytes"):
        db("Batch", from_=uri, table="b", input_handling="LOCAL", local_buffer_max_bytes=10)
    assert db("Batch", from_=db.run.store("", "none"), table="b") == {
        "rowCount": 0,
        "updatedCount": 0,
    }


def test_failures_name_no_password(db: Server) -> None:
    with pytest.raises(TaskFailure) as failure:
        db("Query", sql="select 1", password="wrong secret")
    assert "wrong secret" not in str(failure.value)
    with pytest.raises(TaskFailure) as failure:
        db("Query", sql="select 1", url="jdbc:nothing://u:hidden@h/d")
    assert "hidden" not in str(failure.value)
    assert not any(servers.PASSWORD in text for _, text in db.run.logs)


def test_a_server_that_is_not_there(db: Server) -> None:
    scheme = db.url.partition("//")[0]
    with pytest.raises(TaskFailure):
        db("Query", sql="select 1", url=f"{scheme}//127.0.0.1:{servers.free_port()}/d")


def test_a_kill_ends_what_runs(db: Server) -> None:
    endless = {"postgresql": "select pg_sleep(600)", "mysql": "select sleep(600)"}[db.engine]

    async def killed() -> None:
        work = asyncio.ensure_future(db.task("Query", sql=endless, fetch=True).run(db.run))
        while ("DEBUG", f"Starting query: {endless}") not in db.run.logs and not work.done():
            await asyncio.sleep(0.01)
        for _ in range(3000):
            for stop in list(db.run._stops):
                stop()
            done, _ = await asyncio.wait({work}, timeout=0.05)
            if done:
                break
        with pytest.raises(TaskFailure, match="The task was stopped"):
            await work

    asyncio.run(killed())


def test_many_rows_are_stored_in_constant_memory(db: Server) -> None:
    import tracemalloc

    many = {
        "postgresql": "select n, repeat('x', 1000) as s from generate_series(1, 20000) n",
        "mysql": "select seq as n, repeat('x', 1000) as s from seq_1_to_20000",
    }[db.engine]
    tracemalloc.start()
    try:
        stored = db("Query", sql=many, fetch_type="STORE", fetch_size=100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stored["size"] == 20000
    assert peak < 5_000_000


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------


def test_values_of_postgresql(pg: Server) -> None:
    pg.do("create extension if not exists hstore")
    sql = """select 1::smallint as a, 1.50::numeric as b, 1.5::float8 as c, 'x'::bytea as d, true as e,
        date '2024-01-02' as f, time '01:02:03' as g, timestamp '2024-01-02 03:04:05.678' as h,
        timestamptz '2024-07-02 03:04:05+00' as i, interval '1 year 2 mons 3 days 04:05:06.7' as j,
        '{"k":[1,null]}'::jsonb as k, '[1]'::json as l, array[1,2] as m, array[['a'],['b']] as n,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as o, 'a=>1,"b c"=>NULL'::hstore as p,
        'fat cat'::tsvector as q, null::int as r, '10.0.0.1/8'::inet as s, int4range(1, 3) as t"""
    stored = pg("Query", sql=sql, fetch_type="STORE", time_zone_id="Europe/Paris")
    assert pg.run.content(stored["uri"]) == (
        '{a:1,b:1.50,c:1.5e0,d:{{eA==}},e:true,f:2024-01-02,g:LocalTime::"01:02:03",'
        'h:LocalDateTime::"2024-01-02T03:04:05.678",i:ZonedDateTime::"2024-07-02T05:04:05+02:00[Europe/Paris]",'
        'j:"P1Y2M3DT4H5M6S",k:{k:[1,null]},l:[1],m:[1,2],n:[["a"],["b"]],'
        "o:\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",p:{a:\"1\",'b c':null},q:\"'cat' 'fat'\",r:null,"
        's:"10.0.0.1/8",t:"[1, 3)"}\n'
    )


def test_copy_in_and_out(pg: Server) -> None:
    pg.do('drop table if exists "my people"; create table "my people" (id int, name text)')
    csv = pg.run.store("id;name\n1;'a;b'\n2;NIL\n", "in.csv")
    options: dict[str, Any] = {
        "format": "CSV",
        "header": True,
        "delimiter": ";",
        "quote": "'",
        "null_string": "NIL",
    }
    assert pg("CopyIn", from_=csv, table="my people", columns=["id", "name"], **options) == {
        "rowCount": 2
    }
    assert pg.rows('select * from "my people" order by id') == [
        {"id": 1, "name": "a;b"},
        {"id": 2, "name": None},
    ]
    found = pg("CopyOut", table="my people", **options)
    assert found["rowCount"] == 2
    assert pg.run.content(found["uri"]) == "id;name\n1;'a;b'\n2;NIL\n"
    found = pg("CopyOut", sql='select id from "my people" where id > 1;')
    assert pg.run.content(found["uri"]) == "2\n"
    binary = pg("CopyOut", table="my people", format="BINARY")
    assert pg("CopyIn", from_=binary["uri"], table="my people", format="BINARY")["rowCount"] == 2
    with pytest.raises(TaskFailure, match="does not exist"):
        pg("CopyIn", from_=csv, table="x; drop table y")
    with pytest.raises(TaskFailure, match="single SQL statement"):
        pg("CopyOut", sql="select 1; select 2")
    with pytest.raises(TaskFailure, match="invalid input syntax"):
        pg("CopyIn", from_=csv, table="my people")


def test_lists_and_maps_go_into_columns_of_json_and_arrays(pg: Server) -> None:
    pg.do("drop table if exists j; create table j (a jsonb, b json, c int[], d text[], e interval)")
    rows = pg.run.store(
        '{a:[1,{x:null}],b:{k:[]},c:[1,2],d:["x"],e:"PT1H"}\n{a:"[2]",b:1,c:[],d:null,e:null}\n'
    )
    pg("Batch", from_=rows, table="j")
    assert pg.rows("select * from j") == [
        {"a": [1, {}], "b": {"k": []}, "c": [1, 2], "d": ["x"], "e": "P0Y0M0DT1H0M0S"},
        {"a": [2], "b": 1, "c": [], "d": None, "e": None},
    ]


def test_copying_much_costs_constant_memory(pg: Server) -> None:
    import tracemalloc

    pg.do("drop table if exists much; create table much (n int, s text)")
    tracemalloc.start()
    try:
        sql = "select n, repeat('x', 1000) from generate_series(1, 30000) n"
        found = pg("CopyOut", sql=sql)
        assert pg("CopyIn", from_=found["uri"], table="much")["rowCount"] == 30000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_an_error_of_the_server(pg: Server) -> None:
    with pytest.raises(TaskFailure) as failure:
        pg("Query", sql="select 1 as a, b from nowhere")
    assert str(failure.value) == 'ERROR: relation "nowhere" does not exist\n  Position: 23'


def test_a_schema_of_the_address(pg: Server) -> None:
    pg.do('create schema if not exists "s p"; create table if not exists "s p".inside (a int)')
    assert pg.rows("select * from inside", url=f'{pg.url}?currentSchema="s p"') == []


def test_a_server_without_tls_is_refused_where_it_is_asked_for(pg: Server) -> None:
    for given in ({"ssl": True}, {"ssl_mode": "REQUIRE"}, {"ssl_mode": "VERIFY_FULL"}):
        with pytest.raises(TaskFailure, match="SSL"):
            pg("Query", sql="select 1", **given)


# ---- MySQL ----------------------------------------------------------------------------------------------------------


def test_values_of_mysql(my: Server) -> None:
    my.do(
        "drop table if exists v; create table v (a tinyint(1), b bigint unsigned, c decimal(5,2), d double, e datetime(3),"
        " f timestamp null, g date, h time, i blob, j json, k bit(1), l varchar(9)) character set utf8mb4;"
        "set time_zone = '+00:00'; insert into v values (1, 18446744073709551615, 1.5, 1.5, '2024-01-02 03:04:05.678',"
        " '2024-01-02 03:04:05', '2024-01-02', '01:02:03', 'x', '{\"a\":1}', b'1', 'ü')"
    )
    stored = my("Queries", sql="set time_zone = '+00:00'; select * from v", fetch_type="STORE")
    assert my.run.content(stored["outputs"][0]["uri"]) == (
        '{a:true,b:"18446744073709551615",c:1.50,d:1.5e0,e:LocalDateTime::"2024-01-02T03:04:05.678",'
        'f:2024-01-02T03:04:05.000Z,g:2024-01-02,h:LocalTime::"01:02:03",i:{{eA==}},j:"{\\"a\\":1}",k:{{AQ==}},l:"ü"}\n'
    )


def test_a_file_is_loaded(my: Server) -> None:
    my.do("drop table if exists l; create table l (a int, b varchar(9))")
    my(
        "Query",
        sql=_template(
            "LOAD DATA LOCAL INFILE '{{ inputFile }}' INTO TABLE l FIELDS TERMINATED BY ','"
        ),
        input_file=my.run.store("1,x\n2,y\n"),
    )
    assert my.rows("select count(*) as n from l") == [{"n": 2}]
    with pytest.raises(TaskFailure):
        my("Query", sql="LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE l")


def _template(text: str) -> Any:
    from tasks.fake import t

    return t(text)


def test_a_mysql_server_without_tls_is_refused_where_it_is_asked_for(my: Server) -> None:
    with pytest.raises(TaskFailure, match="SSL"):
        my("Query", sql="select 1", url=f"{my.url}?useSSL=true")


def test_the_other_name(my: Server, run: FakeRun) -> None:
    other = Server(run, "mariadb", my.url.replace("jdbc:mysql", "jdbc:mariadb"))
    assert other.rows("select 1 as a") == [{"a": 1}]
