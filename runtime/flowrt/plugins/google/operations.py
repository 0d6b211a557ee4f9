"""What tasks share that begin something at Google and wait for its end, in an event loop."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.cloud import CloudTask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flowrt.model.context import RunContext
    from flowrt.plugins.google.auth import Google

PAUSE = 1.0
"""Seconds between two looks."""


class OperationTask(CloudTask):
    """A task that waits: it is told of a kill between two looks, and takes back what it has begun."""

    async def run(self, run: RunContext) -> Any:
        from asyncio import CancelledError

        google = self._google(run)
        try:
            return await self._wait(run, google)
        except CancelledError:
            await run.in_thread(partial(self._killed, run, google))
            raise

    async def _wait(self, run: RunContext, google: Google) -> Any:
        raise NotImplementedError

    def _killed(self, run: RunContext, google: Google) -> None:
        """The task is stopped: what it has begun is taken back, where that is possible."""


async def ended(
    run: RunContext,
    look: Callable[[], Any],
    over: Callable[[Any], bool],
    pause: float = PAUSE,
    most: float | None = None,
    too_long: Callable[[], str] | None = None,
) -> Any:
    """What `look` finds once it is over. Raises TaskFailure when that takes longer than `most` seconds."""
    started = time.monotonic()
    while True:
        found = await run.in_thread(look)
        if over(found):
            return found
        if most is not None and time.monotonic() - started + pause > most:
            raise TaskFailure(too_long() if too_long else "Google takes too long")
        await run.sleep(pause)


async def cancelled_with(run: RunContext, google: Google, url: str, work: Awaitable[Any]) -> Any:
    """What comes of waiting; what lies at the address is cancelled when the task is killed meanwhile."""
    from asyncio import CancelledError

    def cancel() -> None:
        try:
            google.ask("POST", f"{url}:cancel", json={})
        except TaskFailure as error:
            run.log("WARN", f"What the task has begun could not be cancelled: {error}")

    try:
        return await work
    except CancelledError:
        await run.in_thread(cancel)
        raise


def done(operation: dict[str, Any]) -> bool:
    """Whether a long-running operation is over."""
    return bool(operation.get("done"))


def checked(what: str, operation: dict[str, Any]) -> dict[str, Any]:
    """An operation that is over. Raises TaskFailure with its error."""
    error = operation.get("error")
    if error:
        raise TaskFailure(f"{what}: {error.get('message')}")
    return operation


def part(text: str) -> str:
    """A text as one step of an address. Raises TaskFailure for one that would leave its place."""
    if text in ("", ".", ".."):
        raise TaskFailure(f"`{text}` is no name that an address can hold")
    return quote(text, safe="")


def steps(text: str) -> str:
    """A path of names in an address."""
    return "/".join(part(each) for each in text.strip("/").split("/"))


def host(text: str) -> str:
    """A text that begins the name of a host, like a region. Raises TaskFailure for what would name another."""
    import re

    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise TaskFailure(f"`{text}` is no region")
    return text
