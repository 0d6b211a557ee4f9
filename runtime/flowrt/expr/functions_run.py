"""Functions that tell about the run, and what they and others look up in it."""

from typing import Any

from flowrt.expr.context import Context
from flowrt.expr.logentry import entries_of
from flowrt.java.casts import NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import MISSING, EnumName, hash_map


def optional_text(value: Any) -> str | None:
    return None if value is None or value is MISSING else as_text(value)


def variable(v: Context, name: str) -> Any:
    # a subscript finds the names of scopes, `get` would not
    return v[name] if name in v else None  # noqa: SIM401


def flow_of(v: Context) -> dict[str, Any]:
    flow = variable(v, "flow")
    if flow is None:
        raise RawError(
            'Cannot invoke "java.util.Map.get(Object)" because "flow" is null', NULL_POINTER
        )
    if not isinstance(flow, dict):
        raise cast_failure(flow, "java.util.Map")
    return flow


def error_logs(v: Context) -> Any:
    """The error log entries of the execution; only for a running task."""
    if v.env is None or not v.env.in_worker:
        raise ExpressionError(
            "The 'errorLogs' function can only be used in the Worker as it access logs from the "
            "database."
        )
    return entries_of(v.env.error_logs())


def fetch_context(v: Context) -> Any:
    """Every variable, as a map."""
    visible = v.visible()
    size = 16
    while len(visible) > size * 3 // 4:
        size *= 2
    return hash_map(visible.items(), size)


def _state_name(value: Any) -> str | None:
    return text_of(value).upper() if isinstance(value, (str, EnumName)) else None


def tasks_with_state(v: Context, state: Any = MISSING) -> list[Any]:
    """The tasks (and their loop values) that are in a state."""
    if state is MISSING:
        raise ExpressionError("The 'tasksWithState' function expects an argument 'state'.")
    if state is None:
        raise RawError(
            'Cannot invoke "String.toUpperCase()" because the return value of '
            '"java.util.Map.get(Object)" is null',
            NULL_POINTER,
        )
    wanted = as_text(state).upper()
    tasks = variable(v, "tasks")
    if tasks is None:
        return []
    if not isinstance(tasks, dict):
        raise cast_failure(tasks, "java.util.Map")
    found: list[Any] = []
    for task_id, details in tasks.items():
        if not isinstance(details, dict):
            continue
        for key, value in details.items():
            nested = isinstance(value, dict)
            if not nested and key != "state":
                continue
            if _state_name(value.get("state") if nested else value) == wanted:
                entry = {"taskId": task_id, "state": wanted}
                if nested:
                    entry["value"] = key
                found.append(hash_map(entry.items(), 16))
    return found


def current_each_output(v: Context, outputs: Any = MISSING) -> Any:
    """The part of a task's outputs that belongs to the current values of the loops around."""
    if outputs is MISSING:
        raise ExpressionError("The 'currentEachOutput' function expects an argument 'outputs'.")
    if not isinstance(outputs, dict):
        raise ExpressionError(
            "The 'currentEachOutput' function expects an argument 'outputs' with type map."
        )
    parents = variable(v, "parents")
    if parents is None:
        raise RawError(
            'Cannot invoke "java.util.List.reversed()" because the return value of '
            '"io.pebbletemplates.pebble.template.EvaluationContext.getVariable(String)" is null',
            NULL_POINTER,
        )
    if not isinstance(parents, list):
        raise cast_failure(parents, "java.util.List")
    for parent in reversed(parents):
        run = parent.get("taskrun") if isinstance(parent, dict) else None
        if run is not None:
            outputs = outputs.get(run.get("value"))
            if outputs is None:
                return None
            if not isinstance(outputs, dict):
                raise cast_failure(outputs, "java.util.Map")
    run = variable(v, "taskrun")
    if run is None:
        raise RawError(
            'Cannot invoke "java.util.Map.get(Object)" because "taskrun" is null', NULL_POINTER
        )
    return outputs.get(run.get("value"))
