"""Jobs of Spark on AWS: runs of Glue, and of EMR where it needs no cluster."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.printing import text_of
from flowrt.model.declare import (
    BOOLEAN,
    DATETIME,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.client import AwsTask, library, told
from flowrt.plugins.services.service import until
from flowrt.plugins.values import instant
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

MINUTE = 60
GOING_ON = frozenset(("STARTING", "RUNNING", "WAITING"))


class GlueTask(AwsTask):
    """What tasks of runs share."""

    service: ClassVar[str] = "glue"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "attempt": INTEGER,
        "completedOn": DATETIME,
        "errorMessage": STRING,
        "executionTime": INTEGER,
        "jobName": STRING,
        "jobRunId": STRING,
        "lastModifiedOn": DATETIME,
        "startedOn": DATETIME,
        "state": STRING,
        "timeout": INTEGER,
    }

    job_name: Text = prop(STRING)

    def _job(self, run: RunContext, client: Any, number: str) -> dict[str, Any]:
        """What Glue knows of a run."""
        name = required_text(run, self.job_name)
        found: dict[str, Any] = client.get_job_run(JobName=name, RunId=number)["JobRun"]
        return found


def _output(job: dict[str, Any]) -> dict[str, Any]:
    def moment(name: str) -> str | None:
        value = job.get(name)
        return None if value is None else text_of(instant(value))

    return {
        "jobName": job.get("JobName"),
        "jobRunId": job.get("Id"),
        "state": job.get("JobRunState"),
        "startedOn": moment("StartedOn"),
        "completedOn": moment("CompletedOn"),
        "lastModifiedOn": moment("LastModifiedOn"),
        "executionTime": job.get("ExecutionTime"),
        "timeout": job.get("Timeout"),
        "attempt": job.get("Attempt"),
        "errorMessage": job.get("ErrorMessage"),
    }


@task_type("io.kestra.plugin.aws.glue.GetJobRun")
class GlueGetJobRun(GlueTask):
    """What became of a run, or of the last run of a job."""

    run_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = run.text(self.run_id) or self._last(run, client)
        return _output(self._job(run, client, number))

    def _last(self, run: RunContext, client: Any) -> str:
        name = required_text(run, self.job_name)
        runs = client.get_job_runs(JobName=name, MaxResults=10)["JobRuns"]
        if not runs:
            raise TaskFailure(f"No job runs found for job: {name}")
        last: str = max(runs, key=lambda each: each["StartedOn"])["Id"]
        run.log("INFO", f"Using latest job run with ID: {last}")
        return last


class GlueWaiting(GlueTask):
    """What tasks share that begin something with a run and may wait until it is over."""

    ended: ClassVar[frozenset[str]] = frozenset()
    """The states in which there is nothing to wait for; empty where all are but those of a run that goes on."""
    good: ClassVar[frozenset[str]] = frozenset()
    """The states in which the task succeeds."""
    failure: ClassVar[str] = ""
    """How the message of a failure begins."""

    wait: Flag = prop(BOOLEAN, default=True)
    interval: Text = prop(DURATION, default="PT1S")

    async def run(self, run: RunContext) -> dict[str, Any]:
        library()
        client = await run.in_thread(partial(self.client, run))
        number = await run.in_thread(partial(self._told, self._begin, run, client))
        look = partial(self._told, self._job, run, client, number)
        if run.flag(self.wait, True):
            over = partial(self._over, run, look)
            job = await until(run, over, run.duration(self.interval) or 1.0)
        else:
            job = await run.in_thread(look)
        state, why = job["JobRunState"], job.get("ErrorMessage")
        if state not in self.good:
            raise TaskFailure(f"{self.failure}: {state}{f', Error message: {why}' if why else ''}")
        return _output(job)

    def _told(self, work: Any, *given: Any) -> Any:
        with told("AWS glue"):
            return work(*given)

    def _begin(self, run: RunContext, client: Any) -> str:
        """Begin it; the number of the run."""
        raise NotImplementedError

    def _over(self, run: RunContext, look: Any) -> dict[str, Any] | None:
        job: dict[str, Any] = look()
        state = job["JobRunState"]
        run.log("INFO", f"Job state: {state}, Execution time: {job.get('ExecutionTime')} seconds")
        over = state in self.ended if self.ended else state not in GOING_ON
        return job if over else None


@task_type("io.kestra.plugin.aws.glue.StartJobRun")
class GlueStartJobRun(GlueWaiting):
    """Start a job, and wait for its end; the run is stopped when the task is killed."""

    good = frozenset(("SUCCEEDED", *GOING_ON))
    failure = "Job state"

    arguments: Mapping | None = prop(mapping(STRING), default=None)
    max_duration: Text | None = prop(DURATION, default=None)
    interval: Text = prop(DURATION, default="PT1.0S")

    def _begin(self, run: RunContext, client: Any) -> str:
        name, arguments = required_text(run, self.job_name), run.mapping(self.arguments, STRING)
        asked: dict[str, Any] = {"Arguments": arguments} if arguments else {}
        most = run.duration(self.max_duration)
        if most is not None:
            asked["Timeout"] = ceil(most / MINUTE)
        number: str = client.start_job_run(JobName=name, **asked)["JobRunId"]
        run.log("INFO", f"Started Glue job '{name}' with run ID: {number}")
        run.on_kill(lambda: client.batch_stop_job_run(JobName=name, JobRunIds=[number]))
        return number


@task_type("io.kestra.plugin.aws.glue.StopJobRun")
class GlueStopJobRun(GlueWaiting):
    """Stop a run, and wait until it is over."""

    ended = frozenset(("STOPPED", "SUCCEEDED", "FAILED", "ERROR", "TIMEOUT", "EXPIRED"))
    good = frozenset(("STOPPED", "SUCCEEDED", "FAILED"))
    failure = "Job failed to stop. Final state"

    job_run_id: Text = prop(STRING)

    def _begin(self, run: RunContext, client: Any) -> str:
        name, number = required_text(run, self.job_name), required_text(run, self.job_run_id)
        client.batch_stop_job_run(JobName=name, JobRunIds=[number])
        run.log("INFO", f"Stopped Glue job '{name}' with run ID: {number}")
        return number


@task_type("io.kestra.plugin.aws.emr.StartServerlessJobRun")
class EmrStartServerlessJobRun(AwsTask):
    """Start a job of an application of EMR Serverless."""

    service: ClassVar[str] = "emr-serverless"
    outputs: ClassVar[dict[str, Kind] | None] = {"jobRunId": STRING}

    application_id: Text = prop(STRING)
    execution_role_arn: Text = prop(STRING)
    job_name: Text = prop(STRING)
    entry_point: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        number = client.start_job_run(
            applicationId=required_text(run, self.application_id),
            executionRoleArn=required_text(run, self.execution_role_arn),
            name=required_text(run, self.job_name),
            jobDriver={"sparkSubmit": {"entryPoint": required_text(run, self.entry_point)}},
        )["jobRunId"]
        run.log("INFO", f"Started EMR Serverless job: {number}")
        return {"jobRunId": number}
