"""Lists of tasks as coroutines, driven by hand: the engine asks a block what it wants to run next.

A block of a generated module is a coroutine that awaits `run(task)`. It is not scheduled by an event loop: `Line`
sends it on when the engine finds that its turn has come, so the order of task runs is exactly that of the passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.blocks import Block, BlockBody, NoCase, Request, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from flowrt.engine.execution import TaskRun

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
        """Come to where the runs of an earlier process are: a granted request for each. False: it is another list by now."""
        for run in runs:
            request = self.peek()
            if request is None or request.place != (run.task.id, run.value):
                return False
            self.take()
        return True

    def adapted(self, runs: list[TaskRun]) -> tuple[Line, list[TaskRun]]:
        """What goes on behind runs some of which were made for another list, and these: nobody waits for them."""
        left, strays = matched(self._all(), runs)
        return Rest(self, left, len(runs) - len(strays)), strays

    def _all(self) -> Iterator[Request]:
        while (request := self.peek()) is not None:
            self.take()
            yield request

    def ended(self, run: TaskRun) -> None:
        """A run of the list is terminal."""

    def close(self) -> None:
        """Forget the coroutine."""
        if self.body is not None:
            self.body.close()
            self.body = None
        self.pending = None
        self.done = True


class Rest(Line):
    """A list that is another one than when its runs were made, as a replay or a restart may find it: what of it has no run."""

    __slots__ = ("_left", "_line")

    def __init__(self, line: Line, left: list[Request], taken: int) -> None:
        super().__init__(None)
        self.done = False
        self.no_case = line.no_case
        self.taken = taken
        self._line = line
        self._left = left[::-1]

    def peek(self) -> Request | None:
        return self._left[-1] if self._left else self._line.peek()

    def take(self) -> None:
        self.taken += 1
        if self._left:
            self._left.pop()
        else:
            self._line.take()

    def close(self) -> None:
        self._line.close()
        super().close()


def matched(requests: Iterable[Request], runs: list[TaskRun]) -> tuple[list[Any], list[TaskRun]]:
    """The requests that none of the runs was made for, and the runs that were made for none of them."""
    made: dict[tuple[str, str | None], list[TaskRun]] = {}
    for run in runs:
        made.setdefault((run.task.id, run.value), []).append(run)
    left = []
    for request in requests:
        found = made.get(request.place)
        if found:
            found.pop(0)
        else:
            left.append(request)
    return left, [run for found in made.values() for run in found]


def body_line(body: BlockBody | None) -> Line:
    """A list of tasks that nobody gives a value."""
    return Line(None if body is None else lambda: body(Run()))


def line_of(block: Block, value: Any = None) -> Line:
    """The main list of a block, for a value where it has one."""
    return Line(None if block.main_body is None else lambda: block.begin(value))
