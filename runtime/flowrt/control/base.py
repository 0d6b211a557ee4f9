"""What every flowable shares: local `errors` and `finally`, and the rules that most of them follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.declare import TASKS, Kind, prop
from flowrt.states import SUCCESS
from flowrt.tasks.base import Task

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.executor import Executor
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.engine.runs import TaskRun
    from flowrt.flow import Block


class Flowable(Task):
    """A task that decides which of its children run next; it does no work itself.

    The rules here are those of Sequential: one child after the other.
    """

    outputs: ClassVar[dict[str, Kind] | None] = {}
    is_flowable: ClassVar[bool] = True
    retryable: ClassVar[bool] = False

    errors: list[Any] = prop(TASKS, static=True, default=None, init=False)
    finally_: list[Any] = prop(TASKS, static=True, default=None, init=False)

    if TYPE_CHECKING:
        block: Block = prop(TASKS, init=False)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        """The outputs when the task run is created."""
        return None

    def begun(self, executor: Executor, run: TaskRun) -> None:
        """The run is RUNNING now."""

    def start(self, frame: Frame) -> Line:
        """The main list."""
        return self.block.line(frame)

    def nexts(self, frame: Frame) -> list[TaskRun]:
        """The runs to create in this pass."""
        return frame.sequential()

    def state(self, frame: Frame) -> str | None:
        """The state that the flowable takes in this pass; None when it goes on."""
        return SUCCESS if frame.empty() else frame.resolve()

    def after_state(self, frame: Frame) -> None:
        """Bookkeeping of a flowable that goes on."""

    def ended(self, run: BlockContext) -> dict[str, Any] | None:
        """The outputs at the end, merged over those so far."""
        return None

    def pausing(self, executor: Executor, run: TaskRun) -> None:
        """The run is about to become PAUSED. An error here is one of the engine: the run does not pause."""

    def paused(self, executor: Executor, run: TaskRun) -> None:
        """The run has become PAUSED."""
