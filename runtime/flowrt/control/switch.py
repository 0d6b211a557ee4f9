"""Switch: the list of tasks whose case equals the rendered value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.engine.execution import FINALLY, MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.model.declare import BOOLEAN, CASES, STRING, TASKS, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.states import FAILED

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.core.flow.Switch", "io.kestra.core.tasks.flows.Switch")
class Switch(Flowable):
    """Runs the list of tasks whose case equals a value.

    Cases compare as exact text.
    """

    shape: ClassVar[str] = "switch"
    outputs: ClassVar[dict[str, Kind] | None] = {"value": STRING, "defaults": BOOLEAN}

    value: Text = prop(STRING)
    cases: list[str] | None = prop(CASES, default=None)
    """At run time the texts of the cases; their tasks are code."""
    defaults: list[Any] = prop(TASKS, default=None, init=False)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        value = self._rendered(run)
        return {"value": value, "defaults": value not in (self.cases or ())}

    ended = created

    def start(self, frame: Frame) -> Line:
        if frame.data is None:
            self._begin(frame, self._value(frame))
        return line_of(self.block, frame.data.value)

    def _begin(self, frame: Frame, value: str | None) -> None:
        """Follow a value: the one that an earlier process followed, whatever it renders to by now."""
        assert frame.run is not None
        journal = frame.executor.journal
        known, followed = journal.recall(frame.run, "value")
        if not known:
            followed = value
            journal.choice(frame.run, "value", value)
        frame.data = Chosen(followed, value)

    def _value(self, frame: Frame) -> str:
        return self._rendered(context_of(frame))

    def _rendered(self, run: BlockContext) -> str:
        value = run.text(self.value) or ""
        if self.cases is None:
            # A Switch with `defaults` only passes Kestra's validation and fails when it runs.
            raise TaskFailure(
                'Cannot invoke "java.util.Map.entrySet()" because "this.cases" is null'
            )
        return value

    def nexts(self, frame: Frame) -> list[TaskRun]:
        self.choose(frame)
        return [] if self._lacks_case(frame) else frame.sequential()

    def _lacks_case(self, frame: Frame) -> bool:
        line = frame.line(MAIN)
        line.peek()
        return line.no_case

    def choose(self, frame: Frame) -> None:
        """Render the value again: a child may have changed what it depends on."""
        value = self._value(frame)
        if frame.data is None:
            self._begin(frame, value)
        elif frame.data.rendered != value:
            assert frame.run is not None
            frame.executor.journal.choice(frame.run, "value", value)
            left = {run.task.id: run for run in frame.runs[MAIN]}
            runs = frame.data.runs = left | frame.data.runs
            frame.data.value = frame.data.rendered = value
            frame.reset(MAIN)
            line = frame.line(MAIN)
            while (request := line.peek()) and request.targets[0].task.id in runs:
                line.take()
                frame.added(runs[request.targets[0].task.id])

    def state(self, frame: Frame) -> str | None:
        assert frame.run is not None
        self.choose(frame)
        if self._lacks_case(frame):
            if frame.declared(FINALLY):
                raise TaskFailure(
                    'Cannot invoke "java.util.List.size()" because "resolvedTasks" is null'
                )
            execution = frame.executor.execution
            frame.executor.log(
                frame.run,
                "WARN",
                f"No task found on flow '{execution.namespace}.{execution.flow_id}',"
                f" task '{self.id}', execution '{execution.id}'",
            )
            return frame.soften(FAILED)
        return frame.resolve()


class Chosen:
    """The value that a Switch follows, what it rendered to last, and the runs of lists that it left."""

    __slots__ = ("rendered", "runs", "value")

    def __init__(self, value: str | None, rendered: str | None) -> None:
        self.value = value
        self.rendered = rendered
        self.runs: dict[str, TaskRun] = {}
