"""Dataflow: jobs that are launched from templates, looked at, waited for and cancelled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.java.printing import text_of
from flowrt.model.declare import (
    BOOLEAN,
    DATETIME,
    DURATION,
    STRING,
    Kind,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.operations import OperationTask, ended, part
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://dataflow.googleapis.com/v1b3"
OVER = tuple(f"JOB_STATE_{each}" for each in ("DONE", "FAILED", "CANCELLED", "DRAINED", "UPDATED"))


class DataflowTask(CloudTask):
    """What the tasks share: a location."""

    location: Text = prop(STRING)

    def _place(self, run: RunContext, google: Google) -> str:
        project, location = self._project(run, google), required_text(run, self.location)
        return f"{ADDRESS}/projects/{part(project)}/locations/{part(location)}"


class DataflowJobTask(DataflowTask):
    """A task of a job."""

    job_id: Text = prop(STRING)

    def _job(self, run: RunContext, google: Google, more: str = "") -> str:
        return f"{self._place(run, google)}/jobs/{part(required_text(run, self.job_id))}{more}"

    def _metrics(self, run: RunContext, google: Google) -> dict[str, Any]:
        """The numbers of a job; none where they cannot be had."""
        try:
            found = google.ask("GET", self._job(run, google, "/metrics")) or {}
        except TaskFailure as error:
            number = run.text(self.job_id)
            run.log("WARN", f"Failed to retrieve metrics for Dataflow job '{number}': {error}")
            return {}
        return {
            each["name"]["name"]: each["scalar"]
            for each in found.get("metrics") or ()
            if (each.get("name") or {}).get("name") and each.get("scalar") is not None
        }


@task_type("io.kestra.plugin.gcp.dataflow.GetJob")
class DataflowGetJob(DataflowJobTask):
    """What became of a job."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "createTime": DATETIME,
        "currentState": STRING,
        "currentStateTime": DATETIME,
        "jobId": STRING,
        "metrics": mapping(),
        "type": STRING,
    }

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        job = google.ask("GET", self._job(run, google))
        return {
            "jobId": job.get("id"),
            "currentState": job.get("currentState"),
            "currentStateTime": job.get("currentStateTime"),
            "createTime": job.get("createTime"),
            "type": job.get("type"),
            "metrics": self._metrics(run, google),
        }


@task_type("io.kestra.plugin.gcp.dataflow.CancelJob")
class DataflowCancelJob(DataflowJobTask):
    """Cancel a job, or let it end what it has begun."""

    outputs: ClassVar[dict[str, Kind] | None] = {"currentState": STRING, "jobId": STRING}

    drain: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        wanted = "JOB_STATE_DRAINING" if run.flag(self.drain) else "JOB_STATE_CANCELLED"
        job = google.ask("PUT", self._job(run, google), json={"requestedState": wanted})
        return {"jobId": job.get("id"), "currentState": job.get("currentState")}


@task_type("io.kestra.plugin.gcp.dataflow.WaitForJob")
class DataflowWaitForJob(OperationTask, DataflowJobTask):
    """Wait for the end of a job; it is cancelled when the task is killed."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": STRING,
        "metrics": mapping(),
        "state": STRING,
    }

    poll_interval: Text = prop(DURATION, default="PT15S")
    max_duration: Text = prop(DURATION, default="PT1H")

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        number, most = required_text(run, self.job_id), run.text(self.max_duration)
        pause = run.duration(self.poll_interval)
        job = await ended(
            run,
            partial(google.ask, "GET", self._job(run, google)),
            lambda each: each.get("currentState") in OVER,
            pause=15.0 if pause is None else pause,
            most=run.duration(self.max_duration),
            too_long=lambda: (
                f"Dataflow job '{number}' did not complete within the maximum duration of {most}"
            ),
        )
        state = job["currentState"]
        if state == "JOB_STATE_FAILED":
            raise TaskFailure(
                f"Dataflow job '{number}' failed — check the Google Cloud Dataflow console for error details."
            )
        if state == "JOB_STATE_CANCELLED":
            raise TaskFailure(f"Dataflow job '{number}' was cancelled.")
        metrics = await run.in_thread(partial(self._metrics, run, google))
        return {"jobId": job.get("id"), "state": state, "metrics": metrics}

    def _killed(self, run: RunContext, google: Google) -> None:
        number = run.text(self.job_id)
        try:
            wanted = {"requestedState": "JOB_STATE_CANCELLED"}
            google.ask("PUT", self._job(run, google), json=wanted)
        except TaskFailure as error:
            run.log("WARN", f"Failed to cancel Dataflow job '{number}' on task kill: {error}")
        else:
            run.log("INFO", f"Dataflow job '{number}' successfully cancelled on task kill.")


class LaunchTask(DataflowTask):
    """What tasks share that begin a job."""

    outputs: ClassVar[dict[str, Kind] | None] = {"jobId": STRING, "jobState": STRING}
    kind: ClassVar[str] = ""
    """What a message calls the template."""

    job_name: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)
    environment: Mapping | None = prop(mapping(), default=None)

    def _asked(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"jobName": required_text(run, self.job_name)}
        given, around = run.mapping(self.parameters), run.mapping(self.environment)
        if given is not None:
            known = {key: value for key, value in given.items() if value is not None}
            asked["parameters"] = {key: text_of(value) for key, value in known.items()}
        if around is not None:
            asked["environment"] = around
        return asked

    def _begun(self, found: dict[str, Any]) -> dict[str, Any]:
        job = found.get("job")
        if job is None:
            raise TaskFailure(
                f"Launch {self.kind} Template response does not contain a job object. Response: {text_of(found)}"
            )
        return {"jobId": job.get("id"), "jobState": job.get("currentState")}


@task_type("io.kestra.plugin.gcp.dataflow.LaunchTemplate")
class DataflowLaunchTemplate(LaunchTask):
    """Launch a job from a template in Cloud Storage."""

    kind = "Classic"

    gcs_path: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        query = urlencode({"gcsPath": required_text(run, self.gcs_path)})
        url = f"{self._place(run, google)}/templates:launch?{query}"
        return self._begun(google.ask("POST", url, json=self._asked(run)))


@task_type("io.kestra.plugin.gcp.dataflow.LaunchFlexTemplate")
class DataflowLaunchFlexTemplate(LaunchTask):
    """Launch a job from a template that is a container."""

    kind = "Flex"

    container_spec_gcs_path: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        where = {"containerSpecGcsPath": required_text(run, self.container_spec_gcs_path)}
        asked = {"launchParameter": {**self._asked(run), **where}}
        url = f"{self._place(run, google)}/flexTemplates:launch"
        return self._begun(google.ask("POST", url, json=asked))
