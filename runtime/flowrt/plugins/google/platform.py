"""Google Cloud: clusters of Dataproc and Kubernetes, workflows of Dataform."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.dataproc import ADDRESS as DATAPROC
from flowrt.plugins.google.dataproc import known
from flowrt.plugins.google.operations import (
    OperationTask,
    cancelled_with,
    checked,
    done,
    ended,
    host,
    part,
    steps,
)
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text
    from flowrt.plugins.google.auth import Google

DATAFORM = "https://dataform.googleapis.com/v1"
KUBERNETES = "https://container.googleapis.com/v1"


# ---- Dataproc -------------------------------------------------------------------------------------------------------


class DataprocClusterTask(OperationTask):
    """What the tasks of clusters share."""

    said: ClassVar[str] = ""
    """The output that says whether it is done."""

    cluster_name: Text = prop(STRING)
    region: Text = prop(STRING)

    def _base(self, run: RunContext) -> str:
        return DATAPROC.format(region=host(required_text(run, self.region)))

    def _clusters(self, run: RunContext, google: Google) -> str:
        project, region = self._project(run, google), required_text(run, self.region)
        return f"{self._base(run)}/projects/{part(project)}/regions/{part(region)}/clusters"

    def _begin(self, run: RunContext, google: Google) -> dict[str, Any]:
        """The operation."""
        raise NotImplementedError

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        begun = await run.in_thread(partial(self._begin, run, google))
        url = f"{self._base(run)}/{steps(begun['name'])}"
        waiting = ended(run, partial(google.ask, "GET", url), done)
        found = checked("Dataproc", await cancelled_with(run, google, url, waiting))
        told = found.get("metadata") or {}
        status = (told.get("status") or {}).get("innerState")
        return {
            "clusterName": told.get("clusterName") or run.text(self.cluster_name),
            self.said: status is None or status.upper() == "DONE",
        }


@task_type("io.kestra.plugin.gcp.dataproc.clusters.Create")
class DataprocClustersCreate(DataprocClusterTask):
    """Make a cluster, and wait until it is there."""

    said = "created"
    outputs: ClassVar[dict[str, Kind] | None] = {"clusterName": STRING, "created": BOOLEAN}

    zone: Text | None = prop(STRING, default=None)
    master_machine_type: Text | None = prop(STRING, default=None)
    master_disk_size_gb: Integer | None = prop(INTEGER, default=None, yaml="masterDiskSizeGB")
    worker_machine_type: Text | None = prop(STRING, default=None)
    worker_disk_size_gb: Integer | None = prop(INTEGER, default=None, yaml="workerDiskSizeGB")
    workers: Integer | None = prop(INTEGER, default=None)
    bucket: Text | None = prop(STRING, default=None)
    image_version: Text | None = prop(STRING, default=None)

    def _begin(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = required_text(run, self.cluster_name)
        asked = {
            "projectId": self._project(run, google),
            "clusterName": name,
            "config": known(
                masterConfig=self._machines(
                    run, self.master_machine_type, self.master_disk_size_gb, None
                ),
                workerConfig=self._machines(
                    run, self.worker_machine_type, self.worker_disk_size_gb, self.workers
                ),
                gceClusterConfig=known(zoneUri=run.text(self.zone)),
                configBucket=run.text(self.bucket),
            ),
        }
        begun: dict[str, Any] = google.ask("POST", self._clusters(run, google), json=asked)
        return begun

    def _machines(
        self, run: RunContext, kind: Text | None, disk: Integer | None, count: Integer | None
    ) -> dict[str, Any]:
        machine = run.text(kind)
        if machine is None:
            return {}
        return known(
            machineTypeUri=machine,
            diskConfig=known(bootDiskSizeGb=run.integer(disk)),
            imageUri=run.text(self.image_version),
            numInstances=run.integer(count),
        )


@task_type("io.kestra.plugin.gcp.dataproc.clusters.Delete")
class DataprocClustersDelete(DataprocClusterTask):
    """Delete a cluster, and wait until it is gone."""

    said = "deleted"
    outputs: ClassVar[dict[str, Kind] | None] = {"clusterName": STRING, "deleted": BOOLEAN}

    def _begin(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = part(required_text(run, self.cluster_name))
        begun: dict[str, Any] = google.ask("DELETE", f"{self._clusters(run, google)}/{name}")
        return begun


# ---- Kubernetes -----------------------------------------------------------------------------------------------------


@task_type("io.kestra.plugin.gcp.gke.ClusterMetadata")
class GkeClusterMetadata(CloudTask):
    """What Google knows of a cluster of Kubernetes."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(
            (
                *("clusterIpv4Cidr", "createTime", "description", "endpoint", "link", "location"),
                *("loggingService", "monitoringService", "name", "network", "project"),
                *("subNetwork", "zone"),
            ),
            STRING,
        ),
        "masterAuth": mapping(STRING),
        "nodePools": listing(mapping(STRING)),
        "nodePoolsCount": INTEGER,
    }

    cluster_id: Text = prop(STRING)
    cluster_zone: Text | None = prop(STRING, default=None)
    cluster_project_id: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        project = run.text(self.cluster_project_id)
        zone, name = required_text(run, self.cluster_zone), required_text(run, self.cluster_id)
        owner = project or self._project(run, google)
        where = f"projects/{part(owner)}/locations/{part(zone)}/clusters/{part(name)}"
        found = google.ask("GET", f"{KUBERNETES}/{where}")
        auth, pools = found.get("masterAuth") or {}, found.get("nodePools") or []
        return {
            "location": found.get("location"),
            "description": found.get("description", ""),
            "network": found.get("network"),
            "name": found.get("name"),
            "clusterIpv4Cidr": found.get("clusterIpv4Cidr"),
            "subNetwork": found.get("subnetwork"),
            "endpoint": found.get("endpoint"),
            "zone": zone,
            "project": project,
            "createTime": found.get("createTime"),
            "nodePoolsCount": len(pools),
            "nodePools": [
                {"name": each.get("name"), "status": each.get("status")} for each in pools
            ],
            "masterAuth": {
                "clusterCertificate": auth.get("clusterCaCertificate", ""),
                "clientKey": auth.get("clientKey", ""),
                "clientCertificate": auth.get("clientCertificate", ""),
            },
            "loggingService": found.get("loggingService"),
            "monitoringService": found.get("monitoringService"),
            "link": found.get("selfLink"),
        }


