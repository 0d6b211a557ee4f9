"""dbt Cloud: runs of jobs, and the results that they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask, Waiting, address, bearer, tried, until
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

SUCCESS, ENDED = 10, (10, 20, 30)
"""Statuses of a run: success, error and cancelled are ends."""
RELATED = '["trigger","job","debug_logs","run_steps","environment"]'


class DbtCloudTask(OptionsTask):
    """What the tasks share."""

    service = "dbt Cloud"

    base_url: Text = prop(STRING, default="https://cloud.getdbt.com")
    account_id: Text = prop(STRING)
    token: Text = prop(STRING)
    max_retries: Integer = prop(INTEGER, default=3)
    initial_delay_ms: Integer = prop(INTEGER, default=1000)
    max_duration: Text = prop(DURATION, default="PT60M")
    poll_frequency: Text = prop(DURATION, default="PT5S")
    parse_run_results: Flag = prop(BOOLEAN, default=True)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.token)

    def _pause(self, run: RunContext) -> float:
        return run.duration(self.poll_frequency) or 5.0

    def _url(self, run: RunContext, *parts: str, **query: Any) -> str:
        base = f"{required_text(run, self.base_url).rstrip('/')}/api/v2/accounts"
        return address(base, required_text(run, self.account_id), *parts, **query)

    def _send(self, run: RunContext, send: Callable[[], Any]) -> Any:
        attempts = run.integer(self.max_retries) or 1
        pause = (run.integer(self.initial_delay_ms) or 0) / 1000
        return tried(send, lambda code: code in (502, 503, 504), attempts, pause)

    def _over(self, run: RunContext, number: str) -> Callable[[], dict[str, Any] | None]:
        """How to look whether a run is over; its log is passed on."""
        said: dict[Any, int] = {}

        def look() -> dict[str, Any] | None:
            url = self._url(run, "runs", number, "", include_related=RELATED)
            found = self._send(run, lambda: self._ask(run, "GET", url))["data"]
            for step in found.get("run_steps") or ():
                text = step.get("logs") or ""
                new, said[step.get("id")] = text[said.get(step.get("id"), 0) :], len(text)
                for line in new.splitlines():
                    run.log("INFO", f"[Step {step.get('name')}]: {line}")
            status = found.get("status")
            if not (status in ENDED if status is not None else found.get("is_complete")):
                return None
            if not (status == SUCCESS if status is not None else found.get("is_success")):
                more = found.get("status_message")
                raise TaskFailure(
                    f"Failed run with status '{found.get('status_humanized')}' after "
                    f"{found.get('duration_humanized')}" + (f": {more}" if more else "")
                )
            return self._artifacts(run, number)

        return look

    def _artifacts(self, run: RunContext, number: str) -> dict[str, Any]:
        names = {"runResults": "run_results.json", "manifest": "manifest.json"}
        kept = {}
        for output, name in names.items():
            url = self._url(run, "runs", number, "artifacts", name)
            try:
                found: Response = self._send(
                    run, lambda url=url: self._exchange(run, "GET", url)  # type: ignore[misc]
                )
            except Refused as error:
                if error.code != 404:
                    raise
                run.log("DEBUG", f"Artifact '{name}' not found (404) — skipping")
                continue
            kept[output] = run.put_file(found.body or b"", name)
        return kept


@task_type("io.kestra.plugin.dbt.cloud.TriggerRun")
class DbtCloudTriggerRun(DbtCloudTask, Waiting):
    """Start a job, and wait for the end of its run."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "manifest": URI,
        "runId": INTEGER,
        "runResults": URI,
    }

    job_id: Text = prop(STRING)
    cause: Text = prop(STRING, default="Triggered by Kestra.")
    git_sha: Text | None = prop(STRING, default=None)
    git_branch: Text | None = prop(STRING, default=None)
    schema_override: Text | None = prop(STRING, default=None)
    dbt_version_override: Text | None = prop(STRING, default=None)
    threads_override: Text | None = prop(STRING, default=None)
    target_name_override: Text | None = prop(STRING, default=None)
    generate_docs_override: Flag | None = prop(BOOLEAN, default=None)
    timeout_seconds_override: Integer | None = prop(INTEGER, default=None)
    steps_override: Listing | None = prop(listing(STRING), default=None)

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        docs = self.generate_docs_override
        asked = {
            "cause": run.text(self.cause),
            "git_sha": run.text(self.git_sha),
            "git_branch": run.text(self.git_branch),
            "schema_override": run.text(self.schema_override),
            "dbt_version_override": run.text(self.dbt_version_override),
            "threads_override": run.text(self.threads_override),
            "target_name_override": run.text(self.target_name_override),
            "generate_docs_override": None if docs is None else run.flag(docs),
            "timeout_seconds_override": run.integer(self.timeout_seconds_override),
            "steps_override": run.listing(self.steps_override) or None,
        }
        json = {key: value for key, value in asked.items() if value is not None}
        url = self._url(run, "jobs", required_text(run, self.job_id), "run", "")
        found = self._send(run, lambda: self._ask(run, "POST", url, json=json))
        number = int(found["data"]["id"])
        run.log("INFO", f"Job started as run {number}")
        return {"runId": number}, self._over(run, str(number))


@task_type("io.kestra.plugin.dbt.cloud.CheckStatus")
class DbtCloudCheckStatus(DbtCloudTask):
    """Wait for the end of a run."""

    outputs: ClassVar[dict[str, Kind] | None] = {"manifest": URI, "runResults": URI}

    run_id: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        number = required_text(run, self.run_id)
        return await until(run, self._over(run, number), self._pause(run), self.max_duration)
