"""AllowFailure: children one after the other; a failure becomes a warning."""

from __future__ import annotations

from typing import Any

from flowrt.control.base import Flowable
from flowrt.declare import TASKS, prop, task_type


@task_type("io.kestra.plugin.core.flow.AllowFailure", "io.kestra.core.tasks.flows.AllowFailure")
class AllowFailure(Flowable):
    """A failing child ends the block with WARNING."""

    tasks: list[Any] = prop(TASKS, static=True)
