"""What a message tells of an execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.model.declare import STRING, Declared, mapping, prop
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text


class Summary(NamedTuple):
    """An execution at the moment at which a message tells of it.

    `start` and `duration` are texts; `link` leads to its page, where the address of a Kestra is known. `last_task` is the id of the last
    task that was created, `failed` says whether that one failed.
    """

    namespace: str
    flow_id: str
    id: str
    state: str
    start: str | None
    duration: str | None
    link: str | None
    last_task: str | None
    failed: bool
    message: str | None
    fields: dict[str, Any]

    @property
    def title(self) -> str:
        """Namespace, flow and state in a line."""
        return f"[{self.namespace}] {self.flow_id} ➛ {self.state}"

    @property
    def linked_title(self) -> str:
        """The title in Slack's markup, which leads to the page of the execution."""
        return f"*<{self.link}|{self.title}>*" if self.link else f"*{self.title}*"

    @property
    def ending(self) -> str:
        """How it ended, and after how long."""
        how = f"Failed on task `{self.last_task}`" if self.failed else "Succeeded"
        return f"{how} after {self.duration}" if self.duration else how

    @property
    def facts(self) -> dict[str, str]:
        """What identifies it, by name."""
        return {
            "Namespace": self.namespace,
            "Flow ID": self.flow_id,
            "Execution ID": self.id,
            "Execution Status": self.state,
        }

    @property
    def final_task(self) -> str:
        """The id of its last task."""
        return self.last_task or ""


class AboutExecution(Declared):
    """What the messages about an execution share. Not given, it is the execution that sends the message."""

    execution_id: Text | None = prop(STRING, default=None)
    custom_message: Text | None = prop(STRING, default=None)
    custom_fields: Mapping | None = prop(mapping(), default=None)
    template_uri: Text | None = prop(STRING, default=None, ignored=True)
    template_render_map: Mapping | None = prop(mapping(), default=None, ignored=True)

    def summary(self, run: RunContext) -> Summary:
        """What is known of the execution that the task names. Raises TaskFailure when it is unknown here."""
        wanted = run.execution_id if self.execution_id is None else run.text(self.execution_id)
        message = run.text(self.custom_message)
        fields = run.mapping(self.custom_fields) or {}
        if wanted == run.execution_id:
            return _current(run, message, fields)
        trigger = run.variables.get("trigger") or {}
        if wanted and trigger.get("executionId") == wanted:
            return Summary(
                namespace=str(trigger.get("namespace", "")),
                flow_id=str(trigger.get("flowId", "")),
                id=wanted,
                state=str(trigger.get("state", "")),
                start=None,
                duration=None,
                link=_link(run, trigger.get("namespace"), trigger.get("flowId"), wanted),
                last_task=None,
                failed=str(trigger.get("state")) == "FAILED",
                message=message,
                fields=fields,
            )
        raise TaskFailure(f"Unable to find execution '{wanted}'")


def _current(run: RunContext, message: str | None, fields: dict[str, Any]) -> Summary:
    execution = run.variables.get("execution") or {}
    run.log("INFO", "Loading execution data for the current execution.")
    tasks = run.variables.get("tasks") or {}
    last = next(reversed(list(tasks)), None)
    entry = tasks[last] if last is not None else {}
    start = execution.get("startDate")
    return Summary(
        namespace=run.namespace,
        flow_id=run.flow_id,
        id=run.execution_id,
        state=str(execution.get("state", "")),
        start=None if start is None else _text(start),
        duration=None if start is None else _since(_text(start)),
        link=_link(run, run.namespace, run.flow_id, run.execution_id),
        last_task=last,
        failed=isinstance(entry, dict) and entry.get("state") == "FAILED",
        message=message,
        fields=fields,
    )


def _text(value: Any) -> str:
    from flowrt.java.printing import text_of

    return text_of(value)


def _since(start: str) -> str:
    """The time since a date, as hours, minutes, seconds and milliseconds."""
    from datetime import UTC, datetime

    try:
        began = datetime.fromisoformat(start)
    except ValueError:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - began).total_seconds())
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"


def _link(run: RunContext, namespace: Any, flow_id: Any, execution_id: str) -> str | None:
    url = (run.variables.get("kestra") or {}).get("url")
    if not url:
        return None
    return f"{str(url).rstrip('/')}/ui/main/executions/{namespace}/{flow_id}/{execution_id}"
