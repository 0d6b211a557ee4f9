"""Weaviate: classes of objects that are found by meaning, through its interface on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, put_out, rows_of
from flowrt.plugins.services.service import ServiceTask, address, bearer
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text

BATCH = 500
"""Objects of one request."""


class WeaviateTask(ServiceTask):
    """What the tasks share."""

    service = "Weaviate"

    url: Text = prop(STRING)
    api_key: Text | None = prop(STRING, default=None)
    headers: Mapping | None = prop(mapping(STRING), default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        given = run.mapping(self.headers, STRING) or {}
        return {**given, **(bearer(run, self.api_key) if self.api_key is not None else {})}

    def _call(self, run: RunContext, method: str, *parts: str, json: Any = None) -> Any:
        base = required_text(run, self.url)
        base = base if "://" in base else f"https://{base}"
        return self._ask(run, method, address(base, "v1", *parts), json=json)


@task_type("io.kestra.plugin.weaviate.SchemaCreate")
class WeaviateSchemaCreate(WeaviateTask):
    """Make a class."""

    outputs: ClassVar[dict[str, Kind] | None] = {"success": BOOLEAN}

    class_name: Text = prop(STRING)
    fields: Mapping | None = prop(mapping(listing(STRING)), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        fields = run.mapping(self.fields, listing(STRING)) or {}
        asked = {
            "class": required_text(run, self.class_name),
            "properties": [{"name": name, "dataType": kinds} for name, kinds in fields.items()],
        }
        self._call(run, "POST", "schema", json=asked)
        return {"success": True}


@task_type("io.kestra.plugin.weaviate.BatchCreate")
class WeaviateBatchCreate(WeaviateTask):
    """Make objects."""

    class_name: Text | None = prop(STRING, default=None)
    objects: Any = prop(ANY)

    def _work(self, run: RunContext) -> None:
        from itertools import islice
        from uuid import uuid4

        name = run.text(self.class_name)
        rows = iter(Stop(run).each(rows_of(run, run.structure(self.objects))))
        while batch := list(islice(rows, BATCH)):
            asked = [{"id": str(uuid4()), "class": name, "properties": each} for each in batch]
            for made in self._call(run, "POST", "batch", "objects", json={"objects": asked}) or ():
                problems = ((made.get("result") or {}).get("errors") or {}).get("error") or ()
                for each in problems:
                    run.log("WARN", f"Weaviate: {each.get('message')}")


@task_type("io.kestra.plugin.weaviate.Query")
class WeaviateQuery(WeaviateTask):
    """What a query of GraphQL finds."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "row": mapping(),
        "rows": listing(ANY),
        "size": INTEGER,
        "uri": URI,
    }

    query: Text = prop(STRING)
    fetch_type: Text = prop(FETCH, default="STORE")

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {"query": required_text(run, self.query)}
        found = self._call(run, "POST", "graphql", json=asked)
        if found.get("errors"):
            raise TaskFailure(", ".join(str(each.get("message")) for each in found["errors"]))
        objects: dict[str, list[Any]] = {}
        for classes in (found.get("data") or {}).values():
            objects.update(classes)
        kind = run.constant(self.fetch_type, FETCH)
        if kind == "FETCH_ONE":
            return put_out(run, next(iter(objects.values()), []), kind)
        return put_out(run, [{name: each} for name, held in objects.items() for each in held], kind)


@task_type("io.kestra.plugin.weaviate.Delete")
class WeaviateDelete(WeaviateTask):
    """Delete an object, or those that a filter finds; without a filter, all of a class."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "className": STRING,
        "deletedCount": INTEGER,
        "ids": listing(STRING),
        "success": BOOLEAN,
    }

    class_name: Text = prop(STRING)
    object_id: Text | None = prop(STRING, default=None)
    filter: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name, number = required_text(run, self.class_name), run.text(self.object_id)
        if number is not None:
            gone = True
            try:
                self._call(run, "DELETE", "objects", name, number)
            except Refused as error:
                if error.code != 404:
                    raise
                gone = False
            return {"className": name, "success": gone, "deletedCount": int(gone)}
        match = {"class": name, "where": self._where(run)}
        asked = {"match": match, "output": "verbose"}
        found = self._call(run, "DELETE", "batch", "objects", json=asked)
        results = found.get("results") or {}
        return {
            "className": name,
            "success": True,
            "deletedCount": results.get("successful") or 0,
            "ids": [each["id"] for each in results.get("objects") or ()],
        }

    def _where(self, run: RunContext) -> dict[str, Any]:
        if self.filter is None:
            return {"path": ["_id"], "operator": "NotEqual", "valueText": ""}
        wanted = run.mapping(self.filter) or {}
        return {"operator": "And", "operands": [_is(key, each) for key, each in wanted.items()]}


def _is(path: str, value: Any) -> dict[str, Any]:
    """That a property has a value: texts may hold wildcards, numbers and truths are compared."""
    if isinstance(value, bool):
        return {"path": [path], "operator": "Equal", "valueBoolean": value}
    if isinstance(value, (int, float)):
        return {"path": [path], "operator": "Equal", "valueNumber": float(value)}
    text = to_json(value) if isinstance(value, (dict, list)) else text_of(value)
    return {"path": [path], "operator": "Like", "valueText": text}
