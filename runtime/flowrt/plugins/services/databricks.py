"""Databricks: clusters, and jobs that run on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.model.declare import (
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.services.databricks_tasks import JobTask, RunTask, asked
from flowrt.plugins.services.service import ServiceTask, address, until
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

LONGEST = "PT20M"
"""How long a cluster or a run is waited for, where the flow does not say otherwise."""
AZURE_SCOPE = "2ff814a6-3304-4ab8-8672-cb85b5a6f3c0/.default"
"""What a token of Azure is for: the number that Databricks has there."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
PAUSE = 2.0
"""Seconds between two looks."""


class Authentication(Declared):
    """Who asks."""

    auth_type: Text | None = prop(STRING, default=None, ignored=True)
    token: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)
    google_credentials: Text | None = prop(STRING, default=None)
    google_service_account: Text | None = prop(STRING, default=None)
    azure_client_id: Text | None = prop(STRING, default=None)
    azure_client_secret: Text | None = prop(STRING, default=None)
    azure_tenant_id: Text | None = prop(STRING, default=None)


class DatabricksTask(ServiceTask):
    """What the tasks share: a workspace, and who asks. What the flow leaves out, the environment or a file may say."""

    service = "Databricks"

    host: Text | None = prop(STRING, default=None)
    account_id: Text | None = prop(STRING, default=None, ignored=True)
    config_file: Text | None = prop(STRING, default=None)
    authentication: Authentication | None = prop(record(Authentication), default=None)

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        raise NotImplementedError

    def _known(self, run: RunContext, name: str, given: Text | None) -> str | None:
        """A setting: that of the flow, of the environment, or of a file. Raises TaskFailure for a file that is none."""
        import os
        from configparser import ConfigParser, Error

        found = run.text(given) or os.environ.get(f"DATABRICKS_{name.upper()}")
        path = run.text(self.config_file)
        if found or path is None:
            return found
        settings = ConfigParser(interpolation=None)
        try:
            settings.read_string(run.local_path(path).read_text("utf-8"))
        except (OSError, Error, UnicodeError) as error:
            raise TaskFailure(f"`configFile` cannot be read: {type(error).__name__}") from None
        return settings.defaults().get(name)

    def _place(self, run: RunContext) -> str:
        host = (self._known(run, "host", self.host) or "").rstrip("/")
        if not host:
            raise TaskFailure("`host` is needed, since neither environment nor file names it")
        return host if "://" in host else f"https://{host}"

    def _headers(self, run: RunContext) -> dict[str, str]:
        given = self.authentication or Authentication()
        token = self._known(run, "token", given.token)
        if token:
            return {"Authorization": f"Bearer {token}"}
        name, password = (
            self._known(run, "username", given.username),
            self._known(run, "password", given.password),
        )
        if name and password:
            return {"Authorization": basic(name, password)}
        name, password = (
            self._known(run, "client_id", given.client_id),
            self._known(run, "client_secret", given.client_secret),
        )
        if name and password:
            return {"Authorization": f"Bearer {self._fetched(run, name, password)}"}
        found = self._of_cloud(run, given)
        if found is None:
            raise TaskFailure(
                "nobody is known who could ask Databricks: set a token, a user, or a client"
            )
        return found

    def _of_cloud(self, run: RunContext, given: Authentication) -> dict[str, str] | None:
        """The headers for a client of Azure, or an account of Google; None where the flow names neither."""
        client, secret, tenant = (
            run.text(given.azure_client_id),
            run.text(given.azure_client_secret),
            run.text(given.azure_tenant_id),
        )
        if client and secret and tenant:
            from flowrt.plugins.entra import bearer_of

            fields = {"client_id": client, "client_secret": secret}
            return bearer_of(run, tenant, AZURE_SCOPE, "client_credentials", fields)
        account, name = run.text(given.google_credentials), run.text(given.google_service_account)
        if account or name:
            from flowrt.plugins.google.auth import Google

            google = Google(run, account, [GOOGLE_SCOPE], name)
            return {
                "Authorization": f"Bearer {google.id_token(self._place(run))}",
                "X-Databricks-GCP-SA-Access-Token": google.token().value,
            }
        return None

    def _fetched(self, run: RunContext, name: str, secret: str) -> str:
        """A token for a client."""
        from flowrt.plugins.web import ask

        headers = {
            "Authorization": basic(name, secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = b"grant_type=client_credentials&scope=all-apis"
        url = f"{self._place(run)}/oidc/v1/token"
        return str(ask(run, self.service, "POST", url, headers=headers, body=body)["access_token"])

    def _get(self, run: RunContext, what: str, **query: Any) -> Any:
        return self._ask(
            run, "GET", address(f"{self._place(run)}/api/2.1", *what.split("/"), **query)
        )

    async def _post(self, run: RunContext, what: str, json: dict[str, Any]) -> Any:
        url = f"{self._place(run)}/api/2.1/{what}"
        return await run.in_thread(lambda: self._ask(run, "POST", url, json=json))


# ---- clusters -------------------------------------------------------------------------------------------------------


class ClusterTask(DatabricksTask):
    """What the tasks of clusters share."""

    async def _reached(
        self, run: RunContext, cluster: str, wanted: str, failed: tuple[str, ...]
    ) -> dict[str, Any]:
        """The cluster once it is in a state. Raises TaskFailure when it ends in another."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self._get(run, "clusters/get", cluster_id=cluster)
            state = found.get("state")
            if state in failed:
                said = found.get("state_message")
                raise TaskFailure(f"failed to reach {wanted}, got {state}: {said}")
            return found if state == wanted else None

        return await until(run, look, PAUSE, LONGEST)


@task_type("io.kestra.plugin.databricks.cluster.CreateCluster")
class DatabricksClusterCreateCluster(ClusterTask):
    """Make a cluster, and wait until it runs."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "clusterId": STRING,
        "clusterState": STRING,
        "clusterURI": URI,
    }

    cluster_name: Text = prop(STRING)
    spark_version: Text = prop(STRING)
    node_type_id: Text | None = prop(STRING, default=None)
    auto_termination_minutes: Integer | None = prop(INTEGER, default=None)
    num_workers: Integer | None = prop(INTEGER, default=None)
    min_workers: Integer | None = prop(INTEGER, default=None)
    max_workers: Integer | None = prop(INTEGER, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        given: dict[str, Any] = {
            "cluster_name": required_text(run, self.cluster_name),
            "spark_version": required_text(run, self.spark_version),
            "node_type_id": run.text(self.node_type_id),
            "autotermination_minutes": run.integer(self.auto_termination_minutes),
            "num_workers": run.integer(self.num_workers),
        }
        if self.min_workers is not None and self.max_workers is not None:
            given["autoscale"] = {
                "min_workers": run.integer(self.min_workers),
                "max_workers": run.integer(self.max_workers),
            }
        json = {key: value for key, value in given.items() if value is not None}
        number = str((await self._post(run, "clusters/create", json))["cluster_id"])
        found = await self._reached(run, number, "RUNNING", ("ERROR", "TERMINATED"))
        uri = f"{self._place(run)}/#setting/clusters/{number}/configuration"
        run.log("INFO", f"Cluster created: {uri}")
        return {"clusterId": number, "clusterURI": uri, "clusterState": found["state"]}


@task_type("io.kestra.plugin.databricks.cluster.DeleteCluster")
class DatabricksClusterDeleteCluster(ClusterTask):
    """End a cluster."""

    cluster_id: Text = prop(STRING)

    async def run(self, run: RunContext) -> None:
        number = required_text(run, self.cluster_id)
        await self._post(run, "clusters/delete", {"cluster_id": number})
        await self._reached(run, number, "TERMINATED", ("ERROR",))


# ---- jobs -----------------------------------------------------------------------------------------------------------


class RunningTask(DatabricksTask):
    """What tasks share that run something; a task that is stopped cancels its run."""

    wait_for_completion: Text | None = prop(DURATION, default=None)

    async def _over(self, run: RunContext, number: int, most: Text) -> None:
        """Wait for the end of a run. Raises TaskFailure when Databricks itself fails."""
        from asyncio import CancelledError

        try:
            await until(run, self._look(run, number), PAUSE, most)
        except CancelledError:
            await self._post(run, "jobs/runs/cancel", {"run_id": number})
            raise

    def _look(self, run: RunContext, number: int) -> Callable[[], dict[str, Any] | None]:
        def look() -> dict[str, Any] | None:
            state = self._get(run, "jobs/runs/get", run_id=number).get("state") or {}
            life = state.get("life_cycle_state")
            if life == "INTERNAL_ERROR":
                said = state.get("state_message")
                raise TaskFailure(f"failed to reach TERMINATED or SKIPPED, got {life}: {said}")
            return state if life in ("TERMINATED", "SKIPPED") else None

        return look


@task_type("io.kestra.plugin.databricks.job.CreateJob")
class DatabricksJobCreateJob(RunningTask):
    """Make a job, and run it to its end."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": INTEGER,
        "jobURI": URI,
        "runId": INTEGER,
        "runURI": URI,
    }

    job_name: Text | None = prop(STRING, default=None)
    job_tasks: list[JobTask] = prop(listing(record(JobTask)))

    async def run(self, run: RunContext) -> dict[str, Any]:
        name = required(run.text(self.job_name))
        json = {"name": name, "tasks": [asked(run, each) for each in self.job_tasks]}
        job = int((await self._post(run, "jobs/create", json))["job_id"])
        uri = f"{self._place(run)}/#job/{job}"
        run.log("INFO", f"Job created: {uri}")
        number = int((await self._post(run, "jobs/run-now", {"job_id": job}))["run_id"])
        run.log("INFO", f"Run submitted: {number}")
        await self._over(run, number, self.wait_for_completion or LONGEST)
        return {"jobId": job, "jobURI": uri, "runId": number, "runURI": f"{uri}/run/{number}"}


@task_type("io.kestra.plugin.databricks.job.SubmitRun")
class DatabricksJobSubmitRun(RunningTask):
    """Run tasks once, without a job."""

    outputs: ClassVar[dict[str, Kind] | None] = {"runId": INTEGER, "runURI": URI}

    run_name: Text | None = prop(STRING, default=None)
    run_tasks: list[RunTask] = prop(listing(record(RunTask)))

    async def run(self, run: RunContext) -> dict[str, Any]:
        json: dict[str, Any] = {"tasks": [asked(run, each) for each in self.run_tasks]}
        name = run.text(self.run_name)
        if name is not None:
            json["run_name"] = name
        number = int((await self._post(run, "jobs/runs/submit", json))["run_id"])
        found = await run.in_thread(lambda: self._get(run, "jobs/runs/get", run_id=number))
        uri = f"{self._place(run)}/#job/{found.get('job_id')}/run/{number}"
        run.log("INFO", f"Run submitted: {uri}")
        if self.wait_for_completion is not None:
            wait = run.text(self.wait_for_completion)
            run.log("INFO", f"Waiting for run to be terminated or skipped for {wait}")
            await self._over(run, number, self.wait_for_completion)
        return {"runURI": uri, "runId": number}
