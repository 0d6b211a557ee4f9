"""SurrealDB and DocumentDB: what their interfaces on the web are asked, and what is made of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from plugins.service import Answers, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", secret="T0K3N")


# ---- SurrealDB ------------------------------------------------------------------------------------------------------


def surreal(service: Service, **given: Any) -> Any:
    place = urlsplit(service.url)
    known = {"namespace": "ns", "database": "db", "query": "SELECT * FROM person"}
    return task("surrealdb.Query", host=place.hostname, port=place.port, **{**known, **given})


def test_a_query_of_surrealdb(run: FakeRun, service: Service) -> None:
    people = [{"id": "person:a", "age": 1}, {"id": "person:b", "age": 2}]
    statements = [
        {"status": "OK", "time": "1ms", "result": None},
        {"status": "OK", "time": "1ms", "result": people},
        {"status": "OK", "time": "1ms", "result": {"id": "person:c"}},
    ]
    service.answer = Answers({"id": 1, "result": statements})
    asked = {
        "query": "LET $x = 1; SELECT * FROM person WHERE name = $name",
        "parameters": {"name": t("{{ word }}")},
        "username": "root",
        "password": t("{{ secret }}"),
    }
    found = run.run(surreal(service, fetch_type="FETCH", **asked))
    assert found == {"rows": [*people, {"id": "person:c"}], "size": 3}
    assert (service.last.method, service.last.path) == ("POST", "/rpc")
    assert service.last.json == {
        "id": 1,
        "method": "query",
        "params": [asked["query"], {"name": "hello"}],
    }
    assert service.last.headers["surreal-ns"] == service.last.headers["ns"] == "ns"
    assert service.last.headers["surreal-db"] == service.last.headers["db"] == "db"
    assert service.last.headers["authorization"] == "Basic cm9vdDpUMEszTg=="
    assert not [text for _, text in run.logs if "T0K3N" in text]
    assert run.run(surreal(service, fetch_type="FETCH_ONE")) == {"row": people[0], "size": 3}
    assert "authorization" not in service.last.headers
    assert run.run(surreal(service, fetch_type="NONE")) == {"size": 3}
    stored = run.run(surreal(service))
    assert rows(run, stored["uri"])[2] == {"id": "person:c"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {"information": "no such user"}), r"SurrealDB answered with status 401: .*no such"),
        ({"error": {"code": -32000, "message": "Parse error"}}, "an error: Parse error"),
        ({"result": [{"status": "ERR", "result": "no table"}]}, "not run a statement: no table"),
        ({"result": [{"status": "OK", "result": [1]}]}, r"gives no records, but: \[1\]"),
    ],
)
def test_a_query_of_surrealdb_that_fails(
    run: FakeRun, service: Service, answer: Any, message: str
) -> None:
    service.answer = Answers(answer)
    with pytest.raises(TaskFailure, match=message):
        run.run(surreal(service))


# ---- DocumentDB -----------------------------------------------------------------------------------------------------


def documents(service: Service, name: str, **given: Any) -> Any:
    known = {"database": "d", "collection": "c", "username": "me", "password": t("{{ secret }}")}
    return task(f"documentdb.{name}", host=f"{service.url}/", **known, **given)


def asked(service: Service) -> tuple[str, Any]:
    """The action of the last request, and its body without the place, which is checked."""
    body = service.last.json
    assert (body.pop("database"), body.pop("collection")) == ("d", "c")
    assert service.last.method == "POST"
    assert service.last.headers["authorization"] == "Basic bWU6VDBLM04="
    return service.last.path, body


def test_documents_are_inserted(run: FakeRun, service: Service) -> None:
    service.answer = Answers((201, {"insertedId": {"$oid": "64a"}}))
    found = run.run(documents(service, "Insert", document={"a": t("{{ word }}")}))
    assert found == {"insertedId": "64a", "insertedIds": ["64a"], "insertedCount": 1}
    assert asked(service) == ("/data/v1/action/insertOne", {"document": {"a": "hello"}})
    service.answer = Answers((201, {"insertedIds": ["1", "2"]}))
    found = run.run(documents(service, "Insert", documents=[{"a": 1}, {"a": 2}]))
    assert found == {"insertedId": "1", "insertedIds": ["1", "2"], "insertedCount": 2}
    body = {"documents": [{"a": 1}, {"a": 2}]}
    assert asked(service) == ("/data/v1/action/insertMany", body)
    assert not [text for _, text in run.logs if "T0K3N" in text]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Either 'document'"),
        ({"document": {"a": 1}, "documents": [{"a": 1}]}, "Cannot specify both"),
        ({"documents": [{"a": 1}] * 11}, "Cannot insert more than 10 documents"),
    ],
)
def test_what_cannot_be_inserted(
    run: FakeRun, service: Service, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        run.run(documents(service, "Insert", **given))
    assert service.asked == []


def test_documents_are_read(run: FakeRun, service: Service) -> None:
    found = [{"_id": {"$oid": "64a"}, "n": 1}, {"_id": "b", "n": 2}]
    service.answer = Answers({"documents": found})
    made = documents(service, "Read", filter={"n": {"$gt": 0}}, limit=5, skip=0)
    assert run.run(made) == {"rows": found, "size": 2}
    body = {"filter": {"n": {"$gt": 0}}, "limit": 5, "skip": 0}
    assert asked(service) == ("/data/v1/action/find", body)
    one = run.run(documents(service, "Read", fetch_type="FETCH_ONE"))
    assert one == {"row": found[0], "size": 1}
    assert asked(service) == ("/data/v1/action/find", {})
    pipeline = [{"$group": {"_id": "$n"}}]
    stored = run.run(
        documents(service, "Read", aggregation_pipeline=pipeline, limit=1, fetch_type="STORE")
    )
    assert rows(run, stored["uri"]) == found
    assert asked(service) == ("/data/v1/action/aggregate", {"pipeline": pipeline})
    assert run.run(documents(service, "Read", fetch_type="NONE")) == {"size": 2}


@pytest.mark.parametrize(("many", "action"), [(False, "updateOne"), (True, "updateMany")])
def test_documents_are_changed(run: FakeRun, service: Service, many: bool, action: str) -> None:
    service.answer = Answers({"matchedCount": 2, "modifiedCount": 1, "upsertedId": None})
    update = {"$set": {"a": 1}}
    made = documents(service, "Update", filter={"b": 2}, update=update, update_many=many)
    assert run.run(made) == {"matchedCount": 2, "modifiedCount": 1, "upsertedId": None}
    assert asked(service) == (f"/data/v1/action/{action}", {"filter": {"b": 2}, "update": update})
    with pytest.raises(TaskFailure, match="Update operations must be provided"):
        run.run(documents(service, "Update", update={}))


@pytest.mark.parametrize(("many", "action"), [(False, "deleteOne"), (True, "deleteMany")])
def test_documents_are_deleted(run: FakeRun, service: Service, many: bool, action: str) -> None:
    service.answer = Answers({"deletedCount": 3})
    made = documents(service, "Delete", filter={"b": 2}, delete_many=many)
    assert run.run(made) == {"deletedCount": 3}
    assert asked(service) == (f"/data/v1/action/{action}", {"filter": {"b": 2}})


def test_what_documentdb_says_reaches_the_user(run: FakeRun, service: Service) -> None:
    service.answer = Answers((401, {"error": "invalid session"}))
    with pytest.raises(TaskFailure, match=r"Failed to find documents: 401 - .*invalid session"):
        run.run(documents(service, "Read"))
