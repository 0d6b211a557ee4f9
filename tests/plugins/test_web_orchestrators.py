"""Airflow, Prefect, Zapier, n8n: what starts them, how their end is waited for, and what is made of a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, PatientRun, Service
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.tasks.http_client import BasicAuth, HttpOptions


def dag(service: Service, **given: Any) -> Any:
    return task("airflow.dags.TriggerDagRun", base_url=service.url, dag_id="my dag", **given)


def test_a_dag_of_airflow_is_waited_for(tmp_path: Path, service: Service) -> None:
    made = {"dag_id": "my dag", "dag_run_id": "manual__1", "state": "queued"}
    ended = {
        **made,
        "state": "success",
        "start_date": "2024-01-02T03:04:05.678+00:00",
        "end_date": "2024-01-02T03:05:00+00:00",
    }
    service.answer = Answers(made, {**made, "state": "running"}, ended)
    run = PatientRun(tmp_path, word="yes")
    login = HttpOptions(auth=BasicAuth(username="me", password="word"))
    found = run.run(
        dag(
            service,
            wait=True,
            poll_frequency="PT2S",
            body={"conf": {"a": t("{{ word }}")}},
            headers={"X-Team": "data"},
            options=login,
        )
    )
    assert found == {
        "dagId": "my dag",
        "dagRunId": "manual__1",
        "state": "success",
        "started": "2024-01-02T03:04:05.678",
        "ended": "2024-01-02T03:05:00",
    }
    first = service.asked[0]
    assert (first.method, first.path) == ("POST", "/api/v1/dags/my%20dag/dagRuns")
    assert first.json == {"conf": {"a": "yes"}}
    assert first.headers["x-team"] == "data"
    assert first.headers["authorization"] == "Basic bWU6d29yZA=="
    assert service.last.path == "/api/v1/dags/my%20dag/dagRuns/manual__1"
    assert run.slept == [2.0]


def test_a_dag_of_airflow_is_told_where_it_was_started(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"dag_run_id": "r", "state": "queued"})
    found = FakeRun(tmp_path).run(dag(service))
    assert found == {"dagId": "my dag", "dagRunId": "r", "state": "queued"}
    assert service.last.json == {
        "source": "kestra",
        "flow": "my_flow",
        "namespace": "a.b",
        "task": "t",
        "execution": "E1",
    }


def test_what_airflow_says_reaches_the_user(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((404, {"title": "DAG not found"}))
    with pytest.raises(TaskFailure, match=r"Airflow answered with status 404: .*DAG not found"):
        FakeRun(tmp_path).run(dag(service))


def test_a_deployment_of_prefects_cloud_is_waited_for(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(
        (201, {"id": "f1", "state": {"type": "SCHEDULED"}}),
        {"state": {"type": "RUNNING"}},
        {"state": {"type": "COMPLETED"}},
    )
    run = PatientRun(tmp_path)
    made = task(
        "prefect.CreateFlowRun",
        api_url=f"{service.url}/api",
        api_key="pnu",
        account_id="a",
        workspace_id="w",
        deployment_id="d",
        parameters={"n": 1},
    )
    assert run.run(made) == {
        "flowRunId": "f1",
        "state": "COMPLETED",
        "flowRunUrl": "https://app.prefect.cloud/account/a/workspace/w/flow-runs/flow-run/f1",
    }
    first = service.asked[0]
    assert first.path == "/api/accounts/a/workspaces/w/deployments/d/create_flow_run"
    assert (first.method, first.json) == ("POST", {"parameters": {"n": 1}})
    assert first.headers["authorization"] == "Bearer pnu"
    assert service.last.path == "/api/accounts/a/workspaces/w/flow_runs/f1"
    assert run.slept == [5.0]


def test_a_deployment_of_a_server_of_ones_own(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((201, {"id": "f1", "state": {"type": "SCHEDULED"}}))
    given = {"api_url": f"{service.url}/api", "deployment_id": "d", "wait": False}
    found = FakeRun(tmp_path).run(task("prefect.CreateFlowRun", api_key="YTpi", **given))
    assert found == {
        "flowRunId": "f1",
        "state": "SCHEDULED",
        "flowRunUrl": f"{service.url}/flow-runs/flow-run/f1",
    }
    assert service.last.path == "/api/deployments/d/create_flow_run"
    assert service.last.headers["authorization"] == "Basic YTpi"
    assert service.last.json == {}
    FakeRun(tmp_path).run(task("prefect.CreateFlowRun", **given))
    assert "authorization" not in service.last.headers


@pytest.mark.parametrize("state", ["FAILED", "CRASHED", "CANCELLED"])
def test_a_deployment_that_fails_says_why(tmp_path: Path, service: Service, state: str) -> None:
    ended = {"type": state, "name": "Late", "message": "no worker"}
    service.answer = Answers((201, {"id": "f1"}), {"state": ended})
    made = task("prefect.CreateFlowRun", api_url=service.url, deployment_id="d")
    message = rf"Flow run ended in state: {state} \(Late\) - no worker"
    with pytest.raises(TaskFailure, match=message):
        PatientRun(tmp_path).run(made)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"detail": "Deployment not found"}, "Deployment not found"),
        ({"message": "Gone"}, "Gone"),
        (b"<html>", "<html>"),
    ],
)
def test_what_prefect_says_reaches_the_user(
    tmp_path: Path, service: Service, said: Any, message: str
) -> None:
    service.answer = Answers((404, said))
    made = task("prefect.CreateFlowRun", api_url=service.url, deployment_id="d")
    with pytest.raises(TaskFailure, match=rf"Prefect API error \(HTTP 404\): {message}$"):
        PatientRun(tmp_path).run(made)


def test_a_zap_is_started(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((200, {"status": "success"}, {"X-Request-Id": "r1"}))
    run = FakeRun(tmp_path, word="yes")
    url = f"{service.url}/hooks/catch/1/secret/"
    made = task("zapier.TriggerZap", url=url, content={"a": t("{{ word }}")}, headers={"X-A": "b"})
    assert run.run(made) == {"status": 200, "body": '{"status": "success"}', "attemptId": "r1"}
    assert (service.last.method, service.last.path) == ("POST", "/hooks/catch/1/secret/")
    assert service.last.json == {"a": "yes"}
    assert service.last.headers["content-type"] == "application/json"
    assert service.last.headers["x-a"] == "b"
    assert not [text for level, text in run.logs if level != "DEBUG" and "secret" in text]
    run.run(task("zapier.TriggerZap", url=url, method="GET", content={"a": 1}))
    assert (service.last.method, service.last.body) == ("GET", b"")


def test_a_zap_that_is_refused(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((410, b"gone"))
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match="Zapier webhook request failed with status 410: gone"):
        run.run(task("zapier.TriggerZap", url=service.url))
    found = run.run(task("zapier.TriggerZap", url=service.url, allow_failed=True))
    assert found == {"status": 410, "body": "gone", "attemptId": None}
    assert run.messages("WARN") == ["Zapier responded with status: 410, body: gone"]


def n8n(service: Service, **given: Any) -> Any:
    return task("n8n.TriggerWorkflow", uri=f"{service.url}/webhook/1", **given)


def test_a_workflow_of_n8n_answers(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"done": True})
    run = FakeRun(tmp_path, word="yes")
    made = n8n(
        service,
        method="POST",
        body={"a": t("{{ word }}")},
        query_parameters={"n": 1},
        headers={"X-A": "b"},
        options=HttpOptions(auth=BasicAuth(username="me", password="word")),
    )
    assert run.run(made) == {"statusCode": 200, "body": {"done": True}}
    assert (service.last.method, service.last.path) == ("POST", "/webhook/1?n=1")
    assert service.last.json == {"a": "yes"}
    assert service.last.headers["x-a"] == "b"
    assert service.last.headers["authorization"] == "Basic bWU6d29yZA=="
    service.answer = Answers((200, b"fine"))
    assert run.run(n8n(service, method="GET")) == {"statusCode": 200, "body": "fine"}
    assert run.run(n8n(service, method="GET", wait=False)) == {"statusCode": 200, "body": None}


@pytest.mark.parametrize(
    ("kind", "sent"), [("BINARY", "application/octet-stream"), ("JSON", "application/json")]
)
def test_a_workflow_of_n8n_gets_a_file(
    tmp_path: Path, service: Service, kind: str, sent: str
) -> None:
    run = FakeRun(tmp_path)
    stored = run.store('{"a": 1}')
    run.run(n8n(service, method="PUT", from_=stored, content_type=kind))
    assert (service.last.method, service.last.body) == ("PUT", b'{"a": 1}')
    assert service.last.headers["content-type"] == sent
    with pytest.raises(TaskFailure, match="You cannot set both 'from' and 'body'"):
        run.run(n8n(service, method="PUT", from_=stored, body={"a": 1}))


@pytest.mark.parametrize(
    ("code", "message"),
    [(404, "n8n answered with status 404: no such"), (201, "Received non-200 response .* 201")],
)
def test_a_workflow_of_n8n_that_does_not_start(
    tmp_path: Path, service: Service, code: int, message: str
) -> None:
    service.answer = Answers((code, b"no such webhook"))
    with pytest.raises(TaskFailure, match=message):
        FakeRun(tmp_path).run(n8n(service, method="POST"))
