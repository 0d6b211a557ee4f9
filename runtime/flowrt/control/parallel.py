"""Parallel: all children at once, or as many as `concurrent` allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.engine.execution import MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import Line, line_of
from flowrt.model.blocks import Request, Want
from flowrt.model.declare import INTEGER, TASKS, prop, task_type
from flowrt.model.states import CREATED, RESTARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.model.declare import Integer


@task_type("io.kestra.plugin.core.flow.Parallel", "io.kestra.core.tasks.flows.Parallel")
class Parallel(Flowable):
    """Runs tasks at the same time; `concurrent` of them at once, 0 for all."""

    shape: ClassVar[str] = "fork"

    tasks: list[Any] = prop(TASKS, init=False)
    concurrent: Integer = prop(INTEGER, default=0)

    def graph(self) -> dict[str, tuple[str, ...]] | None:
        return {}

    def start(self, frame: Frame) -> Line:
        return Fan(lambda: wants(line_of(self.block)))

    def nexts(self, frame: Frame) -> list[TaskRun]:
        limit = context_of(frame).integer(self.concurrent) or 0
        return side_by_side(frame, limit)


def wants(line: Line, value: str | None = None, number: int | None = None) -> Iterator[Want]:
    """Each target of the requests of a line."""
    while (request := line.peek()) is not None:
        line.take()
        for target in request.targets:
            yield Want((target,), value, number)


def side_by_side(frame: Frame, limit: int) -> list[TaskRun]:
    """The children that may start now, in the order of their declaration."""
    role = frame.active()
    if role != MAIN:
        return frame.next_of(role)
    running = frame.open
    if frame.tally.get(CREATED) or frame.tally.get(RESTARTED):
        return []
    line = frame.line(MAIN)
    found: list[TaskRun] = []
    while limit <= 0 or len(found) < limit - running:
        request = line.peek()
        if request is None:
            break
        line.take()
        found.append(frame.make(request, MAIN))
    return found


class Fan(Line):
    """Targets that may all start at once; `peek` gives one at a time, in order."""

    __slots__ = ("_waiting",)

    def __init__(self, wants: Callable[[], Iterator[Want]]) -> None:
        super().__init__(None)
        self.done = False
        self._waiting = wants

    def peek(self) -> Request | None:
        if self.pending is None and not self.done:
            if self.body is None:
                self.body = self._waiting()  # type: ignore[assignment]
            self.pending = next(self.body, None)  # type: ignore[call-overload]
            self.done = self.pending is None
        return self.pending

    def restore(self, runs: list[TaskRun]) -> bool:
        seen = {(run.task.id, run.value) for run in runs}
        wanted = list(self._waiting())
        self._waiting = [want for want in wanted if want.place not in seen].__iter__
        self.taken = len(runs)
        return seen <= {want.place for want in wanted}

    def strays(self, runs: list[TaskRun]) -> list[TaskRun]:
        wanted = {want.place for want in self._waiting()}
        return [run for run in runs if (run.task.id, run.value) not in wanted]

    def close(self) -> None:
        self.body = None
        super().close()
