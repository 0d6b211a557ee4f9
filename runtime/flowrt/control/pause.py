"""Pause: the whole execution stands still until a duration is over or somebody resumes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.engine.execution import ASIDE, TaskRun
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.java.errors import RawError
from flowrt.java.time.duration import SECOND
from flowrt.model.declare import DURATION, INPUTS, TASK, TASKS, Kind, enum, mapping, prop, task_type
from flowrt.model.failures import Refusal, required
from flowrt.model.states import (
    CANCELLED,
    FAILED,
    KILLED,
    KILLING,
    PAUSED,
    RESTARTED,
    RUNNING,
    SUBMITTED,
    SUCCESS,
    WARNING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution
    from flowrt.engine.frames import Frame
    from flowrt.engine.ports import Engine
    from flowrt.engine.services import Services
    from flowrt.model.clock import Clock
    from flowrt.model.declare import Text
    from flowrt.model.task import Task


BEHAVIOR = enum("RESUME", "WARN", "CANCEL", "FAIL")


@task_type("io.kestra.plugin.core.flow.Pause", "io.kestra.core.tasks.flows.Pause")
class Pause(Flowable):
    """Waits until it is resumed, with inputs, or for a duration.

    With a duration it goes on by itself, as `behavior` says.
    """

    shape: ClassVar[str] = "wait"
    seals: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"onResume": mapping(), "resumed": mapping()}

    pause_duration: Text | None = prop(DURATION, default=None, aliases=("delay",))
    behavior: Text = prop(BEHAVIOR, default="RESUME")
    on_pause: Any = prop(TASK, default=None)
    on_resume: list[Any] = prop(INPUTS, default=None)
    tasks: list[Any] = prop(TASKS, default=None, init=False)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        return [] if self._needs_pause(frame) else frame.sequential(self.target(frame))

    def state(self, frame: Frame) -> str | None:
        if self._needs_pause(frame):
            return PAUSED
        return frame.resolve(self.target(frame))

    def _needs_pause(self, frame: Frame) -> bool:
        assert frame.run is not None
        return PAUSED not in frame.run.history

    def target(self, frame: Frame) -> str:
        """The state that the pause was resumed to."""
        assert frame.run is not None
        resumed = (frame.run.outputs or {}).get("resumed")
        if resumed is None:
            raise ValueError('Cannot invoke "java.util.Map.isEmpty()" because "resumed" is null')
        return str(resumed.get("to") or SUCCESS)

    def pausing(self, executor: Engine, run: TaskRun) -> None:
        assert run.frame is not None
        run.frame.data = self._end(executor, run)
        if self.on_pause is not None:
            self._start_aside(executor)

    def _start_aside(self, executor: Engine) -> None:
        """Give `onPause` to a worker, which sees the execution as it is before the pause."""
        from flowrt.engine.assignments import AttemptAssignment
        from flowrt.engine.variables import View

        seen = executor.clock.now()
        aside = TaskRun(self.on_pause, executor.execution, ASIDE)
        view = View(aside, 0, seen)
        aside.owner = executor.root
        executor.execution.append(aside)
        assignment = AttemptAssignment(executor, aside, view)
        executor.move(aside, SUBMITTED)
        executor.host.assign(assignment)

    def _end(self, executor: Engine, run: TaskRun) -> tuple[float, str] | None:
        """After how many seconds the pause ends, and in which state; None when somebody has to end it."""
        from flowrt.engine.variables import execution_variables

        assert run.frame is not None
        context = context_of(run.frame)
        context.use(execution_variables(executor))
        limit = context.duration(self.pause_duration)
        if limit is not None:
            return limit, _RESUMED_TO[required(context.constant(self.behavior, BEHAVIOR))]
        limit = context.duration(self.timeout)
        if limit is None:
            return None
        if not self.allow_failure:
            return limit, FAILED
        return limit, SUCCESS if self.allow_warning else WARNING

    def paused(self, executor: Engine, run: TaskRun) -> None:
        executor.move_execution(PAUSED)
        assert run.frame is not None
        if run.frame.data is not None:
            limit, state = run.frame.data
            date = run.history[-1] + round(limit * SECOND)
            executor.journal.choice(run, "pause", [date, state])
            executor.host.later(date, lambda: _time_is_up(executor, run, state))
        self._tell_of_secrets(executor, run)

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        if run.state != PAUSED:
            return
        self._tell_of_secrets(executor, run)
        known, due = executor.journal.recall(run, "pause")
        if known:
            date, state = due
            executor.host.later(date, lambda: _time_is_up(executor, run, state))

    def killed_while_paused(self, executor: Engine, run: TaskRun) -> str:
        executor.execution.attempt_number += 1
        run.outputs = {"resumed": _resumed(executor.clock, KILLING)}
        executor.execution.tree.stale()
        return KILLED

    def _tell_of_secrets(self, executor: Engine, run: TaskRun) -> None:
        """Let other processes know that what they send must be sealed."""
        if self.awaits_secret():
            executor.journal.choice(run, "secret", True)

    def awaits_secret(self) -> bool:
        """Whether some of what it is resumed with is sealed."""
        if not self.on_resume:
            return False
        from flowrt.inputs.declaration import leaves

        return any(each.type == "SECRET" for each in leaves(self.on_resume))

    def waits_for_people(self) -> bool:
        return self.pause_duration is None and self.timeout is None

    def inner(self) -> tuple[Task, ...]:
        return () if self.on_pause is None else (self.on_pause,)

    def marked(self, run: TaskRun, state: str) -> str:
        run.outputs = {"resumed": _resumed(run.execution.clock, state)}
        return RUNNING if self.has_children() else state

    def has_children(self) -> bool:
        """Whether something runs after the pause."""
        block = self.block
        return (
            block.errors_body is not None
            or block.finally_body is not None
            or line_of(block).peek() is not None
        )


_RESUMED_TO = {"RESUME": RUNNING, "WARN": WARNING, "FAIL": FAILED, "CANCEL": CANCELLED}


def _resumed(clock: Clock, to: str) -> dict[str, Any]:
    """When a run was resumed, by the time of this machine, and to which state."""
    from datetime import datetime

    on = datetime.fromtimestamp(clock.now() // 1000 / 1_000_000)
    return {"on": on.isoformat(), "to": to}


def _time_is_up(executor: Engine, run: TaskRun, state: str) -> None:
    if run.state == PAUSED:
        end_pause(executor, run, state)


def paused_run(execution: Execution) -> TaskRun | None:
    """The first run that waits for somebody."""
    if execution.state != PAUSED:
        return None
    paused = (run for run in execution.runs if run.state == PAUSED)
    return next((run for run in paused if isinstance(run.task, Pause)), None)


def end_pause(
    executor: Engine, run: TaskRun, state: str, inputs: dict[str, Any] | None = None
) -> None:
    """Let a paused run go on, or end it with the state. The execution goes on when no other run is paused."""
    task, frame = run.task, run.frame
    assert isinstance(task, Pause) and frame is not None
    executor.execution.attempt_number += 1
    executor.journal.execution(executor.execution)
    resumed = _resumed(executor.clock, SUCCESS if state == RUNNING else state)
    run.outputs = {"resumed": resumed}
    if inputs is not None:
        run.outputs = {"onResume": inputs, **run.outputs}
    executor.execution.tree.stale()
    if state == KILLING:
        target = KILLED
    elif task.has_children():
        target = RUNNING
    else:
        target = SUCCESS if state == RUNNING else state
    run.end_attempt(target)
    executor.move(run, target)
    around = run.parent
    while around is not None:  # blocks that have ended meanwhile, too
        executor.move(around, RUNNING)
        around = around.parent
    if target == RUNNING:
        executor.wake(frame)
    if any(other.state == PAUSED for other in executor.execution.runs):
        return
    executor.move_execution(CANCELLED if state == CANCELLED else RESTARTED)
    if inputs is not None:
        # of what a person does the executor finds the outcome, so it is no change that flows hear of
        executor.heard = executor.execution.state


def resumed_elsewhere(executor: Engine, given: Callable[[TaskRun], dict[str, Any] | None]) -> None:
    """A task, or another process, wants a paused execution to go on. It stays paused when what is given cannot be used."""
    try:
        paused = paused_run(executor.execution)
        if paused is None:
            raise Refusal("it is not paused")
        values = given(paused)
    except (Refusal, RawError, ValueError) as error:
        executor.log(None, "ERROR", f"Cannot resume the execution: {error}")
        return
    end_pause(executor, paused, RUNNING, values)


def unchecked(
    paused: TaskRun, values: dict[str, Any] | None, services: Services
) -> dict[str, Any] | None:
    """Values that nobody has checked, as documents hold them: with the secrets among them sealed."""
    assert isinstance(paused.task, Pause)
    declared = paused.task.on_resume
    if not values or not declared:
        return values
    from flowrt.inputs.sealing import sealed_as_declared

    return sealed_as_declared(declared, values, services.masks, lambda: services.sealer)
