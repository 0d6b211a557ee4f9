"""Dag: children as soon as the tasks that they depend on have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.base import Flowable
from flowrt.declare import DAG, INTEGER, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Integer


@task_type("io.kestra.plugin.core.flow.Dag", "io.kestra.core.tasks.flows.Dag")
class Dag(Flowable):
    """A directed acyclic graph of tasks."""

    tasks: list[Any] = prop(DAG, static=True)
    concurrent: Integer = prop(INTEGER, default=0)
