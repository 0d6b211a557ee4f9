"""Segment: syncs of its reverse ETL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address, until
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

BASE = "https://api.segmentapis.com"
_FIELDS = ("syncId", "syncStatus", "sourceId", "modelId", "duration", "startedAt", "finishedAt")
_EXTRACT = ("addedCount", "updatedCount", "deletedCount", "extractCount")
_LOAD = ("deliverSuccessCount", "deliverFailureCount")


def _part(found: dict[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if found is None else {name: found.get(name) for name in names}


class SegmentTask(ServiceTask):
    """What the tasks share."""

    service = "Segment"

    token: Text = prop(STRING)
    uri: Text = prop(STRING, default=BASE)
    model_id: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {required_text(run, self.token)}",
            "Content-Type": "application/vnd.segment.v1alpha+json",
        }

    def _url(self, run: RunContext, *parts: str) -> str:
        return address(run.text(self.uri) or BASE, *parts)

    def _status(self, run: RunContext, number: str) -> dict[str, Any] | None:
        """What a sync is like."""
        url = self._url(
            run, "reverse-etl-models", required_text(run, self.model_id), "syncs", number
        )
        found = ((self._ask(run, "GET", url) or {}).get("data") or {}).get("reverseETLSyncStatus")
        if found is None:
            return None
        return {
            **{name: found.get(name) for name in _FIELDS},
            "extractPhase": _part(found.get("extractPhase"), _EXTRACT),
            "loadPhase": _part(found.get("loadPhase"), _LOAD),
            "error": found.get("error"),
            "errorCode": found.get("errorCode"),
        }


@task_type(
    "io.kestra.plugin.twilio.segment.reverseetl.Status",
    "io.kestra.plugin.segment.reverseetl.Status",
)
class SegmentReverseEtlStatus(SegmentTask):
    """What a sync is like."""

    outputs: ClassVar[dict[str, Kind] | None] = {"status": mapping()}

    sync_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        return {"status": self._status(run, required_text(run, self.sync_id))}


@task_type(
    "io.kestra.plugin.twilio.segment.reverseetl.Sync",
    "io.kestra.plugin.segment.reverseetl.Sync",
)
class SegmentReverseEtlSync(SegmentTask):
    """Start a sync, and wait for its end if that is wanted."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "created": mapping(),
        "status": mapping(),
        "syncId": STRING,
    }

    source_id: Text = prop(STRING)
    subscription_id: Text = prop(STRING)
    wait: Flag = prop(BOOLEAN, default=False)
    max_duration: Text = prop(DURATION, default="PT1H")
    poll_interval: Text = prop(DURATION, default="PT5S")
    error_on_failing: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        created = await run.in_thread(lambda: self._created(run))
        number = str(created["syncId"])
        run.log("INFO", f"Triggered Segment Reverse ETL sync with id={number}")
        if not run.flag(self.wait):
            return {"syncId": number, "created": created}

        def over() -> dict[str, Any] | None:
            found = self._status(run, number)
            return found if found and found["syncStatus"] in ("SUCCESS", "FAIL") else None

        pause = run.duration(self.poll_interval) or 5.0
        status = await until(run, over, pause, self.max_duration)
        said = status["syncStatus"]
        run.log("INFO", f"Segment Reverse ETL sync {number} finished with status={said}")
        if run.flag(self.error_on_failing) and said != "SUCCESS":
            raise TaskFailure(f"Segment Reverse ETL failed with status: {said}")
        return {"syncId": number, "status": status}

    def _created(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "sourceId": required_text(run, self.source_id),
            "modelId": required_text(run, self.model_id),
            "subscriptionId": required_text(run, self.subscription_id),
        }
        found = self._ask(run, "POST", self._url(run, "reverse-etl-syncs"), json=asked)
        made = found["data"]["reverseETLManualSync"]
        return {"syncId": made["syncId"], "startedAt": made.get("startedAt")}
