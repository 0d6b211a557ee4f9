"""Lists of tasks as coroutines, driven by hand: the engine asks a block what it wants to run next.

A block of a generated module is a coroutine that awaits `run(task)`. It is not scheduled by an event loop: `Line`
sends it on when the engine finds that its turn has come, so the order of task runs is exactly that of the passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.blocks import Block, BlockBody, NoCase, Request, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from flowrt.engine.execution import TaskRun
    from flowrt.model.blocks import Target

    Body = Coroutine[Any, None, None]
    Start = Callable[[], Body]


class Line:
    """One list of tasks: the coroutine of a block, and how far it has come."""

    __slots__ = ("body", "done", "no_case", "pending", "start", "taken")

    def __init__(self, start: Start | None) -> None:
        self.start = start
        self.body: Body | None = None
        self.pending: Request | None = None
        self.done = start is None
        self.no_case = False
        self.taken = 0

    def peek(self) -> Request | None:
        """The next request, not yet granted; None when the list is at its end."""
        if self.pending is None and not self.done:
            if self.body is None:
                assert self.start is not None
                self.body = self.start()
            try:
                self.pending = self.body.send(None)
            except StopIteration:
                self.done = True
            except NoCase:
                self.done = self.no_case = True
        return self.pending

    def take(self) -> None:
        """The pending request is granted."""
        self.pending = None
        self.taken += 1

    def restore(self, runs: list[TaskRun]) -> bool:
        """Come to where the runs of an earlier process are: a granted request for each. False: some may be of another list."""
        places = set()
        for _ in runs:
            request = self.peek()
            if request is None:
                return False
            places.add(request.place)
            self.take()
        return all((run.task.id, run.value) in places for run in runs)

    def catch_up(self, runs: list[TaskRun]) -> None:
        """Come behind the tasks of all these runs, whatever a changed program has between them."""
        places = {(run.task.id, run.value) for run in runs}
        while places and (request := self.peek()) is not None:
            places.discard(request.place)
            self.take()
        self.taken = len(runs)

    def strays(self, runs: list[TaskRun]) -> list[TaskRun]:
        """Those runs that the list would never make: a replay or a restart may find another one than they were made for."""
        places = set()
        while (request := self.peek()) is not None:
            places.add(request.place)
            self.take()
        return [run for run in runs if (run.task.id, run.value) not in places]

    def ended(self, run: TaskRun) -> None:
        """A run of the list is terminal."""

    def close(self) -> None:
        """Forget the coroutine."""
        if self.body is not None:
            self.body.close()
            self.body = None
        self.pending = None
        self.done = True


def body_line(body: BlockBody | None) -> Line:
    """A list of tasks that nobody gives a value."""
    return Line(None if body is None else lambda: body(Run()))


def line_of(block: Block, value: Any = None) -> Line:
    """The main list of a block, for a value where it has one."""
    return Line(None if block.main_body is None else lambda: block.begin(value))


def steps(line: Line) -> Iterator[Target]:
    """The tasks that a list names, in order."""
    while (request := line.peek()) is not None:
        yield from request.targets
        line.take()
