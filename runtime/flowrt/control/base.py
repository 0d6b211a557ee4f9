"""What every flowable shares: local `errors` and `finally`, and the rules that most of them follow."""

from __future__ import annotations

from typing import Any, ClassVar

from flowrt.declare import TASKS, Kind, prop
from flowrt.tasks.base import Task


class Flowable(Task):
    """A task that decides which of its children run next; it does no work itself."""

    outputs: ClassVar[dict[str, Kind] | None] = {}

    errors: list[Any] = prop(TASKS, static=True, default=None)
    finally_: list[Any] = prop(TASKS, static=True, default=None)
