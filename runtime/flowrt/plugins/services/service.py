"""What tasks of services share: requests with the options of the flow, and waiting for what was started."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import BOOLEAN, DURATION, prop, record
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.web import Refused, ask, exchange
from flowrt.tasks.http_client import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

LONGEST_PAUSE = 30.0
"""Seconds between two tries of a request, at most."""


class ServiceTask(Task):
    """A task that asks a service; `service` is its name in messages."""

    service: ClassVar[str] = ""

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        raise NotImplementedError

    def _headers(self, run: RunContext) -> dict[str, str]:
        """The headers of each request, who asks among them."""
        return {}

    def _options(self) -> HttpOptions | None:
        return None

    def _exchange(self, run: RunContext, method: str, url: str, **how: Any) -> Response:
        how["headers"] = {**self._headers(run), **how.get("headers", {})}
        return exchange(run, self.service, method, url, options=self._options(), **how)

    def _ask(self, run: RunContext, method: str, url: str, **how: Any) -> Any:
        """The JSON of an answer. Raises Refused when it is no success."""
        how["headers"] = {**self._headers(run), **how.get("headers", {})}
        return ask(run, self.service, method, url, options=self._options(), **how)


class OptionsTask(ServiceTask):
    """A task whose requests the flow can tune."""

    options: HttpOptions | None = prop(record(HttpOptions), default=None)

    def _options(self) -> HttpOptions | None:
        return self.options


class Waiting(ServiceTask):
    """A task that starts something and may wait for its end."""

    wait: Flag = prop(BOOLEAN, default=True)
    max_duration: Text = prop(DURATION, default="PT60M")

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        outputs, over = await run.in_thread(lambda: self._started(run))
        if not run.flag(self.wait, True):
            return outputs  # type: ignore[no-any-return]
        return {**outputs, **await until(run, over, self._pause(run), self.max_duration)}

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        """Start it: what is known by then, and how to look whether it is over (None while it is not)."""
        raise NotImplementedError

    def _pause(self, run: RunContext) -> float:
        return 1.0


async def until(
    run: RunContext,
    look: Callable[[], dict[str, Any] | None],
    pause: float,
    most: Text | None = None,
) -> dict[str, Any]:
    """Look again and again, until something is found, for `most` at the longest, if that is given. Raises TaskFailure."""
    left = run.duration(most)
    started = time.monotonic()
    while True:
        found = await run.in_thread(look)
        if found is not None:
            return found  # type: ignore[no-any-return]
        if left is not None and time.monotonic() - started + pause > left:
            raise TaskFailure(f"Await failed to terminate within {run.text(most)}.")
        await run.sleep(pause)


def tried(
    send: Callable[[], Any], codes: Callable[[int], bool], attempts: int, pause: float
) -> Any:
    """What `send` answers, tried again after answers with these codes, with pauses that double."""
    for _ in range(attempts - 1):
        try:
            return send()
        except Refused as error:
            if not codes(error.code):
                raise
        time.sleep(min(pause, LONGEST_PAUSE))
        pause *= 2
    return send()


def bearer(run: RunContext, *tokens: Text | None) -> dict[str, str]:
    """The header for the first token that is there. Raises TaskFailure when none is."""
    for token in tokens:
        value = run.text(token)
        if value:
            return {"Authorization": f"Bearer {value}"}
    raise TaskFailure("Missing required authentication fields")


def address(base: str, *parts: str, **query: Any) -> str:
    """An address below another: each part and each value is quoted, values of None are left out.

    Raises TaskFailure for a part of dots alone, which would leave its place.
    """
    for part in parts:
        if part in (".", ".."):
            raise TaskFailure(f"`{part}` is no name that an address can hold")
    path = "/".join([base.rstrip("/"), *(quote(part, safe="") for part in parts)])
    asked = urlencode({k: v for k, v in query.items() if v is not None}, doseq=True)
    return f"{path}?{asked}" if asked else path
