"""DocumentDB: documents of collections, through its interface on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.java.printing import text_of
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

LARGEST_BATCH = 10
"""Documents that one request may insert."""


class DocumentdbTask(ServiceTask):
    """What the tasks share."""

    service = "DocumentDB"

    host: Text = prop(STRING)
    database: Text = prop(STRING)
    collection: Text = prop(STRING)
    username: Text = prop(STRING)
    password: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        user, password = required_text(run, self.username), required_text(run, self.password)
        return {"Accept": "application/json", "Authorization": basic(user, password)}

    def _act(self, run: RunContext, action: str, what: str, **asked: Any) -> dict[str, Any]:
        """The answer to an action; what is None or an empty filter is left out. Raises TaskFailure that says `what`."""
        json = {
            "database": required_text(run, self.database),
            "collection": required_text(run, self.collection),
            **{key: value for key, value in asked.items() if value not in (None, {})},
        }
        url = address(required_text(run, self.host), "data", "v1", "action", action)
        try:
            return self._ask(run, "POST", url, json=json) or {}
        except Refused as error:
            raise TaskFailure(f"Failed to {what}: {error.code} - {error.said}") from None


def _id(found: Any) -> str:
    """The id of a document as text."""
    plain = found.get("$oid", found) if isinstance(found, dict) else found
    return text_of(plain)


@task_type("io.kestra.plugin.documentdb.Insert")
class DocumentdbInsert(DocumentdbTask):
    """Insert a document, or up to ten."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "insertedCount": INTEGER,
        "insertedId": STRING,
        "insertedIds": listing(STRING),
    }

    document: Mapping | None = prop(mapping(), default=None)
    documents: Listing | None = prop(listing(mapping()), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        one = run.mapping(self.document)
        many = run.listing(self.documents, mapping())
        if not one and not many:
            raise TaskFailure(
                "Either 'document' for single insert or 'documents' for multiple inserts must be provided"
            )
        if one and many:
            raise TaskFailure(
                "Cannot specify both 'document' and 'documents'. Use one or the other."
            )
        if one:
            found = self._act(run, "insertOne", "insert document", document=one)
        elif many and len(many) > LARGEST_BATCH:
            raise TaskFailure(f"Cannot insert more than {LARGEST_BATCH} documents at once")
        else:
            found = self._act(run, "insertMany", "insert documents", documents=many)
        made = [found["insertedId"]] if "insertedId" in found else found.get("insertedIds") or ()
        ids = [_id(each) for each in made]
        run.log("INFO", f"Successfully inserted {len(ids)} documents")
        return {
            "insertedId": ids[0] if ids else None,
            "insertedIds": ids,
            "insertedCount": len(ids),
        }


@task_type("io.kestra.plugin.documentdb.Read")
class DocumentdbRead(DocumentdbTask):
    """The documents that match a filter, or what an aggregation makes of a collection."""

    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS

    filter: Mapping | None = prop(mapping(), default=None)
    aggregation_pipeline: Listing | None = prop(listing(mapping()), default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    skip: Integer | None = prop(INTEGER, default=None)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        pipeline = run.listing(self.aggregation_pipeline, mapping())
        if pipeline:
            found = self._act(run, "aggregate", "execute aggregation", pipeline=pipeline)
        else:
            found = self._act(
                run,
                "find",
                "find documents",
                filter=run.mapping(self.filter),
                limit=run.integer(self.limit),
                skip=run.integer(self.skip),
            )
        rows = found.get("documents") or []
        run.log("INFO", f"Found {len(rows)} documents")
        kind = run.constant(self.fetch_type, FETCH)
        return {"size": len(rows), **put_out(run, rows, kind)}


@task_type("io.kestra.plugin.documentdb.Update")
class DocumentdbUpdate(DocumentdbTask):
    """Change the first document that matches a filter, or all of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "matchedCount": INTEGER,
        "modifiedCount": INTEGER,
        "upsertedId": STRING,
    }

    filter: Mapping | None = prop(mapping(), default=None)
    update: Mapping = prop(mapping())
    update_many: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        update = run.mapping(self.update)
        if not update:
            raise TaskFailure("Update operations must be provided")
        many = run.flag(self.update_many)
        action, what = ("updateMany", "documents") if many else ("updateOne", "document")
        chosen = run.mapping(self.filter)
        found = self._act(run, action, f"update {what}", filter=chosen, update=update)
        made = found.get("upsertedId")
        return {
            "matchedCount": found.get("matchedCount", 0),
            "modifiedCount": found.get("modifiedCount", 0),
            "upsertedId": None if made is None else _id(made),
        }


@task_type("io.kestra.plugin.documentdb.Delete")
class DocumentdbDelete(DocumentdbTask):
    """Delete the first document that matches a filter, or all of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deletedCount": INTEGER}

    filter: Mapping | None = prop(mapping(), default=None)
    delete_many: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        many = run.flag(self.delete_many)
        action, what = ("deleteMany", "documents") if many else ("deleteOne", "document")
        found = self._act(run, action, f"delete {what}", filter=run.mapping(self.filter))
        return {"deletedCount": found.get("deletedCount", 0)}
