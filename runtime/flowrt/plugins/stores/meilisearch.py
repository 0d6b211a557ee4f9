"""Meilisearch: documents in, and searches."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
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
from flowrt.plugins.data import maps_of
from flowrt.plugins.rows import stored
from flowrt.plugins.services.service import ServiceTask, address, until
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

PAUSE = 0.5
"""Seconds between two looks at a task of the server."""
_FAILED = ("failed", "canceled")
_HITS: dict[str, Kind] = {"totalHits": INTEGER, "uri": URI}


class MeilisearchTask(ServiceTask):
    """What the tasks share: the server, and the key."""

    service = "Meilisearch"

    url: Text = prop(STRING)
    key: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Authorization": f"Bearer {required_text(run, self.key)}"}

    def _at(self, run: RunContext, *parts: str) -> str:
        return address(required_text(run, self.url), *parts)


def _doubles(value: Any) -> Any:
    """A value whose numbers are doubles, all of them, as Kestra's client reads them."""
    if isinstance(value, dict):
        return {key: _doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_doubles(each) for each in value]
    return float(value) if type(value) is int else value


@task_type("io.kestra.plugin.meilisearch.DocumentAdd")
class MeilisearchDocumentAdd(MeilisearchTask):
    """Give documents to an index, so many at a time, and wait until it has them."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "documentsAdded": INTEGER,
        "taskUids": listing(INTEGER),
    }

    from_: Any = prop(ANY, yaml="from")
    index: Text = prop(STRING)
    batch_size: Integer = prop(INTEGER, default=1000)
    wait_for_indexing: Flag = prop(BOOLEAN, default=True)
    wait_timeout: Text = prop(DURATION, default="PT5M")

    async def run(self, run: RunContext) -> dict[str, Any]:
        index = required_text(run, self.index)
        count, uids = await run.in_thread(lambda: self._given(run, index))
        if run.flag(self.wait_for_indexing, True):
            for uid in uids:
                await self._wait(run, index, uid)
        run.metric("counter", "documentAdded", count)
        run.log(
            "INFO",
            f"Successfully added {count} documents to index {index} in {len(uids)} batches",
        )
        return {"taskUids": uids, "documentsAdded": count}

    def _given(self, run: RunContext, index: str) -> tuple[int, list[int]]:
        """How many documents were given, and the tasks in which the server takes them."""
        size = run.integer(self.batch_size) or 0
        if size < 1:
            raise TaskFailure("`batchSize` must be at least 1")
        rows, url = Stop(run).each(maps_of(run, self.from_)), self._at(run, "indexes", index)
        count, uids = 0, []
        while batch := list(islice(rows, size)):
            answer = self._ask(run, "POST", f"{url}/documents", json=batch)
            uids.append(int(answer["taskUid"]))
            count += len(batch)
        return count, uids

    async def _wait(self, run: RunContext, index: str, uid: int) -> None:
        """Wait for the end of a task of the server. Raises TaskFailure when that is no success."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self._ask(run, "GET", self._at(run, "tasks", str(uid)))
            return None if found["status"] in ("enqueued", "processing") else found

        found = await until(run, look, PAUSE, self.wait_timeout)
        if found["status"] in _FAILED:
            error = found.get("error")
            why = f": {error.get('message')} ({error.get('code')})" if error else ""
            raise TaskFailure(
                f"Meilisearch indexing task {uid} on index '{index}' ended with status {found['status']}{why}"
            )


@task_type("io.kestra.plugin.meilisearch.DocumentGet")
class MeilisearchDocumentGet(MeilisearchTask):
    """A document, by its id."""

    outputs: ClassVar[dict[str, Kind] | None] = {"document": mapping()}

    document_id: Text = prop(STRING)
    index: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        index, name = required_text(run, self.index), required_text(run, self.document_id)
        found = self._ask(run, "GET", self._at(run, "indexes", index, "documents", name))
        return {"document": _doubles(found)}


@task_type("io.kestra.plugin.meilisearch.Search")
class MeilisearchSearch(MeilisearchTask):
    """Store the documents that a query finds."""

    outputs: ClassVar[dict[str, Kind] | None] = _HITS

    query: Text | None = prop(STRING, default=None)
    index: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        query = run.text(self.query)
        asked = {} if query is None else {"q": query}
        url = self._at(run, "indexes", required_text(run, self.index), "search")
        found = self._ask(run, "POST", url, json=asked)
        uri, count = stored(run, map(_doubles, found["hits"]))
        return {"uri": uri, "totalHits": count}


@task_type("io.kestra.plugin.meilisearch.FacetSearch")
class MeilisearchFacetSearch(MeilisearchTask):
    """Store the values of a facet that a query finds, as one row."""

    outputs: ClassVar[dict[str, Kind] | None] = _HITS

    index: Text = prop(STRING)
    facet_name: Text = prop(STRING)
    facet_query: Text | None = prop(STRING, default=None)
    filters: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "facetName": required_text(run, self.facet_name),
            "filter": run.listing(self.filters) or [],
        }
        query = run.text(self.facet_query)
        if query is not None:
            asked["facetQuery"] = query
        url = self._at(run, "indexes", required_text(run, self.index), "facet-search")
        found = self._ask(run, "POST", url, json=asked)
        hits = found["facetHits"]
        row = {
            "facetHits": _doubles(hits),
            "processingTimeMs": found.get("processingTimeMs"),
            "facetQuery": found.get("facetQuery"),
        }
        return {"uri": stored(run, [row])[0], "totalHits": len(hits)}
