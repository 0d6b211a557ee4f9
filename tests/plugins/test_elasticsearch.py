"""Elasticsearch: what a server is asked, as its interface is documented, and what is made of its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answer, Asked, Service, rows
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores.elasticsearch import Cluster, UserAndPassword
from flowrt.plugins.stores.esql import with_values

KIND = "application/vnd.elasticsearch+json; compatible-with=8"


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", secret="pa'ss")


def ask(run: FakeRun, service: Service, name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.elasticsearch.{name}")
    assert found is not None
    given = {"connection": Cluster(hosts=[service.url]), **properties}
    return run.run(found("t", **given))


def hits(*found: Any, total: int | None = None, place: str | None = None) -> Answer:
    inner = {
        "total": {"value": len(found) if total is None else total, "relation": "eq"},
        "hits": [{"_index": "i", "_id": str(n), "_source": each} for n, each in enumerate(found)],
    }
    return 200, {"took": 1, "hits": inner, **({"_scroll_id": place} if place else {})}


def test_who_asks(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: hits()
    known = UserAndPassword(username="u", password=t("{{ secret }}"))
    cluster = Cluster(
        hosts=["http://127.0.0.1:1", service.url], basic_auth=known, headers=["X-A: b: c"],
        path_prefix="/pre/", target_server_version=9,
    )  # fmt: skip
    ask(run, service, "Search", request={}, connection=cluster)
    assert service.last.path == "/pre/_search"
    assert service.last.headers["authorization"] == "Basic dTpwYSdzcw=="
    assert service.last.headers["x-a"] == "b: c"
    assert service.last.headers["accept"].endswith("compatible-with=9")
    token = Cluster(hosts=[service.url], basic_auth=known, headers=["Authorization: ApiKey k"])
    ask(run, service, "Search", request={}, connection=token)
    assert service.last.headers["authorization"] == "ApiKey k"
    for cluster, said in (
        (Cluster(hosts=["http://127.0.0.1:1"]), "(?i)refused"),
        (Cluster(hosts=[]), "names no server"),
        (Cluster(hosts=[service.url], headers=["nothing"]), "it has no colon"),
    ):
        with pytest.raises(TaskFailure, match=said):
            ask(run, service, "Search", request={}, connection=cluster)
    assert not [text for _, text in run.logs if "pa'ss" in text]


@pytest.mark.parametrize("request_", [{"query": {"term": {"a": t("{{ word }}")}}}, t('{"query": {"term": {"a": "{{ word }}"}}}')])  # fmt: skip
def test_documents_are_searched(run: FakeRun, service: Service, request_: Any) -> None:
    service.answer = lambda asked: hits({"a": 1}, {"a": None}, total=20)
    found = ask(run, service, "Search", request=request_, indexes=["i", "j*"], routing="r")
    assert found == {"rows": [{"a": 1}, {"a": None}], "size": 2, "total": 20}
    assert (service.last.method, service.last.path) == ("POST", "/i%2Cj%2A/_search?routing=r")
    assert service.last.json == {"query": {"term": {"a": "hello"}}}
    assert service.last.headers["content-type"] == KIND
    assert ("counter", "records", 2) in run.metrics
    one = ask(run, service, "Search", request={}, fetch_type="FETCH_ONE")
    assert one == {"row": {"a": 1}, "size": 1, "total": 20}
    stored = ask(run, service, "Search", request={}, fetch_type="STORE")
    assert rows(run, stored["uri"]) == [{"a": 1}, {"a": None}] and stored["size"] == 2
    assert ask(run, service, "Search", request={}, fetch_type="NONE") == {"total": 20}
    with pytest.raises(TaskFailure, match=r"Invalid value type 'class java\.util\.ArrayList'"):
        ask(run, service, "Search", request=[])


def test_a_search_goes_on(run: FakeRun, service: Service) -> None:
    pages = [hits({"n": 1}, {"n": 2}, place="a"), hits({"n": 3}, place="b"), hits(place="b")]

    def answer(asked: Asked) -> Answer:
        return (200, {"succeeded": True}) if asked.method == "DELETE" else pages.pop(0)

    service.answer = answer
    found = ask(run, service, "Scroll", request={"size": 2}, indexes=["i"])
    assert [each["n"] for each in rows(run, found["uri"])] == [1, 2, 3] and found["size"] == 3
    assert [(each.method, each.path) for each in service.asked] == [
        ("POST", "/i/_search?scroll=60s"),
        ("POST", "/_search/scroll"),
        ("POST", "/_search/scroll"),
        ("DELETE", "/_search/scroll"),
    ]
    assert service.asked[2].json == {"scroll_id": "b", "scroll": "60s"}
    assert service.last.json == {"scroll_id": ["b"]}
    assert ("counter", "requests.count", 2) in run.metrics


def test_a_search_that_breaks_is_forgotten(run: FakeRun, service: Service) -> None:
    answers: list[Answer] = [hits({"n": 1}, place="a"), (500, {"error": "no"}), (500, {})]
    service.answer = lambda asked: answers.pop(0)
    with pytest.raises(TaskFailure, match="Elasticsearch answered with status 500"):
        ask(run, service, "Scroll", request={})
    assert service.last.method == "DELETE"
    assert run.messages("WARN")[0].startswith("Failed to clear scroll: ")


def test_a_document_is_read(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, {"found": True, "_source": {"a": 1}})
    found = ask(run, service, "Get", index="i", key="a/b", doc_version=3, routing="r")
    assert found == {"row": {"a": 1}}
    assert service.last.path == "/i/_doc/a%2Fb?version=3&routing=r"
    service.answer = lambda asked: (404, {"_index": "i", "found": False})
    assert ask(run, service, "Get", index="i", key="b") == {"row": None}
    with pytest.raises(TaskFailure, match="Document with key 'b' not found in index 'i'"):
        ask(run, service, "Get", index="i", key="b", error_on_missing=True)
    service.answer = lambda asked: (404, {"error": {"type": "index_not_found_exception"}})
    with pytest.raises(TaskFailure, match="index_not_found_exception"):
        ask(run, service, "Get", index="i", key="b")


def test_a_document_is_written(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (201, {"_id": "k", "result": "created", "_version": 1})
    value = {"a": t("{{ word }}")}
    found = ask(run, service, "Put", index="i", key="k", value=value, refresh_policy="WAIT_UNTIL")
    assert found == {"id": "k", "result": "Created", "version": 1}
    assert (service.last.method, service.last.path) == ("PUT", "/i/_doc/k?refresh=wait_for")
    assert service.last.json == {"a": "hello"}
    ask(run, service, "Put", index="i", value='{"a": 1}', op_type="CREATE")
    assert service.last.method == "POST"
    assert service.last.path == "/i/_doc?op_type=create&refresh=false"
    with pytest.raises(TaskFailure, match="Only INDEX and CREATE"):
        ask(run, service, "Put", index="i", value={}, op_type="DELETE")


def lines(asked: Asked) -> list[Any]:
    assert asked.body.endswith(b"\n")
    assert asked.headers["content-type"].startswith("application/vnd.elasticsearch+x-ndjson;")
    return [json.loads(line) for line in asked.body.splitlines()]


def test_rows_are_loaded(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, {"errors": False, "items": []})
    given = run.store('{id:1,a:"x"}\n{id:2,a:null}\n{id:3,a:2024-01-02T03:04:05Z}\n')
    assert ask(run, service, "Load", from_=given, index="i", id_key="id", chunk=2) == {"size": 3}
    first, second = service.asked
    assert lines(first) == [
        {"index": {"_index": "i", "_id": "1"}},
        {"a": "x"},
        {"index": {"_index": "i", "_id": "2"}},
        {},
    ]
    assert lines(second)[1] == {"a": "2024-01-02T03:04:05Z"} and second.path == "/_bulk"
    assert run.messages("INFO")[0].startswith("Successfully send 2 requests for 3 records in PT")
    ask(run, service, "Load", from_=given, index="i", id_key="id", remove_id_key=False)
    assert lines(service.last)[1]["id"] == 1
    ask(run, service, "Load", from_=given, index="i")
    assert lines(service.last)[0] == {"index": {"_index": "i"}}
    with pytest.raises(TaskFailure, match="a row has no `no`"):
        ask(run, service, "Load", from_=given, index="i", id_key="no")


def test_a_document_that_is_refused(run: FakeRun, service: Service) -> None:
    failed = {"_index": "i", "status": 400, "error": {"reason": "mapping"}}
    items = [{"index": {"status": 201}}, {"index": failed}]
    service.answer = lambda asked: (200, {"errors": True, "items": items})
    with pytest.raises(TaskFailure, match="Indexer failed bulk:\n i: 400 - mapping"):
        ask(run, service, "Load", from_=run.store("{a:1}\n"), index="i")


@pytest.mark.parametrize("ion", [True, False])
def test_operations_of_a_file(run: FakeRun, service: Service, ion: bool) -> None:
    service.answer = lambda asked: (200, {"errors": False})
    operations: list[Any] = [
        {"index": {"_index": "i", "_id": "1"}},
        {"a": 1},
        {"update": {"_index": "i", "_id": "1"}},
        {"a": 2},
        {"delete": {"_index": "i", "_id": "1"}},
        {"create": {"_index": "i", "_id": "2"}},
        {"a": 3},
    ]
    text = "\n".join(map(json.dumps, operations)) + "\n"
    if ion:
        text = text.replace('"index":', "index:").replace('"a":', "a:")
    assert ask(run, service, "Bulk", from_=run.store(text)) == {"size": 4}
    expected = list(operations)
    expected[3] = {"doc": {"a": 2}, "doc_as_upsert": True}
    assert lines(service.last) == expected


@pytest.mark.parametrize("text", ['{"drop": {}}', "[1]", "{}", "no", '{"index": {}}'])
def test_what_is_no_operation(run: FakeRun, service: Service, text: str) -> None:
    with pytest.raises(TaskFailure, match="Invalid bulk request"):
        ask(run, service, "Bulk", from_=run.store(text))
    assert not service.asked


def test_anything_is_asked(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, {"ok": True}, {"Warning": "299 old"})
    found = ask(
        run, service, "Request", method="POST", endpoint="/_cluster/a b?x=1&y",
        parameters={"z": t("{{ word }}")}, body={"a": 1},
    )  # fmt: skip
    assert found == {"status": 200, "response": {"ok": True}}
    assert service.last.path == "/_cluster/a%20b?x=1&y=&z=hello"
    assert service.last.json == {"a": 1} and run.messages("WARN") == ["299 old"]
    strict = Cluster(hosts=[service.url], strict_deprecation_mode=True)
    with pytest.raises(TaskFailure, match="warns: 299 old"):
        ask(run, service, "Request", endpoint="_cat", connection=strict)
    service.answer = lambda asked: (200, b"green")
    assert ask(run, service, "Request", endpoint="_cat/health")["response"] == "green"
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        ask(run, service, "Request", endpoint="../admin")


TABLE = {"columns": [{"name": "a"}, {"name": "b"}], "values": [[1, "x"], [2, None]]}


def test_a_query_of_esql(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, TABLE)
    found = ask(
        run, service, "Esql", query='FROM i | WHERE a == ? AND b != "?"', params=["x\"y"],
        filter={"query": {"match_all": {}}},
    )  # fmt: skip
    assert found == {"rows": [{"a": 1, "b": "x"}, {"a": 2, "b": None}], "size": 2, "total": 2}
    assert service.last.path == "/_query?format=json"
    assert service.last.json == {
        "query": r'FROM i | WHERE a == "x\"y" AND b != "?"',
        "columnar": False,
        "filter": {"match_all": {}},
    }
    service.answer = lambda asked: (200, {**TABLE, "values": [[1, 2], ["x", None]]})
    found = ask(run, service, "Esql", query="FROM i", columnar=True, fetch_type="FETCH_ONE")
    assert found["row"] == {"a": 1, "b": "x"}


def test_a_query_that_takes_its_time(run: FakeRun, service: Service) -> None:
    answers = [{"id": "q=", "is_running": True}, {"id": "q=", "is_running": True}, TABLE, {}]
    service.answer = lambda asked: (200, answers.pop(0))
    assert ask(run, service, "Esql", query="FROM i", async_=True)["size"] == 2
    assert [(each.method, each.path) for each in service.asked] == [
        ("POST", "/_query/async"),
        *[("GET", "/_query/async/q%3D?wait_for_completion_timeout=30s")] * 2,
        ("DELETE", "/_query/async/q%3D"),
    ]


@pytest.mark.parametrize(
    ("query", "values", "made"),
    [
        ("a ? b ?", ["1", "-2.5e3"], "a 1 b -2.5e3"),
        ("`?` ? ", ["TRUE"], "`?` true "),
        ('"\\"?" ?', ["a\\b"], '"\\"?" "a\\\\b"'),
        ("?", [None], "null"),
        ("?", ["1 | DROP"], '"1 | DROP"'),
    ],
)
def test_values_of_a_query(query: str, values: list[Any], made: str) -> None:
    assert with_values(query, values) == made


@pytest.mark.parametrize(("query", "values"), [("?", ["1", "2"]), ("? ?", ["1"])])
def test_values_that_do_not_fit(query: str, values: list[Any]) -> None:
    with pytest.raises(TaskFailure, match="placeholders"):
        with_values(query, values)
