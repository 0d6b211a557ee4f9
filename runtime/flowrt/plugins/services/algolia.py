"""Algolia: records of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text

HOST = "https://{}.algolia.net"
READING = "-dsn"
"""What the name of an application gets in the address of the servers that answer searches."""


class AlgoliaTask(ServiceTask):
    """What the tasks share."""

    service = "Algolia"

    application_id: Text = prop(STRING)
    api_key: Text = prop(STRING)
    index_name: Text = prop(STRING)

    def _application(self, run: RunContext) -> str:
        """The application, which becomes part of an address. Raises TaskFailure when it cannot."""
        name = required_text(run, self.application_id)
        if not (name.isascii() and name.isalnum()):
            raise TaskFailure(f"`applicationId` has letters and digits alone, not {name}")
        return name

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {
            "X-Algolia-Application-Id": self._application(run),
            "X-Algolia-API-Key": required_text(run, self.api_key),
        }

    def _post(self, run: RunContext, action: str, json: Any, host: str = "") -> dict[str, Any]:
        base = HOST.format(self._application(run) + host)
        url = address(base, "1", "indexes", required_text(run, self.index_name), action)
        return self._ask(run, "POST", url, json=json)  # type: ignore[no-any-return]

    def _batch(self, run: RunContext, action: str, bodies: list[Any]) -> dict[str, Any]:
        requests = [{"action": action, "body": body} for body in bodies]
        return self._post(run, "batch", {"requests": requests})


@task_type("io.kestra.plugin.algolia.Index")
class AlgoliaIndex(AlgoliaTask):
    """Add records, or replace those that have the same `objectID`."""

    outputs: ClassVar[dict[str, Kind] | None] = {"result": mapping()}

    objects: Listing = prop(listing(mapping()))

    def _work(self, run: RunContext) -> dict[str, Any]:
        records = run.listing(self.objects, mapping()) or []
        found = self._batch(run, "addObject", records)
        run.log("INFO", f"Indexed {len(records)} Algolia record(s)")
        return {"result": found}


@task_type("io.kestra.plugin.algolia.Delete")
class AlgoliaDelete(AlgoliaTask):
    """Delete records."""

    outputs: ClassVar[dict[str, Kind] | None] = {"objectIds": listing(STRING)}

    object_ids: Listing = prop(listing(STRING))

    def _work(self, run: RunContext) -> dict[str, Any]:
        names = run.listing(self.object_ids) or []
        found = self._batch(run, "deleteObject", [{"objectID": name} for name in names])
        run.log("INFO", f"Deleted {len(names)} record(s)")
        return {"objectIds": found.get("objectIDs")}


@task_type("io.kestra.plugin.algolia.Search")
class AlgoliaSearch(AlgoliaTask):
    """Look for records."""

    outputs: ClassVar[dict[str, Kind] | None] = {"hits": listing(mapping()), "nbHits": INTEGER}

    params: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._post(run, "query", run.mapping(self.params) or {}, READING)
        run.log("INFO", f"Found {found.get('nbHits')} hits")
        return {"nbHits": found.get("nbHits"), "hits": found.get("hits")}
