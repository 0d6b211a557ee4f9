"""The executor: passes over an execution, each in the order of Kestra's executor.

A pass looks at what changed since the last one. Runs that it creates are dispatched by the next pass; results of
leaf tasks arrive between passes, one at a time. So the order of task runs is Kestra's, and the cost of a pass depends
on what changed, not on the size of the execution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine import dispatch, lifecycle
from flowrt.engine.attempt import Attempt, History
from flowrt.engine.execution import AFTER, MAIN, LogRecord, TaskRun, policy_of
from flowrt.engine.flowable import flowable, has_policy, prepared, result_of, works
from flowrt.engine.frames import Frame
from flowrt.engine.results import Result
from flowrt.engine.variables import View
from flowrt.model.states import (
    ACTIVE,
    CREATED,
    KILLED,
    KILLING,
    PAUSED,
    QUEUED,
    RESTARTED,
    RETRYING,
    RUNNING,
    SUBMITTED,
    TERMINAL,
    UNSTARTED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.after import AfterLists
    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine, Process
    from flowrt.engine.promises import Slas
    from flowrt.engine.retries import Retries
    from flowrt.model.flow import Flow
    from flowrt.model.task import Retry, Task

_AT_ONCE = 10_000
"""Passes after which the process looks at everything else."""
_STILL = frozenset({PAUSED, QUEUED})
_NO_NEXT = frozenset({KILLING, KILLED, QUEUED})
_ON_THE_WAY = frozenset({SUBMITTED, RUNNING})
_BEFORE = frozenset({CREATED, SUBMITTED})


class Executor:
    """Drives one execution of a flow."""

    def __init__(self, host: Process, execution: Execution) -> None:
        self.host = host
        self.execution = execution
        self.clock = execution.clock
        self.flow: Flow = execution.flow
        self.journal = host.journal
        execution.tree.reveal = self._reveal
        self._retries: Retries | None = None
        self.root = Frame(self, self.flow.root, None)  # type: ignore[arg-type]
        self.after: AfterLists | None = None
        """What runs behind the end, where the flow has such lists."""
        if self.flow.root.after_bodies or self.flow.root.listeners:
            from flowrt.engine.after import AfterLists

            self.after = AfterLists(self)
        self.fresh: list[TaskRun] = []
        self.dirty: set[Frame] = {self.root}
        self.failed: list[TaskRun] = []
        """Those that a policy of retries may have run again."""
        self.ended: set[TaskRun] = set()
        self.error: BaseException | None = None
        self.killed = False
        """Workers were told to kill it: they refuse what they get from now on, but for what runs after the end."""
        self.on_over: list[Callable[[], None]] = []
        self.on_again: list[Callable[[Engine], None]] = []
        """Told of the execution that takes the place of this one when it is tried again."""
        self.slas: Slas | None = None
        if self.flow.sla:
            from flowrt.engine.promises import Slas

            self.slas = Slas(self)
        self.stuck: dict[Frame, Exception] = {}
        self.changers: dict[Task, bool] = {}
        """Of the tasks that have been at work: whether they change lists that they are given."""
        self._queued = False
        self.heard = execution.state
        """The state that flows which listen know of."""
        self._orders: list[Callable[[], None]] = []
        host.lives(self, not execution.over)

    @property
    def over(self) -> bool:
        """The execution is terminal and its last lists have ended."""
        return self.execution.over

    @over.setter
    def over(self, over: bool) -> None:
        if over != self.execution.over:
            self.execution.over = over
            self.host.lives(self, not over)
            self.journal.execution(self.execution)

    def _reveal(self, outputs: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = self.host.services.sealer.reveal(outputs)
        return shown

    # ---- waking ---------------------------------------------------------------------------------------------------

    def wake(self, frame: Any = None) -> None:
        """Something changed: a pass is due."""
        if frame is not None:
            self.dirty.add(frame)
        if self.slas is not None:
            self.slas.due = True
        if not self._queued:
            self._queued = True
            self.host.ready.append(self)

    def run_passes(self) -> None:
        """Passes until nothing changes any more."""
        self._queued = False
        listened = self.host.flow_triggers is not None
        if listened:
            self._tell()
        for _ in range(_AT_ONCE):
            if not self.step():
                break
            if listened:
                self._tell()
        else:  # whatever keeps it going: signals, timers and other executions have their turn
            self.wake()
        orders, self._orders = self._orders, []
        for order in orders:
            self.host.order(order)
        self.check_over()

    def _tell(self) -> None:
        """Tell the flows that listen that the execution has another state; what it was within a pass is no news."""
        if self.execution.state != self.heard and self.host.flow_triggers is not None:
            self.heard = self.execution.state
            self.host.flow_triggers.hear(self)

    def ask(self, order: Callable[[], None]) -> None:
        """Tell the worker something behind the work that the passes which are due give out."""
        self._orders.append(order)
        self.wake()

    def refuse_work(self) -> None:
        """What the worker is given from now on does not begin."""
        self.killed = True

    def when_over(self, tell: Callable[[], None]) -> None:
        """Call `tell` when the execution is over; at once if it is."""
        if self.over:
            tell()
        else:
            self.on_over.append(tell)

    def check_over(self) -> None:
        """Tell whoever waits when the execution is terminal and its last lists have ended."""
        if not self.over and self.execution.terminal and self._is_done():
            self.over = True
            for tell in self.on_over:
                tell()
            self.host.ended(self)

    def _is_done(self) -> bool:
        """Nothing is left of what runs behind the end."""
        return self.after is None or self.after.over()

    # ---- one pass -------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """One pass. False when there was nothing to do."""
        if not (self.dirty or self.fresh):
            return False  # whatever else is to be looked at has set a frame going
        execution = self.execution
        if execution.state in _STILL or execution.over:
            return False
        terminal = execution.terminal
        if terminal and self._is_done():
            return False
        root = self.root
        at_root = root in self.dirty  # else nothing has changed that its own list depends on
        ends = (
            at_root and not (terminal or execution.state == RETRYING) and root.over(root.active())
        )
        if self.slas is not None and not terminal:
            self.slas.look(ends)
            if execution.terminal:
                return True
        if execution.state == RESTARTED:
            self.move_execution(RUNNING)
        dirty, self.dirty = self.dirty, set()
        if ends:
            lifecycle.end(self)
        if execution.state == KILLING:
            lifecycle.killed(self)
        created: list[TaskRun] = []
        if at_root and execution.state not in _NO_NEXT:
            created += prepared(self, root.sequential())
        frames = self._running(dirty) if dirty else []
        if execution.state not in (KILLING, QUEUED):
            for frame in frames:
                created += self._nexts(frame)
        if execution.terminal and self.after is not None and not self.after.waits():
            # Kestra computes no outputs for flowables that it starts here.
            created += self.after.nexts()
        waiting: list[TaskRun] = []
        views: dict[TaskRun, View] = {}
        own: list[tuple[TaskRun, int]] = []
        if self.fresh:
            # All of them see the execution as it is now, whatever this pass makes of it.
            seen = self.clock.now()
            for run in self.fresh:
                if run.state in UNSTARTED:
                    waiting.append(run)
                    views[run] = View(run, run.attempt_count, seen)
                    if not works(run.task):
                        own.append((run, len(run.history)))
            self.fresh = []
        try:
            if frames or self.failed or self.ended:
                self._results(frames)
            if own:
                dispatch.updating(self, own, views)
                dispatch.executable(self, own, views)
        except Exception as failure:  # the engine itself failed on this execution
            self.error = failure
            self.dirty.update(frames)
        if created:
            self._append(created)
        if waiting:
            dispatch.dispatch(self, waiting, views)
        if self.error is not None:
            # Kestra handles it when all else of the pass is done: flowables run, what is not wanted is skipped.
            error, self.error = self.error, None
            lifecycle.engine_failure(self, error)
        return True

    def _running(self, dirty: set[Frame]) -> list[Frame]:
        frames = (f for f in dirty if f.run is not None and f.run.state in ACTIVE)
        return sorted(frames, key=_position)

    def _nexts(self, frame: Frame) -> list[TaskRun]:
        """The runs that a flowable wants to start. An error here shows when its state is resolved."""
        run = frame.run
        assert run is not None
        if run.state != RUNNING:
            return []
        try:
            found = flowable(frame.block.task).nexts(frame)
        except Exception as error:
            self.stuck[frame] = error
            return []
        return prepared(self, found) if found else found

    def _append(self, runs: list[TaskRun]) -> None:
        """Take new runs into the execution."""
        self.wake()
        for run in runs:
            self.execution.append(run)
            run.owner.added(run)
            self.fresh.append(run)
            if run.outputs is not None:
                self.execution.tree.add(run)
            self.journal.run(run)
            if run.parent is not None and run.parent.state in TERMINAL:
                self.ended.add(run.parent)
        if self.execution.state == CREATED:
            self.move_execution(RUNNING)

    # ---- results of flowables, retries, forced children -----------------------------------------------------------

    def _results(self, frames: list[Frame]) -> None:
        results: list[tuple[Result, int]] = []
        for frame in frames:
            result = result_of(self, frame)
            if result is not None:
                results.append((result, len(result.run.history)))
            if result is None or result.broken:
                flowable(frame.block.task).after_state(frame, result is not None)
        failed, self.failed = self.failed, []
        held = self.retries.hold(failed) if failed else ()
        ended, self.ended = self.ended, set()
        if ended:
            self._force_children(ended)
        for result, length in results:
            frame_ = result.run.frame
            if result.run in held or (frame_ is not None and frame_.retrying):
                continue
            dispatch.rewind(result.run, length)  # overwrites what was forced
            self.apply(result)

    def apply(self, result: Result) -> None:
        """Write a result into the execution."""
        run = result.run
        if result.state == PAUSED:
            flowable(run.task).pausing(self, run)
        run.use_attempts(result.attempts)
        changed = result.outputs is not run.outputs
        run.outputs = result.outputs
        self.move(run, result.state)
        if changed:
            self.execution.tree.add(run)
        if result.state == KILLED and run.parent is not None:
            lifecycle.kill_parents(self, run.parent)
        if result.state == PAUSED:
            flowable(run.task).paused(self, run)

    def due(self, run: TaskRun) -> tuple[Retry, int] | None:
        """By which policy and when a failed run is tried again, if it is."""
        return None if policy_of(run, self.flow) is None else self.retries.due(run)

    @property
    def retries(self) -> Retries:
        """The policies by which tasks are tried again."""
        if self._retries is None:
            from flowrt.engine.retries import Retries

            self._retries = Retries(self)
        return self._retries

    def _force_children(self, parents: set[TaskRun]) -> None:
        """A flowable has ended: its direct children that have not take its state."""
        for parent in sorted(parents, key=lambda run: run.index):
            frame = parent.frame
            if frame is None or parent.state not in TERMINAL:
                continue
            for runs in frame.runs:
                for child in runs:
                    if child.state not in TERMINAL:
                        self.force(child, parent.state)

    def force(self, run: TaskRun, state: str, *, for_good: bool = False) -> None:
        """Give a run a state from outside. Its worker, if it has one, keeps its own history.

        `for_good`: it is not tried again.
        """
        run.part()
        self.move(run, state)
        if for_good and run in self.failed:
            self.failed.remove(run)

    def replaced(
        self,
        run: TaskRun,
        history: History,
        attempts: list[Attempt],
        outputs: dict[str, Any] | None,
    ) -> None:
        """A worker knows better than what was forced upon its run."""
        old = run.replace(history, attempts)
        run.outputs = outputs
        run.owner.moved(run, old)
        self.execution.tree.stale()
        self.journal.run(run)
        self.wake(run.owner)

    # ---- changes of state, each through the journal ---------------------------------------------------------------

    def move(self, run: TaskRun, state: str, when: int | None = None) -> None:
        """Change the state of a run. The state it has already adds nothing."""
        if run.state == state:
            return
        old = run.enter(state, when)
        owner = run.owner
        owner.moved(run, old)
        self.journal.run(run)
        if state in TERMINAL:
            if run.frame is not None:
                self.ended.add(run)
            if has_policy(run, self.flow):
                self.failed.append(run)
        elif run.parent is not None and run.parent.state in TERMINAL:
            self.ended.add(run.parent)
        if state in UNSTARTED:
            self.fresh.append(run)
            self.fresh.sort(key=lambda r: r.index)
        if state in _ON_THE_WAY and self._means_nothing(run, old):
            self.wake()
            return
        self.wake(owner)
        if run.role >= AFTER:
            self.wake(self.root)

    def _means_nothing(self, run: TaskRun, old: str) -> bool:
        """Whether no decision depends on how far a run is on its way through its worker: then a pass need not look at its frame.

        That is so where the next task waits for the end of this one, and nothing is rendered anew.
        """
        around = run.owner.run
        return (
            old in _BEFORE
            and run.role == MAIN
            and run.frame is None
            and self.slas is None
            and not self.ended
            and (around is None or flowable(around.task).is_steady(around))
        )

    def give_up(self, run: TaskRun, state: str) -> None:
        """End a run as if nothing had happened since it was created."""
        old = run.state
        run.forget()
        run.enter(state)
        run.owner.moved(run, old)
        self.journal.run(run)
        if run.frame is not None:
            self.ended.add(run)
        self.wake(run.owner)

    def adopt(self, run: TaskRun) -> None:
        """A worker reports a run that the engine did not plan (a child of a WorkingDirectory)."""
        self.execution.append(run)
        run.owner.added(run)
        self.journal.run(run)

    def reopen(self, run: TaskRun) -> None:
        """Back to CREATED without a trace in the history: the next pass of a LoopUntil."""
        run.owner.moved(run, run.reopen())
        self.fresh.append(run)
        self.fresh.sort(key=lambda r: r.index)
        self.journal.run(run)
        self.wake(run.owner)

    def drop_waiting(self) -> None:
        """What had not begun never will."""
        self.fresh = []

    def forget(self, runs: set[TaskRun]) -> None:
        """Take runs out of the execution, whatever waits for them."""
        if not runs:
            return
        self.execution.remove(runs)
        self.fresh = [run for run in self.fresh if run not in runs]
        self.failed = [run for run in self.failed if run not in runs]
        self.ended -= runs
        self.dirty -= {run.frame for run in runs if run.frame is not None}
        self.journal.removed(self.execution, list(runs))

    def move_execution(self, state: str) -> None:
        """Change the state of the execution."""
        if self.execution.state != state:
            self.execution.enter(state)
            self.journal.execution(self.execution)
            self.wake(self.root)

    # ---- logs -----------------------------------------------------------------------------------------------------

    def log(
        self,
        run: TaskRun | None,
        level: str,
        text: str,
        attempt: int | None = None,
        error: BaseException | None = None,
        when: int | None = None,
    ) -> None:
        """A log record of the execution or of one of its runs.

        `error` is the failure it tells of, `when` the time that it bears, if not now.
        """
        if run is not None:
            least = run.task.log_level
            if least is not None and _RANK[level] < _RANK[least]:
                return
        if attempt is None:
            attempt = run.attempt_count if run is not None else 0
        record = LogRecord(self.execution, run, level, text, attempt)
        if when is not None:
            record.time = when
        if error is not None and run is not None and self.flow.places:
            from flowrt.engine.places import frame_of

            record.frame = frame_of(self.flow, run.task, error)
        self.host.record(record)

    def trace(self, run: TaskRun | None, error: BaseException) -> None:
        """The stack of an error, at TRACE."""
        if self.host.wants_trace:
            from traceback import format_exception

            self.log(run, "TRACE", "".join(format_exception(error)))


_RANK = {"TRACE": 0, "DEBUG": 1, "INFO": 2, "WARN": 3, "ERROR": 4}


def _position(frame: Frame) -> int:
    assert frame.run is not None
    return frame.run.index
