"""A server of Kestra: its flows, namespaces, logs and triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import LEVEL
from flowrt.plugins.rows import stored
from flowrt.plugins.services.kestra import Filter, KestraTask, equal, filters, pages, with_query
from flowrt.plugins.stored import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text


# ---- flows and namespaces -------------------------------------------------------------------------------------------


@task_type("io.kestra.plugin.kestra.flows.List")
class KestraFlowsList(KestraTask):
    """The flows of a namespace."""

    outputs: ClassVar[dict[str, Kind] | None] = {"flows": listing(mapping())}

    namespace: Text | None = prop(STRING, default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        namespace = run.text(self.namespace) or run.namespace
        return {"flows": self._ask(run, "GET", self._url(run, "flows", namespace)) or []}


@task_type("io.kestra.plugin.kestra.flows.Export")
class KestraFlowsExport(KestraTask):
    """Store the flows of a namespace, or those with labels, in an archive."""

    outputs: ClassVar[dict[str, Kind] | None] = {"flowsZip": URI}

    namespace: Text | None = prop(STRING, default=None)
    labels: Listing | None = prop(listing(STRING), default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        asked = equal("namespace", run.text(self.namespace))
        for label in run.listing(self.labels) or ():
            key, colon, value = str(label).partition(":")
            if not colon:
                raise TaskFailure(f"a label is `key:value`, not {label}")
            asked.append(Filter("labels", value, key=key))
        url = with_query(self._url(run, "flows", "export", "by-query"), filters(*asked))
        return self._archive(run, "GET", url)


class IdWithNamespace(Declared):
    """A flow."""

    namespace: Text | None = prop(STRING, default=None)
    id: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.kestra.flows.ExportById")
class KestraFlowsExportById(KestraTask):
    """Store flows, each of which is named, in an archive."""

    outputs: ClassVar[dict[str, Kind] | None] = {"flowsZip": URI}

    flows: list[IdWithNamespace] | None = prop(listing(record(IdWithNamespace)), default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        asked = [
            {"namespace": run.text(each.namespace), "id": run.text(each.id)}
            for each in self.flows or ()
        ]
        url = self._url(run, "flows", "export", "by-ids")
        return self._archive(run, "POST", url, to_json(asked).encode())


@task_type("io.kestra.plugin.kestra.namespaces.List")
class KestraNamespacesList(KestraTask):
    """The namespaces that the server knows."""

    outputs: ClassVar[dict[str, Kind] | None] = {"namespaces": listing(STRING)}

    prefix: Text | None = prop(STRING, default=None)
    page: Integer | None = prop(INTEGER, default=None)
    size: Integer = prop(INTEGER, default=10)
    existing_only: Flag = prop(BOOLEAN, default=False)

    def _told(self, run: RunContext) -> dict[str, Any]:
        url = self._url(run, "namespaces", "search")
        asked = {
            "q": run.text(self.prefix) or "",
            "existing": "true" if run.flag(self.existing_only) else "false",
        }

        def ask(page: int, size: int) -> dict[str, Any]:
            found: dict[str, Any] = self._get(run, url, {**asked, "page": page, "size": size})
            return found

        size = run.integer(self.size) or 10
        found = pages(ask, run.integer(self.page), size, Stop(run))
        return {"namespaces": [each["id"] for _, each in found]}


@task_type("io.kestra.plugin.kestra.namespaces.NamespacesWithFlows")
class KestraNamespacesNamespacesWithFlows(KestraTask):
    """The namespaces that have flows."""

    outputs: ClassVar[dict[str, Kind] | None] = {"namespaces": listing(STRING)}

    prefix: Text | None = prop(STRING, default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        url = self._url(run, "flows", "distinct-namespaces")
        return {"namespaces": self._get(run, url, {"q": run.text(self.prefix) or ""}) or []}


# ---- logs and triggers ----------------------------------------------------------------------------------------------


@task_type("io.kestra.plugin.kestra.logs.Fetch")
class KestraLogsFetch(KestraTask):
    """Store the log records of an execution as rows of an ION file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER, "uri": URI}

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    execution_id: Text | None = prop(STRING, default=None)
    tasks_id: Listing | None = prop(listing(STRING), default=None)
    level: Text = prop(LEVEL, default="INFO")

    def _told(self, run: RunContext) -> dict[str, Any]:
        from flowrt.tasks.named import execution_of

        number = execution_of(run, self.namespace, self.flow_id, self.execution_id).id
        url, level = self._url(run, "logs", number), run.constant(self.level, LEVEL) or "INFO"
        stop = Stop(run)

        def rows() -> Iterator[Any]:
            for task in run.listing(self.tasks_id) or [None]:
                stop.check()
                yield from self._get(run, url, {"minLevel": level, "taskId": task}) or ()

        uri, size = stored(run, rows())
        return {"uri": uri, "size": size}


@task_type("io.kestra.plugin.kestra.triggers.Toggle")
class KestraTriggersToggle(KestraTask):
    """Switch triggers off, or on again."""

    flow_id: Text | None = prop(STRING, default=None)
    namespace: Text | None = prop(STRING, default=None)
    trigger: Text | None = prop(STRING, default=None)
    enabled: Flag = prop(BOOLEAN, default=False)

    def _told(self, run: RunContext) -> None:
        asked = [
            *equal("namespace", run.text(self.namespace) or run.namespace),
            *equal("flowId", run.text(self.flow_id)),
            *equal("triggerId", run.text(self.trigger)),
        ]
        query = {"disabled": "false" if run.flag(self.enabled) else "true", **filters(*asked)}
        url = with_query(self._url(run, "triggers", "set-disabled", "by-query"), query)
        found = self._ask(run, "POST", url) or {}
        run.log("INFO", f"{found.get('count', 0)} triggers found to toggle")
