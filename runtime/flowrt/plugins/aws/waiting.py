"""What tasks of AWS share that begin something and wait for its end, in an event loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flowrt.plugins.aws.client import AwsTask, library, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext


class WaitingTask(AwsTask):
    """A task that is told of a kill between two requests."""

    async def run(self, run: RunContext) -> Any:
        library()
        return await self._wait(run, await run.in_thread(partial(self.client, run)))

    async def _wait(self, run: RunContext, client: Any) -> Any:
        raise NotImplementedError

    async def _ask(self, run: RunContext, call: Callable[..., Any], **given: Any) -> Any:
        """What a request answers. Raises TaskFailure in the words of the service."""

        def work() -> Any:
            with told(f"AWS {self.service}"):
                return call(**given)

        return await run.in_thread(work)
