"""Who has taken up an execution: at most one process at a time, until it lets go or dies."""

from __future__ import annotations

from os import getpid
from time import sleep, time
from typing import TYPE_CHECKING

from flowrt.model.clock import new_id
from flowrt.model.failures import Refusal
from flowrt.store.errors import TAKEN_OVER, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrt.store.database import Database

BEAT = 5.0
"""Seconds between two signs of life."""
SILENCE = 60.0
"""Seconds without one after which a holder on another host counts as dead."""

LOOK_AGAIN = 2 * BEAT
"""Seconds after which a holder has given another sign of life, if it lives."""

KILL, RESUME, GIVEN, SEALED = "KILL", "RESUME", "GIVEN", "SEALED"
"""What the holder of an execution can be asked for: to end it, or to let it go on with values. Those are checked and in
the form that documents hold, for the pause of an id (RESUME), as somebody gave them (GIVEN), or these sealed as one text (SEALED)."""

_TAKE = """
INSERT INTO holder (execution, pid, host, born, token, seen) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (execution) DO UPDATE SET pid = excluded.pid, host = excluded.host, born = excluded.born,
token = excluded.token, seen = excluded.seen
"""


class Held(Refusal):
    """Another process has taken up the execution."""


class Holder:
    """A process that holds an execution."""

    __slots__ = ("born", "host", "pid", "seen")

    def __init__(self, pid: int, host: str, born: str, seen: float) -> None:
        self.pid = pid
        self.host = host
        self.born = born
        self.seen = seen

    def alive(self) -> bool:
        """Whether the process still runs; of one on another host, whether it gave a sign of life lately."""
        if self.host != host_name():
            return time() - self.seen < SILENCE or self.ahead()
        return exists(self.pid) and birth(self.pid) == self.born

    def ahead(self) -> bool:
        """Whether its last sign of life lies in the future of this host: the clocks differ, or one was wrong."""
        return self.host != host_name() and self.seen - time() > SILENCE

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Holders:
    """The holders of a store, seen from this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.token = new_id()
        self._pid = getpid()
        self._born = birth(self._pid)
        self._beat = time()
        self._still: set[tuple[int, float]] = set()
        self._mine: set[int] = set()

    def take(self, row: int) -> None:
        """Hold an execution that nobody else can know of yet. Within a transaction."""
        values = (row, self._pid, host_name(), self._born, self.token, time())
        self._database.write(_TAKE, values)

    def taken(self, rows: Iterable[int]) -> None:
        """The transaction that took executions is over: from now on they must stay this process's."""
        self._mine.update(rows)

    def holder(self, row: int) -> Holder | None:
        """The living holder of an execution."""
        found = self._found(row)
        return found if found is not None and self._lives(row, found) else None

    def has(self, row: int) -> bool:
        """Whether this process holds an execution, and no other has taken it over."""
        return (
            self._database.row(
                "SELECT 1 FROM holder WHERE execution = ? AND token = ?", row, self.token
            )
            is not None
        )

    def _watch(self, rows: Iterable[int]) -> None:
        """See whether holders whose clock is ahead give a sign of life now: their last one tells nothing."""
        ahead = {row: found.seen for row in rows if (found := self._found(row)) and found.ahead()}
        if not ahead:
            return
        sleep(LOOK_AGAIN)
        for row, seen in ahead.items():
            found = self._found(row)
            if found is not None and found.seen == seen:
                self._still.add((row, seen))

    def abandoned(self, row: int) -> bool:
        """Whether the last holder died without letting go."""
        found = self._found(row)
        return found is not None and not self._lives(row, found)

    def _lives(self, row: int, found: Holder) -> bool:
        return (row, found.seen) not in self._still and found.alive()

    def _found(self, row: int) -> Holder | None:
        values = self._database.row(
            "SELECT pid, host, born, seen FROM holder WHERE execution = ?", row
        )
        return Holder(*values) if values is not None else None

    def claim(self, rows: dict[int, str]) -> None:
        """Take up executions (row and id). Raises `Held` when another living process holds one of them."""
        self._watch(rows)
        with self._database.alone():
            for row, id in rows.items():
                found = self.holder(row)
                if found is not None:
                    raise Held(
                        f"Execution '{id}' is held by {found}; wait for it, or end it with `kill {id}`"
                    )
                self.take(row)
        self.taken(rows)

    def wish(self, row: int, what: str) -> None:
        """Ask whoever holds an execution for something: one line more of what it is asked for."""
        self._database.write(
            "UPDATE execution SET wish = CASE WHEN wish IS NULL THEN ? ELSE wish || ? END WHERE no = ?",
            (what, f"\n{what}", row),
        )

    def granted(self, row: int, what: str) -> None:
        """Take back the first lines of what was asked for; more may have been asked meanwhile."""
        self._database.write(
            "UPDATE execution SET wish = NULLIF(substr(wish, ?), '') WHERE no = ?",
            (len(what) + 2, row),
        )

    def wish_nothing(self, row: int) -> None:
        """Take back what was asked for."""
        self._database.write("UPDATE execution SET wish = NULL WHERE no = ?", (row,))

    def inherit(self, row: int) -> bool:
        """Take over what the last holder left undone: whether values were given that nobody else will give again.

        Who asks for the rest waits for the holder, and asks the next one.
        """
        found = self._database.row("SELECT wish FROM execution WHERE no = ?", row)
        lines = found[0].split("\n") if found is not None and found[0] else []
        kept = [line for line in lines if line.partition(" ")[0] in (GIVEN, SEALED)]
        if kept != lines:
            kept_text = "\n".join(kept) or None
            self._database.write("UPDATE execution SET wish = ? WHERE no = ?", (kept_text, row))
        return bool(kept)

    def beat(self) -> None:
        """Give a sign of life, if one is due.

        Raises `StoreError` when this process was silent for so long that another one has taken over what it held: then it
        may write no more.
        """
        now = time()
        if now - self._beat <= BEAT:
            return
        self._database.write("UPDATE holder SET seen = ? WHERE token = ?", (now, self.token))
        found = self._database.row("SELECT count(*) FROM holder WHERE token = ?", self.token)
        if found is None or found[0] < len(self._mine):
            raise StoreError(
                TAKEN_OVER, "another process has taken the executions over that this one held"
            )
        self._beat = now

    def release(self, row: int) -> None:
        """Let go of one execution."""
        self._database.write(
            "DELETE FROM holder WHERE execution = ? AND token = ?", (row, self.token)
        )
        self._mine.discard(row)

    def release_all(self) -> None:
        """Let go of everything."""
        self._database.write("DELETE FROM holder WHERE token = ?", (self.token,))
        self._mine.clear()


def host_name() -> str:
    """The name of this host."""
    from platform import node

    return node()


def exists(pid: int) -> bool:
    """Whether a process of this host runs."""
    from os import kill, name

    if name == "nt":
        return birth(pid) != ""
    try:
        kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth(pid: int) -> str:
    """When a process began, as its system counts; empty where that cannot be known."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read(8)
    except OSError:
        return ""
    # a zombie has ended, though its parent has not looked yet
    return "" if fields[0] == b"Z" else f"{boot}-{fields[19].decode()}"
