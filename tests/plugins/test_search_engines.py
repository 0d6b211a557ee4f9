"""Meilisearch and Typesense: requests in the form that their documentation has."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answers, Asked, PatientRun, Service, rows
from tasks.fake import task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.web import Refused


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path)


class Meili:
    """What a Meilisearch of one index answers; each batch of documents is a task that has ended at the second look."""

    def __init__(self, **ended: Any) -> None:
        self.ended = {"status": "succeeded", "error": None, **ended}
        self.tasks: list[Any] = []
        self.looks: dict[str, int] = {}

    def __call__(self, asked: Asked) -> Any:
        assert asked.headers["authorization"] == "Bearer key"
        path = asked.path
        if (asked.method, path) == ("POST", "/indexes/films/documents"):
            self.tasks.append(asked.json)
            uid = len(self.tasks) - 1
            return 202, {"taskUid": uid, "indexUid": "films", "status": "enqueued"}
        if asked.method == "GET" and path.startswith("/tasks/"):
            looks = self.looks[path] = self.looks.get(path, 0) + 1
            uid = int(path.removeprefix("/tasks/"))
            return 200, {"uid": uid, **(self.ended if looks > 1 else {"status": "processing"})}
        raise AssertionError(asked)


def meili(name: str, service: Service, /, **properties: Any) -> Any:
    given = {"url": service.url + "/", "key": "key", "index": "films", **properties}
    return task(f"meilisearch.{name}", **given)


def test_documents_go_in_batches(run: PatientRun, service: Service) -> None:
    service.answer = server = Meili()
    source = run.store("".join(f'{{id:{n},title:"T{n}"}}\n' for n in range(5)), "a.ion")
    outputs = run.run(meili("DocumentAdd", service, from_=source, batch_size=2))
    assert outputs == {"taskUids": [0, 1, 2], "documentsAdded": 5}
    assert [len(each) for each in server.tasks] == [2, 2, 1]
    assert server.tasks[2] == [{"id": 4, "title": "T4"}]
    assert run.slept == [0.5, 0.5, 0.5]
    assert run.messages("INFO") == ["Successfully added 5 documents to index films in 3 batches"]
    assert run.metrics[-1] == ("counter", "documentAdded", 5)
    given = [{"id": 1}, {"id": 2}]
    again = meili("DocumentAdd", service, from_=given, wait_for_indexing=False)
    assert run.run(again) == {"taskUids": [3], "documentsAdded": 2}
    assert server.tasks[3] == given and "/tasks/3" not in server.looks
    assert run.run(meili("DocumentAdd", service, from_=[])) == {"taskUids": [], "documentsAdded": 0}


def test_documents_that_the_index_does_not_take(run: PatientRun, service: Service) -> None:
    error = {"message": "no id", "code": "missing_document_id"}
    service.answer = Meili(status="failed", error=error)
    with pytest.raises(TaskFailure) as caught:
        run.run(meili("DocumentAdd", service, from_={"a": 1}))
    assert str(caught.value) == (
        "Meilisearch indexing task 0 on index 'films' ended with status failed: no id (missing_document_id)"
    )
    service.answer = Meili(status="processing")
    with pytest.raises(TaskFailure, match="failed to terminate within PT0S"):
        run.run(meili("DocumentAdd", service, from_={"a": 1}, wait_timeout="PT0S"))
    with pytest.raises(TaskFailure, match="`batchSize` must be at least 1"):
        run.run(meili("DocumentAdd", service, from_={"a": 1}, batch_size=0))


def test_a_document(run: PatientRun, service: Service) -> None:
    service.answer = Answers({"id": 1, "title": "A", "seen": True, "tags": [2]})
    found = run.run(meili("DocumentGet", service, document_id="a/b"))
    assert service.last.path == "/indexes/films/documents/a%2Fb"
    assert found == {"document": {"id": 1.0, "title": "A", "seen": True, "tags": [2.0]}}
    assert type(found["document"]["id"]) is float
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        run.run(meili("DocumentGet", service, document_id=".."))
    service.answer = Answers(
        (404, {"message": "Document `1` not found.", "code": "document_not_found"})
    )
    with pytest.raises(Refused, match=r"Meilisearch answered with status 404: .*not found"):
        run.run(meili("DocumentGet", service, document_id="1"))


def test_searches(run: PatientRun, service: Service) -> None:
    service.answer = Answers({"hits": [{"id": 1}, {"id": 2}], "estimatedTotalHits": 40})
    found = run.run(meili("Search", service, query="lord"))
    assert (service.last.method, service.last.path) == ("POST", "/indexes/films/search")
    assert service.last.json == {"q": "lord"}
    assert found["totalHits"] == 2 and rows(run, found["uri"]) == [{"id": 1.0}, {"id": 2.0}]
    run.run(meili("Search", service))
    assert service.last.json == {}
    service.answer = Answers(
        {
            "facetHits": [{"value": "fiction", "count": 7}],
            "processingTimeMs": 3,
            "facetQuery": "fic",
        }
    )
    facets = meili(
        "FacetSearch", service, facet_name="genre", facet_query="fic", filters=["rating > 3"]
    )
    found = run.run(facets)
    assert service.last.path == "/indexes/films/facet-search"
    assert service.last.json == {
        "facetName": "genre",
        "facetQuery": "fic",
        "filter": ["rating > 3"],
    }
    assert found["totalHits"] == 1
    assert rows(run, found["uri"]) == [
        {
            "facetHits": [{"value": "fiction", "count": 7.0}],
            "processingTimeMs": 3,
            "facetQuery": "fic",
        }
    ]


def sense(name: str, service: Service, /, **properties: Any) -> Any:
    place = urlsplit(service.url)
    given = {
        "host": place.hostname,
        "port": str(place.port),
        "api_key": "key",
        "collection": "lands",
    }
    return task(f"typesense.{name}", **given, **properties)


def test_typesense_takes_documents(run: PatientRun, service: Service) -> None:
    service.answer = Answers((201, {"id": "0"}))
    assert run.run(sense("DocumentIndex", service, document={"name": "F", "gdp": 1})) is None
    asked = service.last
    assert (asked.method, asked.path) == ("POST", "/collections/lands/documents?action=upsert")
    assert asked.headers["x-typesense-api-key"] == "key"
    assert asked.json == {"name": "F", "gdp": 1}
    service.answer = Answers({"id": "a b", "gdp": 1})
    assert run.run(sense("DocumentGet", service, document_id="a b")) == {
        "document": {"id": "a b", "gdp": 1}
    }
    assert service.last.path == "/collections/lands/documents/a%20b"


def test_typesense_takes_rows(run: PatientRun, service: Service) -> None:
    source = run.store('{id:"1",d:2024-01-02}\n{id:"2"}\n{id:"3"}\n', "a.ion")
    service.answer = Answers(
        b'{"success":true}\n{"success": false,"error":"bad","document":"{}"}', b""
    )
    assert run.run(sense("BulkIndex", service, from_=source, chunk=2)) == {"size": 3}
    first, second = service.asked
    assert first.path == "/collections/lands/documents/import?action=upsert"
    assert first.headers["content-type"] == "text/plain"
    assert first.body == b'{"id":"1","d":"2024-01-02"}\n{"id":"2"}' and second.body == b'{"id":"3"}'
    assert run.messages("WARN") == ["1 documents were not taken, the first for: bad"]
    assert run.messages("INFO") == ["Successfully send 2 requests for 3 records"]
    assert run.metrics[-2:] == [("counter", "requests.count", 2), ("counter", "records", 3)]
    service.answer = Answers((404, {"message": "Not Found"}))
    with pytest.raises(Refused, match="Typesense answered with status 404"):
        run.run(sense("BulkIndex", service, from_=source))
    assert run.messages("ERROR") == [
        "Unexpected error while trying to bulk index documents in the collection lands"
    ]
    with pytest.raises(TaskFailure, match="`chunk` must be at least 1"):
        run.run(sense("BulkIndex", service, from_=source, chunk=0))


def test_typesense_searches(run: PatientRun, service: Service) -> None:
    answer = {"found": 40, "out_of": 90, "hits": [{"document": {"id": "1"}, "text_match": 5}]}
    service.answer = Answers(answer)
    wanted = {"query": "Paris & more", "query_by": "capital"}
    found = run.run(sense("Search", service, **wanted))
    assert found["totalHits"] == 40 and rows(run, found["uri"]) == [answer]
    path, _, query = service.last.path.partition("?")
    assert path == "/collections/lands/documents/search"
    assert parse_qs(query, keep_blank_values=True) == {
        "q": ["Paris & more"], "query_by": ["capital"], "filter_by": [""], "sort_by": [""],
    }  # fmt: skip
    run.run(
        sense("FacetSearch", service, **wanted, filter="gdp:>1", sort_by="gdp:desc", facet_by="gdp")
    )
    assert parse_qs(service.last.path.partition("?")[2]) == {
        "q": ["Paris & more"], "query_by": ["capital"], "filter_by": ["gdp:>1"],
        "sort_by": ["gdp:desc"], "facet_by": ["gdp"],
    }  # fmt: skip


def test_typesense_over_https(run: PatientRun) -> None:
    secure = task("typesense.Search", host="h", port="1", api_key="k", collection="c", https=True,
                  query="q", query_by="b")  # fmt: skip
    assert secure._documents(run) == "https://h:1/collections/c/documents"
