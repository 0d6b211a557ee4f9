"""Firestore: documents, set, read, deleted and found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    DATETIME,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.operations import part, steps
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, stored
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://firestore.googleapis.com/v1"
PAGE = 300
"""Documents of one request."""
NOT_FOUND = 404
OPERATORS = {
    "EQUAL_TO": "EQUAL",
    "NOT_EQUAL_TO": "NOT_EQUAL",
    "LESS_THAN": "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO": "LESS_THAN_OR_EQUAL",
    "GREATER_THAN": "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO": "GREATER_THAN_OR_EQUAL",
}
NAME = "__name__"


def decoded(value: dict[str, Any]) -> Any:
    """A value of Firestore as a value of the engine."""
    ((kind, found),) = value.items()
    if kind == "integerValue":
        return int(found)
    if kind == "doubleValue":
        return float(found)
    if kind == "timestampValue":
        from flowrt.java.time.isoparse import parse_instant

        nanos = parse_instant(found).epoch_nanos
        return {"seconds": nanos // 1_000_000_000, "nanos": nanos % 1_000_000_000}
    if kind == "bytesValue":
        from base64 import b64decode

        from flowrt.java.values import ByteArray

        return ByteArray(b64decode(found))
    if kind == "arrayValue":
        return [decoded(each) for each in found.get("values") or ()]
    if kind == "mapValue":
        return fields_of(found)
    return None if kind == "nullValue" else found


def fields_of(document: dict[str, Any]) -> dict[str, Any]:
    """The fields of a document, or of a map in it."""
    return {name: decoded(value) for name, value in (document.get("fields") or {}).items()}


def encoded(value: Any) -> dict[str, Any]:
    """A value of the engine as Firestore takes it."""
    from decimal import Decimal

    from flowrt.java.printing import text_of

    if value is None:
        return {"nullValue": "NULL_VALUE"}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"integerValue": str(value)}
    if isinstance(value, (float, Decimal)):
        return {"doubleValue": float(value)}
    if isinstance(value, dict):
        return {"mapValue": {"fields": {str(k): encoded(each) for k, each in value.items()}}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [encoded(each) for each in value]}}
    return {"stringValue": value if isinstance(value, str) else text_of(value)}


class FirestoreTask(CloudTask):
    """What the tasks share: a collection of a database."""

    collection: Text | None = prop(STRING, default=None)
    database_id: Text = prop(STRING, default="(default)")

    def _documents(self, run: RunContext, google: Google) -> str:
        """The name of all documents of the database."""
        database = run.text(self.database_id) or "(default)"
        return f"projects/{self._project(run, google)}/databases/{database}/documents"

    def _url(self, run: RunContext, google: Google) -> str:
        project, database = self._project(run, google), run.text(self.database_id) or "(default)"
        return f"{ADDRESS}/projects/{part(project)}/databases/{part(database)}/documents"

    def _document(self, run: RunContext, path: str) -> str:
        """The path of a document. Raises TaskFailure for that of a collection."""
        found = f"{required_text(run, self.collection).strip('/')}/{path.strip('/')}"
        if found.count("/") % 2 == 0 or not all(found.split("/")):
            raise TaskFailure(f"`{found}` is no path of a document")
        return found

    def _written(self, run: RunContext, google: Google, write: dict[str, Any]) -> dict[str, Any]:
        """Write, and when that was."""
        found = google.ask("POST", f"{self._url(run, google)}:commit", json={"writes": [write]})
        results = found.get("writeResults") or [{}]
        return {"updatedTime": results[0].get("updateTime") or found.get("commitTime")}


@task_type("io.kestra.plugin.gcp.firestore.Set")
class FirestoreSet(FirestoreTask):
    """Write a document, in place of the one that may be there."""

    outputs: ClassVar[dict[str, Kind] | None] = {"updatedTime": DATETIME}

    child_path: Text | None = prop(STRING, default=None)
    document: Any = prop(ANY, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        path = self._document(run, run.text(self.child_path) or _own_name())
        fields = encoded(self._fields(run))["mapValue"]["fields"]
        name = f"{self._documents(run, google)}/{path}"
        return self._written(run, google, {"update": {"name": name, "fields": fields}})

    def _fields(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import JsonError, parse_json

        found = run.structure(self.document)
        if isinstance(found, str):
            try:
                found = parse_json(found)
            except JsonError as error:
                raise TaskFailure(str(error)) from None
        if found is not None and not isinstance(found, dict):
            raise TaskFailure("Invalid value type of `document`: it is a map, or JSON of one")
        return found or {}


def _own_name() -> str:
    """A name for a document that is given none, as Google's libraries make them."""
    import secrets
    import string

    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(20))


