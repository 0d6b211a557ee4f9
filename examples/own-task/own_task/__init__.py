"""A task type of one's own: `com.acme.Greet`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, prop, task_type
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text


@task_type("com.acme.Greet")
class Greet(Task):
    """Greet somebody, as often as `times` says."""

    outputs: ClassVar[dict[str, Kind] | None] = {"greeting": STRING}

    to: Text = prop(STRING)
    times: Integer = prop(INTEGER, default=1)

    def run(self, run: RunContext) -> dict[str, str]:
        greeting = f"Hello {run.text(self.to)}"
        for _ in range(run.integer(self.times) or 1):
            run.log("INFO", greeting)
        return {"greeting": greeting}
