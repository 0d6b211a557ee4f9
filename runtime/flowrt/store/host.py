"""The process of executions that a store remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.host import Host
from flowrt.engine.lifecycle import kill
from flowrt.store.database import Database
from flowrt.store.holders import KILL, Holders
from flowrt.store.journal import StoreJournal
from flowrt.store.loading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution
    from flowrt.engine.executor import Executor
    from flowrt.engine.windows import Kept
    from flowrt.model.archive import Archive
    from flowrt.store.slots import StoreSlots

LOOK_SECONDS = 0.25
"""How often a process that waits looks what others want of it."""


class StoreHost(Host):
    """Writes what happens into the store, and minds what other processes write there."""

    resume: Callable[[Executor, str, str], None]
    """Lets an execution go on that is paused, as another process has asked for."""
    say: Callable[[str], None]
    """Tells the one who has started this process."""
    _shared: StoreSlots | None = None
    """The places of flows that limit their executions, once one is needed."""
    database: Database
    holders: Holders
    reader: Reader

    def use(self, database: Database) -> None:
        """Work with a store."""
        self.database = database
        self.holders = Holders(self.database)
        self.reader = Reader(self.database, self.known, self.clock, self.ids)
        self.journal: StoreJournal = StoreJournal(self.database, self.holders)
        self.services.archive = self._archive

    def _archive(self) -> Archive:
        from flowrt.store.archive import StoreArchive

        return StoreArchive(
            self.database, self.holders, self.services.storage, self.lock, self.journal.commit
        )

    def places(self) -> StoreSlots:
        from flowrt.store.slots import StoreSlots

        self._shared = StoreSlots(self.database, self.holders, self.journal.commit)
        return self._shared

    def windows(self) -> Kept:
        from flowrt.store.windows import StoreWindows

        return StoreWindows(self.database, self.journal.commit)

    def start(self, execution: Execution) -> Executor:
        from flowrt.store.program import described

        execution.program = described(execution.flow)
        return super().start(execution)

    def complete(self, execution: Execution) -> None:
        if execution.away:
            execution.runs.clear()
            execution.away = 0
            self.reader.load_runs(execution)
        for child in execution.children:
            self.complete(child)

    def resume_elsewhere(self, id: str, inputs: dict[str, Any] | None) -> None:
        from flowrt.store.resuming import ask_for

        ask_for(self.holders, self.database, self.services, id, inputs)

    def log_of(self, id: str) -> list[dict[str, Any]]:
        if id in self.executors:
            return super().log_of(id)
        from flowrt.engine.document import log_entries

        execution = self.reader.logged(id)
        return [] if execution is None else list(log_entries(execution))

    def look_around(self) -> float | None:
        self.holders.beat()
        self.obey()
        if self._shared:
            self._shared.admit_waiting(self.executors)
            if not self.ready:
                self._shared.tell_once(self._living, self.say)
        return 0.0 if self.ready else LOOK_SECONDS

    def obey(self) -> None:
        """Do what other processes have asked for."""
        rows: list[tuple[Any, ...]] = self.database.rows(
            "SELECT e.no, e.id, e.wish FROM execution e JOIN holder h ON h.execution = e.no"
            " WHERE e.wish IS NOT NULL AND h.token = ?",
            self.holders.token,
        )
        for row, id, wish in rows:
            executor = self.executors.get(id)
            for line in wish.split("\n"):
                verb, _, said = line.partition(" ")
                if executor is not None and verb == KILL:
                    kill(executor)
                elif executor is not None:
                    self.resume(executor, verb, said)
            self.journal.commit()
            self.holders.granted(row, wish)
