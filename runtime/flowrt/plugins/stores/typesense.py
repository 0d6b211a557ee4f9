"""Typesense: documents in, and searches."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, URI, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import stored
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.stored import Stop, plain_rows, source_path
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

_REFUSED = re.compile(r'"success"\s*:\s*false')


class TypesenseTask(ServiceTask):
    """What the tasks share: the server, the key, and a collection."""

    service = "Typesense"

    host: Text = prop(STRING)
    port: Text = prop(STRING)
    api_key: Text = prop(STRING)
    collection: Text = prop(STRING)
    https: Flag | None = prop(BOOLEAN, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"X-TYPESENSE-API-KEY": required_text(run, self.api_key)}

    def _documents(self, run: RunContext, *parts: str, **query: Any) -> str:
        """The address of the documents of the collection, or one below it."""
        scheme = "https" if run.flag(self.https) else "http"
        base = f"{scheme}://{required_text(run, self.host)}:{required_text(run, self.port)}"
        name = required_text(run, self.collection)
        return address(base, "collections", name, "documents", *parts, **query)


@task_type("io.kestra.plugin.typesense.DocumentIndex")
class TypesenseDocumentIndex(TypesenseTask):
    """Give a document to the collection; it takes the place of one with its id."""

    document: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> None:
        document = run.mapping(self.document) or {}
        self._ask(run, "POST", self._documents(run, action="upsert"), json=document)
        collection = required_text(run, self.collection)
        run.log("DEBUG", f"Successfully added documents to collection {collection}")


@task_type("io.kestra.plugin.typesense.DocumentGet")
class TypesenseDocumentGet(TypesenseTask):
    """A document, by its id."""

    outputs: ClassVar[dict[str, Kind] | None] = {"document": mapping()}

    document_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.document_id)
        return {"document": self._ask(run, "GET", self._documents(run, name))}


@task_type("io.kestra.plugin.typesense.BulkIndex")
class TypesenseBulkIndex(TypesenseTask):
    """Give the rows of a file to the collection, so many at a time."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER}

    from_: Text = prop(STRING, yaml="from")
    chunk: Integer = prop(INTEGER, default=1000)

    def _work(self, run: RunContext) -> dict[str, Any]:
        chunk, url = run.integer(self.chunk) or 0, self._documents(run, "import", action="upsert")
        if chunk < 1:
            raise TaskFailure("`chunk` must be at least 1")
        rows = Stop(run).each(plain_rows(source_path(run, required_text(run, self.from_))))
        requests = count = 0
        while batch := list(islice(rows, chunk)):
            body = "\n".join(map(to_json, batch)).encode()
            headers = {"Content-Type": "text/plain"}
            try:
                answer = self._exchange(run, "POST", url, body=body, headers=headers)
            except Refused:
                name = required_text(run, self.collection)
                run.log(
                    "ERROR",
                    f"Unexpected error while trying to bulk index documents in the collection {name}",
                )
                raise
            _tell(run, (answer.body or b"").decode("utf-8", "replace"))
            requests += 1
            count += len(batch)
        run.metric("counter", "requests.count", requests)
        run.metric("counter", "records", count)
        run.log("INFO", f"Successfully send {requests} requests for {count} records")
        return {"size": count}


def _tell(run: RunContext, answer: str) -> None:
    """Tell of documents that the server has not taken; Kestra's task says nothing of them, and does not fail either."""
    answers = [parse_json(line) for line in answer.splitlines() if _REFUSED.search(line)]
    if answers:
        first = answers[0].get("error")
        run.log("WARN", f"{len(answers)} documents were not taken, the first for: {first}")


@task_type("io.kestra.plugin.typesense.Search")
class TypesenseSearch(TypesenseTask):
    """Store what a search answers, as one row."""

    outputs: ClassVar[dict[str, Kind] | None] = {"totalHits": INTEGER, "uri": URI}

    query: Text = prop(STRING)
    query_by: Text = prop(STRING)
    filter: Text | None = prop(STRING, default=None)
    sort_by: Text | None = prop(STRING, default=None)

    def _asked(self, run: RunContext) -> dict[str, str]:
        return {
            "q": required_text(run, self.query),
            "query_by": required_text(run, self.query_by),
            "filter_by": run.text(self.filter) or "",
            "sort_by": run.text(self.sort_by) or "",
        }

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._ask(run, "GET", self._documents(run, "search", **self._asked(run)))
        return {"uri": stored(run, [found])[0], "totalHits": found.get("found")}


@task_type("io.kestra.plugin.typesense.FacetSearch")
class TypesenseFacetSearch(TypesenseSearch):
    """Store what a search answers, with the counts of the values of fields."""

    facet_by: Text = prop(STRING)

    def _asked(self, run: RunContext) -> dict[str, str]:
        return {**super()._asked(run), "facet_by": required_text(run, self.facet_by)}
