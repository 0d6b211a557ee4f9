"""MongoDB: documents of a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import missing, packages
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.plugins.rows import FETCH, given_rows, put_out
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

DELETING = enum("DELETE_ONE", "DELETE_MANY")
UPDATING = enum("REPLACE_ONE", "UPDATE_ONE", "UPDATE_MANY")
ROWS: dict[str, Kind] = {"rows": listing(ANY), "size": INTEGER, "uri": URI}
COUNTS = ("deletedCount", "insertedCount", "matchedCount", "modifiedCount")


class Connection(Declared):
    """The server."""

    uri: Text = prop(STRING)


class MongoTask(Task):
    """What the tasks share: a collection, and what is done with it."""

    packages: ClassVar[tuple[str, ...]] = (packages.MONGODB,)

    connection: Connection = prop(record(Connection))
    database: Text = prop(STRING)
    collection: Text = prop(STRING)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._connected(run))

    def _connected(self, run: RunContext) -> dict[str, Any]:
        try:
            import pymongo
            from pymongo.errors import PyMongoError
        except ImportError:
            raise missing.MissingPackage("MongoDB", packages.MONGODB, "mongodb") from None
        try:
            client: Any = pymongo.MongoClient(required_text(run, self.connection.uri))
        except PyMongoError as error:
            raise TaskFailure(f"MongoDB: {error}") from None
        run.on_kill(client.close)
        try:
            database, name = required_text(run, self.database), required_text(run, self.collection)
            return self._work(run, client[database][name])
        except PyMongoError as error:
            raise TaskFailure(f"MongoDB: {error}") from None
        finally:
            client.close()

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _count(self, run: RunContext, name: str, count: int) -> None:
        tags = {
            "database": required_text(run, self.database),
            "collection": required_text(run, self.collection),
        }
        run.metric("counter", name, count, tags)


def document(run: RunContext, value: Any) -> Any:
    """A document of the flow, in the extended JSON of MongoDB. Raises TaskFailure for what is none."""
    from bson import json_util

    found = run.structure(value)
    if found is None:
        return {}
    text = found if isinstance(found, str) else to_json(found)
    try:
        parsed = json_util.loads(text)
    except Exception as error:
        raise TaskFailure(f"this is no document of MongoDB: {reason(error)}") from None
    if not isinstance(parsed, dict):
        raise TaskFailure(f"Invalid value type '{type(parsed).__name__}'")
    return parsed


def value_of(found: Any) -> Any:
    """A value of a document as Kestra has it: identifiers as text, moments as such, the rest as it is."""
    from datetime import datetime

    from bson import Binary, Decimal128, ObjectId, Timestamp
    from bson.int64 import Int64

    from flowrt.java.time.temporal import Instant

    if isinstance(found, dict):
        return {key: value_of(each) for key, each in found.items()}
    if isinstance(found, list):
        return [value_of(each) for each in found]
    if isinstance(found, ObjectId):
        return str(found)
    if isinstance(found, Timestamp):
        return Instant(found.time * 1_000_000_000)
    if isinstance(found, datetime):
        from calendar import timegm

        seconds = timegm(found.utctimetuple())
        return Instant(seconds * 1_000_000_000 + found.microsecond * 1000)
    if isinstance(found, Decimal128):
        return found.to_decimal()
    if isinstance(found, Binary):
        return bytes(found)
    if isinstance(found, Int64):
        return int(found)
    if found is None or isinstance(found, (bool, int, float, str, bytes)):
        return found
    raise TaskFailure(f"a value of type {type(found).__name__} of MongoDB cannot be read")


@task_type("io.kestra.plugin.mongodb.InsertOne")
class MongodbInsertOne(MongoTask):
    """Insert a document."""

    outputs: ClassVar[dict[str, Kind] | None] = {"insertedId": STRING, "wasAcknowledged": BOOLEAN}

    document: Any = prop(ANY)

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        found = collection.insert_one(document(run, self.document))
        self._count(run, "inserted.count", 1)
        return {"insertedId": str(found.inserted_id), "wasAcknowledged": found.acknowledged}


@task_type("io.kestra.plugin.mongodb.Delete")
class MongodbDelete(MongoTask):
    """Delete a document, or all that a filter finds."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "deletedCount": INTEGER,
        "wasAcknowledged": BOOLEAN,
    }

    filter: Any = prop(ANY, default=None)
    operation: Text = prop(DELETING, default="DELETE_ONE")

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        wanted = document(run, self.filter)
        one = run.constant(self.operation, DELETING) == "DELETE_ONE"
        found = collection.delete_one(wanted) if one else collection.delete_many(wanted)
        self._count(run, "deleted.count", found.deleted_count)
        return {"wasAcknowledged": found.acknowledged, "deletedCount": found.deleted_count}


