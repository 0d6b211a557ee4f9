"""MongoDB, against a stand-in of its client that keeps documents in memory, and against a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import mongomock
import pymongo
import pytest
from bson import Decimal128, ObjectId, Timestamp
from mongomock.collection import BulkOperationBuilder
from plugins.servers import mongodb as mongodb_server
from plugins.service import rows
from pymongo import common
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.stores import mongodb
from flowrt.plugins.stores.mongodb import Connection, value_of

ADDRESS = "mongodb://127.0.0.1:27017"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that other tests of the file use, too."""
    with mongodb_server() as address:
        yield address


@pytest.fixture(params=["stand-in", pytest.param("server", marks=pytest.mark.services)])
def collection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "server":
        # it speaks the protocol of MongoDB 4.2; nothing that tasks ask for has changed since
        monkeypatch.setattr(common, "MIN_SUPPORTED_WIRE_VERSION", 8)
        with pymongo.MongoClient(request.getfixturevalue("server")) as real:
            yield real["shop"]["orders"]
            real.drop_database("shop")
        return
    client = mongomock.MongoClient()
    monkeypatch.setattr(client, "close", lambda: None)
    monkeypatch.setattr(pymongo, "MongoClient", lambda uri: client)
    for name in ("add_replace", "add_update"):  # of which newer clients ask more
        usual = getattr(BulkOperationBuilder, name)

        def add(self: Any, *args: Any, usual: Any = usual, sort: Any = None, **more: Any) -> Any:
            return usual(self, *args, **more)

        monkeypatch.setattr(BulkOperationBuilder, name, add)
    yield client["shop"]["orders"]


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, name="b")


