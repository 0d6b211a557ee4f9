"""Dag: children as soon as the tasks that they depend on have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.control.parallel import wants
from flowrt.engine.execution import MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.frames import NONE
from flowrt.engine.lines import Fan, line_of
from flowrt.model.blocks import Request, Want
from flowrt.model.declare import DAG, INTEGER, prop, task_type
from flowrt.model.states import CREATED, RESTARTED, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.model.declare import Integer


@task_type("io.kestra.plugin.core.flow.Dag", "io.kestra.core.tasks.flows.Dag")
class Dag(Flowable):
    """Runs each task as soon as those that it depends on have ended."""

    shape: ClassVar[str] = "graph"

    tasks: list[Any] = prop(DAG, static=True, init=False)
    concurrent: Integer = prop(INTEGER, default=0)

    def graph(self) -> dict[str, tuple[str, ...]] | None:
        request = line_of(self.block).peek()
        targets = request.targets if request is not None else ()
        return {one.task.id: getattr(one, "depends_on", ()) for one in targets}

    def start(self, frame: Frame) -> Line:
        return Waiting(lambda: wants(line_of(self.block)))

    def nexts(self, frame: Frame) -> list[TaskRun]:
        role = frame.active()
        if role != MAIN:
            return [] if role == NONE else frame.next_of(role)
        limit = context_of(frame).integer(self.concurrent) or 0
        running = frame.open
        if limit > 0 and running > limit:
            return []
        if frame.tally.get(CREATED) or frame.tally.get(RESTARTED):
            return []
        line = frame.line(MAIN)
        assert isinstance(line, Waiting)
        ended = {run.task.id for run in frame.runs[MAIN] if run.state in TERMINAL}
        free = line.free(ended)
        if limit > 0:
            free = free[: limit - running]
        line.grant(free)
        return [frame.make(want, MAIN) for want in free]


class Waiting(Fan):
    """Targets that start when those they depend on have ended."""

    __slots__ = ("_left",)

    def __init__(self, given: Callable[[], Iterator[Want]]) -> None:
        super().__init__(given)
        self._left: list[Want] | None = None

    def _open(self) -> list[Want]:
        if self._left is None:
            self._left = list(self._waiting())
        return self._left

    def peek(self) -> Request | None:
        """Any target that has not started."""
        left = self._open()
        return left[0] if left else None

    def free(self, ended: set[str]) -> list[Want]:
        """The targets whose dependencies have ended."""
        return [
            want
            for want in self._open()
            if all(one in ended for one in getattr(want.targets[0], "depends_on", ()))
        ]

    def grant(self, started: list[Want]) -> None:
        """These have started."""
        self.taken += len(started)
        self._left = [want for want in self._open() if want not in started]
