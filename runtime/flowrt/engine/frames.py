"""Frames: a flowable (or the flow itself) while it runs, with its three lists and what became of their tasks.

Which list is active, when a list is over and how the state of the children folds into the state of the parent follow
Kestra's rules to the letter, the odd ones too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.attempt import soften
from flowrt.engine.execution import AFTER, ASIDE, ERRORS, FINALLY, MAIN, ROLES, TaskRun
from flowrt.engine.lines import Line, body_line
from flowrt.model.blocks import Request, Want
from flowrt.model.states import (
    FAILED,
    KILLED,
    PAUSED,
    RETRYING,
    SUCCESS,
    TERMINAL,
    UNENDED,
    WARNING,
)

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.model.blocks import Block

NONE = -1
"""No list is active: there is nothing to do now."""


class Frame:
    """The state of a block while it runs.

    `tally` counts the runs of the main list by state, `unended` those of each list that are not terminal. `data` is the
    flowable's own (its loop values, for instance). `away` counts the main runs that are in the store alone.
    """

    __slots__ = (
        "away",
        "block",
        "data",
        "executor",
        "lines",
        "retrying",
        "run",
        "runs",
        "tally",
        "unended",
    )

    def __init__(self, executor: Engine, block: Block, run: TaskRun | None) -> None:
        self.executor = executor
        self.block = block
        self.run = run
        self.lines: list[Line | None] = [None, None, None]
        self.runs: list[list[TaskRun]] = [[], [], []]
        self.tally: dict[str, int] = {}
        self.unended = [0] * ROLES
        self.away = 0
        self.retrying = 0
        self.data: Any = None

    @property
    def open(self) -> int:
        """How many main runs are not terminal."""
        return self.unended[MAIN]

    # ---- the lists ------------------------------------------------------------------------------------------------

    def declared(self, role: int) -> bool:
        """Whether the block has such a list."""
        return (
            role == MAIN
            or (self.block.errors_body if role == ERRORS else self.block.finally_body) is not None
        )

    def line(self, role: int) -> Line:
        """The coroutine of a list, started on first use and brought to where its runs are."""
        line = self.lines[role]
        if line is None:
            line = self.lines[role] = self._start(role)
            if self.runs[role] and not line.restore(self.runs[role]):
                line.close()
                self._leave(role, set(self._start(role).strays(self.runs[role])))
                line = self._start(role)
                if not line.restore(self.runs[role]) and self.executor.execution.changed:
                    line.close()
                    line = self._start(role)
                    line.catch_up(self.runs[role])
                self.lines[role] = line
        return line

    def _leave(self, role: int, strays: set[TaskRun]) -> None:
        """Runs of a list that are no part of it any more: what is begun of them goes on by itself."""
        self.runs[role] = [run for run in self.runs[role] if run not in strays]
        for run in strays:
            open_ = run.state not in TERMINAL
            self.unended[role] -= open_
            if role == MAIN:
                self.tally[run.state] -= 1
            run.role = ASIDE
            self.unended[ASIDE] += open_

    def _start(self, role: int) -> Line:
        block = self.block
        if role == MAIN and block.task is not None:
            task: Any = block.task  # a flowable, which the engine defines above the frames
            line: Line = task.start(self)
            return line
        return body_line((block.main_body, block.errors_body, block.finally_body)[role])

    def reset(self, role: int) -> None:
        """Start a list from its beginning, its runs forgotten."""
        line = self.lines[role]
        if line is not None:
            line.close()
        self.lines[role] = None
        self.runs[role] = []
        self.unended[role] = 0
        if role == MAIN:
            self.tally = {}
            self.away = 0

    def over(self, role: int) -> bool:
        """All tasks of the list have ended."""
        return role == NONE or (not self.unended[role] and self._granted(role))

    def _granted(self, role: int) -> bool:
        """Everything that the list wants is part of the execution."""
        line = self.line(role)
        made = len(self.runs[role]) + (self.away if role == MAIN else 0)
        return line.peek() is None and line.taken == made

    def empty(self) -> bool:
        """The main list has no task at all."""
        return not self.runs[MAIN] and not self.away and self._granted(MAIN)

    def put_away(self, ended: set[TaskRun]) -> None:
        """Forget main runs that the store keeps; they stay counted."""
        kept = [run for run in self.runs[MAIN] if run not in ended]
        self.away += len(self.runs[MAIN]) - len(kept)
        self.runs[MAIN] = kept

    def failed_for_good(self) -> bool:
        """A main run is FAILED and its own retry grants nothing more (inherited retries are not seen here)."""
        if not self.tally.get(FAILED):
            return False
        return any(
            run.state == FAILED
            and (run.task.retry is None or not self.executor.retries.due_by_own_policy(run))
            for run in self.runs[MAIN]
        )

    def active(self, target: str | None = None) -> int:
        """Which list goes on now. `target` is the state that a resumed Pause shall end in."""
        if self.runs[FINALLY]:
            return FINALLY
        errors = self.block.errors_body is not None
        finally_ = self.block.finally_body is not None
        if not self.runs[ERRORS] and target == FAILED:
            return ERRORS if errors else FINALLY if finally_ else NONE
        if self.runs[ERRORS] or self.tally.get(FAILED):
            if target != FAILED and not self.failed_for_good():
                return NONE
            if finally_ and errors and not self.over(ERRORS):
                return ERRORS
            if not finally_:
                return ERRORS if errors else NONE
        if finally_ and (self.failed_for_good() or self.over(MAIN)):
            return FINALLY
        return MAIN

    # ---- what comes next ------------------------------------------------------------------------------------------

    def sequential(self, target: str | None = None) -> list[TaskRun]:
        """The next task of the active list, if its turn has come."""
        return self.next_of(self.active(target))

    def next_of(self, role: int) -> list[TaskRun]:
        """The next task of one list: none while its last run has not ended, and none of no list."""
        if role == NONE:
            return []
        runs = self.runs[role]
        if runs and runs[-1].state not in TERMINAL:
            return []
        if role == MAIN and self.unended[MAIN] and any(map(self.tally.get, UNENDED)):
            return []
        line = self.line(role)
        request = line.peek()
        if request is None:
            return []
        line.take()
        return [self.make(request, role)]

    def make(self, request: Request, role: int, target: int = 0) -> TaskRun:
        """A run for a request. Not yet part of the execution."""
        task = request.targets[target].task
        execution, parent = self.executor.execution, self.run if role < AFTER else None
        if isinstance(request, Want):
            run = TaskRun(
                task, execution, role, parent, request.value, request.iteration, request.chain
            )
        else:
            run = TaskRun(task, execution, role, parent)
        run.owner = self
        return run

    def added(self, run: TaskRun) -> None:
        """A run of this frame became part of the execution."""
        if run.role <= FINALLY:
            self.runs[run.role].append(run)
            if run.role == MAIN:
                self.tally[run.state] = self.tally.get(run.state, 0) + 1
        if run.state not in TERMINAL:
            self.unended[run.role] += 1

    def moved(self, run: TaskRun, old: str) -> None:
        """A run of this frame changed its state."""
        new, role = run.state, run.role
        if role == MAIN:
            tally = self.tally
            tally[old] -= 1
            tally[new] = tally.get(new, 0) + 1
        if new in TERMINAL:
            if old not in TERMINAL:
                self.unended[role] -= 1
                line = self.lines[MAIN]
                if role == MAIN and line is not None:
                    line.ended(run)
        elif old in TERMINAL:
            self.unended[role] += 1
        if old == RETRYING:
            self.retrying -= 1
        elif new == RETRYING:
            self.retrying += 1

    # ---- how it ends ----------------------------------------------------------------------------------------------

    def fold(self, default: str = SUCCESS) -> str:
        """The state of the parent from the states of the main runs."""
        tally = self.tally
        state = default
        for candidate in (KILLED, FAILED, WARNING, PAUSED):
            if tally.get(candidate):
                state = candidate
                break
        return self.soften(state)

    def soften(self, state: str) -> str:
        """`allowFailure` and `allowWarning` of the block's task."""
        return soften(self.block.task, state)

    def resolve(self, target: str = SUCCESS) -> str | None:
        """The state in which the block ends now; None while it goes on."""
        role = self.active(target)
        if role == NONE:
            if target == FAILED or self.failed_for_good():
                return self.fold(target)
            return None
        # Kestra would wait for ever where a chosen list has no enabled task; the documented meaning is its end.
        return self.fold(target) if self.over(role) else None
