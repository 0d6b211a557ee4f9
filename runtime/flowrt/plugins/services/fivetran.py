"""Fivetran: syncs of connectors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.http.client import basic
from flowrt.model.declare import BOOLEAN, DURATION, INTEGER, STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask, Waiting, address, tried
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text


def _again(code: int) -> bool:
    return code == 429 or 500 <= code <= 599


def _moment(found: dict[str, Any], key: str) -> datetime | None:
    return datetime.fromisoformat(found[key]) if found.get(key) else None


def _ended(found: dict[str, Any]) -> datetime | None:
    """When a connector last came to an end, good or bad."""
    ends = (_moment(found, "succeeded_at"), _moment(found, "failed_at"))
    return max((each for each in ends if each), default=None)


@task_type("io.kestra.plugin.fivetran.connectors.Sync")
class FivetranConnectorsSync(OptionsTask, Waiting):
    """Sync a connector, and wait for the end."""

    service = "Fivetran"

    api_key: Text = prop(STRING)
    api_secret: Text = prop(STRING)
    base_url: Text = prop(STRING, default="https://api.fivetran.com")
    connector_id: Text = prop(STRING)
    force: Flag = prop(BOOLEAN, default=False)
    poll_frequency: Text = prop(DURATION, default="PT5S")
    max_attempts: Integer = prop(INTEGER, default=3)
    initial_retry_delay: Text = prop(DURATION, default="PT1S")

    async def run(self, run: RunContext) -> None:
        await super().run(run)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {
            "Authorization": basic(run.text(self.api_key), run.text(self.api_secret)),
            "Accept": "application/json;version=2",
        }

    def _pause(self, run: RunContext) -> float:
        seconds = run.duration(self.poll_frequency)
        if not seconds or seconds <= 0:
            raise TaskFailure(
                f"pollFrequency must be a positive duration, but was {run.text(self.poll_frequency)}"
            )
        return seconds

    def _url(self, run: RunContext, *more: str) -> str:
        base = f"{required_text(run, self.base_url).rstrip('/')}/v2/connectors"
        return address(base, required_text(run, self.connector_id), *more)

    def _connector(self, run: RunContext) -> dict[str, Any]:
        attempts = run.integer(self.max_attempts) or 0
        pause = run.duration(self.initial_retry_delay) or 0
        if attempts < 1 or pause <= 0:
            raise TaskFailure(
                "`maxAttempts` must be at least 1, and `initialRetryDelay` above nothing"
            )
        url = self._url(run)
        found = tried(lambda: self._ask(run, "GET", url), _again, attempts, pause)
        return found["data"]  # type: ignore[no-any-return]

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        last = _ended(self._connector(run))
        self._ask(run, "POST", self._url(run, "sync"), json={"force": run.flag(self.force)})

        def look() -> dict[str, Any] | None:
            try:
                found = self._connector(run)
            except Refused as error:
                if not _again(error.code):
                    raise
                run.log("WARN", f"Could not read the connector, looking again: {error}")
                return None
            ended = _ended(found)
            if ended is None or (last is not None and ended <= last):
                return None
            if _moment(found, "succeeded_at") != ended:
                raise TaskFailure(f"Connector '{run.text(self.connector_id)}' failed")
            return {}

        return {}, look
