"""The task that lets a paused execution go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import ANY, STRING, mapping, prop, task_type
from flowrt.model.task import Task
from flowrt.tasks.named import execution_of

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text


@task_type("io.kestra.plugin.core.execution.Resume", "io.kestra.core.tasks.executions.Resume")
class Resume(Task):
    """Let a paused execution go on, its own or another one; `inputs` are those of `onResume`, taken as they are."""

    here: ClassVar[bool] = True

    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    execution_id: Text | None = prop(STRING, default=None)
    inputs: Mapping | None = prop(mapping(ANY), default=None)

    def run(self, run: RunContext) -> None:
        named = execution_of(run, self.namespace, self.flow_id, self.execution_id)
        run.resume(named.id, run.mapping(self.inputs) or None)
