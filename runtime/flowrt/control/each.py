"""ForEach, EachSequential, EachParallel: a list of tasks for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.base import Flowable
from flowrt.declare import ANY, INTEGER, TASKS, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Integer


@task_type("io.kestra.plugin.core.flow.ForEach")
class ForEach(Flowable):
    """One chain of tasks a value; `concurrency_limit` chains at once, 0 for all."""

    values: Any = prop(ANY)
    concurrency_limit: int = prop(INTEGER, static=True, default=1)
    tasks: list[Any] = prop(TASKS, static=True)


@task_type("io.kestra.plugin.core.flow.EachSequential", "io.kestra.core.tasks.flows.EachSequential")
class EachSequential(Flowable):
    """The older name of a ForEach with one chain at a time."""

    value: Any = prop(ANY)
    tasks: list[Any] = prop(TASKS, static=True)


@task_type("io.kestra.plugin.core.flow.EachParallel", "io.kestra.core.tasks.flows.EachParallel")
class EachParallel(Flowable):
    """Every task for every value at once, or as many as `concurrent` allows."""

    value: Any = prop(ANY)
    concurrent: Integer = prop(INTEGER, default=0)
    tasks: list[Any] = prop(TASKS, static=True)
