"""Hightouch: syncs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, DURATION, INTEGER, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.services.service import OptionsTask, Waiting, address, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

BASE = "https://api.hightouch.com/api/v1/syncs"
GOOD = ("success", "complete", "completed", "completed_success", "completed_successfully")
HALF = ("completed_with_errors", "completed_with_error", "completed_errors", "warning")
BAD = (
    *("failed", "aborted_due_to_fatal_error", "interrupted"),
    *("cancelled", "canceled", "cancelled_by_user", "canceled_by_user"),
)


@task_type("io.kestra.plugin.hightouch.Sync")
class HightouchSync(OptionsTask, Waiting):
    """Start a sync, and wait for the end."""

    service = "Hightouch"
    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": mapping(), "runId": INTEGER}

    token: Text = prop(STRING)
    sync_id: Integer = prop(INTEGER)
    full_resynchronization: Flag = prop(BOOLEAN, default=False)
    max_duration: Text = prop(DURATION, default="PT5M")

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.token)

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        name = str(required(run.integer(self.sync_id)))
        sync = self._ask(run, "GET", address(BASE, name))
        asked = {"fullResync": run.flag(self.full_resynchronization)}
        found = self._ask(run, "POST", address(BASE, name, "trigger"), json=asked)
        job = int(found["id"])
        about = f"[syncId={sync.get('id')}] {sync.get('slug')}:"
        run.log("INFO", f"{about} Job triggered with runId {job}")

        def look() -> dict[str, Any] | None:
            page = self._ask(run, "GET", address(BASE, name, "runs", runId=job))
            for each in page.get("data") or ():
                if str(each.get("id")) == str(job):
                    status = str(each.get("status")).lower().replace(" ", "_")
                    run.log("INFO", f"{about} [runId={job}] is now {status.upper()}")
                    return self._ended(run, each, status)
            return None

        return {"runId": job}, look

    @staticmethod
    def _ended(run: RunContext, found: dict[str, Any], status: str) -> dict[str, Any] | None:
        if status in BAD:
            why = found.get("error")
            raise TaskFailure(
                f"Failed run with status '{status.upper()}'" + (f": {why}" if why else "")
            )
        if status not in GOOD + HALF:
            return None
        if status in HALF:
            run.log("WARN", f"Run completed with errors: {found.get('failedRows')} failed rows")
        if found.get("completionRatio") is not None:
            run.metric("counter", "completion.ratio", found["completionRatio"])
        for kind, key in (("successfully", "successfulRows"), ("failed", "failedRows")):
            for change in ("added", "removed", "changed"):
                count = (found.get(key) or {}).get(f"{change}Count")
                if count is not None:
                    run.metric("counter", f"rows.{kind}.{change}", count)
        return {"metadata": found}
