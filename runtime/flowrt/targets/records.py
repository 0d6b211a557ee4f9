"""What a step of a distributed run leaves behind, as plain JSON, and the execution that later steps make of it.

An engine that runs each step in a process of its own keeps no execution in memory. So a step leaves its record: the task
runs that it made, the log, and what it changed of the execution. Whoever comes later lays the records of the steps before
it together, and has the execution as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.attempt import Attempt
from flowrt.engine.document import execution_document, started_by
from flowrt.engine.execution import MAIN, LogRecord, TaskRun
from flowrt.model.states import CREATED, RUNNING
from flowrt.targets.portable import packed, plain, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.conduct.frames import AwaitedFrame
    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow
    from flowrt.model.task import Task

Record = dict[str, Any]


class Before:
    """What an execution was before a step, so that the step tells what it has changed and no more."""

    def __init__(self, execution: Execution) -> None:
        self.states = len(execution.history)
        self.runs = {run.id: len(run.history) for run in execution.runs}
        self.logs = len(execution.logs)
        self.children = {child.id for child in execution.children}
        self.labels = dict(execution.labels)
        self.variables = dict(execution.variables)


def record_of(execution: Execution, before: Before) -> Record:
    """What a step leaves behind."""
    return {
        "at": execution.clock.now(),
        "execution": {
            "inputs": packed(execution.inputs),
            "trigger": execution.trigger,
            "labels": _changes(before.labels, execution.labels),
            "variables": _changes(before.variables, execution.variables),
            "begun": execution.history[:4],
            "ended": execution.history[before.states :] if execution.terminal else [],
            "outputs": packed(execution.outputs),
        },
        "children": [
            plain(execution_document(child))
            for child in started_by(execution)
            if child.id not in before.children
        ],
        "runs": [
            _run(run) for run in execution.runs if before.runs.get(run.id) != len(run.history)
        ],
        "gone": sorted(before.runs.keys() - {run.id for run in execution.runs}),
        "logs": [
            {
                "run": None if entry.run is None else entry.run.id,
                "level": entry.level,
                "message": entry.message,
                "attempt": entry.attempt,
                "time": entry.time,
            }
            for entry in execution.logs[before.logs :]
        ],
    }


def _changes(before: dict[str, Any], now: dict[str, Any]) -> Record:
    """What was set and what was removed in a map."""
    same = object()
    return {
        "set": {k: packed(v) for k, v in now.items() if before.get(k, same) != v},
        "removed": [key for key in before if key not in now],
    }


def _changed(known: dict[str, Any], changes: Record) -> dict[str, Any]:
    if not changes["set"] and not changes["removed"]:
        return known
    kept = {key: value for key, value in known.items() if key not in changes["removed"]}
    return {**kept, **{key: unpacked(each) for key, each in changes["set"].items()}}


def _run(run: TaskRun) -> Record:
    return {
        "id": run.id,
        "task": run.task.id,
        "parent": None if run.parent is None else run.parent.id,
        "role": run.role,
        "value": run.value,
        "iteration": run.iteration,
        "chain": run.chain,
        "history": list(run.history),
        "attempts": [list(each.history) for each in run.attempts or ()],
        "outputs": packed(run.outputs),
    }


def restore(execution: Execution, records: Iterable[Record], frame: AwaitedFrame) -> None:
    """Lay records together: the execution as they leave it. `frame` is that of the flow."""
    records = sorted(records, key=lambda each: int(each["at"]))
    begun = min((each["execution"]["begun"] for each in records), key=lambda told: told[1])
    execution.history = list(begun)  # it goes on, the record does not
    execution.state = begun[-2]
    execution.created_date = begun[1]
    runs: list[Record] = []
    logs: list[Record] = []
    gone: set[str] = set()
    for record in records:
        told = record["execution"]
        execution.inputs = unpacked(told["inputs"])
        execution.trigger = told.get("trigger")
        _merge(execution, told)
        runs += record["runs"]
        logs += record["logs"]
        gone.update(record["gone"])
    known: dict[str, TaskRun] = {run.id: run for run in execution.runs}
    tasks = tasks_of(execution.flow)
    for given in _latest(runs):
        parent = known.get(given["parent"])
        run = TaskRun(
            tasks[given["task"]],
            execution,
            given["role"],
            parent,
            given["value"],
            given["iteration"],
            given["chain"],
        )
        attempts = [Attempt(each) for each in given["attempts"]]
        history = list(given["history"])  # it goes on, the record does not
        run.load(history, attempts or None, unpacked(given["outputs"]), id=given["id"])
        run.owner = frame if parent is None else parent.frame or frame
        known[run.id] = run
        if run.id in gone:
            continue  # only the log still tells of it
        execution.append(run)
        if run.owner is not frame or parent is None:
            run.owner.added(run)
        if run.outputs is not None:
            execution.tree.add(run)
    for entry in sorted(logs, key=lambda each: each["time"]):
        log = LogRecord(
            execution, known.get(entry["run"]), entry["level"], entry["message"], entry["attempt"]
        )
        log.time = entry["time"]
        execution.logs.append(log)


def without_gone(records: Iterable[Record]) -> list[Record]:
    """Records with no more of task runs that were taken away than the log needs, so that passes do not pile up in them."""
    found = list(records)
    gone = {id for record in found for id in record["gone"]}
    named = {entry["run"] for record in found for entry in record["logs"]}
    return [
        {
            **record,
            "runs": [
                {**run, "outputs": None} if run["id"] in gone else run
                for run in record["runs"]
                if run["id"] not in gone or run["id"] in named
            ],
        }
        for record in found
    ]


def _latest(runs: list[Record]) -> list[Record]:
    """The task runs in the order of their creation; of one that several steps tell of, what is known last."""
    known: dict[str, Record] = {}
    begun: dict[str, int] = {}
    for run in runs:
        id, other = run["id"], known.get(run["id"])
        begun[id] = min(run["history"][1], begun.get(id, run["history"][1]))
        if other is None or len(run["history"]) > len(other["history"]):
            known[id] = run
    return _in_rounds(sorted(known.values(), key=lambda each: begun[each["id"]]))


def _in_rounds(runs: list[Record]) -> list[Record]:
    """The rounds of a loop in the order of its values: which of them began first differs from run to run."""
    found = list(runs)
    places: dict[tuple[str, str], list[int]] = {}
    for place, run in enumerate(runs):
        if run["value"] is not None:
            places.setdefault((run["parent"], run["task"]), []).append(place)
    for same in places.values():
        ordered = sorted(
            (runs[place] for place in same), key=lambda run: int(run["iteration"] or 0)
        )
        for place, run in zip(same, ordered, strict=True):
            found[place] = run
    return found


def _merge(execution: Execution, told: Record) -> None:
    """What a step has changed of the execution itself."""
    execution.labels = _changed(execution.labels, told["labels"])
    execution.variables = _changed(execution.variables, told["variables"])
    if told["outputs"] is not None:
        execution.outputs = unpacked(told["outputs"])
    if told["ended"] and not execution.terminal:
        execution.history += told["ended"]
        execution.state = told["ended"][-2]


def document_of(execution: Execution, records: Iterable[Record]) -> Record:
    """The execution document, with the executions that earlier steps have started."""
    found = execution_document(execution)
    told = [child for record in records for child in record["children"]]
    for child in told:
        child.pop("children", None)
    children = [*told, *found["children"]]
    found["children"] = sorted(children, key=lambda each: str(each["state"]["startDate"]))
    return found


def tasks_of(flow: Flow) -> dict[str, Task]:
    """All tasks that may have runs, by id."""
    found: dict[str, Task] = {}
    for task in flow.declared.values():
        found[task.id] = task
        found.update({inner.id: inner for inner in task.inner()})
    return found


def opened(
    execution: Execution,
    task: Task,
    parent: TaskRun | None,
    id: str,
    value: str | None = None,
    number: int | None = None,
) -> TaskRun:
    """The run of a block that has begun; `value` and `number` are those of the round that it stands in."""
    chain = 0 if value is None else number or 0
    run = TaskRun(task, execution, MAIN, parent, value, number, chain)
    now = execution.clock.now()
    run.load([CREATED, now, RUNNING, now], [Attempt([CREATED, now, RUNNING, now])], {}, id=id)
    return run
