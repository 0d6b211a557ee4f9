"""Services of Azure that are asked by REST, and who asks: against a stand-in that gives tokens as Azure's documents say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, PatientRun, Service, rows, serving
from tasks.fake import t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra, entra_machine
from flowrt.plugins.azure import identity

CLIENT = {"tenant_id": "ten", "client_id": "app", "client_secret": t("{{ secret_ }}")}
GROUP = {"subscription_id": "sub", "resource_group_name": "gr p"}
BELOW = "/subscriptions/sub/resourceGroups/gr p/providers"


class Cloud:
    """Gives tokens in each of the ways, keeps what it is asked, and answers by method and path."""

    def __init__(self, service: Service) -> None:
        self.url = service.url
        self.tokens: list[tuple[str, dict[str, str]]] = []
        self.asked: list[tuple[str, str, dict[str, list[str]], Any]] = []
        self.answers: dict[tuple[str, str], Any] = {}
        self.machine: Answer = (404, {})
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        place = urlsplit(asked.path)
        path, query = unquote(place.path), parse_qs(place.query)
        if path.startswith("/login/"):
            form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
            self.tokens.append((path.removeprefix("/login"), form))
            return 200, {"access_token": "tok", "expires_in": 3600}
        if path in ("/machine", "/lent"):
            known = {"/machine": ("metadata", "true"), "/lent": ("x-identity-header", "S")}[path]
            assert asked.headers[known[0]] == known[1]
            self.tokens.append((path, {key: value[0] for key, value in query.items()}))
            lent = {"access_token": "tok", "expires_on": "4102444800"}
            return (200, lent) if path == "/lent" else self.machine
        assert asked.headers["authorization"] == "Bearer tok"
        self.asked.append((asked.method, path, query, asked.json if asked.body else None))
        found = self.answers.get((asked.method, path), (404, {"error": {"code": "NotFound"}}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, tuple) else (200, found)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in os.environ:
        if name.startswith(("AZURE_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    with serving() as service:
        monkeypatch.setattr(entra, "LOGIN", f"{service.url}/login")
        monkeypatch.setattr(entra_machine, "MACHINE_ADDRESS", f"{service.url}/machine")
        monkeypatch.setattr(identity, "MANAGEMENT", service.url)
        yield Cloud(service)


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, secret_="S3CRET")


def make(name: str, /, **properties: Any) -> Any:
    return task(f"azure.{name}", **{**CLIENT, **properties})


# ---- who asks -------------------------------------------------------------------------------------------------------


def token(run: PatientRun, **whose: Any) -> Any:
    found = run.run(task("azure.auth.OauthAccessToken", **whose))["accessToken"]
    assert found["scopes"] == ["https://management.azure.com/.default"]
    return found


def test_a_client_with_a_secret(cloud: Cloud, run: PatientRun) -> None:
    found = token(run, **CLIENT)
    assert set(found) == {"scopes", "tokenValue", "expirationTime"}
    assert cloud.tokens == [
        ("/ten/oauth2/v2.0/token", {
            "grant_type": "client_credentials", "client_id": "app", "client_secret": "S3CRET",
            "scope": "https://management.azure.com/.default",
        })
    ]  # fmt: skip
    assert not any("S3CRET" in message or message == "tok" for _, message in run.logs)
    with pytest.raises(TaskFailure, match="`tenantId` and `clientId` are needed"):
        token(run, client_secret="s")


def test_a_client_of_the_environment(
    cloud: Cloud, run: PatientRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "env")
    monkeypatch.setenv("AZURE_CLIENT_ID", "me")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s")
    token(run)
    assert cloud.tokens[-1][0] == "/env/oauth2/v2.0/token"
    assert cloud.tokens[-1][1]["client_secret"] == "s"
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    path = tmp_path / "token"
    path.write_text("claim\n")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(path))
    token(run)
    form = cloud.tokens[-1][1]
    assert (form["client_assertion"], form["client_assertion_type"]) == ("claim", entra.ASSERTION)
    path.unlink()
    with pytest.raises(TaskFailure, match="AZURE_FEDERATED_TOKEN_FILE: No such file"):
        token(run)
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(path))
    with pytest.raises(TaskFailure, match="AZURE_CLIENT_CERTIFICATE_PATH: No such file"):
        token(run)


def test_the_identity_of_a_machine(
    cloud: Cloud, run: PatientRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(TaskFailure, match="nobody is known who could ask Azure"):
        token(run)
    cloud.machine = (200, {"access_token": "tok", "expires_on": "4102444800"})
    assert str(token(run)["expirationTime"]).startswith("2100-01-01")
    assert cloud.tokens[-1] == (
        "/machine", {"api-version": "2018-02-01", "resource": "https://management.azure.com"},
    )  # fmt: skip
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{cloud.url}/lent")
    monkeypatch.setenv("IDENTITY_HEADER", "S")
    monkeypatch.setenv("AZURE_CLIENT_ID", "mine")
    token(run)
    path, asked = cloud.tokens[-1]
    assert (path, asked["client_id"], asked["api-version"]) == ("/lent", "mine", "2019-08-01")


def test_whoever_has_logged_in(cloud: Cloud, run: PatientRun, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    told = json.dumps({"accessToken": "tok", "expires_on": 4102444800})
    (programs / "az").write_text(f"#!/bin/sh\necho '{told}'\n")
    (programs / "az").chmod(0o755)
    assert str(token(run)["expirationTime"]).startswith("2100-01-01")
    (programs / "az").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(TaskFailure, match="nobody has logged in"):
        token(run)


@pytest.mark.parametrize(
    ("name", "properties", "scope"),
    [
        (
            "microsoft365.oneshare.List",
            {"tenant_id": "t", "client_id": "c", "drive_id": "d"},
            "https://graph.microsoft.com",
        ),
        (
            "azure.storage.blob.List",
            {"endpoint": "https://account.invalid", "container": "box"},
            "https://storage.azure.com",
        ),
    ],
)
def test_others_ask_as_the_machine(
    cloud: Cloud, run: PatientRun, name: str, properties: dict[str, Any], scope: str
) -> None:
    if name.startswith("azure.storage"):
        pytest.importorskip("azure.storage.blob")
    cloud.machine = (200, {"access_token": "tok", "expires_on": "1"})
    with pytest.raises(TaskFailure):  # nobody answers at these addresses
        run.run(task(name, **properties))
    assert cloud.tokens[-1][1]["resource"] == scope


# ---- Data Factory ---------------------------------------------------------------------------------------------------

FACTORY = f"{BELOW}/Microsoft.DataFactory/factories/fac"
PIPELINE = {**GROUP, "factory_name": "fac", "pipeline_name": "pipe"}


def test_a_pipeline_is_run_to_its_end(cloud: Cloud, run: PatientRun) -> None:
    span = {"runStart": "2026-01-01T00:00:00Z", "runEnd": "2026-01-01T00:01:00Z"}
    done = {"status": "Succeeded", "durationInMs": 1500, **span}
    activities = [
        {"activityName": "a", "status": "Succeeded"}, {"activityName": "b", "status": "Failed"},
    ]  # fmt: skip
    cloud.answers = {
        ("POST", f"{FACTORY}/pipelines/pipe/createRun"): {"runId": "r1"},
        ("GET", f"{FACTORY}/pipelineruns/r1"): [{"status": "InProgress"}, done],
        ("POST", f"{FACTORY}/pipelineruns/r1/queryActivityruns"): [
            {"value": activities[:1], "continuationToken": "more"}, {"value": activities[1:]},
        ],
    }  # fmt: skip
    found = run.run(make("datafactory.CreateRun", parameters={"n": 1}, **PIPELINE))
    assert found["runId"] == "r1" and rows(run, found["uri"]) == activities
    assert run.slept == [5.0]
    assert cloud.asked[0][2:] == ({"api-version": ["2018-06-01"]}, {"n": 1})
    begun = {"lastUpdatedAfter": span["runStart"], "lastUpdatedBefore": span["runEnd"]}
    assert [each[3] for each in cloud.asked[-2:]] == [
        begun, {**begun, "continuationToken": "more"},
    ]  # fmt: skip
    assert ("timer", "pipeline.duration.ms", 1.5) in run.metrics
    assert ("counter", "activities.count", 2) in run.metrics
    assert "Activity 'b' finished with status 'Failed'" in run.messages("ERROR")
    assert len(cloud.tokens) == 1


def test_a_pipeline_that_fails_or_is_not_waited_for(cloud: Cloud, run: PatientRun) -> None:
    cloud.answers["POST", f"{FACTORY}/pipelines/pipe/createRun"] = {"runId": "r1"}
    assert run.run(make("datafactory.CreateRun", wait=False, **PIPELINE)) == {"runId": "r1"}
    failed = {"status": "Failed", "message": "no such table"}
    cloud.answers["GET", f"{FACTORY}/pipelineruns/r1"] = failed
    with pytest.raises(TaskFailure, match="no such table"):
        run.run(make("datafactory.CreateRun", **PIPELINE))


def test_the_run_of_a_killed_task_is_cancelled(cloud: Cloud, run: PatientRun) -> None:
    cloud.answers = {
        ("POST", f"{FACTORY}/pipelines/pipe/createRun"): {"runId": "r1"},
        ("GET", f"{FACTORY}/pipelineruns/r1"): {"status": "InProgress"},
        ("POST", f"{FACTORY}/pipelineruns/r1/cancel"): {},
    }
    run.killed_in_its_sleep(make("datafactory.CreateRun", **PIPELINE))
    assert cloud.asked[-1][:2] == ("POST", f"{FACTORY}/pipelineruns/r1/cancel")


# ---- Logic Apps -----------------------------------------------------------------------------------------------------

LOGIC = f"{BELOW}/Microsoft.Logic/workflows"
WORKFLOW = {
    "id": "/w", "name": "w", "location": "westeurope", "tags": {"a": "b"},
    "properties": {"state": "Enabled", "version": "1", "definition": {}},
}  # fmt: skip
RUN = {
    "id": "/r", "name": "r", "properties": {
        "status": "Succeeded", "startTime": "2026-01-01T00:00:00Z", "correlationId": "c",
        "outputs": {"x": {"type": "String", "value": "v"}},
    },
}  # fmt: skip


def test_workflows(cloud: Cloud, run: PatientRun) -> None:
    cloud.answers = {
        ("GET", LOGIC): [
            {"value": [WORKFLOW], "nextLink": f"{cloud.url}{LOGIC.replace(' ', '%20')}?page=2"},
            {"value": [WORKFLOW, WORKFLOW]},
        ],
        ("GET", f"{LOGIC}/w"): WORKFLOW,
    }
    told = {
        "id": "/w", "name": "w", "location": "westeurope", "tags": {"a": "b"}, "state": "Enabled",
        "provisioningState": None, "version": "1", "accessEndpoint": None, "createdTime": None,
        "changedTime": None,
    }  # fmt: skip
    listed = run.run(make("logicapps.List", max_workflows=2, **GROUP))
    assert listed == {"workflows": [told, told], "total": 2}
    assert run.run(make("logicapps.Get", workflow_name="w", **GROUP)) == {"workflow": told}
    with pytest.raises(TaskFailure, match="Azure answered with status 404"):
        run.run(make("logicapps.Get", workflow_name="none", **GROUP))
    cloud.answers["GET", LOGIC] = {"value": [], "nextLink": "http://elsewhere.example/"}
    with pytest.raises(TaskFailure, match="a page that lies elsewhere"):
        run.run(make("logicapps.List", **GROUP))


def test_runs_of_workflows(cloud: Cloud, run: PatientRun) -> None:
    cloud.answers = {
        ("GET", f"{LOGIC}/w/runs"): {"value": [RUN]},
        ("GET", f"{LOGIC}/w/runs/r"): RUN,
        ("POST", f"{LOGIC}/w/triggers/manual/run"): (
            202, b"", {"Location": "https://management.azure.com/w/runs/r7?api-version=1"},
        ),
    }  # fmt: skip
    told = {
        "id": "/r", "name": "r", "status": "Succeeded", "code": None, "endTime": None,
        "startTime": "2026-01-01T00:00:00Z", "correlationId": "c", "error": None,
        "outputs": {"x": "v"},
    }  # fmt: skip
    given = {**GROUP, "workflow_name": "w"}
    listed = run.run(make("logicapps.ListRuns", status_filter="succeeded", max_runs=5, **given))
    assert listed == {"runs": [told], "total": 1}
    asked = cloud.asked[-1][2]
    assert (asked["$top"], asked["$filter"]) == (["5"], ["status eq 'Succeeded'"])
    assert run.run(make("logicapps.GetRun", run_id="r", **given)) == {"run": told}
    assert run.run(make("logicapps.Run", **given)) == {
        "workflowName": "w", "triggerName": "manual", "runId": "r7", "statusCode": 202,
    }  # fmt: skip


# ---- Monitor, Stream Analytics, Synapse -----------------------------------------------------------------------------


def test_metrics(cloud: Cloud, run: PatientRun) -> None:
    cloud.answers["POST", "/in/metrics"] = {"taken": 1}
    pushed = make("monitoring.Push", endpoint=cloud.url, path="/in/metrics", metrics={"a": 1})
    assert run.run(pushed) == {"body": {"taken": 1}}
    assert cloud.asked[-1][3] == {"a": 1}
    assert cloud.tokens[-1][1]["scope"] == "https://monitor.azure.com/.default"
    series = [{"data": [{"average": 1}, {"average": 2}]}]
    found = {"values": [{"value": [{"name": {"value": "cpu"}, "timeseries": series}]}]}
    cloud.answers["POST", "/subscriptions/sub/metrics:getBatch"] = found
    ids = ["/subscriptions/sub/resourceGroups/g/providers/x/y/z"]
    asked = make(
        "monitoring.Query", endpoint=cloud.url, resource_ids=ids, metric_names=["cpu", "net"],
        metrics_namespace="x/y", aggregations=["AVERAGE"], interval="PT1M", top=3,
    )  # fmt: skip
    assert run.run(asked) == {
        "datapoints": 2, "metrics": 1, "resources": 1, "results": found["values"],
    }  # fmt: skip
    query, body = cloud.asked[-1][2:]
    assert body == {"resourceids": ids}
    assert (query["metricnames"], query["aggregation"]) == (["cpu,net"], ["average"])
    assert (query["interval"], query["top"]) == (["PT1M"], ["3"])
    assert len(query["starttime"][0]) == len("2026-01-01T00:00:00Z")
    with pytest.raises(TaskFailure, match="`resourceIds` are resources"):
        run.run(make("monitoring.Query", endpoint=cloud.url, resource_ids=[], metric_names=[],
                     metrics_namespace="x"))  # fmt: skip


def test_jobs(cloud: Cloud, run: PatientRun) -> None:
    about = {"provisioningState": "Succeeded", "jobState": "Running"}
    place = f"{BELOW}/Microsoft.StreamAnalytics/streamingjobs/j"
    cloud.answers["GET", place] = {"name": "j", "location": "West", "properties": about}
    given = {"subscription_id": "sub", "resource_group": "gr p", "job_name": "j"}
    assert run.run(make("streamanalytics.GetJob", **given)) == {
        "jobName": "j", "location": "West", **about,
    }  # fmt: skip
    place = "/livyApi/versions/2019-11-01-preview/sparkPools/pool/batches"
    cloud.answers["POST", place] = {"id": 7, "state": "not_started", "appId": None}
    batch = make("synapse.SparkBatchJobCreate", endpoint=cloud.url, spark_pool_name="pool",
                 name="n", file="abfss://a.py", arguments=["x"], executor_count=2)  # fmt: skip
    assert run.run(batch) == {"jobId": 7, "state": "not_started", "appId": None}
    assert cloud.asked[-1][3] == {
        "name": "n", "file": "abfss://a.py", "args": ["x"], "numExecutors": 2,
    }  # fmt: skip
    assert cloud.tokens[-1][1]["scope"] == "https://dev.azuresynapse.net/.default"
