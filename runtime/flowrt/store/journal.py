"""The journal that writes into a store: what changed since the last commit goes there in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import GONE
from flowrt.engine.journal import Journal
from flowrt.engine.rounds import Rounds
from flowrt.store.codec import digest, mark, pack, pack_attempts, pack_history, unpack
from flowrt.store.errors import StoreError

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution, LogRecord, TaskRun
    from flowrt.store.database import Database
    from flowrt.store.holders import Holders

_RUN = """
INSERT INTO run (execution, seq, id, task, parent, role, chain, value, iteration, force, history, attempts, outputs, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (execution, seq) DO UPDATE SET parent = excluded.parent, role = excluded.role,
iteration = excluded.iteration, force = excluded.force,
history = excluded.history, attempts = excluded.attempts, outputs = excluded.outputs, mark = excluded.mark
"""
_LOG = """
INSERT INTO log (execution, seq, run, task, attempt, level, time, message, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CHOICE = """
INSERT INTO choice (execution, run, name, value, mark) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (execution, run, name) DO UPDATE SET value = excluded.value, mark = excluded.mark
"""
_EXECUTION = """
INSERT INTO execution (id, namespace, flow, state, started, starter, over, program, record, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
MOST_LOGS = 1_000
"""How many log records wait for the next commit."""
_GONE = -1
"""The `seq` of a run that was taken out: whatever becomes of it is not written any more."""
_CHANGE = "UPDATE execution SET state = ?, over = ?, program = ?, record = ?, mark = ? WHERE no = ?"
_PROGRAM = "INSERT INTO program (hash, text) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING"


class StoreJournal(Journal):
    """One for all executions of a process: what a parent and its child do at once is remembered at once."""

    durable = True

    def __init__(self, database: Database, holders: Holders) -> None:
        self.database = database
        self.holders = holders
        self.chosen: dict[tuple[Execution, int, str], Any] = {}
        self._executions: dict[Execution, None] = {}
        self._runs: dict[TaskRun, Execution] = {}
        self._removed: list[tuple[Execution, int]] = []
        self._logs: list[LogRecord] = []
        self._rounds = Rounds()
        self._chosen: dict[tuple[Execution, int, str], Any] = {}
        self._programs: set[str] = set()

    # ---- what changed ---------------------------------------------------------------------------------------------

    def execution(self, execution: Execution) -> None:
        self._executions[execution] = None

    def run(self, run: TaskRun) -> None:
        execution = run.execution
        if not run.seq:
            execution.last_seq += 1
            run.seq = execution.last_seq
        if run.seq != _GONE:
            self._runs[run] = execution

    def removed(self, execution: Execution, runs: list[TaskRun]) -> None:
        for run in runs:
            if run.role == GONE:
                self._runs[run] = execution
                continue
            self._runs.pop(run, None)
            if run.seq:
                self._removed.append((execution, run.seq))
            run.seq = _GONE

    def choice(self, run: TaskRun, name: str, value: Any) -> None:
        self._chosen[run.execution, run.seq, name] = value

    def recall(self, run: TaskRun, name: str) -> tuple[bool, Any]:
        key = (run.execution, run.seq, name)
        return (True, self.chosen[key]) if key in self.chosen else (False, None)

    def ended_away(self, execution: Execution) -> list[tuple[str, str | None, str]]:
        here = {run.seq for run in execution.runs}
        return [
            (task, None if value is None else unpack(value), history.split(" ")[-2])
            for seq, task, value, history in self.database.rows(
                "SELECT seq, task, value, history FROM run WHERE execution = ? AND role <> ?",
                execution.row,
                GONE,
            )
            if seq not in here
        ]

    def accept(self, execution: Execution, program: dict[str, str]) -> None:
        """From now on an execution belongs to another program."""
        execution.program, execution.changed = program, True
        self.execution(execution)

    def log(self, entry: LogRecord) -> None:
        self._logs.append(entry)
        if len(self._logs) >= MOST_LOGS and not self.database.in_transaction:
            self._write_logs()

    def _write_logs(self) -> None:
        """Write records before their commit: a task may say more than memory holds, and the log decides nothing."""
        known = [entry for entry in self._logs if entry.execution.row]
        if known:
            try:
                with self.database as database:
                    database.write_all(_LOG, map(_log, known))
            except StoreError:
                return  # the next commit tells the engine, which this may be none of
            self._logs = [entry for entry in self._logs if not entry.execution.row]

    # ---- writing --------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Write all of it, or nothing: what could not be written is kept for the next try."""
        if not (self._runs or self._executions or self._logs or self._chosen or self._removed):
            return
        database = self.database
        new: list[Execution] = []
        try:
            with database:
                self._write(new)
        except BaseException:
            self._programs.clear()
            for execution in new:
                execution.row = 0
            raise
        self.holders.taken(execution.row for execution in new)
        for run in self._runs:
            if run.role != GONE:
                self._rounds.add(run)
        if self._rounds.many():
            self._rounds.put_away(lambda execution, runs: None)
        self._executions = {}
        self._runs = {}
        self._removed = []
        self._chosen = {}
        self._logs = []

    def _write(self, new: list[Execution]) -> None:
        """Within a transaction; the executions that the store did not have are `new`."""
        database = self.database
        self.holders.beat()
        for execution in self._executions:
            values = _record(execution, self._keep(execution.program))
            if execution.row:
                database.write(_CHANGE, (values[3], *values[6:], execution.row))
            else:
                execution.row = database.insert(_EXECUTION, values)
                new.append(execution)
        for execution in new:
            self.holders.take(execution.row)
        if self._removed:
            gone = [(execution.row, seq) for execution, seq in self._removed]
            database.write_all("DELETE FROM run WHERE execution = ? AND seq = ?", gone)
            database.write_all("DELETE FROM choice WHERE execution = ? AND run = ?", gone)
        if self._runs:
            rows = [_row(run, execution) for run, execution in self._runs.items()]
            database.write_all(_RUN, rows)
        if self._chosen:
            chosen = [(e.row, seq, n, pack(v)) for (e, seq, n), v in self._chosen.items()]
            database.write_all(_CHOICE, map(_marked, chosen))
        if self._logs:
            database.write_all(_LOG, [_log(entry) for entry in self._logs if entry.execution.row])

    def _keep(self, program: dict[str, str] | None) -> str | None:
        """The hash of a program, which the store keeps once."""
        if program is None:
            return None
        text = pack(program)
        hash = digest(text)
        if hash not in self._programs:
            self.database.write(_PROGRAM, (hash, text))
            self._programs.add(hash)
        return hash

    def close(self) -> None:
        try:
            self.holders.release_all()
        except StoreError:
            pass  # what broke the store was told before; a holder that is gone is replaced
        finally:
            self.database.close()


def _row(run: TaskRun, execution: Execution) -> tuple[Any, ...]:
    outputs = run.outputs
    return _marked(
        (
            execution.row,
            run.seq,
            run.id,
            run.task.id,
            run.parent.seq if run.parent is not None else None,
            run.role,
            run.chain,
            None if run.value is None else pack(run.value),
            run.iteration,
            int(run.force),
            pack_history(run.history),
            pack_attempts(run.attempts),
            None if outputs is None else pack(outputs),
        )
    )


def _marked(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with its checksum."""
    return (*values, mark(values))


def _log(entry: LogRecord) -> tuple[Any, ...]:
    run, execution = entry.run, entry.execution
    execution.last_log += 1
    id, task = (run.id, run.task.id) if run is not None else (None, None)
    level, message = entry.level, pack(entry.message)
    return _marked(
        (execution.row, execution.last_log, id, task, entry.attempt, level, entry.time, message)
    )


def _record(execution: Execution, program: str | None) -> tuple[Any, ...]:
    starter = execution.starter
    record = {
        "history": pack_history(execution.history),
        "revision": execution.flow.revision,
        "inputs": execution.inputs,
        "outputs": execution.outputs,
        "labels": execution.labels,
        "variables": (
            execution.variables if execution.variables is not execution.flow.raw_variables else None
        ),
        "trigger": execution.trigger,
        "parent": execution.parent_id,
        "original": execution.original_id,
        "attempt": execution.attempt_number,
        "created": execution.created_date,
        "undeclared": execution.undeclared,
        "due": execution.due,
        **({"changed": True} if execution.changed else {}),
    }
    return _marked(
        (
            execution.id,
            execution.namespace,
            execution.flow_id,
            execution.state,
            execution.history[1],
            starter.row if starter is not None else None,
            int(execution.over),
            program,
            pack(record),
        )
    )
