"""If: one of two lists of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import BOOLEAN, STRING, TASKS, Kind, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Text


@task_type("io.kestra.plugin.core.flow.If", "io.kestra.core.tasks.flows.If")
class If(Flowable):
    """The condition is evaluated once, when the task run is created."""

    outputs: ClassVar[dict[str, Kind] | None] = {"evaluationResult": BOOLEAN}

    condition: Text = prop(STRING)
    then: list[Any] = prop(TASKS, static=True)
    else_: list[Any] = prop(TASKS, static=True, default=None)
