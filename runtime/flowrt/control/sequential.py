"""Sequential: children one after the other."""

from __future__ import annotations

from typing import Any, ClassVar

from flowrt.engine.flowable import Flowable
from flowrt.model.declare import TASKS, prop, task_type


@task_type("io.kestra.plugin.core.flow.Sequential", "io.kestra.core.tasks.flows.Sequential")
class Sequential(Flowable):
    """Runs tasks one by one."""

    shape: ClassVar[str] = "group"

    tasks: list[Any] = prop(TASKS, init=False)
