"""The task that switches a trigger on or off."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import BOOLEAN, PLAIN, prop, task_type
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.core.trigger.Toggle", "io.kestra.core.tasks.trigger.Toggle")
class Toggle(Task):
    """Switch a trigger of a server on or off; a program has none to switch, and says so."""

    not_blank: ClassVar[tuple[str, ...]] = ("enabled",)

    flow_id: Text | None = prop(PLAIN, default=None)
    namespace: Text | None = prop(PLAIN, default=None)
    trigger: Text = prop(PLAIN)
    enabled: bool = prop(BOOLEAN, default=False, static=True)

    def run(self, run: RunContext) -> None:
        namespace = run.text(self.namespace) or run.namespace
        flow = run.text(self.flow_id) or run.flow_id
        verb = "enable" if self.enabled else "disable"
        run.log(
            "WARN",
            f"Triggers start executions on a server: there is no trigger {run.text(self.trigger)} of"
            f" {namespace}.{flow} here to {verb}",
        )
