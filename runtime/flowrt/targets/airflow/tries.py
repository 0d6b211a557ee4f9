"""What earlier tries of a step have left.

Airflow takes the XCom of a task away when it tries it again, and with it the record. So that is kept in the state of the
task until it is not tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.targets.records import Record

TRIES = "tries"
"""The key of the state of a task under which its tries are kept."""


class Tries:
    """The tries of a step: `records` of those before, the id of the task `run` that they were tries of, if it is known.

    `lost` tries have left no record, since their process died.
    """

    def __init__(self, context: Any) -> None:
        self._store = context["task_state_store"]
        number = context["ti"].try_number
        found = self._store.get(TRIES) or {"first": number, "run": None, "records": []}
        self._first: int = found["first"]
        self.run: str | None = found["run"]
        self.records: list[Record] = found["records"]
        self.lost: int = number - self._first - len(self.records)

    def begin(self) -> None:
        """Let later tries know of this one, even if it leaves no more than that."""
        self._keep()

    def failed(self, run: TaskRun, record: Record) -> None:
        """Keep the record of a try behind which there is another one."""
        self.run = run.id
        self.records.append(record)
        self._keep()

    def end(self) -> None:
        """Forget the tries: there is no further one, unless somebody has the step run anew."""
        self._store.delete(TRIES)

    def _keep(self) -> None:
        kept = {"first": self._first, "run": self.run, "records": self.records}
        self._store.set(TRIES, kept)
