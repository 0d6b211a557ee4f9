"""Databricks, against a stand-in that answers in the documented forms of its interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answer, Asked, PatientRun, Service, service_account, serving
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.google import auth
from flowrt.plugins.services.databricks import Authentication
from flowrt.plugins.services.databricks_tasks import (
    DbtTask,
    JobTask,
    Library,
    Maven,
    NotebookTask,
    Package,
    PythonWheelTask,
    RunJobTask,
    RunTask,
    SparkJarTask,
    SparkPythonTask,
    SqlTask,
)


class Workspace:
    """What was asked, and the states of a cluster or a run, one a look."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.states: list[Any] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.who = "Bearer T0K3N"

    def __call__(self, asked: Asked) -> Answer:
        place = urlsplit(asked.path)
        if place.path == "/oidc/v1/token":
            assert asked.headers["authorization"] == "Basic aTpz"  # i:s
            assert asked.body == b"grant_type=client_credentials&scope=all-apis"
            return 200, {"access_token": "fetched"}
        assert asked.headers["authorization"] == self.who
        what = place.path.removeprefix("/api/2.1/")
        told = asked.json if asked.method == "POST" else {k: v[0] for k, v in parse_qs(place.query).items()}  # fmt: skip
        self.asked.append((asked.method, what, told))
        if what == "clusters/get":
            return 200, self.states.pop(0)
        if what == "jobs/runs/get":
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return 200, {"job_id": 5, "state": state}
        return 200, {"cluster_id": "c1", "job_id": 5, "run_id": 7}


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr("flowrt.plugins.services.databricks.PAUSE", 0.01)
    for name in ("HOST", "TOKEN", "USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"DATABRICKS_{name}", raising=False)
    with serving() as service:
        found = Workspace(service)
        service.answer = found
        yield found


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, word="hello", secret="T0K3N")


def task(workspace: Workspace, name: str, /, **properties: Any) -> Any:
    found = catalog.find(f"io.kestra.plugin.databricks.{name}")
    assert found is not None
    known = {
        "host": f"{workspace.service.url}/",
        "authentication": Authentication(token=t("{{ secret }}")),
    }
    return found("t", **{**known, **properties})


CLUSTER = {"cluster_name": t("{{ word }}"), "spark_version": "13.0.x"}


def test_a_cluster_is_made(run: FakeRun, workspace: Workspace) -> None:
    workspace.states = [{"state": "PENDING"}, {"state": "RUNNING"}]
    found = run.run(
        task(
            workspace, "cluster.CreateCluster", node_type_id="n2", num_workers=1,
            auto_termination_minutes=9, min_workers=1, max_workers=4, **CLUSTER,
        )
    )  # fmt: skip
    uri = f"{workspace.service.url}/#setting/clusters/c1/configuration"
    assert found == {"clusterId": "c1", "clusterURI": uri, "clusterState": "RUNNING"}
    assert run.messages("INFO") == [f"Cluster created: {uri}"]
    assert workspace.asked == [
        (
            "POST",
            "clusters/create",
            {
                "cluster_name": "hello",
                "spark_version": "13.0.x",
                "node_type_id": "n2",
                "autotermination_minutes": 9,
                "num_workers": 1,
                "autoscale": {"min_workers": 1, "max_workers": 4},
            },
        ),
        *[("GET", "clusters/get", {"cluster_id": "c1"})] * 2,
    ]
    workspace.states = [{"state": "TERMINATED", "state_message": "no quota"}]
    with pytest.raises(TaskFailure, match="failed to reach RUNNING, got TERMINATED: no quota"):
        run.run(task(workspace, "cluster.CreateCluster", **CLUSTER))


def test_a_cluster_ends(run: FakeRun, workspace: Workspace) -> None:
    workspace.states = [{"state": "TERMINATING"}, {"state": "TERMINATED"}]
    assert run.run(task(workspace, "cluster.DeleteCluster", cluster_id="c9")) is None
    assert workspace.asked[0] == ("POST", "clusters/delete", {"cluster_id": "c9"})


