"""Frames of blocks whose lists are awaited: a list is over when its coroutine is, so only the states are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.execution import MAIN
from flowrt.engine.frames import Frame
from flowrt.engine.lines import Line
from flowrt.model.states import SUCCESS

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.ports import Engine
    from flowrt.model.blocks import Block


class AwaitedFrame(Frame):
    """A block while its coroutine runs. `error` is what the coroutine raised that is no failure of a task."""

    __slots__ = ("error", "no_case")

    def __init__(self, executor: Engine, block: Block, run: TaskRun | None) -> None:
        super().__init__(executor, block, run)
        self.error: Exception | None = None
        self.no_case = False

    def line(self, role: int) -> Line:
        """A list at its end."""
        line = Line(None)
        line.no_case = self.no_case
        return line

    def reset(self, role: int) -> None:
        """What ran has run; who begins anew gets another frame."""

    def over(self, role: int) -> bool:
        return True

    def empty(self) -> bool:
        self._heed()
        return not self.runs[MAIN]

    def resolve(self, target: str = SUCCESS) -> str | None:
        self._heed()
        return self.fold(target)

    def _heed(self) -> None:
        if self.error is not None:
            raise self.error
