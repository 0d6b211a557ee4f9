"""Sequential: children one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.engine.flowable import Flowable
from flowrt.model.declare import TASKS, prop, task_type

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun


@task_type("io.kestra.plugin.core.flow.Sequential", "io.kestra.core.tasks.flows.Sequential")
class Sequential(Flowable):
    """Runs tasks one by one."""

    shape: ClassVar[str] = "group"

    tasks: list[Any] = prop(TASKS, init=False)

    def is_steady(self, run: TaskRun) -> bool:
        return True
