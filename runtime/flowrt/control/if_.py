"""If: one of two lists of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.model.declare import BOOLEAN, PLAIN, TASKS, Kind, prop, task_type

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.core.flow.If", "io.kestra.core.tasks.flows.If")
class If(Flowable):
    """Runs one of two lists of tasks.

    The condition is evaluated once, when the task run is created.
    """

    shape: ClassVar[str] = "branch"
    outputs: ClassVar[dict[str, Kind] | None] = {"evaluationResult": BOOLEAN}

    condition: Text | None = prop(PLAIN, default=None)
    then: list[Any] = prop(TASKS, init=False)
    else_: list[Any] = prop(TASKS, default=None, init=False)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        return {"evaluationResult": run.truthy(self.condition)}

    ended = created

    def nexts(self, frame: Frame) -> list[TaskRun]:
        if self.chosen(frame) or not frame.empty() or self.block.options.get("empty_else"):
            return frame.sequential()
        # Without a branch not even `finally` runs.
        return []

    def start(self, frame: Frame) -> Line:
        return line_of(self.block, self.chosen(frame))

    def chosen(self, frame: Frame) -> bool:
        assert frame.run is not None
        result = (frame.run.outputs or {}).get("evaluationResult")
        if result is None:
            # It could not be rendered when the run was created: try again, and let the error show.
            result = context_of(frame).truthy(self.condition)
        return bool(result)
