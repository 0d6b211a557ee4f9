"""From the rows of a store back to executions with their task runs and logs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import ASIDE, GONE, Execution, LogRecord, TaskRun
from flowrt.model.clock import RANDOM_IDS, SYSTEM_CLOCK
from flowrt.model.failures import Refusal
from flowrt.model.task import Task
from flowrt.store.codec import digest, mark, unpack, unpack_attempts, unpack_history
from flowrt.store.errors import DAMAGED, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.clock import Clock, Ids
    from flowrt.model.flow import Flow
    from flowrt.store.database import Database

    Known = dict[tuple[str, str], Flow]

_EXECUTIONS = """
SELECT no, id, namespace, flow, state, started, starter, over, program, record, mark FROM execution
"""
_FAMILY = """
WITH RECURSIVE family (no) AS (
    SELECT CAST(? AS BIGINT) UNION ALL SELECT e.no FROM execution e JOIN family f ON e.starter = f.no
)
"""


class GoneTask(Task):
    """Stands for a task that the program does not have (any more)."""


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What cannot be read back was not written by us, or was damaged since."""
    try:
        yield
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise StoreError(
            DAMAGED, f"the store {name} holds what cannot be read ({error})"
        ) from error


def sound(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without its checksum. Raises ValueError when it is not as it was written."""
    if mark(values[:-1]) != values[-1]:
        raise ValueError("a row has another checksum than it was written with")
    return values[:-1]


class Reader:
    """Reads executions of one store for one program."""

    def __init__(
        self,
        database: Database,
        known: Known,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = RANDOM_IDS,
    ) -> None:
        self._database = database
        self._known = known
        self._clock = clock
        self._ids = ids
        self._tasks: dict[Flow, dict[str, Task]] = {}
        self._programs: dict[str, dict[str, str]] = {}

    # ---- finding --------------------------------------------------------------------------------------------------

    def row_of(self, id: str) -> int:
        """The number of an execution. Raises `Refusal` when there is none with that id."""
        found = self._database.row("SELECT no FROM execution WHERE id = ?", id)
        if found is None:
            raise Refusal(f"Execution '{id}' not found.{self._whole_id(id)}")
        return int(found[0])

    def _whole_id(self, begun: str) -> str:
        """What may be meant by the beginning of an id, which lists and logs are often read by."""
        found = self._database.rows(
            "SELECT id FROM execution WHERE substr(id, 1, ?) = ? LIMIT 2", len(begun), begun
        )
        if not (begun and found):
            return ""
        return f" Did you mean {found[0][0]}?" if len(found) == 1 else " Several begin with that."

    def first_of(self, row: int) -> int:
        """The execution from which a family of executions descends."""
        while True:
            found = self._database.row("SELECT starter FROM execution WHERE no = ?", row)
            if found is None or found[0] is None:
                return row
            row = found[0]

    def family(self, row: int) -> list[Execution]:
        """An execution and all that it started, itself first."""
        rows = self._database.rows(
            f"{_FAMILY} {_EXECUTIONS} WHERE no IN (SELECT no FROM family) ORDER BY no", row
        )
        found: dict[int, Execution] = {}
        for values in rows:
            execution = self._execution(values)
            found[execution.row] = execution
            starter = found.get(values[6])
            if starter is not None and execution.row != row:
                execution.starter = starter
                starter.children.append(execution)
        return list(found.values())

    def complete(self, row: int) -> Execution:
        """An execution with its task runs and logs, and with all that it started."""
        family = self.family(row)
        for execution in family:
            self.load_runs(execution)
            self.load_logs(execution)
        return family[0]

    def logged(self, id: str) -> Execution | None:
        """An execution with its log alone; None when there is none with that id."""
        for values in self._database.rows(f"{_EXECUTIONS} WHERE id = ?", id):
            execution = self._execution(values)
            self.load_logs(execution)
            return execution
        return None

    def summaries(self) -> Iterator[tuple[int, str, str, str, int]]:
        """Number, id, flow, state and start (nanoseconds) of every execution, the latest first."""
        for values in self._database.each(f"{_EXECUTIONS} ORDER BY no DESC"):
            with readable(self._database.name):
                id, _, flow, state, started, *_ = sound(values[1:])
            yield values[0], id, flow, state, started

    def all(self) -> Iterator[Execution]:
        """Every execution of the store without its task runs, the latest first."""
        for values in self._database.each(f"{_EXECUTIONS} ORDER BY no DESC"):
            yield self._execution(values)

    # ---- building -------------------------------------------------------------------------------------------------

    def _execution(self, values: tuple[Any, ...]) -> Execution:
        with readable(self._database.name):
            return self._built(values[0], *sound(values[1:]))

    def _built(
        self,
        no: int,
        id: str,
        namespace: str,
        flow_id: str,
        state: str,
        started: int,
        starter: int | None,
        over: int,
        program: str | None,
        record: str,
    ) -> Execution:
        said = unpack(record)
        flow = self._known.get((namespace, flow_id))
        if flow is None:
            from flowrt.model.flow import Flow

            flow = Flow(flow_id, namespace, revision=said["revision"])
        execution = Execution(flow, id=id, clock=self._clock, ids=self._ids)
        execution.row = no
        execution.state = state
        execution.over = bool(over)
        execution.program = self._program(program) if program else None
        execution.history = unpack_history(said["history"])
        execution.inputs = said["inputs"]
        execution.outputs = said["outputs"]
        execution.labels = said["labels"]
        if said["variables"] is not None:
            execution.variables = said["variables"]
        execution.trigger = said["trigger"]
        execution.parent_id = said["parent"]
        execution.original_id = said["original"]
        execution.attempt_number = said["attempt"]
        execution.created_date = said["created"]
        execution.undeclared = said["undeclared"]
        execution.due = said["due"]
        execution.changed = said.get("changed", False)
        return execution

    def _program(self, hash: str) -> dict[str, str]:
        """A program by its hash."""
        found = self._programs.get(hash)
        if found is None:
            row = self._database.row("SELECT text FROM program WHERE hash = ?", hash)
            if row is None or digest(row[0]) != hash:
                raise ValueError("a program is gone, or another than was written")
            found = self._programs[hash] = unpack(row[0])
        return found

    def load_runs(self, execution: Execution) -> None:
        """The task runs of an execution. What they are part of (frames) is for the engine to restore."""
        with readable(self._database.name):
            self._load_runs(execution)

    def _load_runs(self, execution: Execution) -> None:
        tasks = self._tasks_of(execution.flow)
        found: dict[int, TaskRun] = {}
        for values in self._database.rows(
            "SELECT execution, seq, id, task, parent, role, chain, value, iteration, force, history,"
            " attempts, outputs, mark FROM run WHERE execution = ? ORDER BY seq",
            execution.row,
        ):
            seq, id, task_id, parent, role, chain, value, iteration, force, *rest = sound(values)[
                1:
            ]
            history, attempts, outputs = rest
            task = tasks.get(task_id)
            if task is None:
                task = tasks[task_id] = GoneTask(task_id)
            text = None if value is None else unpack(value)
            above = found.get(parent)
            run = TaskRun(task, execution, role, above, text, iteration, chain)
            run.load(
                unpack_history(history),
                unpack_attempts(attempts),
                None if outputs is None else unpack(outputs),
                id=id,
                seq=seq,
                force=bool(force),
            )
            found[seq] = run
            if role != GONE:
                execution.append(run)
        execution.last_seq = max(found, default=0)
        last = self._database.row("SELECT max(seq) FROM log WHERE execution = ?", execution.row)
        execution.last_log = last[0] or 0 if last is not None else 0
        execution.tree.stale()

    def load_logs(self, execution: Execution, level: str | None = None) -> None:
        """The log of an execution, or its records of one level."""
        tasks = self._tasks_of(execution.flow)
        runs = {run.id: run for run in execution.runs}
        condition = "" if level is None else " AND level = ?"
        values = (execution.row,) if level is None else (execution.row, level)
        execution.logs = []
        for row in self._database.rows(
            "SELECT execution, seq, run, task, attempt, level, time, message, mark FROM log"
            f" WHERE execution = ?{condition} ORDER BY seq",
            *values,
        ):
            with readable(self._database.name):
                id, task, attempt, at, time, text = sound(row)[2:]
                message = unpack(text)
            if id is not None and id not in runs:
                gone = tasks.get(task) or GoneTask(task)
                run = runs[id] = TaskRun(gone, execution, ASIDE)
                run.load(run.history, None, None, id=id)
            entry = LogRecord(execution, runs.get(id), at, message, attempt)
            entry.time = time
            execution.logs.append(entry)

    def choices(self, execution: Execution) -> dict[tuple[Execution, int, str], Any]:
        """What the control flow of an execution has read."""
        found = {}
        for row in self._database.rows(
            "SELECT execution, run, name, value, mark FROM choice WHERE execution = ?",
            execution.row,
        ):
            with readable(self._database.name):
                _, seq, name, value = sound(row)
                found[execution, seq, name] = unpack(value)
        return found

    def _tasks_of(self, flow: Flow) -> dict[str, Task]:
        tasks = self._tasks.get(flow)
        if tasks is None:
            tasks = self._tasks[flow] = dict(flow.declared)
            for task in flow.declared.values():
                tasks.update({inner.id: inner for inner in task.inner()})
        return tasks
