"""What the parts of conducting know of each other: who makes task runs, and who does what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrt.engine.ports import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.frames import Frame
    from flowrt.model.blocks import Block
    from flowrt.model.task import Task


class Conducts(Engine, Protocol):
    """The conductor of an execution (`flowrt.conduct.conductor`), as its lists and blocks see it."""

    host: Any

    async def child(self, run: Any, target: Task | Block) -> Any:
        """Run a task for a list."""

    async def together(self, bodies: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Run coroutines at the same time."""

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""

    async def ended_all(self, frame: Frame, role: int) -> None:
        """Wait for handlers that are tried again, behind the end of their list."""

    async def dispatch(self, run: TaskRun) -> None:
        """Run a task run that is part of the execution."""

    def take(self, runs: list[TaskRun]) -> list[TaskRun]:
        """Take new task runs into the execution."""

    def pay(self, error: BaseException) -> None:
        """The engine itself failed: the last open run pays for it."""
