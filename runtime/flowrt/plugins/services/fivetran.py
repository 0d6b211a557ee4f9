"""Fivetran: syncs of connectors, and what they are like."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.java.printing import text_of
from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask, Waiting, address, tried
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text


def _again(code: int) -> bool:
    return code == 429 or 500 <= code <= 599


def _moment(found: dict[str, Any], key: str) -> datetime | None:
    return datetime.fromisoformat(found[key]) if found.get(key) else None


def _ended(found: dict[str, Any]) -> datetime | None:
    """When a connector last came to an end, good or bad."""
    ends = (_moment(found, "succeeded_at"), _moment(found, "failed_at"))
    return max((each for each in ends if each), default=None)


class FivetranTask(OptionsTask):
    """What the tasks share: who asks, and how often a connector is read again when Fivetran is busy."""

    service = "Fivetran"

    api_key: Text = prop(STRING)
    api_secret: Text = prop(STRING)
    base_url: Text = prop(STRING, default="https://api.fivetran.com")
    max_attempts: Integer = prop(INTEGER, default=3)
    initial_retry_delay: Text = prop(DURATION, default="PT1S")

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {
            "Authorization": basic(run.text(self.api_key), run.text(self.api_secret)),
            "Accept": "application/json;version=2",
        }

    def _url(self, run: RunContext, number: str, *more: str) -> str:
        base = f"{required_text(run, self.base_url).rstrip('/')}/v2/connectors"
        return address(base, number, *more)

    def _connector(self, run: RunContext, number: str) -> dict[str, Any]:
        attempts = run.integer(self.max_attempts) or 0
        pause = run.duration(self.initial_retry_delay) or 0
        if attempts < 1 or pause <= 0:
            raise TaskFailure(
                "`maxAttempts` must be at least 1, and `initialRetryDelay` above nothing"
            )
        url = self._url(run, number)
        found = tried(lambda: self._ask(run, "GET", url), _again, attempts, pause)
        return found["data"]  # type: ignore[no-any-return]


def _positive(run: RunContext, given: Text) -> float:
    """The seconds between two looks. Raises TaskFailure when there are none."""
    seconds = run.duration(given)
    if not seconds or seconds <= 0:
        raise TaskFailure(f"pollFrequency must be a positive duration, but was {run.text(given)}")
    return seconds


@task_type("io.kestra.plugin.fivetran.connectors.Sync")
class FivetranConnectorsSync(FivetranTask, Waiting):
    """Sync a connector, and wait for the end."""

    connector_id: Text = prop(STRING)
    force: Flag = prop(BOOLEAN, default=False)
    poll_frequency: Text = prop(DURATION, default="PT5S")

    async def run(self, run: RunContext) -> None:
        await super().run(run)

    def _pause(self, run: RunContext) -> float:
        return _positive(run, self.poll_frequency)

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        number = required_text(run, self.connector_id)
        last = _ended(self._connector(run, number))
        self._ask(run, "POST", self._url(run, number, "sync"), json={"force": run.flag(self.force)})

        def look() -> dict[str, Any] | None:
            try:
                found = self._connector(run, number)
            except Refused as error:
                if not _again(error.code):
                    raise
                run.log("WARN", f"Could not read the connector, looking again: {error}")
                return None
            ended = _ended(found)
            if ended is None or (last is not None and ended <= last):
                return None
            if _moment(found, "succeeded_at") != ended:
                raise TaskFailure(f"Connector '{number}' failed")
            return {}

        return {}, look


def _state(found: dict[str, Any], buffer: float) -> dict[str, Any]:
    """What a connector is like, and whether its data is fresh: None where it has no frequency."""
    status = found.get("status") or {}
    succeeded, failed = _moment(found, "succeeded_at"), _moment(found, "failed_at")
    has_failed = failed is not None and (succeeded is None or failed >= succeeded)
    frequency, fresh = found.get("sync_frequency"), None
    if frequency is not None:
        oldest = datetime.now(UTC) - timedelta(minutes=int(frequency), seconds=buffer)
        fresh = succeeded is not None and not has_failed and succeeded >= oldest
    ended = found.get("succeeded_at" if _ended(found) == succeeded else "failed_at")
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        "paused": found.get("paused"),
        "syncFrequency": frequency,
        "scheduleType": found.get("schedule_type"),
        "succeededAt": found.get("succeeded_at"),
        "failedAt": found.get("failed_at"),
        "completedDate": ended,
        "hasFailed": has_failed,
        "syncState": status.get("sync_state"),
        "setupState": status.get("setup_state"),
        "schemaStatus": status.get("schema_status"),
        "fresh": fresh,
    }


@task_type("io.kestra.plugin.fivetran.connectors.Status")
class FivetranConnectorsStatus(FivetranTask):
    """What connectors are like; wait until the data of all of them is fresh."""

    outputs: ClassVar[dict[str, Kind] | None] = {"connectors": mapping(mapping())}

    connector_ids: Listing = prop(listing(STRING))
    freshness_buffer: Text = prop(DURATION, default="PT0S")
    wait: Flag = prop(BOOLEAN, default=True)
    max_duration: Text = prop(DURATION, default="PT1H")
    poll_frequency: Text = prop(DURATION, default="PT30S")
    allow_terminal: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        numbers = [str(each or "") for each in run.listing(self.connector_ids) or ()]
        if not numbers:
            raise TaskFailure("connectorIds must not be empty")
        for place, number in enumerate(numbers):
            if not number.strip():
                raise TaskFailure(f"connectorIds[{place}] must not be null or blank")
        buffer = run.duration(self.freshness_buffer) or 0.0
        if buffer < 0:
            raise TaskFailure(
                f"freshnessBuffer must not be negative, but was {run.text(self.freshness_buffer)}"
            )
        if run.flag(self.wait, True):
            states = await self._fresh(run, numbers, buffer)
        else:
            states = await run.in_thread(partial(self._states, run, numbers, buffer))
        for number, state in states.items():
            run.log(
                "INFO",
                f"Connector '{number}' syncState={state['syncState']} succeededAt={state['succeededAt']} "
                f"fresh={text_of(state['fresh'])}",
            )
        return {"connectors": states}

    def _states(
        self, run: RunContext, numbers: list[str], buffer: float
    ) -> dict[str, dict[str, Any]]:
        return {number: _state(self._connector(run, number), buffer) for number in numbers}

    async def _fresh(
        self, run: RunContext, numbers: list[str], buffer: float
    ) -> dict[str, dict[str, Any]]:
        """The states once all are fresh. Raises TaskFailure when that cannot become so, or takes too long."""
        pause, most = _positive(run, self.poll_frequency), run.duration(self.max_duration) or 0.0
        longest, terminal = run.text(self.max_duration), run.flag(self.allow_terminal)
        if pause > most:
            raise TaskFailure(
                f"pollFrequency ({run.text(self.poll_frequency)}) must not be greater than maxDuration ({longest})"
            )
        last: dict[str, dict[str, Any]] = {}
        error: Refused | None = None
        started = time.monotonic()
        while True:
            try:
                last = await run.in_thread(partial(self._states, run, numbers, buffer))
            except Refused as refused:
                if not _again(refused.code):
                    raise
                error = refused
                run.log(
                    "WARN", f"Could not read connector status, retrying on next poll: {refused}"
                )
            else:
                _check(last, terminal)
                if all(state["fresh"] for state in last.values()):
                    return last
            if time.monotonic() - started + pause > most:
                raise TaskFailure(_too_long(longest, last, error))
            await run.sleep(pause)


def _check(states: dict[str, dict[str, Any]], terminal: bool) -> None:
    """Raises TaskFailure for a connector that will never be fresh."""
    for number, state in states.items():
        if state["fresh"] is None:
            raise TaskFailure(
                f"Connector '{number}' has no sync_frequency reported by Fivetran, so freshness cannot be computed"
            )
        stuck = state["paused"] is True or state["setupState"] != "connected"
        if not terminal and not state["fresh"] and stuck:
            raise TaskFailure(
                f"Connector '{number}' cannot become fresh: paused={text_of(state['paused'])}, "
                f"setupState={state['setupState']}"
            )


def _too_long(longest: str | None, states: dict[str, dict[str, Any]], error: Refused | None) -> str:
    stale = ", ".join(
        f"{number} (last succeeded at {state['succeededAt']})"
        for number, state in states.items()
        if not state["fresh"]
    )
    return (
        f"Connector(s) did not become fresh within {longest}"
        + (f", still stale: {stale}" if stale else "")
        + (f"; last error while polling: {error}" if error is not None else "")
    )
