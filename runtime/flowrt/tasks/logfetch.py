"""The task that stores a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import required
from flowrt.model.task import LEVEL, LEVELS, Task
from flowrt.tasks.named import execution_of

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
    """Store the log records of an execution, its own or another one, as rows of an ION file."""

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

        entries = self._entries(run)
        lowest = LEVELS.index(required(run.constant(self.level, LEVEL)))
        entries = [entry for entry in entries if LEVELS.index(entry["level"]) >= lowest]
        wanted = run.listing(self.tasks_id)
        if wanted:
            entries = [e for task in wanted for e in entries if e.get("taskId") == task]
        rows = "".join(f"{write_ion(_row(entry))}\n" for entry in entries)
        uri = run.put_file(rows.encode(), temporary_name(".ion"))
        return {"uri": uri, "size": len(entries)}

    def _entries(self, run: RunContext) -> list[dict[str, Any]]:
        """The whole log of the execution that is meant, if it is one of the flow that is named."""
        id, *named = execution_of(run, self.namespace, self.flow_id, self.execution_id)
        entries = run.log_entries(id)
        if named == [None, None]:
            return entries
        return [entry for entry in entries if [entry["namespace"], entry["flowId"]] == named]
