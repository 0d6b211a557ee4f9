"""Airbyte: syncs of connections, on an own server and in the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import (
    OptionsTask,
    Waiting,
    address,
    bearer,
    tried,
    until,
)
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text

CLOUD = "https://api.airbyte.com/v1"
ENDED = ("failed", "cancelled", "succeeded")


def _again(code: int) -> bool:
    return code in (408, 425, 429) or (code >= 500 and code != 501)


class ApplicationCredentials(Declared):
    """An application that Airbyte knows."""

    client_id: Text = prop(STRING)
    client_secret: Text = prop(STRING)


class AirbyteTask(OptionsTask):
    """What the tasks of an own server share."""

    service = "Airbyte"

    url: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    token: Text | None = prop(STRING, default=None)
    http_timeout: Text = prop(DURATION, default="PT10S", ignored=True)
    application_credentials: ApplicationCredentials | None = prop(
        record(ApplicationCredentials), default=None
    )
    max_duration: Text = prop(DURATION, default="PT60M")
    poll_frequency: Text = prop(DURATION, default="PT1S")

    def _headers(self, run: RunContext) -> dict[str, str]:
        if self.username is not None and self.password is not None:
            return {"Authorization": basic(run.text(self.username), run.text(self.password))}
        return {} if self.token is None else bearer(run, self.token)

    def _login(self, run: RunContext) -> dict[str, str]:
        """The header of an application, whose tokens live for minutes."""
        known = self.application_credentials
        if known is None:
            return {}
        asked = {
            "client_id": run.text(known.client_id),
            "client_secret": run.text(known.client_secret),
            "grant-type": "client_credentials",
        }
        url = f"{required_text(run, self.url)}/api/v1/applications/token"
        found = self._post(run, url, asked, {})
        return {"Authorization": f"Bearer {found['access_token']}"}

    def _post(self, run: RunContext, url: str, json: Any, headers: dict[str, str]) -> Any:
        return tried(
            lambda: self._ask(run, "POST", url, json=json, headers=headers), _again, 6, 1.0
        )

    def _over(self, run: RunContext, job: int) -> Callable[[], dict[str, Any] | None]:
        seen: dict[int, int] = {}

        def look() -> dict[str, Any] | None:
            url = f"{required_text(run, self.url)}/api/v1/jobs/get/"
            found = self._post(run, url, {"id": job}, self._login(run))
            attempts = found.get("attempts") or []
            for number, attempt in enumerate(attempts):
                lines = (attempt.get("logs") or {}).get("logLines") or []
                for line in lines[seen.get(number, 0) :]:
                    run.log("INFO", str(line))
                seen[number] = len(lines)
            status = str(found["job"]["status"])
            if status not in ENDED:
                return None
            for attempt in attempts:
                reason = (attempt.get("attempt") or {}).get("failureSummary")
                if reason:
                    run.log("WARN", f"Failure with reason {reason}")
            if status != "succeeded":
                raise TaskFailure(
                    f"Failed run with status '{status}' after {len(attempts)} attempt(s)"
                )
            self._measure(run, attempts)
            return {"finalJobStatus": status}

        return look

    @staticmethod
    def _measure(run: RunContext, attempts: list[Any]) -> None:
        run.metric("counter", "attempts.count", len(attempts))
        for attempt in attempts:
            for stream in (attempt.get("attempt") or {}).get("streamStats") or ():
                stats = stream.get("stats") or {}
                for name, key in (
                    ("records.committed", "recordsCommitted"),
                    ("records.emitted", "recordsEmitted"),
                    ("bytes.emitted", "bytesEmitted"),
                    ("state.emitted", "stateMessagesEmitted"),
                ):
                    if stats.get(key) is not None:
                        tags = {"stream": str(stream.get("streamName"))}
                        run.metric("counter", name, stats[key], tags)


@task_type("io.kestra.plugin.airbyte.connections.Sync")
class AirbyteConnectionsSync(AirbyteTask, Waiting):
    """Sync a connection, and wait for the end."""

    outputs: ClassVar[dict[str, Kind] | None] = {"alreadyRunning": BOOLEAN, "jobId": INTEGER}

    connection_id: Text = prop(STRING)
    fail_on_active_sync: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        found = await super().run(run) or {}
        return {name: found[name] for name in ("jobId", "alreadyRunning") if name in found}

    def _pause(self, run: RunContext) -> float:
        return run.duration(self.poll_frequency) or 1.0

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        url = f"{required_text(run, self.url)}/api/v1/connections/sync/"
        asked = {"connectionId": required_text(run, self.connection_id)}
        try:
            found = self._post(run, url, asked, self._login(run))
        except Refused as error:
            if error.code != 409 and "already running" not in error.said.lower():
                raise
            if run.flag(self.fail_on_active_sync, True):
                raise TaskFailure("A sync is already running") from None
            return {"alreadyRunning": True}, dict
        job = int(found["job"]["id"])
        return {"jobId": job, "alreadyRunning": False}, self._over(run, job)


@task_type("io.kestra.plugin.airbyte.connections.CheckStatus")
class AirbyteConnectionsCheckStatus(AirbyteTask):
    """Wait for the end of a job."""

    outputs: ClassVar[dict[str, Kind] | None] = {"finalJobStatus": STRING}

    job_id: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        job = required_text(run, self.job_id)
        if not job.strip().isdigit():
            raise TaskFailure(f'For input string: "{job}"')
        pause = run.duration(self.poll_frequency) or 1.0
        return await until(run, self._over(run, int(job)), pause, self.max_duration)


class AirbyteCloudTask(Waiting):
    """What the tasks of the cloud share."""

    service = "Airbyte"
    outputs: ClassVar[dict[str, Kind] | None] = {"job": mapping()}
    kind: ClassVar[str] = "sync"

    connection_id: Text = prop(STRING)
    token: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)
    token_url: Text = prop(STRING, default=f"{CLOUD}/applications/token", yaml="tokenURL")
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    poll_frequency: Text = prop(DURATION, default="PT1S")

    def _pause(self, run: RunContext) -> float:
        return run.duration(self.poll_frequency) or 1.0

    def _who(self, run: RunContext) -> dict[str, str]:
        if self.token is not None:
            return bearer(run, self.token)
        if self.client_id is not None and self.client_secret is not None:
            asked = {
                "client_id": run.text(self.client_id),
                "client_secret": run.text(self.client_secret),
                "grant_type": "client_credentials",
            }
            found = self._ask(run, "POST", required_text(run, self.token_url), json=asked)
            return {"Authorization": f"Bearer {found['access_token']}"}
        if self.username is not None and self.password is not None:
            return {"Authorization": basic(run.text(self.username), run.text(self.password))}
        raise TaskFailure("Missing required authentication fields")

    def _send(self, run: RunContext, method: str, url: str, **how: Any) -> Any:
        headers = self._who(run)
        return tried(lambda: self._ask(run, method, url, headers=headers, **how), _again, 6, 1.0)

    def _started(
        self, run: RunContext
    ) -> tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]:
        asked = {"connectionId": required_text(run, self.connection_id), "jobType": self.kind}
        job = self._send(run, "POST", f"{CLOUD}/jobs", json=asked)
        run.log("INFO", f"Job status {job.get('status')} with id {job['jobId']}")

        def look() -> dict[str, Any] | None:
            found = self._send(run, "GET", address(f"{CLOUD}/jobs", str(job["jobId"])))
            status = found.get("status")
            if status not in ("succeeded", "failed", "cancelled", "incomplete"):
                return None
            if status != "succeeded":
                raise TaskFailure(f"Failed run with status '{status}'")
            return {"job": found}

        return {"job": job}, look


@task_type("io.kestra.plugin.airbyte.cloud.jobs.Sync")
class AirbyteCloudJobsSync(AirbyteCloudTask):
    """Sync a connection of the cloud, and wait for the end."""


@task_type("io.kestra.plugin.airbyte.cloud.jobs.Reset")
class AirbyteCloudJobsReset(AirbyteCloudTask):
    """Reset a connection of the cloud, and wait for the end."""

    kind = "reset"
