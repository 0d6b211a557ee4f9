"""Log tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.declare import STRING, listing, one_of, prop, task_type
from flowrt.tasks.base import LEVEL, RunContext, Task, TaskFailure

if TYPE_CHECKING:
    from flowrt.declare import Text


@task_type("io.kestra.plugin.core.log.Log", "io.kestra.core.tasks.log.Log")
class Log(Task):
    """Write one record, or one a list element."""

    message: Text | list[Any] = prop(one_of(STRING, listing(STRING)))
    level: Text = prop(LEVEL, default="INFO")

    def run(self, run: RunContext) -> None:
        level = run.text(self.level) or "INFO"
        if isinstance(self.message, list):
            for item in self.message:
                run.log(level, run.text(item) or "")
            return
        if isinstance(self.message, (int, float, dict)):
            raise TaskFailure(f"Invalid message type '{type(self.message).__name__}'")
        run.log(level, run.text(self.message) or "")
