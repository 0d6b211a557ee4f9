"""The execution as Kestra's API shows it, as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flowrt.model.states import PAUSED, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.engine.attempt import History
    from flowrt.engine.execution import Execution, LogRecord, TaskRun


def iso(nanos: int) -> str:
    """A time as the document writes it: UTC, six decimals."""
    from datetime import UTC, datetime

    seconds, rest = divmod(nanos, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.isoformat()[:19]}.{rest // 1000:06d}Z"


def state_document(history: History) -> dict[str, Any]:
    """The state of an object, from its history."""
    current = history[-2]
    found: dict[str, Any] = {
        "current": current,
        "histories": [
            {"state": history[at], "date": iso(history[at + 1])} for at in range(0, len(history), 2)
        ],
        "startDate": iso(history[1]),
    }
    if current in TERMINAL or current == PAUSED:
        found["endDate"] = iso(history[-1])
        found["duration"] = (history[-1] - history[1]) / 1e9
    return found


def run_document(run: TaskRun, execution: Execution) -> dict[str, Any]:
    """A task run."""
    found: dict[str, Any] = {
        "tenantId": "main",
        "id": run.id,
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "taskId": run.task.id,
    }
    if run.parent is not None:
        found["parentTaskRunId"] = run.parent.id
    if run.value is not None:
        found["value"] = run.value
    if run.attempts:
        found["attempts"] = [{"state": state_document(a.history)} for a in run.attempts]
    found["outputs"] = jsonable(run.outputs)
    found["state"] = state_document(run.history)
    if run.iteration is not None:
        found["iteration"] = run.iteration
    if run.force:
        found["forceExecution"] = True
    return found


def run_text(run: TaskRun, execution: Execution) -> str:
    """A task run that has just been created, as Kestra's log shows one."""
    parent = run.parent.id if run.parent is not None else "null"
    value = "null" if run.value is None else run.value
    iteration = "null" if run.iteration is None else run.iteration
    state = f"State(current={run.state}, histories=[State.History(state={run.state}, date={iso(run.started)})])"
    return (
        f"TaskRun(tenantId=main, id={run.id}, executionId={execution.id},"
        f" namespace={execution.namespace}, flowId={execution.flow_id}, taskId={run.task.id},"
        f" parentTaskRunId={parent}, value={value}, attempts=null, outputs=null, assets=null,"
        f" assetEmits=null, state={state}, iteration={iteration}, dynamic=null, forceExecution=null)"
    )


def execution_document(execution: Execution, *, logs: bool = True) -> dict[str, Any]:
    """An execution with its task runs, log entries and the executions that it started."""
    return _whole(_parts(execution, logs=logs))


def _whole(parts: dict[str, Any]) -> dict[str, Any]:
    for key, value in parts.items():
        if key == "children":
            parts[key] = [_whole(child) for child in value]
        elif isinstance(value, Iterator):
            parts[key] = list(value)
    return parts


def document_text(execution: Execution) -> Iterator[str]:
    """The document as JSON, piece by piece: it may be larger than memory."""
    return _pieces(_parts(execution, logs=True))


def _pieces(parts: dict[str, Any]) -> Iterator[str]:
    from json import JSONEncoder

    encode = JSONEncoder(ensure_ascii=False).encode
    before = "{"
    for key, value in parts.items():
        yield f"{before}{encode(key)}: "
        before = ", "
        if not isinstance(value, Iterator):
            yield encode(value)
            continue
        opening = "["
        for item in value:
            yield opening
            if key == "children":
                yield from _pieces(item)
            else:
                yield encode(item)
            opening = ", "
        yield "]" if opening == ", " else "[]"
    yield "}"


def _parts(execution: Execution, *, logs: bool) -> dict[str, Any]:
    """The members of a document; lists that may be long as iterators."""
    found = _alone(execution)
    if logs:
        found["logs"] = log_entries(execution, by_time=True)
        found["children"] = (
            {**_alone(child), "logs": log_entries(child, by_time=True)}
            for child in started_by(execution)
        )
    return found


def _alone(execution: Execution) -> dict[str, Any]:
    """An execution with its task runs."""
    found: dict[str, Any] = {
        "tenantId": "main",
        "id": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.flow.revision,
    }
    if execution.runs:
        found["taskRunList"] = (run_document(run, execution) for run in all_runs(execution))
    if execution.inputs:
        found["inputs"] = jsonable(execution.inputs)
    if execution.outputs:
        found["outputs"] = jsonable(execution.outputs)
    found["labels"] = [{"key": k, "value": v} for k, v in execution.labels.items()]
    if execution.has_variables:
        found["variables"] = jsonable(execution.variables)
    found["state"] = state_document(execution.history)
    if execution.parent_id is not None:
        found["parentId"] = execution.parent_id
    found["originalId"] = execution.original_id
    if execution.trigger is not None:
        found["trigger"] = jsonable(execution.trigger)
    found["deleted"] = False
    found["metadata"] = {
        "attemptNumber": execution.attempt_number,
        "originalCreatedDate": iso(execution.created_date),
    }
    return found


def all_runs(execution: Execution) -> Iterable[TaskRun]:
    """The task runs, those that have left memory too."""
    past = execution.past
    return execution.runs if past is None else past.runs(execution)


def log_entries(execution: Execution, *, by_time: bool = False) -> Iterator[dict[str, Any]]:
    """The log, in the order in which it was written, or by the times of its records."""
    logs, past = execution.logs, execution.past
    if past is not None:
        found: Iterator[dict[str, Any]] = past.entries(logs, by_time)
        return found
    return map(log_entry, sorted(logs, key=lambda entry: entry.time) if by_time else logs)


def started_by(execution: Execution) -> list[Execution]:
    """All executions that one started, and those that they started, in the order of their start."""
    found: list[Execution] = []
    waiting = list(execution.children)
    while waiting:
        child = waiting.pop()
        found.append(child)
        waiting.extend(child.children)
    return sorted(found, key=lambda child: child.history[1])


def log_entry(entry: LogRecord) -> dict[str, Any]:
    """A log record."""
    execution, run = entry.execution, entry.run
    found: dict[str, Any] = {
        "tenantId": "main",
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
    }
    if run is not None:
        found["taskId"] = run.task.id
    found["executionId"] = execution.id
    if run is not None:
        found["taskRunId"] = run.id
        found["attemptNumber"] = entry.attempt
    found["timestamp"] = iso(entry.time)
    found["level"] = entry.level
    found["message"] = entry.message
    return found


def jsonable(value: Any) -> Any:
    """A value as JSON knows it: dates, infinite numbers and the like become text."""
    if isinstance(value, float) and value - value != 0:
        from flowrt.java.printing import text_of

        return text_of(value)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    import json

    from flowrt.formats.jsonwrite import to_json

    return json.loads(to_json(value))
