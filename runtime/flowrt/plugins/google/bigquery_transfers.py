"""BigQuery: runs of its Data Transfer Service."""

from __future__ import annotations

import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt.java.time.isoparse import parse_instant
from flowrt.model.declare import BOOLEAN, DURATION, STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.monitoring import moment
from flowrt.plugins.google.operations import OperationTask, ended, steps
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://bigquerydatatransfer.googleapis.com/v1"
OVER = ("SUCCEEDED", "FAILED", "CANCELLED")


@task_type("io.kestra.plugin.gcp.bigquery.RunTransferConfig")
class BigQueryRunTransferConfig(OperationTask):
    """Start a transfer, or take the run that is on its way, and wait for its end."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "destinationDatasetId": STRING,
        "location": STRING,
        "projectId": STRING,
        "reattached": BOOLEAN,
        "runName": STRING,
        "state": STRING,
    }

    transfer_config_name: Text = prop(STRING)
    reattach: Flag = prop(BOOLEAN, default=True)
    reattach_max_age: Text | None = prop(DURATION, default=None)
    wait: Flag = prop(BOOLEAN, default=True)
    poll_interval: Text = prop(DURATION, default="PT15S")
    max_duration: Text = prop(DURATION, default="PT1H")

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        config = required_text(run, self.transfer_config_name)
        url = f"{ADDRESS}/{steps(config)}"
        found = None
        if run.flag(self.reattach, True):
            found = await run.in_thread(partial(self._going_on, run, google, url))
        reattached = found is not None
        run.metric("counter", "reattached", int(reattached))
        if found is None:
            found = await run.in_thread(partial(self._begun, run, google, url, config))
        else:
            run.log(
                "INFO",
                f"Re-attaching to in-flight transfer run '{found['name']}' instead of starting a new one",
            )
        known = await run.in_thread(partial(google.ask, "GET", url))
        if run.flag(self.wait, True):
            found = await self._ended(run, google, found)
        return {
            "runName": found["name"],
            "state": found.get("state"),
            "reattached": reattached,
            "destinationDatasetId": known.get("destinationDatasetId", ""),
            "projectId": _after(config, "projects"),
            "location": _after(config, "locations"),
        }

    def _begun(self, run: RunContext, google: Google, url: str, config: str) -> dict[str, Any]:
        asked = {"requestedRunTime": moment(time.time())}
        runs = (google.ask("POST", f"{url}:startManualRuns", json=asked) or {}).get("runs")
        if not runs:
            raise TaskFailure(
                f"startManualTransferRuns started no run for transfer config '{config}' -- the config may be disabled or the "
                "requested run time is outside its window"
            )
        run.log("INFO", f"Started transfer run '{runs[0]['name']}'")
        first: dict[str, Any] = runs[0]
        return first

    def _going_on(self, run: RunContext, google: Google, url: str) -> dict[str, Any] | None:
        """The newest run that is on its way; those that are too old do not count."""
        oldest, newest = run.duration(self.reattach_max_age), None
        query = "?states=PENDING&states=RUNNING"
        token = ""
        while True:
            page = google.ask("GET", f"{url}/runs{query}{token}") or {}
            for each in page.get("transferRuns") or ():
                scheduled = parse_instant(each["scheduleTime"]).epoch_nanos
                if oldest is not None and scheduled < (time.time() - oldest) * 1e9:
                    run.log(
                        "INFO",
                        f"Ignoring in-flight transfer run '{each['name']}' scheduled at {each['scheduleTime']} because it is "
                        f"older than reattachMaxAge ({run.text(self.reattach_max_age)}); a fresh run will be started",
                    )
                elif newest is None or scheduled > newest[0]:
                    newest = (scheduled, each)
            if not page.get("nextPageToken"):
                return None if newest is None else newest[1]
            token = f"&pageToken={quote(page['nextPageToken'], safe='')}"

    async def _ended(
        self, run: RunContext, google: Google, begun: dict[str, Any]
    ) -> dict[str, Any]:
        name, most = begun["name"], run.text(self.max_duration)
        last = begun

        def look() -> Any:
            nonlocal last
            last = google.ask("GET", f"{ADDRESS}/{steps(name)}")
            return last

        pause, started = run.duration(self.poll_interval), time.monotonic()
        found: dict[str, Any] = await ended(
            run,
            look,
            lambda each: each.get("state") in OVER,
            pause=15.0 if pause is None else pause,
            most=run.duration(self.max_duration),
            too_long=lambda: (
                f"Transfer run '{name}' did not reach a terminal state within {most} -- last observed state was "
                f"{last.get('state')}"
            ),
        )
        run.metric("timer", "duration", time.monotonic() - started)
        if found["state"] != "SUCCEEDED":
            said = (found.get("errorStatus") or {}).get("message", "")
            raise TaskFailure(f"Transfer run '{name}' ended in state {found['state']}: {said}")
        return found


def _after(name: str, key: str) -> str | None:
    """What follows a step of a name."""
    parts = name.split("/")
    return next((after for step, after in pairwise(parts) if step == key), None)
