"""Sleep: wait for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import DURATION, prop, task_type
from flowrt.model.failures import required
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.core.flow.Sleep")
class Sleep(Task):
    """Do nothing for a duration; a timeout or a kill ends it at once."""

    duration: Text = prop(DURATION)

    async def run(self, run: RunContext) -> None:
        from flowrt.java.time.temporal import Duration

        seconds = required(run.duration(self.duration))
        run.log("INFO", f"Waiting for {Duration(round(seconds * 1_000_000_000))}")
        await run.sleep(int(seconds * 1000) / 1000)
