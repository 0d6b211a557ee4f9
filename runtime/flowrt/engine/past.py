"""What has left the memory of an execution that no store keeps: rounds of loops that have ended, log records.

They lie in temporary files, whose names are gone already, until the execution is. A loop over 100,000 values needs no more
memory than one over 1,000.
"""

from __future__ import annotations

import marshal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flowrt.engine.attempt import Attempt
from flowrt.engine.execution import Execution, LogRecord, TaskRun
from flowrt.engine.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowrt.engine.rounds import Rounds
    from flowrt.model.task import Task

MOST_LOGS = 1_000
"""How many log records an execution keeps in memory."""


class Spool:
    """Values in a file, by the number under which they were put there; each has a key that sorts.

    What the disk does not take, because it is full, stays in memory: whoever puts it there may be none who can be told.
    """

    def __init__(self) -> None:
        from array import array

        self._file = _temporary_file()
        self._kept: dict[int, bytes] = {}
        self._bounds = array("q", [0])
        """Where each value begins, and where the last one ends."""
        self.keys = array("q")

    def add(self, key: int, value: Any) -> None:
        """Put a value at the end."""
        data = marshal.dumps(value)
        end = self._bounds[-1]
        if self._written(data, end):
            end += len(data)
        else:
            self._kept[len(self)] = data
        self._bounds.append(end)
        self.keys.append(key)

    def _written(self, data: bytes, start: int) -> bool:
        if self._file is None:
            return False
        rest = memoryview(data)
        try:
            self._file.seek(start)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            return False
        return True

    def __getitem__(self, number: int) -> Any:
        data = self._kept.get(number)
        if data is None:
            assert self._file is not None
            start = self._bounds[number]
            self._file.seek(start)
            data = self._file.read(self._bounds[number + 1] - start)
        return marshal.loads(data)

    def __len__(self) -> int:
        return len(self.keys)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def _temporary_file() -> Any:
    """A file without a name or a buffer; None where there is no room for one."""
    from tempfile import TemporaryFile

    try:
        return TemporaryFile(buffering=0)
    except OSError:
        return None


def in_order(keys: Sequence[int]) -> Sequence[int]:
    """The places of keys in the order of the keys; mostly they are in order already."""
    places = range(len(keys))
    if all(before <= after for before, after in pairwise(keys)):
        return places
    return sorted(places, key=keys.__getitem__)


class Past:
    """What has left the memory of one execution."""

    def __init__(self) -> None:
        self._runs = Spool()
        self._logs = Spool()
        self._tasks: dict[str, Task] = {}

    def take_runs(self, runs: Iterable[TaskRun]) -> None:
        """Keep runs that have ended, without outputs."""
        for run in runs:
            self._tasks[run.task.id] = run.task
            assert run.parent is not None  # it was a round of a loop
            parent = run.parent.index
            place = (run.id, run.task.id, run.role, parent, run.value, run.iteration, run.chain)
            attempts = [attempt.history for attempt in run.attempts or ()]
            self._runs.add(run.index, (place, run.force, run.history, attempts, run.outputs))

    def take_logs(self, records: Iterable[LogRecord]) -> None:
        """Keep log records."""
        from flowrt.engine.document import log_entry

        for record in records:
            self._logs.add(record.time, log_entry(record))

    def states(self) -> Iterator[tuple[str, str | None, str]]:
        """Task, value and state of each run."""
        for number in range(len(self._runs)):
            (_, task, _, _, value, *_), _, history, *_ = self._runs[number]
            yield task, value, history[-2]

    def runs(self, execution: Execution) -> Iterator[TaskRun]:
        """All runs of an execution, those in memory too, in the order of their making."""
        from heapq import merge

        keys = self._runs.keys
        away = ((keys[number], number) for number in sorted(range(len(keys)), key=keys.__getitem__))
        here = {run.index: run for run in execution.runs}
        for index, number in merge(away, ((index, None) for index in here)):
            yield here[index] if number is None else self._run(execution, here, number)

    def _run(self, execution: Execution, here: dict[int, TaskRun], number: int) -> TaskRun:
        (id, task, role, parent, *place), force, history, attempts, outputs = self._runs[number]
        run = TaskRun(self._tasks[task], execution, role, here.get(parent), *place)
        run.load(history, list(map(Attempt, attempts)), outputs, id=id, force=force)
        return run

    def entries(self, more: Sequence[LogRecord], by_time: bool) -> Iterator[dict[str, Any]]:
        """The documents of the log records and of `more`, as they were written or by their times."""
        from array import array

        from flowrt.engine.document import log_entry

        away = len(self._logs)
        times = self._logs.keys + array("q", (record.time for record in more))
        for number in in_order(times) if by_time else range(len(times)):
            yield self._logs[number] if number < away else log_entry(more[number - away])


class SpoolJournal(Journal):
    """Keeps nothing for another process; what memory need not hold goes into the past of its execution."""

    def __init__(self) -> None:
        self._rounds: Rounds | None = None

    def leaf_ended(self, run: TaskRun) -> None:
        if not run.iteration:
            return
        if self._rounds is None:
            from flowrt.engine.rounds import Rounds

            self._rounds = Rounds()
        self._rounds.add(run)
        if self._rounds.many():
            self._rounds.put_away(lambda execution, runs: _past(execution).take_runs(runs))

    def ended_away(self, execution: Execution) -> list[tuple[str, str | None, str]]:
        return list(_past(execution).states())

    def log(self, entry: LogRecord) -> None:
        execution = entry.execution
        if len(execution.logs) > MOST_LOGS:
            _past(execution).take_logs(execution.logs)
            execution.logs.clear()


def _past(execution: Execution) -> Past:
    if execution.past is None:
        execution.past = Past()
    past: Past = execution.past
    return past