TASKS = [
    JobTask(
        task_key="a", existing_cluster_id=t("{{ word }}"), timeout_seconds=60,
        spark_python_task=SparkPythonTask(
            python_file="/a.py", spark_python_task_source="WORKSPACE", parameters=["x", 1]
        ),
        libraries=[Library(pypi=Package(package_="p")), Library(maven=Maven(coordinates="g:a:1"))],
    ),
    JobTask(
        task_key="b", description="d", depends_on=["a"],
        notebook_task=NotebookTask(notebook_path="/n", base_parameters={"k": t("{{ word }}")}),
    ),
    JobTask(task_key="c", sql_task=SqlTask(query_id="q", warehouse_id="w", parameters='{"k": 1}')),
    JobTask(task_key="d", dbt_task=DbtTask(commands=["dbt run"], schema="s")),
]  # fmt: skip


def test_a_job_is_made_and_run(run: FakeRun, workspace: Workspace) -> None:
    workspace.states = [{"life_cycle_state": "RUNNING"}, {"life_cycle_state": "TERMINATED"}]
    found = run.run(
        task(workspace, "job.CreateJob", job_name="J", job_tasks=TASKS, wait_for_completion="PT1M")
    )
    uri = f"{workspace.service.url}/#job/5"
    assert found == {"jobId": 5, "jobURI": uri, "runId": 7, "runURI": f"{uri}/run/7"}
    assert workspace.asked[0][1:] == (
        "jobs/create",
        {
            "name": "J",
            "tasks": [
                {
                    "task_key": "a",
                    "existing_cluster_id": "hello",
                    "timeout_seconds": 60,
                    "spark_python_task": {
                        "python_file": "/a.py",
                        "parameters": ["x", "1"],
                        "source": "WORKSPACE",
                    },
                    "libraries": [{"pypi": {"package": "p"}}, {"maven": {"coordinates": "g:a:1"}}],
                },
                {
                    "task_key": "b",
                    "description": "d",
                    "depends_on": [{"task_key": "a"}],
                    "notebook_task": {"notebook_path": "/n", "base_parameters": {"k": "hello"}},
                },
                {
                    "task_key": "c",
                    "sql_task": {
                        "query": {"query_id": "q"},
                        "warehouse_id": "w",
                        "parameters": {"k": "1"},
                    },
                },
                {"task_key": "d", "dbt_task": {"commands": ["dbt run"], "schema": "s"}},
            ],
        },
    )
    assert workspace.asked[1] == ("POST", "jobs/run-now", {"job_id": 5})
    assert workspace.asked[2:] == [("GET", "jobs/runs/get", {"run_id": "7"})] * 2
    assert run.messages("INFO") == [f"Job created: {uri}", "Run submitted: 7"]
    assert not [text for _, text in run.logs if "T0K3N" in text]


def test_tasks_run_once(run: FakeRun, workspace: Workspace) -> None:
    workspace.states = [{"life_cycle_state": "PENDING"}]
    tasks = [
        RunTask(task_key="a", spark_jar_task=SparkJarTask(main_class_name="C", parameters="[1]")),
        RunTask(task_key="b", run_job_task=RunJobTask(job_id="12", job_parameters={"k": 1})),
        RunTask(task_key="c", python_wheel_task=PythonWheelTask(named_parameters='{"k": "v"}')),
    ]
    found = run.run(task(workspace, "job.SubmitRun", run_tasks=tasks, run_name="R"))
    assert found == {"runId": 7, "runURI": f"{workspace.service.url}/#job/5/run/7"}
    assert workspace.asked[0][1:] == (
        "jobs/runs/submit",
        {
            "run_name": "R",
            "tasks": [
                {"task_key": "a", "spark_jar_task": {"main_class_name": "C", "parameters": ["1"]}},
                {"task_key": "b", "run_job_task": {"job_id": 12, "job_parameters": {"k": "1"}}},
                {"task_key": "c", "python_wheel_task": {"named_parameters": {"k": "v"}}},
            ],
        },
    )
    assert len(workspace.asked) == 2  # nobody waits
    workspace.states = [{"life_cycle_state": "INTERNAL_ERROR", "state_message": "it broke"}]
    with pytest.raises(TaskFailure, match="got INTERNAL_ERROR: it broke"):
        run.run(task(workspace, "job.SubmitRun", run_tasks=tasks, wait_for_completion="PT1M"))
    workspace.states = [{"life_cycle_state": "RUNNING"}]
    with pytest.raises(TaskFailure, match=r"failed to terminate within PT0\.05S"):
        run.run(task(workspace, "job.SubmitRun", run_tasks=tasks, wait_for_completion="PT0.05S"))


