"""Microsoft Fabric: jobs of its items."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, DURATION, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.entra import bearer_of
from flowrt.plugins.services.service import ServiceTask, address, until
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

BASE = "https://api.fabric.microsoft.com/v1"
DONE = "Completed"
FAILED = ("Failed", "Cancelled", "Deduped")
TOO_MANY = 429


class FabricTask(ServiceTask):
    """What the tasks share: who asks. What the flow leaves out, the environment may say."""

    service = "Fabric"
    scope: ClassVar[str] = "https://api.fabric.microsoft.com/.default"

    tenant_id: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)

    def _token(self, run: RunContext) -> dict[str, str]:
        """The header with a token for the client. Raises TaskFailure when nobody is known who could ask."""
        tenant, client, secret = (
            run.text(each) for each in (self.tenant_id, self.client_id, self.client_secret)
        )
        if not (tenant and client and secret):
            from flowrt.plugins.entra_machine import token_of_machine

            return {"Authorization": f"Bearer {token_of_machine(run, self.scope).value}"}
        given_secret = {"client_id": client, "client_secret": secret}
        return bearer_of(run, tenant, self.scope, "client_credentials", given_secret)


class JobTask(FabricTask):
    """What tasks share that run an item; a task that is stopped cancels its job."""

    kind: ClassVar[str] = ""
    """What Fabric calls the job."""
    item: ClassVar[str] = ""
    """The property that has the id of the item."""
    named: ClassVar[str] = "jobInstanceId"
    """The output that has the id of the job."""
    outputs: ClassVar[dict[str, Kind] | None] = {"jobInstanceId": STRING, "status": STRING}

    workspace_id: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)
    wait: Flag = prop(BOOLEAN, default=True)
    poll_frequency: Text = prop(DURATION, default="PT5S")
    timeout: Text | None = prop(DURATION, default="PT1H")

    async def run(self, run: RunContext) -> dict[str, Any]:
        from asyncio import CancelledError

        token = await run.in_thread(partial(self._token, run))
        workspace = required_text(run, self.workspace_id)
        item = required_text(run, getattr(self, self.item))
        jobs = address(BASE, "workspaces", workspace, "items", item, "jobs", "instances")
        number = await run.in_thread(partial(self._started, run, jobs, token))
        run.log("INFO", f"Submitted {self.kind} job {number}")
        if not run.flag(self.wait, True):
            return {self.named: number, "status": "Running"}
        job = address(jobs, number)
        pause = run.duration(self.poll_frequency) or 5.0
        try:
            found = await until(run, partial(self._over, run, job, token), pause, self.timeout)
        except CancelledError:
            cancel = partial(self._exchange, run, "POST", address(job, "cancel"), headers=token)
            await run.in_thread(cancel)
            raise
        run.log("INFO", f"{self.kind} job {number} completed")
        return {self.named: number, **found}

    def _started(self, run: RunContext, jobs: str, token: dict[str, str]) -> str:
        body = {"executionData": {"parameters": run.mapping(self.parameters) or {}}}
        url = address(jobs, jobType=self.kind)
        place = self._exchange(run, "POST", url, headers=token, json=body).header("location")
        if not place:
            raise TaskFailure("Fabric does not say where the job is")
        return place.rstrip("/").rpartition("/")[2]

    def _over(self, run: RunContext, job: str, token: dict[str, str]) -> dict[str, Any] | None:
        try:
            found = self._ask(run, "GET", job, headers=token)
        except Refused as error:
            if error.code == TOO_MANY:
                return None
            raise
        status = found.get("status")
        if status in FAILED:
            why = (found.get("failureReason") or {}).get("message")
            raise TaskFailure(
                f"{self.kind} job ended with status: {status}" + (f": {why}" if why else "")
            )
        return {"status": status} if status == DONE else None


@task_type("io.kestra.plugin.microsoft.fabric.data.engineering.RunNotebook")
class MicrosoftFabricDataEngineeringRunNotebook(JobTask):
    """Run a notebook."""

    kind = "RunNotebook"
    item = "notebook_id"

    notebook_id: Text = prop(STRING)


@task_type("io.kestra.plugin.microsoft.fabric.data.engineering.RunPipeline")
class MicrosoftFabricDataEngineeringRunPipeline(JobTask):
    """Run a pipeline."""

    kind = "Pipeline"
    item = "pipeline_id"
    named = "runId"
    outputs: ClassVar[dict[str, Kind] | None] = {"runId": STRING, "status": STRING}

    pipeline_id: Text = prop(STRING)


@task_type("io.kestra.plugin.microsoft.fabric.data.engineering.RunSparkJob")
class MicrosoftFabricDataEngineeringRunSparkJob(JobTask):
    """Run a job of Spark."""

    kind = "sparkjob"
    item = "spark_job_definition_id"

    spark_job_definition_id: Text = prop(STRING)
