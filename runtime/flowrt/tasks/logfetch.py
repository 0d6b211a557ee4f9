"""The task that stores the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import LEVEL, LEVELS, Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

_COLUMNS = (
    "tenantId", "namespace", "flowId", "taskId", "executionId", "taskRunId", "attemptNumber",
    "triggerId", "timestamp", "level", "thread", "message", "executionKind", "progress",
)  # fmt: skip


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    """A log record with every column, in Kestra's order."""
    row = {column: entry.get(column) for column in _COLUMNS}
    if isinstance(row["timestamp"], str):
        from flowrt.java.time.isoparse import parse_instant

        row["timestamp"] = parse_instant(row["timestamp"])
    return row


@task_type("io.kestra.plugin.core.log.Fetch", "io.kestra.core.tasks.log.Fetch")
class Fetch(Task):
    """Store the log records of this execution as rows of an ION file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "size": INTEGER}
    here: ClassVar[bool] = True
    reads_log: ClassVar[bool] = True

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    execution_id: Text | None = prop(STRING, default=None)
    tasks_id: Listing | None = prop(listing(STRING), default=None)
    level: Text = prop(LEVEL, default="INFO")

    def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.ion import write_ion
        from flowrt.services.folders import temporary_name

        self._check_execution(run)
        lowest = LEVELS.index(run.constant(self.level, LEVEL) or "INFO")
        entries = [e for e in run.log_entries() if LEVELS.index(e["level"]) >= lowest]
        wanted = run.listing(self.tasks_id)
        if wanted:
            entries = [e for task in wanted for e in entries if e.get("taskId") == task]
        rows = "".join(f"{write_ion(_row(entry))}\n" for entry in entries)
        uri = run.put_file(rows.encode(), temporary_name(".ion"))
        return {"uri": uri, "size": len(entries)}

    def _check_execution(self, run: RunContext) -> None:
        execution = execution_of(run, self.namespace, self.flow_id, self.execution_id)
        if execution != run.execution_id:
            raise TaskFailure(
                f"Only the logs of the own execution can be fetched, not of {execution}"
            )


def execution_of(
    run: RunContext, namespace: Text | None, flow: Text | None, execution: Text | None
) -> str:
    """The id of the execution that properties name: the own one by default. Raises TaskFailure where they are half set."""
    where, what, number = run.text(namespace), run.text(flow), run.text(execution)
    if number is None:
        if where is not None or what is not None:
            raise TaskFailure(
                "`namespace` and `flowId` should only be set when `executionId` is set."
            )
        return run.execution_id
    if (where is None) != (what is None):
        raise TaskFailure("Both `namespace` and `flowId` must be set when `executionId` is set.")
    return number