# ---- Dataform -------------------------------------------------------------------------------------------------------


@task_type("io.kestra.plugin.gcp.dataform.InvokeWorkflow")
class DataformInvokeWorkflow(OperationTask):
    """Start a workflow, and wait for its end."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "workflowInvocationName": STRING,
        "workflowInvocationState": STRING,
    }

    location: Text = prop(STRING)
    repository_id: Text = prop(STRING)
    workflow_config_id: Text = prop(STRING)
    wait: Flag = prop(BOOLEAN, default=True, static=True)

    async def _wait(self, run: RunContext, google: Google) -> dict[str, Any]:
        given = (self.location, self.repository_id, self.workflow_config_id)
        location, repository, config = (required_text(run, each) for each in given)
        parent = (
            f"projects/{self._project(run, google)}/locations/{location}/repositories/{repository}"
        )
        asked = {"workflowConfig": f"{parent}/workflowConfigs/{config}"}
        url = f"{DATAFORM}/{steps(parent)}/workflowInvocations"
        found = await run.in_thread(partial(google.ask, "POST", url, json=asked))
        if run.flag(self.wait, True):
            url = f"{DATAFORM}/{steps(found['name'])}"
            look = partial(google.ask, "GET", url)
            waiting = ended(run, look, lambda each: each.get("state") != "RUNNING")
            found = await cancelled_with(run, google, url, waiting)
        return {
            "workflowInvocationName": found.get("name"),
            "workflowInvocationState": found.get("state", "STATE_UNSPECIFIED"),
        }