@task_type("io.kestra.plugin.gcp.firestore.Get")
class FirestoreGet(FirestoreTask):
    """A document; nothing where there is none."""

    outputs: ClassVar[dict[str, Kind] | None] = {"row": mapping()}

    child_path: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        path = self._document(run, required_text(run, self.child_path))
        try:
            found = google.ask("GET", f"{self._url(run, google)}/{steps(path)}")
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            return {"row": None}
        return {"row": fields_of(found)}


@task_type("io.kestra.plugin.gcp.firestore.Delete")
class FirestoreDelete(FirestoreTask):
    """Delete a document."""

    outputs: ClassVar[dict[str, Kind] | None] = {"updatedTime": DATETIME}

    child_path: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        path = self._document(run, required_text(run, self.child_path))
        return self._written(run, google, {"delete": f"{self._documents(run, google)}/{path}"})


class FirestoreFilter(Declared):
    """What a field is compared with."""

    field: Text = prop(STRING)
    value: Text = prop(STRING)
    operator: Text = prop(enum(*OPERATORS), default="EQUAL_TO")


@task_type("io.kestra.plugin.gcp.firestore.Query")
class FirestoreQuery(FirestoreTask):
    """The documents of a collection for which all filters hold, page after page."""

    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS, "rows": listing(ANY)}

    fetch_type: Text = prop(FETCH, default="STORE")
    filters: list[FirestoreFilter] | None = prop(listing(record(FirestoreFilter)), default=None)
    order_by: Text | None = prop(STRING, default=None)
    order_direction: Text = prop(enum("ASCENDING", "DESCENDING"), default="ASCENDING")
    offset: Integer | None = prop(INTEGER, default=None)
    limit: Integer | None = prop(INTEGER, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        kind, rows = run.text(self.fetch_type), self._rows(run, google)
        if kind == "STORE":
            uri, size = stored(run, rows)
            outputs: dict[str, Any] = {"uri": uri, "size": size}
        elif kind == "FETCH":
            found = list(rows)
            outputs = {"rows": found, "size": len(found)}
        elif kind == "FETCH_ONE":
            first = next(rows, None)
            outputs = {"row": first, "size": 0 if first is None else 1}
        else:
            return {}
        name = required_text(run, self.collection).rpartition("/")[2]
        run.metric("counter", "records", outputs["size"], {"collection": name})
        return outputs

    def _rows(self, run: RunContext, google: Google) -> Iterator[dict[str, Any]]:
        above, slash, name = required_text(run, self.collection).strip("/").rpartition("/")
        url = self._url(run, google) + (f"/{steps(above)}" if slash else "")
        query: dict[str, Any] = {"from": [{"collectionId": name}], **self._filters(run)}
        order = query["orderBy"] = self._order(run)
        offset, left = run.integer(self.offset), run.integer(self.limit)
        if offset is not None:
            query["offset"] = offset
        stop = Stop(run)
        while left is None or left > 0:
            stop.check()
            query["limit"] = PAGE if left is None else min(left, PAGE)
            page = google.ask("POST", f"{url}:runQuery", json={"structuredQuery": query})
            found = [each["document"] for each in page or () if "document" in each]
            yield from map(fields_of, found)
            if len(found) < query["limit"]:
                return
            left = None if left is None else left - len(found)
            query.pop("offset", None)
            query["startAt"] = {"values": _cursor(found[-1], order), "before": False}

    def _filters(self, run: RunContext) -> dict[str, Any]:
        found = [
            {
                "fieldFilter": {
                    "field": {"fieldPath": required_text(run, each.field)},
                    "op": OPERATORS[required_text(run, each.operator)],
                    "value": encoded(run.text(each.value)),
                }
            }
            for each in self.filters or ()
        ]
        if not found:
            return {}
        if len(found) == 1:
            return {"where": found[0]}
        return {"where": {"compositeFilter": {"op": "AND", "filters": found}}}

    def _order(self, run: RunContext) -> list[dict[str, Any]]:
        """The order that Firestore gives results anyway, spelled out, so that a page can begin where another ended."""
        direction = run.text(self.order_direction) or "ASCENDING"
        first = run.text(self.order_by)
        compared = sorted(
            {
                required_text(run, each.field)
                for each in self.filters or ()
                if run.text(each.operator) != "EQUAL_TO"
            }
        )
        names = [first] if first is not None else []
        names += [each for each in compared if each != first]
        if NAME not in names:
            names.append(NAME)
        given = direction if first is not None else "ASCENDING"
        return [{"field": {"fieldPath": each}, "direction": given} for each in names]


def _cursor(document: dict[str, Any], order: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where a document stands in an order."""
    found = []
    for each in order:
        path = each["field"]["fieldPath"]
        if path == NAME:
            found.append({"referenceValue": document["name"]})
            continue
        value: dict[str, Any] = {"mapValue": document}
        for name in path.split("."):
            value = value["mapValue"]["fields"][name.strip("`")]
        found.append(value)
    return found
