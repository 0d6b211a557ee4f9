"""Parallel: all children at once, or as many as `concurrent` allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.base import Flowable
from flowrt.declare import INTEGER, TASKS, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Integer


@task_type("io.kestra.plugin.core.flow.Parallel", "io.kestra.core.tasks.flows.Parallel")
class Parallel(Flowable):
    """Children run at the same time; 0 means no limit."""

    tasks: list[Any] = prop(TASKS, static=True)
    concurrent: Integer = prop(INTEGER, default=0)
