"""Task runs and their attempts: what an execution remembers of each task that it ran."""

from __future__ import annotations

from os import urandom
from time import time_ns
from typing import TYPE_CHECKING, Any

from flowrt.states import CREATED, FAILED, RUNNING, TERMINAL

if TYPE_CHECKING:
    from flowrt.engine.frames import Frame
    from flowrt.tasks.base import Task

MAIN, ERRORS, FINALLY, AFTER, LISTENER, ASIDE = range(6)
"""The list of its parent that a run belongs to; ASIDE is none of them (`onPause`)."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int) -> str:
    """A number as Kestra writes ids."""
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = _DIGITS[digit] + text
    return text or "0"


def new_id() -> str:
    """A random id of about 22 characters."""
    return base62(int.from_bytes(urandom(16), "big"))


History = list[Any]
"""States and their times in nanoseconds, in turn: `[CREATED, 17…, RUNNING, 17…]`, flat to stay small."""


class Attempt:
    """One try of a task run."""

    __slots__ = ("history",)

    def __init__(self, history: History) -> None:
        self.history = history

    @property
    def state(self) -> str:
        return str(self.history[-2])

    @property
    def started(self) -> int:
        """When it began, in nanoseconds."""
        return int(self.history[1])

    @property
    def ended(self) -> int:
        """The time of its last state, in nanoseconds."""
        return int(self.history[-1])

    def end(self, state: str) -> Attempt:
        """The same attempt, one state later; unchanged when it is in that state."""
        if self.state == state:
            return self
        return Attempt([*self.history, state, time_ns()])


def started_attempt(now: int) -> Attempt:
    """An attempt that begins now."""
    return Attempt([CREATED, now, RUNNING, now])


def failed_attempt() -> Attempt:
    """The attempt of a run that failed before its work began."""
    return Attempt([FAILED, time_ns()])


class _Nobody:
    """The owner of a run that was read from a store, until it has its own."""

    run = None


_NOBODY: Any = _Nobody()


class TaskRun:
    """A task in one place of the run tree: identified by task, loop value and parent.

    `parent` is the run of the flowable around it, `owner` the frame whose list it belongs to and `role` which list.
    `chain` is the number of the loop chain that it belongs to, for the flowables that have several. `seq` is the number
    under which a journal keeps it.
    """

    __slots__ = (
        "_attempts",
        "_id",
        "chain",
        "force",
        "frame",
        "history",
        "index",
        "iteration",
        "outputs",
        "outputs_version",
        "owner",
        "parent",
        "role",
        "seq",
        "state",
        "task",
        "value",
    )

    def __init__(
        self,
        task: Task,
        owner: Frame,
        role: int,
        value: str | None = None,
        iteration: int | None = None,
        chain: int = 0,
    ) -> None:
        self._id: str | bytes = urandom(16)
        self.task = task
        self.owner = owner
        self.parent: TaskRun | None = owner.run if role < AFTER else None
        self.role = role
        self.value = value
        self.iteration = iteration
        self.chain = chain
        self.index = -1
        self.seq = 0
        self.state = CREATED
        self.history: History = [CREATED, time_ns()]
        self._attempts: list[Attempt] | int | None = None
        self.outputs: dict[str, Any] | None = None
        self.outputs_version = 0
        self.force = False
        self.frame: Frame | None = None

    @classmethod
    def loaded(
        cls,
        task: Task,
        role: int,
        parent: TaskRun | None,
        value: str | None,
        iteration: int | None,
        chain: int,
    ) -> TaskRun:
        """A run of an earlier process. Its owner is unknown until the engine has restored the frames."""
        run = cls(task, _NOBODY, role, value, iteration, chain)
        run.parent = parent
        return run

    @property
    def id(self) -> str:
        """The id, written out when somebody asks for it."""
        if isinstance(self._id, bytes):
            self._id = base62(int.from_bytes(self._id, "big"))
        return self._id

    @id.setter
    def id(self, text: str) -> None:
        self._id = text

    @property
    def attempts(self) -> list[Attempt] | None:
        """The tries so far; not to be changed in place."""
        at = self._attempts
        if isinstance(at, int):
            begun, state, ended = self.history[at + 1 : at + 4]
            return [Attempt([CREATED, begun, RUNNING, begun, state, ended])]
        return at

    @attempts.setter
    def attempts(self, attempts: list[Attempt] | None) -> None:
        self._attempts = attempts

    def compact(self) -> None:
        """Forget an attempt that the history of the run tells as well: loops leave many runs behind.

        What stays is where in the history it began.
        """
        attempts = self._attempts
        if isinstance(attempts, list) and len(attempts) == 1 and self.history[-4:-3] == [RUNNING]:
            told = attempts[0].history
            if len(told) == 6 and told[0] == CREATED and told[4] == self.state:
                self._attempts = len(self.history) - 4

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def attempt_count(self) -> int:
        return len(self.attempts) if self.attempts else 0

    @property
    def started(self) -> int:
        """The time of the first state, in nanoseconds."""
        return int(self.history[1])

    def values(self) -> list[str]:
        """The loop values around the run and its own, outermost first."""
        found: list[str] = []
        run: TaskRun | None = self
        while run is not None:
            if run.value is not None:
                found.append(run.value)
            run = run.parent
        found.reverse()
        return found

    def __repr__(self) -> str:
        value = f"[{self.value}]" if self.value is not None else ""
        return f"<{self.task.id}{value} {self.state}>"
