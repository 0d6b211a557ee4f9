"""Neo4j: a server that the tests start."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins import servers
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.java.printing import text_of
from flowrt.model.failures import TaskFailure

services = pytest.mark.services


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with servers.neo4j() as found:
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, name="O'Neil")


class Graph:
    """A server to put queries to; it is empty at first."""

    def __init__(self, run: FakeRun, url: str) -> None:
        self.run = run
        self.login = {"url": url, "username": "neo4j", "password": servers.PASSWORD}
        self("MATCH (n) DETACH DELETE n")

    def __call__(self, query: Any, store_type: str = "NONE", **more: Any) -> Any:
        given = {**self.login, "query": query, "store_type": store_type, **more}
        return self.run.run(task("neo4j.Query", **given))

    def batch(self, query: str, source: str, **more: Any) -> Any:
        given = {**self.login, "query": query, "from_": source, **more}
        return self.run.run(task("neo4j.Batch", **given))


@pytest.fixture
def graph(run: FakeRun, url: str) -> Graph:
    return Graph(run, url)


@services
def test_rows_of_a_query(graph: Graph, run: FakeRun) -> None:
    assert (
        graph("CREATE (:Person {name: 'Ada', born: 1815})-[:KNOWS {since: 1833}]->(:Person)") == {}
    )
    found = graph(
        "MATCH (a {name: 'Ada'})-[k:KNOWS]->() RETURN a, k, {one: [1, 2.5, true]}", "FETCH"
    )
    assert found == {
        "rows": [{"name": "Ada", "born": 1815}, {"since": 1833}, {"one": [1, 2.5, True]}],
        "size": 3,
    }
    assert ("counter", "fetch.size", 3) in run.metrics
    assert graph("UNWIND [1, 2] AS x RETURN {x: x}", "FETCHONE") == {"row": {"x": 1}, "size": 2}
    assert graph("MATCH (n:None) RETURN n", "FETCHONE") == {"row": {}, "size": 0}
    kept = graph("UNWIND range(1, 3000) AS x RETURN {x: x}", "STORE")
    assert kept["size"] == 3000 and rows(run, kept["uri"])[-1] == {"x": 3000}
    assert ("counter", "store.size", 3000) in run.metrics
    assert run.messages("WARN")[-1] == ("Starting query: UNWIND range(1, 3000) AS x RETURN {x: x}")
    told = graph(t('RETURN {name: "{{ name }}"}'), "FETCH")
    assert told["rows"] == [{"name": "O'Neil"}]


@services
def test_values_of_every_type(graph: Graph) -> None:
    row = graph(
        "CREATE (a:A {x: 1})-[b:B {y: 2}]->(c:C) WITH * MATCH p = (a)-->(c) RETURN {"
        "date: date('2024-02-29'), clock: localtime('01:02:03.000000004'), time: time('01:02:03+01:00'),"
        "local: localdatetime('2024-02-29T01:02:03'), zoned: datetime('2024-07-01T01:02:03.5[Europe/Paris]'),"
        "offset: datetime('2024-07-01T01:02:03-02:00'), span: duration('P1M2DT3.5S'),"
        "point: point({x: 1.5, y: 2}), deep: [{a: a}], path: p, none: null}", "FETCHONE",
    )["row"]  # fmt: skip
    assert {key: text_of(row.pop(key)) for key in ("date", "clock", "time", "local")} == {
        "date": "2024-02-29",
        "clock": "01:02:03.000000004",
        "time": "01:02:03.000000000+01:00",
        "local": "2024-02-29T01:02:03",
    }
    assert text_of(row.pop("zoned")) == "2024-07-01T01:02:03.500+02:00[Europe/Paris]"
    assert text_of(row.pop("offset")) == "2024-07-01T01:02:03-02:00"
    assert row == {
        "span": "P1M2DT3.5S",
        "point": {"srid": 7203, "x": 1.5, "y": 2.0},
        "deep": [{"a": {"x": 1}}],
        "path": [{"x": 1}, {"y": 2}, {}],
        "none": None,
    }


@services
@pytest.mark.parametrize(
    ("value", "kind"),
    [("1", "INTEGER"), ("'a'", "STRING"), ("null", "NULL"), ("[1]", "LIST OF ANY?"), ("1.5", "FLOAT"),
     ("date()", "DATE")],
)  # fmt: skip
def test_what_is_no_row(graph: Graph, value: str, kind: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        graph(f"RETURN {value}", "FETCH")
    assert str(caught.value) == f"Cannot coerce {kind} to Java Map"


@services
def test_rows_in_bulk(graph: Graph, run: FakeRun) -> None:
    source = run.store("".join(f"{{id:{n},day:2024-01-{n:02}}}\n" for n in range(1, 6)), "a.ion")
    query = "UNWIND $props AS row CREATE (p:Day) SET p = row RETURN p"
    assert graph.batch(query, source, chunk=2) == {"rowCount": 3, "updatedCount": 5}
    assert ("INFO", "Successfully bulk 3 queries with 5 updated rows") in run.logs
    assert ("counter", "records.processed", 3) in run.metrics
    assert ("counter", "records.updated", 5) in run.metrics
    found = graph("MATCH (p:Day) RETURN p ORDER BY p.id", "FETCH")["rows"]
    assert [(each["id"], text_of(each["day"])) for each in found][4] == (5, "2024-01-05")
    empty = run.store("", "none.ion")
    assert graph.batch(query, empty) == {"rowCount": 0, "updatedCount": None}
    assert ("INFO", "Successfully bulk 0 queries with null updated rows") in run.logs


@services
def test_a_bulk_that_fails_leaves_nothing(graph: Graph, run: FakeRun) -> None:
    source = run.store("{id:1}\n{id:2}\n{id:0}\n", "a.ion")
    with pytest.raises(TaskFailure, match="Neo4j: / by zero"):
        graph.batch("UNWIND $props AS r CREATE (:N {x: 1 / r.id})", source, chunk=1)
    assert graph("MATCH (n:N) RETURN {n: count(n)}", "FETCHONE")["row"] == {"n": 0}
    source = run.store("{id:1.5}\n", "a.ion")
    with pytest.raises(
        TaskFailure, match=r"Unable to convert java\.math\.BigDecimal to Neo4j Value"
    ):
        graph.batch("UNWIND $props AS r CREATE (:N {x: r.id})", source)
    with pytest.raises(TaskFailure, match="`chunk` must be at least 1"):
        graph.batch("RETURN 1", source, chunk=0)


@services
def test_what_a_server_refuses(graph: Graph, run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Neo4j: Invalid input 'MATHC'"):
        graph("MATHC (n)")
    with pytest.raises(TaskFailure, match=r"Neo4j: .*unauthorized"):
        graph("RETURN {a: 1}", password="not that")
    assert not [text for _, text in run.logs if "not that" in text]


@services
def test_remarks_of_the_server_do_not_reach_stderr(
    graph: Graph, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])  # those of pytest, which a program does not have
    graph("MATCH (n:Nope) WHERE id(n) = 1 RETURN n", "FETCH")
    assert capfd.readouterr().err == ""


@services
def test_a_killed_query_ends_on_the_server(graph: Graph, run: FakeRun, url: str) -> None:
    from neo4j import GraphDatabase

    slow = task(
        "neo4j.Query", **graph.login,
        query="UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a * b AS c RETURN count(c)",
    )  # fmt: skip
    shown = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH 'UNWIND range(1, 100000)' RETURN 1"
    with GraphDatabase.driver(url, auth=("neo4j", servers.PASSWORD)) as driver:

        def going_on() -> bool:
            return bool(driver.execute_query(shown).records)

        def watch() -> None:
            while not going_on():
                time.sleep(0.05)
            run.stop()

        async def killed() -> None:
            threading.Thread(target=watch, daemon=True).start()
            with pytest.raises(TaskFailure, match="stopped"):
                await slow.run(run)

        asyncio.run(killed())
        for _ in range(600):
            if not going_on():
                break
            time.sleep(0.1)
        assert not going_on()


def test_addresses_that_lead_nowhere(run: FakeRun) -> None:
    for url, said in (
        ("http://a", "`url` is no address of Neo4j: "),
        (f"bolt://127.0.0.1:{servers.free_port()}", "Neo4j: Couldn't connect to 127.0.0.1"),
    ):
        with pytest.raises(TaskFailure, match=said):
            run.run(task("neo4j.Query", url=url, query="RETURN 1"))
    with pytest.raises(TaskFailure, match="No value present"):
        run.run(task("neo4j.Query", query="RETURN 1"))


def test_who_asks(run: FakeRun) -> None:
    import neo4j

    login = task("neo4j.Query", username="a", password="b", bearer_token="c")
    assert login._credentials(run, neo4j) == neo4j.basic_auth("a", "b")
    token = task("neo4j.Query", username="a", bearer_token="c")
    assert token._credentials(run, neo4j) == neo4j.bearer_auth("c")
    assert task("neo4j.Query")._credentials(run, neo4j) is None
