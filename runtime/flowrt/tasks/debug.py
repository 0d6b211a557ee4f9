"""Tasks that show a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import LEVEL, Task
from flowrt.tasks.log import NO_MESSAGE

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.core.debug.Return", "io.kestra.core.tasks.debugs.Return")
class Return(Task):
    """Answer a rendered text as `value`, and log it at DEBUG."""

    outputs: ClassVar[dict[str, Kind] | None] = {"value": STRING}

    format: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> dict[str, str] | None:
        if self.format is None:
            run.metric("counter", "length", 0)
            return None
        value = run.text(self.format) or ""
        run.log("DEBUG", value)
        run.metric("counter", "length", len(value))
        return {"value": value}


@task_type("io.kestra.plugin.core.debug.Echo", "io.kestra.core.tasks.debugs.Echo")
class Echo(Task):
    """The older form of Log."""

    format: Text | None = prop(STRING, default=None)
    level: Text = prop(LEVEL, default="INFO")

    def run(self, run: RunContext) -> None:
        level = str(required(run.constant(self.level, LEVEL)))
        if self.format is None:
            raise TaskFailure(NO_MESSAGE)
        run.log(level, run.text(self.format) or "")