def task(name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.mongodb.{name}")
    assert found is not None
    connection = Connection(uri=ADDRESS)
    return found("t", connection=connection, database="shop", collection="orders", **properties)


@pytest.mark.parametrize(
    "document", [{"name": t("{{ name }}"), "n": 1}, t('{"name": "{{ name }}", "n": 1}')]
)
def test_a_document_is_inserted(run: FakeRun, collection: Any, document: Any) -> None:
    found = run.run(task("InsertOne", document=document))
    assert found["wasAcknowledged"] is True
    kept = collection.find_one({"_id": ObjectId(found["insertedId"])})
    assert (kept["name"], kept["n"]) == ("b", 1)
    assert ("counter", "inserted.count", 1) in run.metrics


def test_extended_json(run: FakeRun, collection: Any) -> None:
    moment = {"$date": "2026-01-02T03:04:05Z"}
    run.run(task("InsertOne", document={"_id": {"$oid": "0" * 24}, "at": moment}))
    (kept,) = collection.find()
    assert kept["_id"] == ObjectId("0" * 24)
    assert kept["at"] == datetime(2026, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("document", ["{", "[1]", "1"])
def test_what_is_no_document(run: FakeRun, collection: Any, document: str) -> None:
    with pytest.raises(TaskFailure, match=r"no document of MongoDB|Invalid value type"):
        run.run(task("InsertOne", document=document))
    assert collection.count_documents({}) == 0


def test_documents_are_found(run: FakeRun, collection: Any) -> None:
    collection.insert_many([{"_id": i, "n": i % 3, "s": "x"} for i in range(6)])
    made = task(
        "Find", filter={"n": {"$gt": 0}}, projection={"_id": 1}, sort={"_id": -1}, limit=2, skip=1
    )
    assert run.run(made) == {"rows": [{"_id": 4}, {"_id": 2}], "size": 2}
    kept = run.run(task("Find", store=True, projection={"_id": 1}, sort={"_id": 1}))
    assert kept["size"] == 6
    assert rows(run, kept["uri"])[-1] == {"_id": 5}


def test_a_pipeline(run: FakeRun, collection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.insert_many([{"k": "a", "n": 1}, {"k": "a", "n": 2}, {"k": "b", "n": 3}])
    asked: list[dict[str, Any]] = []
    usual = type(collection).aggregate

    def aggregate(self: Any, stages: Any, **more: Any) -> Any:
        asked.append(more)
        return usual(self, stages)

    monkeypatch.setattr(type(collection), "aggregate", aggregate)
    stages = [{"$group": {"_id": "$k", "sum": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}]
    found = run.run(task("Aggregate", pipeline=stages, max_time_ms=5))
    assert found["rows"] == [{"_id": "a", "sum": 3}, {"_id": "b", "sum": 3}]
    assert asked == [{"allowDiskUse": True, "maxTimeMS": 5, "batchSize": 1000}]


@pytest.mark.parametrize(
    ("operation", "document", "matched", "after"),
    [
        ("UPDATE_ONE", {"$set": {"n": 9}}, 1, [1, 9]),
        ("UPDATE_MANY", {"$set": {"n": 9}}, 2, [9, 9]),
        ("REPLACE_ONE", {"n": 9}, 1, [1, 9]),
    ],
)
def test_documents_are_changed(
    run: FakeRun, collection: Any, operation: str, document: Any, matched: int, after: list[int]
) -> None:
    collection.insert_many([{"n": 1}, {"n": 1}])
    found = run.run(task("Update", filter={"n": 1}, document=document, operation=operation))
    assert (found["matchedCount"], found["upsertedId"]) == (matched, None)
    assert sorted(each["n"] for each in collection.find()) == after


@pytest.mark.parametrize(("operation", "count"), [("DELETE_ONE", 1), ("DELETE_MANY", 2)])
def test_documents_are_deleted(run: FakeRun, collection: Any, operation: str, count: int) -> None:
    collection.insert_many([{"n": 1}, {"n": 1}, {"n": 2}])
    found = run.run(task("Delete", filter={"n": 1}, operation=operation))
    assert found == {"wasAcknowledged": True, "deletedCount": count}
    assert collection.count_documents({}) == 3 - count


def test_rows_are_loaded(run: FakeRun, collection: Any) -> None:
    uri = run.store("".join(f'{{id:"{i:024d}",d:1.5,at:2026-01-02T03:04:05Z}}\n' for i in range(5)))
    found = run.run(task("Load", from_=uri, id_key="id", chunk=2))
    assert (found["size"], found["insertedCount"]) == (5, 5)
    assert ("counter", "requests.count", 3) in run.metrics
    kept = collection.find_one({"_id": ObjectId("0" * 24)})
    assert "id" not in kept
    assert kept["at"] == datetime(2026, 1, 2, 3, 4, 5)


def test_an_id_that_is_none(run: FakeRun, collection: Any) -> None:
    with pytest.raises(TaskFailure, match="`idKey`"):
        run.run(task("Load", from_=run.store('{id:"x"}\n'), id_key="id"))


def test_operations_of_a_file(run: FakeRun, collection: Any) -> None:
    lines = [
        '{"insertOne": {"_id": 1, "n": 1}}',
        '{"insertOne": {"document": {"_id": 2, "n": 1}}}',
        '{"updateMany": {"filter": {"n": 1}, "update": {"$set": {"n": 2}}}}',
        '{"replaceOne": {"filter": {"_id": 3}, "replacement": {"n": 3}, "upsert": true}}',
        '{"deleteOne": {"filter": {"_id": 1}}}',
    ]
    found = run.run(task("Bulk", from_=run.store("\n".join(lines))))
    assert (found["size"], found["insertedCount"], found["deletedCount"]) == (5, 2, 1)
    assert sorted((d["_id"], d["n"]) for d in collection.find()) == [(2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"dropAll": {}}', "Invalid bulk request type on line 2: dropAll"),
        ('{"updateOne": {"filter": {}}}', "line 2 is no operation of MongoDB"),
        ("{", "line 2 is no operation of MongoDB"),
    ],
)
def test_a_line_that_is_no_operation(run: FakeRun, collection: Any, line: str, said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(task("Bulk", from_=run.store('{"insertOne": {"a": 1}}\n' + line)))


def test_values_of_documents() -> None:
    found = value_of(
        {
            "id": ObjectId("0" * 24),
            "at": datetime(2026, 1, 2, tzinfo=UTC),
            "stamp": Timestamp(1, 1),
            "money": Decimal128("1.50"),
            "many": [b"x", None, True],
        }
    )
    assert found["id"] == "0" * 24
    assert found["at"].epoch_nanos == 1767312000 * 1_000_000_000
    assert found["stamp"].epoch_nanos == 1_000_000_000
    assert found["money"] == Decimal("1.50")
    assert found["many"] == [b"x", None, True]


def test_a_server_that_is_not_there(run: FakeRun) -> None:
    made = catalog.find("io.kestra.plugin.mongodb.Find")
    assert made is not None
    uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"
    found = made("t", connection=Connection(uri=uri), database="d", collection="c")
    with pytest.raises(TaskFailure, match="MongoDB: "):
        run.run(found)
    wrong = made("t", connection=Connection(uri="nothing"), database="d", collection="c")
    with pytest.raises(TaskFailure, match="MongoDB: "):
        run.run(wrong)


def test_the_module_is_imported_without_its_package() -> None:
    assert mongodb.MongoTask.packages == ("pymongo>=4.7",)