@pytest.mark.parametrize("given", ["x", '{"a": 1}', {"a": 1}])
def test_parameters_that_are_none(run: FakeRun, workspace: Workspace, given: Any) -> None:
    wrong = [RunTask(task_key="a", spark_jar_task=SparkJarTask(parameters=given))]
    with pytest.raises(TaskFailure, match="Invalid parameters"):
        run.run(task(workspace, "job.SubmitRun", run_tasks=wrong))
    assert not workspace.asked


def test_a_run_of_a_killed_task_is_cancelled(run: PatientRun, workspace: Workspace) -> None:
    workspace.states = [{"life_cycle_state": "RUNNING"}]
    job = task(workspace, "job.CreateJob", job_name="J", job_tasks=TASKS)
    run.killed_in_its_sleep(job)
    assert workspace.asked[-1] == ("POST", "jobs/runs/cancel", {"run_id": 7})


def test_who_asks(run: FakeRun, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(**properties: Any) -> None:
        workspace.states = [{"state": "TERMINATED"}]
        run.run(task(workspace, "cluster.DeleteCluster", cluster_id="c", **properties))

    workspace.who = "Bearer fetched"
    end(authentication=Authentication(client_id="i", client_secret="s"))
    workspace.who = "Basic dTpw"
    end(authentication=Authentication(username="u", password="p"))
    settings = run.working_dir / "settings"
    settings.write_text(f"[DEFAULT]\nhost = {workspace.service.url}\ntoken = filed%\n")
    run.services.allowed_paths = (str(run.working_dir),)
    workspace.who = "Bearer filed%"
    end(host=None, authentication=None, config_file=str(settings))
    settings.write_text("no settings")
    with pytest.raises(TaskFailure, match="`configFile` cannot be read"):
        end(host=None, authentication=None, config_file=str(settings))
    with pytest.raises(TaskFailure, match="nobody is known who could ask Databricks"):
        end(authentication=None)
    with serving() as login:
        login.answer = lambda asked: (200, {"access_token": "azure"})
        monkeypatch.setattr(entra, "LOGIN", login.url)
        workspace.who = "Bearer azure"
        azure = {"azure_client_id": "i", "azure_client_secret": "s", "azure_tenant_id": "ten"}
        end(authentication=Authentication(**azure))
        assert login.last.path == "/ten/oauth2/v2.0/token"
        assert b"2ff814a6-3304-4ab8-8672-cb85b5a6f3c0" in login.last.body
        login.answer = lambda asked: (200, {"access_token": "own", "id_token": "google"})
        monkeypatch.setattr(auth, "TOKEN_ADDRESS", login.url)
        workspace.who = "Bearer google"
        end(authentication=Authentication(google_credentials=json.dumps(service_account())))
    with pytest.raises(TaskFailure, match="`host` is needed"):
        end(host=None)
    monkeypatch.setenv("DATABRICKS_HOST", workspace.service.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", "E")
    workspace.who = "Bearer E"
    end(host=None, authentication=None)