@task_type("io.kestra.plugin.mongodb.Update")
class MongodbUpdate(MongoTask):
    """Change or replace documents that a filter finds."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "matchedCount": INTEGER,
        "modifiedCount": INTEGER,
        "upsertedId": STRING,
        "wasAcknowledged": BOOLEAN,
    }

    document: Any = prop(ANY)
    filter: Any = prop(ANY)
    operation: Text = prop(UPDATING, default="UPDATE_ONE")

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        change = {
            "REPLACE_ONE": collection.replace_one,
            "UPDATE_ONE": collection.update_one,
            "UPDATE_MANY": collection.update_many,
        }[str(run.constant(self.operation, UPDATING))]
        try:
            found = change(document(run, self.filter), document(run, self.document))
        except ValueError as error:
            raise TaskFailure(f"MongoDB: {reason(error)}") from None
        self._count(run, "updated.count", found.modified_count)
        return {
            "upsertedId": None if found.upserted_id is None else str(found.upserted_id),
            "wasAcknowledged": found.acknowledged,
            "matchedCount": found.matched_count,
            "modifiedCount": found.modified_count,
        }


@task_type("io.kestra.plugin.mongodb.Find")
class MongodbFind(MongoTask):
    """The documents that a filter finds."""

    outputs: ClassVar[dict[str, Kind] | None] = ROWS

    filter: Any = prop(ANY, default=None)
    projection: Any = prop(ANY, default=None)
    sort: Any = prop(ANY, default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    skip: Integer | None = prop(INTEGER, default=None)
    store: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        projection = None if self.projection is None else document(run, self.projection)
        found = collection.find(document(run, self.filter), projection)
        if self.sort is not None:
            found = found.sort(list(document(run, self.sort).items()))
        found = found.skip(run.integer(self.skip) or 0).limit(run.integer(self.limit) or 0)
        rows = map(value_of, Stop(run).each(found))
        outputs = put_out(run, rows, "STORE" if run.flag(self.store) else "FETCH")
        self._count(run, "records", outputs["size"])
        return outputs


@task_type("io.kestra.plugin.mongodb.Aggregate")
class MongodbAggregate(MongoTask):
    """What a pipeline makes of the documents."""

    outputs: ClassVar[dict[str, Kind] | None] = ROWS

    pipeline: Listing = prop(listing(mapping()))
    allow_disk_use: Flag = prop(BOOLEAN, default=True)
    max_time_ms: Integer = prop(INTEGER, default=60000)
    batch_size: Integer = prop(INTEGER, default=1000)
    store: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        stages = [document(run, each) for each in run.listing(self.pipeline, mapping()) or []]
        more: dict[str, Any] = {}
        if run.flag(self.allow_disk_use, True):
            more["allowDiskUse"] = True
        for name, number in (("maxTimeMS", self.max_time_ms), ("batchSize", self.batch_size)):
            value = run.integer(number)
            if value is not None and value > 0:
                more[name] = value
        rows = map(value_of, Stop(run).each(collection.aggregate(stages, **more)))
        store = run.constant(self.store, FETCH) == "STORE"
        outputs = put_out(run, rows, "STORE" if store else "FETCH")
        self._count(run, "records", outputs["size"])
        return outputs


class MongoWriting(MongoTask):
    """What tasks that write many documents share: they go in chunks."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(COUNTS, INTEGER),
        "size": INTEGER,
    }

    from_: Text = prop(STRING)
    chunk: Integer = prop(INTEGER, default=1000)

    def _writes(self, run: RunContext) -> Iterable[Any]:
        """What is to be done, in order."""
        raise NotImplementedError

    def _work(self, run: RunContext, collection: Any) -> dict[str, Any]:
        from itertools import islice

        size, counts, requests = 0, dict.fromkeys(COUNTS, 0), 0
        chunk = run.integer(self.chunk) or 1000
        writes = iter(Stop(run).each(self._writes(run)))
        while batch := list(islice(writes, chunk)):
            found = collection.bulk_write(batch)
            size, requests = size + len(batch), requests + 1
            counts["deletedCount"] += found.deleted_count
            counts["insertedCount"] += found.inserted_count
            counts["matchedCount"] += found.matched_count
            counts["modifiedCount"] += found.modified_count
        self._count(run, "requests.count", requests)
        self._count(run, "records", size)
        return {"size": size, **counts}


