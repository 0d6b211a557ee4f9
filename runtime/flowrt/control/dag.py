"""Dag: children as soon as the tasks that they depend on have ended."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.context import context_of
from flowrt.control.parallel import Fan, wants
from flowrt.engine.execution import MAIN
from flowrt.engine.flowable import Flowable
from flowrt.engine.lines import line_of
from flowrt.model.declare import DAG, INTEGER, prop, task_type
from flowrt.model.states import CREATED, RESTARTED, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.engine.lines import Line
    from flowrt.model.blocks import Request, Want
    from flowrt.model.declare import Integer


@task_type("io.kestra.plugin.core.flow.Dag", "io.kestra.core.tasks.flows.Dag")
class Dag(Flowable):
    """Runs each task as soon as those that it depends on have ended."""

    shape: ClassVar[str] = "graph"

    tasks: list[Any] = prop(DAG, init=False)
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
            return frame.next_of(role)
        limit = context_of(frame).integer(self.concurrent) or 0
        if frame.tally.get(CREATED) or frame.tally.get(RESTARTED):
            return []
        line = frame.line(MAIN)
        assert isinstance(line, Waiting)
        free = line.free(frame.runs[MAIN])
        if limit > 0:
            free = free[: max(limit - frame.open, 0)]
        line.grant(free)
        return [frame.make(want, MAIN) for want in free]


class Waiting(Fan):
    """Targets that start when those they depend on have ended. Each end is looked at once."""

    __slots__ = (
        "_ended",
        "_first",
        "_free",
        "_looked",
        "_needs",
        "_running",
        "_waited_for",
        "_wants",
    )

    def __init__(self, given: Callable[[], Iterator[Want]]) -> None:
        super().__init__(given)
        self._wants: list[Want] | None = None
        self._needs: list[int] = []
        """Of each target, how many have to end before it; -1 when it has started."""
        self._waited_for: dict[str, list[int]] = {}
        self._free: list[int] = []
        """Places of targets that may start, in order."""
        self._ended: set[str] = set()
        self._running: list[TaskRun] = []
        self._looked = self._first = 0

    def _open(self) -> list[Want]:
        if self._wants is None:
            self._wants = list(self._waiting())
            for place, want in enumerate(self._wants):
                needed = set(getattr(want.targets[0], "depends_on", ()))
                self._needs.append(len(needed))
                for one in needed:
                    self._waited_for.setdefault(one, []).append(place)
                if not needed:
                    self._free.append(place)
        return self._wants

    def peek(self) -> Request | None:
        """Any target that has not started."""
        wants, needs = self._open(), self._needs
        while self._first < len(wants) and needs[self._first] < 0:
            self._first += 1
        return wants[self._first] if self._first < len(wants) else None

    def free(self, runs: list[TaskRun]) -> list[Want]:
        """The targets whose dependencies have ended, of the runs that there are; they come in order."""
        wants = self._open()
        self._running += runs[self._looked :]
        self._looked = len(runs)
        still = []
        for run in self._running:
            if run.state in TERMINAL:
                self._end(run.task.id)
            else:
                still.append(run)
        self._running = still
        return [wants[place] for place in self._free]

    def _end(self, task_id: str) -> None:
        if task_id in self._ended:
            return
        self._ended.add(task_id)
        for place in self._waited_for.get(task_id, ()):
            self._needs[place] -= 1
            if not self._needs[place]:
                insort(self._free, place)

    def grant(self, started: list[Want]) -> None:
        """These have started, the first of those that are free."""
        self.taken += len(started)
        for place in self._free[: len(started)]:
            self._needs[place] = -1
        del self._free[: len(started)]
