"""Lists of tasks as coroutines, driven by hand: the engine asks a block what it wants to run next.

A block of a generated module is a coroutine that awaits `run(task)`. It is not scheduled by an event loop: `Line`
sends it on when the engine finds that its turn has come, so the order of task runs is exactly that of the passes.
"""

from __future__ import annotations

from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from flowrt.model.blocks import Block, BlockBody, NoCase, Request, Run, Want
from flowrt.model.states import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

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

    def restore(self, runs: list[TaskRun]) -> None:
        """Come to where the runs of an earlier process are: a granted request for each."""
        for _ in runs:
            if self.peek() is None:
                break
            self.take()

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


class LoopLine(Line):
    """The same block for one value after the other, as one long list. The values may become more or fewer."""

    __slots__ = ("_begin", "_number", "_value", "_values")

    def __init__(self, values: Callable[[], list[str]], begin: Callable[[str], Body]) -> None:
        super().__init__(None)
        self.done = False
        self._values = values
        self._begin = begin
        self._number = -1
        self._value = ""

    def peek(self) -> Request | None:
        while self.pending is None and not self.done:
            if self.body is None:
                values = self._values()
                if self._number + 1 >= len(values):
                    break
                self._number += 1
                self._value = values[self._number]
                self.body = self._begin(self._value)
            try:
                request = self.body.send(None)
            except StopIteration:
                self.body = None
                continue
            self.pending = Want(request.targets, self._value, self._number, self._number)
        return self.pending


class Chains(Line):
    """The same block for several values at once: one line a value, the earlier value first."""

    __slots__ = ("_begin", "_current", "_lines", "_new", "_ready", "_values")

    _current: int
    """The chain of the request that was shown last."""

    def __init__(self, values: Callable[[], list[str]], begin: Callable[[str], Body]) -> None:
        super().__init__(None)
        self.done = False
        self._values = values
        self._begin = begin
        self._lines: dict[int, tuple[str, Line]] = {}
        self._ready: list[int] = []
        self._new = 0

    def _line(self, number: int, values: list[str]) -> tuple[str, Line]:
        found = self._lines.get(number)
        if found is None:
            value = values[number]
            found = self._lines[number] = (value, Line(partial(self._begin, value)))
        return found

    def peek(self) -> Request | None:
        """The request of the first chain that is free; None when no chain is.

        Found anew each time: a chain that becomes free goes before a later value.
        """
        values = self._values()
        while True:
            fresh = not self._ready
            if fresh and self._new >= len(values):
                return None
            number = self._new if fresh else self._ready[0]
            value, line = self._line(number, values)
            request = line.peek()
            if request is not None:
                self._current = number
                return Want(request.targets, value, number, number)
            del self._lines[number]
            if fresh:
                self._new += 1
            else:
                heappop(self._ready)

    def take(self) -> None:
        super().take()
        self._lines[self._current][1].take()
        if self._ready:
            heappop(self._ready)
        else:
            self._new += 1

    def restore(self, runs: list[TaskRun]) -> None:
        last: dict[int, TaskRun] = {}
        values = self._values()
        for run in runs:
            _, line = self._line(run.chain, values)
            if line.peek() is not None:
                line.take()
            self.taken += 1
            last[run.chain] = run
            self._new = max(self._new, run.chain + 1)
        for number, run in last.items():
            if run.terminal and run.state != FAILED:
                heappush(self._ready, number)

    def ended(self, run: TaskRun) -> None:
        if run.chain in self._lines and run.state != FAILED:
            heappush(self._ready, run.chain)

    def close(self) -> None:
        super().close()
        for _, line in self._lines.values():
            line.close()
        self._lines = {}


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

    def restore(self, runs: list[TaskRun]) -> None:
        seen = {(run.task.id, run.value) for run in runs}
        left = [
            want for want in self._waiting() if (want.targets[0].task.id, want.value) not in seen
        ]
        self._waiting = left.__iter__
        self.taken = len(runs)

    def close(self) -> None:
        self.body = None
        super().close()