@task_type("io.kestra.plugin.mongodb.Load")
class MongodbLoad(MongoWriting):
    """Insert the rows of a stored file."""

    id_key: Text | None = prop(STRING, default=None)
    remove_id_key: Flag = prop(BOOLEAN, default=True)

    def _writes(self, run: RunContext) -> Iterator[Any]:
        from bson import ObjectId
        from bson.errors import InvalidId
        from pymongo import InsertOne

        key, remove = run.text(self.id_key), run.flag(self.remove_id_key, True)
        for row in given_rows(run, required_text(run, self.from_)):
            if not isinstance(row, dict):
                raise TaskFailure("each row must be a map")
            values = {name: stored_value(each) for name, each in row.items()}
            if key is not None:
                try:
                    values["_id"] = ObjectId(str(row.get(key)))
                except InvalidId as error:
                    raise TaskFailure(f"`idKey`: {error}") from None
                if remove:
                    values.pop(key, None)
            yield InsertOne(values)


def stored_value(value: Any) -> Any:
    """A value of a row as MongoDB keeps it: moments and decimals as such, other values of Java as their text."""
    from datetime import UTC, datetime
    from decimal import Decimal

    from bson import Decimal128

    from flowrt.java.printing import text_of

    if isinstance(value, dict):
        return {str(key): stored_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [stored_value(each) for each in value]
    if isinstance(value, Decimal):
        return Decimal128(value)
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    nanos = getattr(value, "epoch_nanos", None)
    if isinstance(nanos, int):
        return datetime.fromtimestamp(nanos / 1_000_000_000, UTC)
    return text_of(value)


@task_type("io.kestra.plugin.mongodb.Bulk")
class MongodbBulk(MongoWriting):
    """Do the operations of a stored file: one a line, in the form of `bulkWrite` of MongoDB's shell."""

    def _writes(self, run: RunContext) -> Iterator[Any]:
        with stored_path(run, required_text(run, self.from_)).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield operation(line, number)


def operation(line: str, number: int) -> Any:
    """The operation of a line. Raises TaskFailure, which names the line."""
    import pymongo
    from bson import json_util

    try:
        ((kind, about),) = json_util.loads(line).items()
        more = {
            to: about[given]
            for given, to in (
                ("upsert", "upsert"),
                ("collation", "collation"),
                ("arrayFilters", "array_filters"),
            )
            if given in about
        }
        if kind == "insertOne":
            return pymongo.InsertOne(about.get("document", about))
        if kind == "replaceOne":
            more.pop("array_filters", None)
            return pymongo.ReplaceOne(about["filter"], about["replacement"], **more)
        if kind == "updateOne":
            return pymongo.UpdateOne(about["filter"], about["update"], **more)
        if kind == "updateMany":
            return pymongo.UpdateMany(about["filter"], about["update"], **more)
        if kind == "deleteOne":
            return pymongo.DeleteOne(about["filter"])
        if kind == "deleteMany":
            return pymongo.DeleteMany(about["filter"])
    except Exception as error:
        raise TaskFailure(f"line {number} is no operation of MongoDB: {reason(error)}") from None
    raise TaskFailure(f"Invalid bulk request type on line {number}: {kind}")
