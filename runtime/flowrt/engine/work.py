"""One attempt of a leaf task as it is given to a worker, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.engine.runcontext import Running
    from flowrt.engine.services import Services
    from flowrt.expr.context import Context
    from flowrt.model.task import Task


class Abandoned(BaseException):
    """Nobody waits for this task any more: it was killed, or its time is over. Not for tasks to catch."""


class Work:
    """What is to be done: a task, and what it may see and reach.

    `variables` makes the variables as they were when the run was dispatched, `attempt` counts the tries before, `folder`
    is the one that a WorkingDirectory shares.
    """

    __slots__ = ("attempt", "folder", "run", "services", "task", "variables")

    def __init__(
        self,
        task: Task,
        run: Running,
        services: Services,
        variables: Callable[[], Context],
        attempt: int,
        folder: Path | None = None,
    ) -> None:
        self.task = task
        self.run = run
        self.services = services
        self.variables = variables
        self.attempt = attempt
        self.folder = folder


class Report:
    """What became of it: outputs (a dict, an `Outcome` or None), or an error and the outputs that stay all the same.

    `ended` is when it was over.
    """

    __slots__ = ("ended", "error", "kept", "result")

    def __init__(
        self,
        result: Any = None,
        error: BaseException | None = None,
        kept: dict[str, Any] | None = None,
    ) -> None:
        self.result = result
        self.error = error
        self.kept = kept
        self.ended = 0
