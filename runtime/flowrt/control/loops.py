"""The lists of loops: the same block for one value after the other, or for several at once."""

from __future__ import annotations

from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from flowrt.engine.lines import Line
from flowrt.model.blocks import Request, Want
from flowrt.model.states import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.lines import Body


class LoopLine(Line):
    """The same block for one value after the other, as one long list. The values may become more or fewer."""

    __slots__ = ("_begin", "_number", "_recalled", "_value", "_values")

    def __init__(
        self, values: Callable[[], list[str]], begin: Callable[[str], Body], recalled: bool = False
    ) -> None:
        super().__init__(None)
        self._recalled = recalled
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

    def restore(self, runs: list[TaskRun]) -> bool:
        return super().restore(runs) or self._recalled


class Chains(Line):
    """The same block for several values at once: one line a value, the earlier value first."""

    __slots__ = ("_begin", "_current", "_lines", "_new", "_ready", "_recalled", "_values")

    _current: int
    """The chain of the request that was shown last."""

    def __init__(
        self, values: Callable[[], list[str]], begin: Callable[[str], Body], recalled: bool = False
    ) -> None:
        super().__init__(None)
        self._recalled = recalled
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

    def restore(self, runs: list[TaskRun]) -> bool:
        last: dict[int, TaskRun] = {}
        values = self._values()
        others = (values[run.chain : run.chain + 1] != [run.value] for run in runs)
        if not self._recalled and any(others):
            return False
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
        for number in range(self._new):
            if number not in last:  # its value stands before others now that have begun
                heappush(self._ready, number)
        return True

    def strays(self, runs: list[TaskRun]) -> list[TaskRun]:
        number_of = {value: number for number, value in enumerate(self._values())}
        for run in runs:
            run.chain = number_of.get(run.value or "", run.chain)
        return [run for run in runs if run.value not in number_of]

    def ended(self, run: TaskRun) -> None:
        if run.chain in self._lines and run.state != FAILED:
            heappush(self._ready, run.chain)

    def close(self) -> None:
        super().close()
        for _, line in self._lines.values():
            line.close()
        self._lines = {}
