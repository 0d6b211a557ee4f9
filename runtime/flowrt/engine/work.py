"""One attempt of a leaf task as it is given to a worker, and what comes back.

The engine sends each attempt to its worker as a copy of its own, so a list that one task has sorted (`sort` and `reverse`
work in place) is as before in the next. Here attempts share what they see, and only those that would change it get a copy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import Declared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.engine.runcontext import Running
    from flowrt.engine.services import Services
    from flowrt.expr.context import Context
    from flowrt.model.task import Task

_IN_PLACE = re.compile(r"\|\s*(?:r?sort|reverse)\b")
_SHARED = ("inputs", "vars", "trigger")
"""What tasks that one worker runs one after the other see as those before have left it."""


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


def changes_lists(task: Task, known: dict[Task, bool]) -> bool:
    """Whether an expression of the task changes the lists that it is given; what is found out is `known` from then on."""
    found = known.get(task)
    if found is None:
        found = known[task] = _changes(vars(task))
    return found


def _changes(given: Any) -> bool:
    if isinstance(given, dict):
        return any(_changes(key) or _changes(value) for key, value in given.items())
    if isinstance(given, (list, tuple)):
        return any(map(_changes, given))
    if isinstance(given, Declared):
        return _changes(vars(given))
    return _IN_PLACE.search(getattr(given, "source", "")) is not None


def keep_apart(variables: dict[str, Any]) -> dict[str, Any]:
    """Give the variables lists of their own; those that later tasks of the same worker see, too."""
    for name in (*_SHARED, "outputs"):
        value = variables.get(name)
        if value is not None:
            variables[name] = _own(value)
    return {name: variables[name] for name in _SHARED if name in variables}


def _own(value: Any) -> Any:
    from copy import copy

    mine: Any = value
    if isinstance(value, dict):
        mine = copy(value)
        for key in list(dict.keys(value)):
            dict.__setitem__(mine, key, _own(value[key]))
    elif isinstance(value, list):
        mine = copy(value)
        mine[:] = [_own(each) for each in value]
    return mine
