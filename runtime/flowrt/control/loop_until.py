"""LoopUntil: children again and again until a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.engine.execution import ERRORS, FINALLY, MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.java.time.duration import SECOND
from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    PLAIN,
    TASKS,
    Declared,
    Kind,
    prop,
    record,
    task_type,
)
from flowrt.model.states import (
    ACTIVE,
    FAILED,
    KILLED,
    PAUSED,
    RESUBMITTED,
    RETRIED,
    RUNNING,
    SKIPPED,
    SUBMITTED,
    SUCCESS,
    TERMINAL,
    WARNING,
)

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.ports import Engine
    from flowrt.model.declare import Flag, Integer, Text

AT_WORK = frozenset({SUBMITTED, RUNNING})
COMPLETE = frozenset({SUCCESS, WARNING, RETRIED, SKIPPED, RESUBMITTED})
"""Ended, and counted as a complete child. CANCELLED and KILLED are not in it."""


class CheckFrequency(Declared):
    """How often the condition is tested, and when to give up."""

    interval: Text | None = prop(DURATION, default=None)
    max_iterations: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)


@task_type("io.kestra.plugin.core.flow.LoopUntil", "io.kestra.plugin.core.flow.WaitFor")
class LoopUntil(Flowable):
    """Runs its tasks again and again, until a condition holds.

    Between two passes the whole execution is PAUSED for the interval.
    """

    shape: ClassVar[str] = "until"
    needs_child: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"iterationCount": INTEGER}
    starts_over: ClassVar[bool] = True

    condition: Text = prop(PLAIN)
    tasks: list[Any] = prop(TASKS, init=False)
    fail_on_max_reached: Flag = prop(BOOLEAN, default=False)
    check_frequency: CheckFrequency | None = prop(record(CheckFrequency), default=None)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        outputs = run.variables.get("outputs") or {}
        if outputs.get(self.id) is None:
            return {"iterationCount": 1}
        # What stands at the address without loop values, which inside a ForEach is not this run's count.
        count = outputs[self.id].get("iterationCount")
        return None if count is None else {"iterationCount": count}

    ended = created

    def nexts(self, frame: Frame) -> list[TaskRun]:
        found = frame.sequential()
        for run in found:
            run.iteration = (frame.run.iteration or 0) if frame.run else 0
        return found

    def _complete(self, frame: Frame) -> bool:
        """As many children have ended without failure as there are tasks.

        Kestra counts the runs of `errors` and `finally` too, but neither among the tasks; disabled tasks are tasks.
        """
        ended = sum(run.state in COMPLETE for runs in frame.runs for run in runs)
        return ended == self._declared()

    def _at_work(self, frame: Frame) -> bool:
        """A worker has a child.

        Kestra looks at the loop until it answers: once for certain, which is enough to fail at the maximum, and as often
        as its queues allow. What it counts and logs in the other looks differs each time, and is left out here.
        """
        return any(run.state in AT_WORK for runs in frame.runs for run in runs)

    def _declared(self) -> int:
        """The number of tasks. The block says it when some are disabled: then its coroutine lacks them."""
        declared = self.block.options.get("declared")
        if declared is None:
            line, declared = line_of(self.block), 0
            while (request := line.peek()) is not None:
                line.take()
                declared += len(request.targets)
            self.block.options["declared"] = declared
        return int(declared)

    def _maximum(self, frame: Frame, run: BlockContext) -> str | None:
        """The maximum that is reached."""
        frequency = self.check_frequency
        if frequency is None or not self._complete(frame):
            return None
        most = run.integer(frequency.max_iterations)
        if most is not None and self._count(frame) > most:
            return "Max iterations reached"
        longest = run.duration(frequency.max_duration)
        if longest is not None:
            assert frame.run is not None
            history = frame.run.history
            created = max(
                history[at + 1]
                for at in range(0, len(history), 2)
                if history[at] in ("CREATED", "RESTARTED")
            )
            if created + longest * SECOND < frame.executor.clock.now():
                return "Max duration reached"
        return None

    def _count(self, frame: Frame) -> int:
        assert frame.run is not None
        return int((frame.run.outputs or {}).get("iterationCount") or 0)

    def _wait(self, frame: Frame, run: BlockContext) -> float | None:
        """Seconds until the next pass; None when there is none."""
        if self._maximum(frame, run) is not None or run.truthy(self.condition):
            return None
        interval = self.check_frequency.interval if self.check_frequency else None
        found = run.duration(interval)
        return 60.0 if found is None else found

    def state(self, frame: Frame) -> str | None:
        run = context_of(frame)
        if self._complete(frame) and (
            not self._at_work(frame) or run.flag(self.fail_on_max_reached)
        ):
            if self._wait(frame, run) is not None:
                return None
            reached = self._maximum(frame, run)
            if reached is not None:
                run.log("WARN", reached)
                if run.flag(self.fail_on_max_reached):
                    return FAILED
        return frame.resolve()

    def count(self, frame: Frame) -> None:
        """Kestra has looked at the loop, which it counts as a pass."""
        assert frame.run is not None
        tree = frame.executor.execution.tree
        tree.replace(frame.run, {"iterationCount": self._count(frame) + 1})

    def after_state(self, frame: Frame, failed: bool) -> None:
        run, executor = frame.run, frame.executor
        assert run is not None
        if run.state not in ACTIVE or not self._complete(frame) or self._at_work(frame):
            return
        if executor.execution.state == KILLED:
            return  # its last child has ended in the very moment of the kill
        self.count(frame)
        try:
            wait = self._wait(frame, context_of(frame))
        except Exception:
            executor.execution.tree.take_back(run)
            raise
        if wait is None:
            # What is stored is a change of the execution, so Kestra looks again.
            if all(child.state in TERMINAL for runs in frame.runs for child in runs):
                executor.wake(frame)
            return
        if failed:
            return  # Kestra lets it wait for its next pass and fail at once, and never ends it
        executor.move(run, PAUSED)
        executor.move_execution(PAUSED)
        date = executor.clock.now() + round(wait * SECOND)
        executor.journal.choice(run, "pass", date)
        executor.host.later(date, lambda: next_pass(executor, frame))

    def taken_up(self, executor: Engine, run: TaskRun) -> None:
        known, date = executor.journal.recall(run, "pass")
        frame = run.frame
        if known and frame is not None and run.state == PAUSED:
            executor.host.later(date, lambda: next_pass(executor, frame))


def next_pass(executor: Engine, frame: Frame) -> None:
    """The interval is over: what the last pass left is taken away, and the loop begins anew."""
    from flowrt.engine.below import descendants

    run = frame.run
    assert run is not None
    if run.state != PAUSED:
        return  # killed meanwhile
    gone = descendants([child for runs in frame.runs for child in runs])
    executor.forget(gone)
    for role in (MAIN, ERRORS, FINALLY):
        frame.reset(role)
    run.iteration = 1 if run.iteration is None else run.iteration + 1
    executor.reopen(run)
    executor.move_execution(RUNNING)
