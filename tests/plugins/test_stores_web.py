"""InfluxDB, Weaviate, GraphQL: what a server is asked, as its interface is documented, and what is made of its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.influxdb import InfluxConnection, flux_rows, point


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", secret="T0K3N")


# ---- InfluxDB -------------------------------------------------------------------------------------------------------


def influx(service: Service, name: str, /, **properties: Any) -> Any:
    known = InfluxConnection(url=service.url, token=t("{{ secret }}"))
    return task(f"influxdb.{name}", connection=known, org="my org", bucket="b", **properties)


def test_lines_are_written(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (204, b"")
    lines = t("m,a=1 v={{ word }} 1\n\nm v=2 2\n")
    assert run.run(influx(service, "Write", source=lines, precision="S")) == {"recordCount": 2}
    assert service.last.path == "/api/v2/write?org=my+org&bucket=b&precision=s"
    assert service.last.headers["authorization"] == "Token T0K3N"
    assert service.last.body == b"m,a=1 v=hello 1\n\nm v=2 2\n"
    assert run.messages("INFO") == ["Wrote 2 lines of line protocol data to InfluxDB"]
    service.answer = lambda asked: (401, {"code": "unauthorized", "message": "no"})
    with pytest.raises(TaskFailure, match=r"InfluxDB answered with status 401: .*unauthorized"):
        run.run(influx(service, "Write", source=lines))
    assert not [text for _, text in run.logs if "T0K3N" in text]


def test_rows_become_points(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (204, b"")
    stored = run.store(
        '{at:2024-01-02T03:04:05Z,host:"a b",v:1,s:"x"}\n{at:1704164645,v:2.5}\n{v:3}\n'
    )
    load = {"measurement": "m", "tags": ["host"], "time_field": "at", "chunk": 2}
    assert run.run(influx(service, "Load", from_=stored, **load)) == {"recordCount": 3}
    first, second = service.asked
    assert first.body.decode().split("\n") == [
        'm,host=a\\ b s="x",v=1.0 1704164645000000000',
        "m v=2.5 1704164645000000000",
    ]
    assert second.body == b"m v=3.0" and "precision=ns" in second.path
    assert run.messages("INFO") == ["Successfully sent 2 batches for 3 records"]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"b": True, "a": "7", "t": None}, 'm\\,\\ n,z=1 a=7.0,b=true'),
        ({"a": 'q"\\'}, 'm\\,\\ n,z=1 a="q\\"\\\\"'),
        ({"k=1, 2": "x\ny"}, 'm\\,\\ n,z=1 k\\=1\\,\\ 2="x\ny"'),
        ({"a": "NaN", "b": 1}, "m\\,\\ n,z=1 b=1.0"),
        ({"a": "1_0"}, 'm\\,\\ n,z=1 a="1_0"'),
        ({"time": 1, "a": 1}, "m\\,\\ n,z=1 a=1.0"),
        ({"a": None}, ""),
    ],
)  # fmt: skip
def test_points_are_lines(row: dict[str, Any], line: str) -> None:
    assert point("m, n", {"z": 1, **row}, {"z"}, None) == line


@pytest.mark.parametrize(
    ("moment", "nanos"),
    [
        (1704164645, 1704164645000000000),
        ("1704164645678", 1704164645678000000),
        ("2024-01-02T03:04:05.678Z", 1704164645678000000),
        ("2024-01-02T04:04:05+01:00", 1704164645000000000),
        ("2024-01-02 03:04:05", 1704164645000000000),
        ("2024-01-02", 1704153600000000000),
    ],
)
def test_moments_of_points(moment: Any, nanos: int) -> None:
    assert point("m", {"at": moment, "v": 1}, set(), "at") == f"m v=1.0 {nanos}"
    with pytest.raises(TaskFailure, match="Unparseable date string: soon"):
        point("m", {"at": "soon", "v": 1}, set(), "at")


TABLES = '''\
#datatype,string,long,dateTime:RFC3339,double,string,boolean,base64Binary,long\r
#group,false,false,false,false,true,false,false,false\r
#default,_result,,,,,,,\r
,result,table,_time,_value,_field,ok,raw,n\r
,,0,2024-01-02T03:04:05Z,1.5,"a, ""b""",true,aGk=,7\r
,,0,2024-01-02T03:04:06Z,,x,false,,\r
\r
#datatype,string,long,string\r
#group,false,false,false\r
#default,other,,\r
,result,table,_value\r
,,1,text\r
'''


def test_a_query_of_flux(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, TABLES.encode())
    found = run.run(influx(service, "FluxQuery", query="from(b)", fetch_type="FETCH"))
    assert (found["size"], found["total"]) == (3, 3)
    first, second, third = found["rows"]
    assert str(first.pop("_time")) == "2024-01-02T03:04:05Z"
    assert first == {
        "result": "_result",
        "table": 0,
        "_value": 1.5,
        "_field": 'a, "b"',
        "ok": True,
        "raw": b"hi",
        "n": 7,
    }
    assert sorted(second) == ["_field", "_time", "ok", "result", "table"]
    assert third == {"result": "other", "table": 1, "_value": "text"}
    assert service.last.path == "/api/v2/query?org=my+org"
    assert service.last.json["query"] == "from(b)" and service.last.json["type"] == "flux"
    assert service.last.json["dialect"]["annotations"] == ["datatype", "group", "default"]
    assert run.run(influx(service, "FluxQuery", query="x")) == {"size": 3, "total": 3}
    stored = run.run(influx(service, "FluxQuery", query="x", fetch_type="STORE"))
    assert len(rows(run, stored["uri"])) == 3
    service.answer = lambda asked: (200, b",error,reference\r\n,it broke,897\r\n")
    with pytest.raises(TaskFailure, match="InfluxDB: it broke"):
        run.run(influx(service, "FluxQuery", query="x"))
    with pytest.raises(TaskFailure, match="which is no long"):
        list(flux_rows("#datatype,long\r\n,a\r\n,x\r\n"))


def test_a_query_of_influxql(run: FakeRun, service: Service) -> None:
    text = b"name,tags,time,v,w\ncpu,h=a,1,2,x\ncpu,h=b,3,4,\n\nname,tags,u\nmem,,5\n"
    service.answer = lambda asked: (200, text)
    found = run.run(influx(service, "InfluxQLQuery", query="SELECT 1 & 2", fetch_type="FETCH"))
    assert found["rows"] == [
        {"time": "1", "v": "2", "w": "x"},
        {"time": "3", "v": "4", "w": ""},
        {"u": "5"},
    ]
    assert service.last.path == "/query" and service.last.headers["accept"] == "application/csv"
    assert service.last.body == b"db=b&q=SELECT+1+%26+2"


# ---- Weaviate -------------------------------------------------------------------------------------------------------


def weaviate(service: Service, name: str, /, **properties: Any) -> Any:
    known = {"url": service.url, "api_key": t("{{ secret }}"), "headers": {"X-A": "1"}}
    return task(f"weaviate.{name}", **known, **properties)


def test_a_class_is_made(run: FakeRun, service: Service) -> None:
    made = weaviate(service, "SchemaCreate", class_name="C", fields={"a": ["text"], "b": ["int"]})
    assert run.run(made) == {"success": True}
    assert (service.last.method, service.last.path) == ("POST", "/v1/schema")
    assert service.last.headers["authorization"] == "Bearer T0K3N"
    assert service.last.headers["x-a"] == "1"
    assert service.last.json == {
        "class": "C",
        "properties": [{"name": "a", "dataType": ["text"]}, {"name": "b", "dataType": ["int"]}],
    }


def test_objects_are_made(run: FakeRun, service: Service) -> None:
    problems = {"errors": {"error": [{"message": "no such property"}]}, "status": "FAILED"}
    service.answer = lambda asked: (200, [{"result": problems}])
    given = [{"a": t("{{ word }}")}, {"a": 2}]
    assert run.run(weaviate(service, "BatchCreate", class_name="C", objects=given)) is None
    assert service.last.path == "/v1/batch/objects"
    objects = service.last.json["objects"]
    assert [each["properties"] for each in objects] == [{"a": "hello"}, {"a": 2}]
    assert {each["class"] for each in objects} == {"C"} and objects[0]["id"] != objects[1]["id"]
    assert run.messages("WARN") == ["Weaviate: no such property"]
    stored = run.store("".join(f"{{a:{n}}}\n" for n in range(501)))
    run.run(weaviate(service, "BatchCreate", class_name="C", objects=stored))
    assert [len(each.json["objects"]) for each in service.asked[1:]] == [500, 1]


def test_objects_are_found(run: FakeRun, service: Service) -> None:
    found = {"Get": {"C": [{"a": 1}, {"a": 2}], "D": [{"b": 3}]}}
    service.answer = lambda asked: (200, {"data": found})
    whole = [{"C": {"a": 1}}, {"C": {"a": 2}}, {"D": {"b": 3}}]
    query = t("{ Get { {{ word }} } }")
    stored = run.run(weaviate(service, "Query", query=query))
    assert rows(run, stored["uri"]) == whole and stored["size"] == 3
    assert (service.last.path, service.last.json) == ("/v1/graphql", {"query": "{ Get { hello } }"})
    fetched = run.run(weaviate(service, "Query", query=query, fetch_type="FETCH"))
    assert fetched == {"rows": whole, "size": 3}
    one = run.run(weaviate(service, "Query", query=query, fetch_type="FETCH_ONE"))
    assert one == {"row": {"a": 1}, "size": 1}
    service.answer = lambda asked: (200, {"errors": [{"message": "bad"}, {"message": "worse"}]})
    with pytest.raises(TaskFailure, match="bad, worse"):
        run.run(weaviate(service, "Query", query=query))


def test_objects_are_deleted(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (204, b"")
    one = weaviate(service, "Delete", class_name="C", object_id="a/b")
    assert run.run(one) == {"className": "C", "success": True, "deletedCount": 1}
    assert (service.last.method, service.last.path) == ("DELETE", "/v1/objects/C/a%2Fb")
    service.answer = lambda asked: (404, {})
    assert run.run(one)["success"] is False
    results = {"successful": 2, "objects": [{"id": "x"}, {"id": "y"}]}
    service.answer = lambda asked: (200, {"results": results})
    wanted = {"a": t("{{ word }}*"), "b": 1, "c": True}
    many = run.run(weaviate(service, "Delete", class_name="C", filter=wanted))
    assert many == {"className": "C", "success": True, "deletedCount": 2, "ids": ["x", "y"]}
    assert service.last.json == {
        "match": {
            "class": "C",
            "where": {
                "operator": "And",
                "operands": [
                    {"path": ["a"], "operator": "Like", "valueText": "hello*"},
                    {"path": ["b"], "operator": "Equal", "valueNumber": 1.0},
                    {"path": ["c"], "operator": "Equal", "valueBoolean": True},
                ],
            },
        },
        "output": "verbose",
    }


# ---- GraphQL --------------------------------------------------------------------------------------------------------


def test_a_query_of_graphql(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, {"data": {"a": None}, "errors": [{"message": "half"}]})
    asked = {
        "uri": f"{service.url}/graph ql",
        "query": "query Q($n: Int) { a }",
        "variables": {"n": 1, "w": t("{{ word }}")},
        "operation_name": "Q",
        "headers": {"Authorization": t("Bearer {{ secret }}")},
    }
    found = run.run(task("graphql.Request", **asked))
    assert found.pop("headers")
    assert found == {
        "code": 200,
        "uri": f"{service.url}/graph%20ql",
        "body": {"a": None},
        "encryptedBody": None,
        "error": [{"message": "half"}],
    }
    assert service.last.json == {
        "query": "query Q($n: Int) { a }",
        "variables": {"n": 1, "w": "hello"},
        "operationName": "Q",
    }
    assert service.last.headers["authorization"] == "Bearer T0K3N"
    with pytest.raises(
        TaskFailure, match=r"GraphQL query failed with errors: \[\{message=half\}\]"
    ):
        run.run(task("graphql.Request", fail_on_graph_ql_errors=True, **asked))
    service.answer = lambda asked: (200, b"<html>")
    with pytest.raises(TaskFailure, match="no JSON"):
        run.run(task("graphql.Request", **asked))
    service.answer = lambda asked: (500, {})
    with pytest.raises(TaskFailure, match="500"):
        run.run(task("graphql.Request", **asked))
