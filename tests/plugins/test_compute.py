"""Compute Engine, Dataflow, clusters and workflows of Google, against a stand-in for their interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.googles import Google, made, standing
from plugins.service import PatientRun
from tasks.fake import t

from flowrt.model.failures import TaskFailure

ZONE = "/compute/projects/proj/zones/z1"
INSTANCES = f"{ZONE}/instances"
OPERATION = f"{ZONE}/operations/op1"
VM = {
    "id": "77",
    "name": "vm",
    "status": "RUNNING",
    "networkInterfaces": [{"networkIP": "10.0.0.2", "accessConfigs": [{"natIP": "1.2.3.4"}]}],
}
OUTPUT = {
    "instanceName": "vm",
    "instanceId": "77",
    "status": "RUNNING",
    "externalIp": "1.2.3.4",
    "internalIp": "10.0.0.2",
}


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with standing(
        monkeypatch,
        compute__ADDRESS="/compute",
        dataflow__ADDRESS="/flow",
        platform__DATAFORM="/form",
        platform__DATAPROC="/proc/{region}",
        platform__KUBERNETES="/gke",
    ) as found:
        yield found


def compute(verb: str, **properties: Any) -> Any:
    return made(f"gcp.compute.{verb}", zone="z1", instance_name="vm", **properties)


def going(google: Google, begin: tuple[str, str]) -> None:
    """An operation that is over at the third look, and an instance."""
    google.answers[begin] = {"name": "op1", "status": "PENDING"}
    google.answers["GET", OPERATION] = [{"status": "RUNNING"}, {"status": "DONE"}]
    google.answers["GET", f"{INSTANCES}/vm"] = VM


def test_an_instance_is_made(tmp_path: Path, google: Google) -> None:
    going(google, ("POST", INSTANCES))
    run = PatientRun(tmp_path, size=20)
    create = compute(
        "Create",
        machine_type="e2-small",
        source_image="projects/debian-cloud/global/images/family/debian-12",
        disk_size_gb=t("{{ size }}"),
        disk_type="pd-ssd",
        tags=["web"],
        metadata={"a": "b"},
        startup_script="echo hi",
        preemptible=True,
    )
    assert run.run(create) == OUTPUT
    assert google.asked[0].json == {
        "name": "vm",
        "machineType": "zones/z1/machineTypes/e2-small",
        "disks": [
            {
                "boot": True,
                "autoDelete": True,
                "initializeParams": {
                    "sourceImage": "projects/debian-cloud/global/images/family/debian-12",
                    "diskSizeGb": "20",
                    "diskType": "zones/z1/diskTypes/pd-ssd",
                },
            }
        ],
        "networkInterfaces": [
            {
                "accessConfigs": [{"name": "External NAT", "type": "ONE_TO_ONE_NAT"}],
                "network": "global/networks/default",
            }
        ],
        "scheduling": {"preemptible": True},
        "tags": {"items": ["web"]},
        "metadata": {
            "items": [{"key": "a", "value": "b"}, {"key": "startup-script", "value": "echo hi"}]
        },
    }
    assert run.slept == [1.0]
    assert run.messages("INFO")[-1] == "Compute Engine instance 'vm' is now 'RUNNING'"


@pytest.mark.parametrize(
    ("given", "network"),
    [
        ({"subnetwork_name": "s"}, {"subnetwork": "s"}),
        ({"network_name": "n"}, {"network": "n"}),
        ({"network_name": "n", "subnetwork_name": "s"}, {"network": "n", "subnetwork": "s"}),
    ],
)
def test_the_network_of_an_instance(
    tmp_path: Path, google: Google, given: dict[str, str], network: dict[str, str]
) -> None:
    going(google, ("POST", INSTANCES))
    create = compute(
        "Create", machine_type="m", source_image="i", wait_until_running=False, **given
    )
    found = PatientRun(tmp_path).run(create)
    assert found == {"instanceName": "vm", "status": "PROVISIONING"}
    (interface,) = google.asked[0].json["networkInterfaces"]
    del interface["accessConfigs"]
    assert interface == network


@pytest.mark.parametrize(
    ("verb", "wait", "status", "word"),
    [
        ("Start", "wait_until_running", "STAGING", "start"),
        ("Stop", "wait_until_stopped", "STOPPING", "stop"),
    ],
)
def test_an_instance_is_started_and_stopped(
    tmp_path: Path, google: Google, verb: str, wait: str, status: str, word: str
) -> None:
    going(google, ("POST", f"{INSTANCES}/vm/{word}"))
    run = PatientRun(tmp_path)
    assert run.run(compute(verb, **{wait: False})) == {"instanceName": "vm", "status": status}
    assert run.run(compute(verb)) == OUTPUT
    failed = {"errors": [{"code": "QUOTA", "message": "too many"}]}
    google.answers["GET", OPERATION] = {"status": "DONE", "error": failed}
    with pytest.raises(TaskFailure, match=f"Failed to {word} instance 'vm': QUOTA: too many"):
        run.run(compute(verb))
    google.answers["GET", OPERATION] = {"status": "RUNNING"}
    with pytest.raises(TaskFailure, match=f"Timed out after PT1S waiting to {word} instance 'vm'"):
        run.run(compute(verb, timeout="PT1S"))


def test_an_instance_is_deleted(tmp_path: Path, google: Google) -> None:
    going(google, ("DELETE", f"{INSTANCES}/vm"))
    run = PatientRun(tmp_path)
    gone = {"instanceName": "vm", "instanceId": "77", "status": "DELETED"}
    assert run.run(compute("Delete")) == gone
    pending = run.run(compute("Delete", wait_until_deleted=False))
    assert pending == {**gone, "status": "PENDING_DELETE"}
    del google.answers["GET", f"{INSTANCES}/vm"]
    assert run.run(compute("Delete")) == {"instanceName": "vm", "status": "DELETED"}


@pytest.mark.parametrize(
    ("verb", "begin", "undo"),
    [
        ("Create", ("POST", INSTANCES), ("DELETE", f"{INSTANCES}/vm")),
        ("Start", ("POST", f"{INSTANCES}/vm/start"), ("POST", f"{INSTANCES}/vm/stop")),
        ("Stop", ("POST", f"{INSTANCES}/vm/stop"), None),
    ],
)
def test_what_a_kill_leaves_of_an_instance(
    tmp_path: Path, google: Google, verb: str, begin: tuple[str, str], undo: Any
) -> None:
    going(google, begin)
    google.answers["GET", OPERATION] = {"status": "RUNNING"}
    given = {"machine_type": "m", "source_image": "i"} if verb == "Create" else {}
    run = PatientRun(tmp_path)
    run.killed_in_its_sleep(compute(verb, **given))
    last = undo or ("GET", OPERATION)
    assert google.steps[-1] == last
    assert bool(run.messages("WARN")) is (undo is not None)


def test_names_stay_in_their_place(tmp_path: Path, google: Google) -> None:
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        PatientRun(tmp_path).run(made("gcp.compute.Stop", zone="..", instance_name="vm"))
    assert google.asked == []


# ---- Dataflow -------------------------------------------------------------------------------------------------------

JOBS = "/flow/projects/proj/locations/l1/jobs"
METRICS = {
    "metrics": [
        {"name": {"name": "Elements"}, "scalar": 5},
        {"name": {"name": "Spread"}, "distribution": {}},
    ]
}


def dataflow(verb: str, **properties: Any) -> Any:
    return made(f"gcp.dataflow.{verb}", location="l1", **properties)


def test_a_job_of_dataflow(tmp_path: Path, google: Google) -> None:
    job = {
        "id": "j",
        "currentState": "JOB_STATE_RUNNING",
        "currentStateTime": "2026-01-02T03:04:05Z",
        "createTime": "2026-01-02T03:04:00Z",
        "type": "JOB_TYPE_BATCH",
    }
    google.answers["GET", f"{JOBS}/j"] = job
    run = PatientRun(tmp_path)
    told = {**job, "jobId": "j", "metrics": {}}
    del told["id"]
    assert run.run(dataflow("GetJob", job_id="j")) == told
    assert "Failed to retrieve metrics" in run.messages("WARN")[0]
    google.answers["GET", f"{JOBS}/j/metrics"] = METRICS
    assert run.run(dataflow("GetJob", job_id="j"))["metrics"] == {"Elements": 5}


@pytest.mark.parametrize(
    ("drain", "state"), [(False, "JOB_STATE_CANCELLED"), (True, "JOB_STATE_DRAINING")]
)
def test_a_job_of_dataflow_is_cancelled(
    tmp_path: Path, google: Google, drain: bool, state: str
) -> None:
    google.answers["PUT", f"{JOBS}/j"] = {"id": "j", "currentState": "JOB_STATE_RUNNING"}
    found = PatientRun(tmp_path).run(dataflow("CancelJob", job_id="j", drain=drain))
    assert found == {"jobId": "j", "currentState": "JOB_STATE_RUNNING"}
    assert google.asked[0].json == {"requestedState": state}


def test_a_job_of_dataflow_is_waited_for(tmp_path: Path, google: Google) -> None:
    states = ["JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_DONE"]
    google.answers["GET", f"{JOBS}/j"] = [{"id": "j", "currentState": each} for each in states]
    google.answers["GET", f"{JOBS}/j/metrics"] = METRICS
    run = PatientRun(tmp_path)
    found = run.run(dataflow("WaitForJob", job_id="j", poll_interval="PT4S"))
    assert found == {"jobId": "j", "state": "JOB_STATE_DONE", "metrics": {"Elements": 5}}
    assert run.slept == [4.0, 4.0]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("JOB_STATE_FAILED", "Dataflow job 'j' failed — check the Google Cloud"),
        ("JOB_STATE_CANCELLED", "Dataflow job 'j' was cancelled"),
        ("JOB_STATE_RUNNING", "did not complete within the maximum duration of PT1S"),
    ],
)
def test_a_job_of_dataflow_that_fails(
    tmp_path: Path, google: Google, state: str, message: str
) -> None:
    google.answers["GET", f"{JOBS}/j"] = {"id": "j", "currentState": state}
    with pytest.raises(TaskFailure, match=message):
        PatientRun(tmp_path).run(dataflow("WaitForJob", job_id="j", max_duration="PT1S"))


def test_a_killed_task_cancels_its_job_of_dataflow(tmp_path: Path, google: Google) -> None:
    google.answers["GET", f"{JOBS}/j"] = {"id": "j", "currentState": "JOB_STATE_RUNNING"}
    google.answers["PUT", f"{JOBS}/j"] = {"id": "j"}
    run = PatientRun(tmp_path)
    run.killed_in_its_sleep(dataflow("WaitForJob", job_id="j"))
    assert google.asked[-1].json == {"requestedState": "JOB_STATE_CANCELLED"}
    assert "successfully cancelled on task kill" in run.messages("INFO")[-1]


LAUNCHED = {"job": {"id": "j", "currentState": "JOB_STATE_PENDING"}}
GIVEN = {"job_name": "n", "parameters": {"a": 1, "b": None}, "environment": {"numWorkers": 2}}


def test_templates_are_launched(tmp_path: Path, google: Google) -> None:
    start = "/flow/projects/proj/locations/l1"
    google.answers["POST", f"{start}/templates:launch"] = LAUNCHED
    google.answers["POST", f"{start}/flexTemplates:launch"] = LAUNCHED
    run = PatientRun(tmp_path)
    begun = {"jobId": "j", "jobState": "JOB_STATE_PENDING"}
    asked = {"jobName": "n", "parameters": {"a": "1"}, "environment": {"numWorkers": 2}}
    assert run.run(dataflow("LaunchTemplate", gcs_path="gs://b/t", **GIVEN)) == begun
    assert google.query() == {"gcsPath": ["gs://b/t"]} and google.asked[-1].json == asked
    flex = dataflow("LaunchFlexTemplate", container_spec_gcs_path="gs://b/f", **GIVEN)
    assert run.run(flex) == begun
    assert google.asked[-1].json == {
        "launchParameter": {**asked, "containerSpecGcsPath": "gs://b/f"}
    }
    google.answers["POST", f"{start}/templates:launch"] = {}
    with pytest.raises(TaskFailure, match="Launch Classic Template response does not contain"):
        run.run(dataflow("LaunchTemplate", gcs_path="gs://b/t", job_name="n"))


# ---- clusters and workflows -----------------------------------------------------------------------------------------

CLUSTERS = "/proc/eu-west1/projects/proj/regions/eu-west1/clusters"
WORK = "/proc/eu-west1/projects/proj/regions/eu-west1/operations/o1"


def cluster(verb: str, **properties: Any) -> Any:
    given = {"cluster_name": "c", "region": "eu-west1", **properties}
    return made(f"gcp.dataproc.clusters.{verb}", **given)


def ended(state: str) -> dict[str, Any]:
    return {"done": True, "metadata": {"clusterName": "c", "status": {"innerState": state}}}


def test_a_cluster_of_dataproc(tmp_path: Path, google: Google) -> None:
    begun = {"name": WORK.removeprefix("/proc/eu-west1/")}
    google.answers["POST", CLUSTERS] = begun
    google.answers["DELETE", f"{CLUSTERS}/c"] = begun
    google.answers["GET", WORK] = [{}, ended("DONE"), ended("FAILED")]
    run = PatientRun(tmp_path)
    create = cluster(
        "Create",
        zone="z",
        master_machine_type="m1",
        master_disk_size_gb=50,
        worker_machine_type="w1",
        workers=3,
        bucket="b",
        image_version="2.2",
    )
    assert run.run(create) == {"clusterName": "c", "created": True}
    assert google.asked[0].json == {
        "projectId": "proj",
        "clusterName": "c",
        "config": {
            "masterConfig": {
                "machineTypeUri": "m1",
                "diskConfig": {"bootDiskSizeGb": 50},
                "imageUri": "2.2",
            },
            "workerConfig": {"machineTypeUri": "w1", "imageUri": "2.2", "numInstances": 3},
            "gceClusterConfig": {"zoneUri": "z"},
            "configBucket": "b",
        },
    }
    assert run.slept == [1.0]
    assert run.run(cluster("Delete")) == {"clusterName": "c", "deleted": False}
    google.answers["GET", WORK] = {"done": True, "error": {"message": "quota"}}
    with pytest.raises(TaskFailure, match="Dataproc: quota"):
        run.run(cluster("Delete"))
    with pytest.raises(TaskFailure, match="is no region"):
        run.run(cluster("Delete", region="evil.example/"))


def test_what_a_killed_task_has_begun_is_cancelled(tmp_path: Path, google: Google) -> None:
    parent = "projects/proj/locations/l/repositories/r"
    invocation = f"{parent}/workflowInvocations/i"
    google.answers["POST", f"/form/{parent}/workflowInvocations"] = {"name": invocation}
    google.answers["GET", f"/form/{invocation}"] = {"name": invocation, "state": "RUNNING"}
    given = {"location": "l", "repository_id": "r", "workflow_config_id": "c"}
    run = PatientRun(tmp_path)
    run.killed_in_its_sleep(made("gcp.dataform.InvokeWorkflow", **given))
    assert google.steps[-1] == ("POST", f"/form/{invocation}:cancel")
    assert "could not be cancelled" in run.messages("WARN")[0]
    google.answers["POST", CLUSTERS] = {"name": WORK.removeprefix("/proc/eu-west1/")}
    google.answers["GET", WORK] = {}
    google.answers["POST", f"{WORK}:cancel"] = {}
    run = PatientRun(tmp_path)
    run.killed_in_its_sleep(cluster("Create"))
    assert google.steps[-1] == ("POST", f"{WORK}:cancel") and run.messages("WARN") == []


def test_a_cluster_of_kubernetes(tmp_path: Path, google: Google) -> None:
    found = {
        "name": "c",
        "location": "z",
        "network": "n",
        "subnetwork": "s",
        "endpoint": "1.2.3.4",
        "clusterIpv4Cidr": "10.0.0.0/14",
        "createTime": "2026-01-02T03:04:05+00:00",
        "loggingService": "l",
        "monitoringService": "m",
        "selfLink": "link",
        "masterAuth": {"clusterCaCertificate": "CA"},
        "nodePools": [{"name": "p", "status": "RUNNING", "config": {}}],
    }
    google.answers["GET", "/gke/projects/other/locations/z/clusters/c"] = found
    google.answers["GET", "/gke/projects/proj/locations/z/clusters/c"] = found
    run = PatientRun(tmp_path)
    given = {"cluster_id": "c", "cluster_zone": "z"}
    told = run.run(made("gcp.gke.ClusterMetadata", cluster_project_id="other", **given))
    assert told == {
        "name": "c",
        "location": "z",
        "description": "",
        "network": "n",
        "subNetwork": "s",
        "endpoint": "1.2.3.4",
        "clusterIpv4Cidr": "10.0.0.0/14",
        "createTime": "2026-01-02T03:04:05+00:00",
        "loggingService": "l",
        "monitoringService": "m",
        "link": "link",
        "zone": "z",
        "project": "other",
        "nodePoolsCount": 1,
        "nodePools": [{"name": "p", "status": "RUNNING"}],
        "masterAuth": {"clusterCertificate": "CA", "clientKey": "", "clientCertificate": ""},
    }
    assert run.run(made("gcp.gke.ClusterMetadata", **given))["project"] is None


def test_a_workflow_of_dataform(tmp_path: Path, google: Google) -> None:
    parent = "projects/proj/locations/l/repositories/r"
    name = f"{parent}/workflowInvocations/i"
    google.answers["POST", f"/form/{parent}/workflowInvocations"] = {
        "name": name,
        "state": "RUNNING",
    }
    states = [{"name": name, "state": each} for each in ("RUNNING", "SUCCEEDED")]
    google.answers["GET", f"/form/{name}"] = states
    run = PatientRun(tmp_path)
    given = {"location": "l", "repository_id": "r", "workflow_config_id": "c"}
    invoke = made("gcp.dataform.InvokeWorkflow", **given)
    told = {"workflowInvocationName": name, "workflowInvocationState": "SUCCEEDED"}
    assert run.run(invoke) == told
    assert google.asked[0].json == {"workflowConfig": f"{parent}/workflowConfigs/c"}
    began = run.run(made("gcp.dataform.InvokeWorkflow", wait=False, **given))
    assert began == {**told, "workflowInvocationState": "RUNNING"}
