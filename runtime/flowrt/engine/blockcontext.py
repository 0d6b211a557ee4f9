"""The face of the engine for a run that no worker has: flowables, tasks that change or start executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.runcontext import RunContext
from flowrt.engine.variables import Variables

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun
    from flowrt.engine.ports import Engine
    from flowrt.engine.variables import View


class _Here:
    """The way to the engine from within."""

    __slots__ = ("_executor", "_run")

    def __init__(self, executor: Engine, run: TaskRun) -> None:
        self._executor = executor
        self._run = run

    def log(self, level: str, message: str) -> None:
        self._executor.log(self._run, level, message)

    def trace(self, error: BaseException) -> None:
        self._executor.trace(self._run, error)

    def log_entries(self, execution_id: str) -> list[dict[str, Any]]:
        return self._executor.host.log_of(execution_id)

    def alive(self) -> None:
        """It is."""


class BlockContext(RunContext):
    """What flowables render with: the execution as it is now, or as it was in a `view`."""

    def __init__(self, executor: Engine, run: TaskRun, view: View | None = None) -> None:
        super().__init__(
            run,
            executor.host.services,
            _Here(executor, run),
            lambda: Variables(executor, run, view),
            run.attempt_count,
        )
        self.executor = executor
        self.run = run


def context_of(executor: Engine, run: TaskRun, view: View | None = None) -> BlockContext:
    """The face of the engine for a run that is not in a worker."""
    return BlockContext(executor, run, view)
