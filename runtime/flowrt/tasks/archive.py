"""Tasks about the executions that a store keeps: count them, take them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.casts import NULL_POINTER
from flowrt.java.errors import RawError
from flowrt.java.values import hash_order
from flowrt.model.archive import Purged, Selection
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    PLAIN,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
    written,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import LEVEL, Task

if TYPE_CHECKING:
    from flowrt.model.archive import Archive
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text

STATES = enum(
    *(
        "CREATED",
        "SUBMITTED",
        "RUNNING",
        "PAUSED",
        "RESTARTED",
        "KILLING",
        "SUCCESS",
        "WARNING",
        "FAILED",
        "KILLED",
    ),
    *("CANCELLED", "QUEUED", "RETRYING", "RETRIED", "SKIPPED", "BREAKPOINT", "RESUBMITTED"),
)
UNKEPT = "Executions are only kept by a store: there is nothing to {verb} without `--store`"


class ArchiveTask(Task):
    """Looks at executions of the store, between two dates."""

    here: ClassVar[bool] = True

    start_date: Text | None = prop(STRING, default=None)

    def _archive(self, run: RunContext, verb: str) -> Archive | None:
        """The executions of the store; without one it is said that there is nothing."""
        if run.archive is None:
            run.log("WARN", UNKEPT.format(verb=verb))
        return run.archive


_ALWAYS = 2**63 - 1
"""Later than all that a store keeps, in nanoseconds; no store can be asked for more."""


def _nanos(text: str | None, otherwise: int) -> int:
    """A date with its offset. Raises RawError when it is none."""
    from flowrt.java.time.isoparse import parse_zoned

    return otherwise if text is None else min(max(parse_zoned(text).epoch_nanos, 0), _ALWAYS)


class Counted(Declared):
    """A flow whose executions are counted; one without a name has none, which saving it does not ask."""

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)


_NO_FLOW = 'Cannot invoke "io.kestra.core.models.executions.statistics.Flow.getNamespace()" because "flow" is null'


@task_type("io.kestra.plugin.core.execution.Count", "io.kestra.core.tasks.executions.Counts")
class Count(ArchiveTask):
    """How many executions of flows, or of all flows of namespaces, began between two dates, where `expression` holds.

    A flow without any has the count 0; a namespace without any is not among the results.
    """

    outputs: ClassVar[dict[str, Kind] | None] = {"results": listing(), "total": INTEGER}
    adds_variables: ClassVar[bool] = True

    flows: Any = prop(written(record(Counted)), default=None)
    namespaces: Listing | None = prop(listing(STRING), default=None)
    states: Listing | None = prop(listing(STATES), default=None)
    start_date: Text = prop(STRING)
    end_date: Text | None = prop(STRING, default=None)
    expression: Text = prop(PLAIN)

    def run(self, run: RunContext) -> dict[str, Any]:
        if self.flows is None and self.namespaces is None:
            raise TaskFailure("You must provide a list of flows or namespaces.")
        if self.flows is not None and None in self.flows:
            raise TaskFailure(_NO_FLOW)
        if any(each.namespace is None for each in self.flows or ()):
            raise RawError("null", NULL_POINTER)
        flows = [
            (_as_written(each.namespace), _as_written(each.flow_id)) for each in self.flows or ()
        ]
        namespaces = run.listing(self.namespaces) or []
        since = _nanos(run.text(self.start_date), 0)
        until = _nanos(run.text(self.end_date), _ALWAYS)
        states = run.listing(self.states, STATES) or []
        archive = self._archive(run, "count")
        began = archive.counts(since, until, states) if archive is not None else []
        found = {
            (namespace, flow): count
            for namespace, flow, count in began
            if (namespace, flow) in flows or namespace in namespaces
        }
        counts: list[dict[str, Any]] = [
            {
                "namespace": namespace,
                **({} if flow is None else {"flowId": flow}),
                "count": found.get((namespace, flow), 0),
            }
            for namespace, flow in flows
        ]
        if namespaces:
            of_namespaces: dict[str, int] = {}
            for (namespace, _), count in found.items():
                of_namespaces[namespace] = of_namespaces.get(namespace, 0) + count
            counts += [
                {"namespace": namespace, "count": of_namespaces[namespace]}
                for namespace in hash_order(of_namespaces)
            ]
        run.log("TRACE", f"{len(counts)} flows matching filters")
        results = [
            each
            for each in counts
            if run.text_with(self.expression, {"count": each["count"]}) == "true"
        ]
        run.log("DEBUG", f"{len(results)} flows matching the expression")
        return {"results": results, "total": sum(each["count"] for each in results)}


def _as_written(text: Any) -> Any:
    """A text that is not rendered, whatever stands in it."""
    return getattr(text, "source", text)


@task_type(
    "io.kestra.plugin.core.execution.PurgeExecutions",
    "io.kestra.core.tasks.storages.Purge",
    "io.kestra.plugin.core.storage.Purge",
)
class PurgeExecutions(ArchiveTask):
    """Take away executions that ended before a date: themselves, their logs, their files."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "executionsCount": INTEGER,
        "logsCount": INTEGER,
        "storagesCount": INTEGER,
        "metricsCount": INTEGER,
    }

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    end_date: Text = prop(STRING)
    states: Listing | None = prop(listing(STATES), default=None)
    purge_execution: Flag = prop(BOOLEAN, default=True)
    purge_log: Flag = prop(BOOLEAN, default=True)
    purge_metric: Flag = prop(BOOLEAN, default=True)
    purge_storage: Flag = prop(BOOLEAN, default=True)
    batch_size: Any = prop(INTEGER, default=100)

    def run(self, run: RunContext) -> dict[str, Any]:
        wanted = _selection(self, run, run.listing(self.states, STATES) or [])
        rows, logs = run.flag(self.purge_execution, True), run.flag(self.purge_log, True)
        files = run.flag(self.purge_storage, True)
        size = required(run.integer(self.batch_size))
        if size < 1:
            raise TaskFailure(f"size > 0 required but it was {size}")
        archive = self._archive(run, "purge")
        gone = (
            Purged()
            if archive is None
            else archive.purge(wanted, rows=rows, logs=logs, files=files)
        )
        return {
            "executionsCount": gone.executions,
            "logsCount": gone.logs,
            "storagesCount": gone.files,
            "metricsCount": 0,
        }


@task_type("io.kestra.plugin.core.log.PurgeLogs")
class PurgeLogs(ArchiveTask):
    """Take away the log records of a time."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    execution_id: Text | None = prop(STRING, default=None)
    log_levels: Listing | None = prop(listing(LEVEL), default=None)
    end_date: Text = prop(STRING)

    def run(self, run: RunContext) -> dict[str, Any]:
        wanted = _selection(self, run, [])
        levels, execution = run.listing(self.log_levels, LEVEL) or [], run.text(self.execution_id)
        archive = self._archive(run, "purge")
        count = 0 if archive is None else archive.purge_logs(wanted, levels, execution)
        return {"count": count}


def _selection(task: Any, run: RunContext, states: list[str]) -> Selection:
    """Whose executions a task is about, and of which time."""
    return Selection(
        run.text(task.namespace),
        run.text(task.flow_id),
        states,
        _nanos(run.text(task.start_date), 0),
        _nanos(required(run.text(task.end_date)), 0),
    )
