"""Microsoft Fabric: its jobs and its files, against a stand-in that answers in the documented forms of its interfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answer, Asked, PatientRun, Service
from tasks.fake import t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.services import fabric, fabric_files


class Fabric:
    """Tokens, a job with its states, and one file."""

    def __init__(self) -> None:
        self.states: list[Answer] = []
        self.scopes: list[str] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.file: bytes | None = None

    def __call__(self, asked: Asked) -> Answer:
        place = urlsplit(asked.path)
        if place.path == "/login/ten%2Fant/oauth2/v2.0/token":
            form = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
            self.scopes.append(form.pop("scope"))
            known = {"client_id": "app", "client_secret": "S3CRET"}
            assert form == {"grant_type": "client_credentials", **known}
            return 200, {"access_token": "tok"}
        assert asked.headers["authorization"] == "Bearer tok"
        if place.path.startswith("/lake/"):
            return self._lake(asked)
        self.asked.append((asked.method, asked.path, asked.body and asked.json))
        if asked.method == "GET":
            return self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return 202, b"", {"Location": "https://elsewhere.example/v1/jobs/instances/j1"}

    def _lake(self, asked: Asked) -> Answer:
        assert asked.headers["x-ms-version"]
        place = urlsplit(asked.path)
        query = {key: value[0] for key, value in parse_qs(place.query).items()}
        self.asked.append((asked.method, place.path, query))
        if asked.method == "PUT":
            self.file = b""
            return 201, b""
        if self.file is None:
            return 404, {"error": {"code": "PathNotFound"}}
        if query.get("action") == "append":
            assert int(query["position"]) == len(self.file)
            assert len(asked.body) <= fabric_files.BLOCK
            self.file += asked.body
            return 202, b""
        if query.get("action") == "flush":
            assert int(query["position"]) == len(self.file)
            return 200, b""
        if asked.method == "DELETE":
            self.file = None
            return 200, b""
        wanted = asked.headers.get("range")
        if wanted is None:
            return 200, self.file
        first, last = wanted.removeprefix("bytes=").split("-")
        return 206, self.file[int(first) : int(last) + 1]


@pytest.fixture
def here(service: Service, monkeypatch: pytest.MonkeyPatch) -> Fabric:
    monkeypatch.setattr(entra, "LOGIN", f"{service.url}/login")
    monkeypatch.setattr(fabric, "BASE", f"{service.url}/v1")
    monkeypatch.setattr(fabric_files, "BASE", f"{service.url}/lake")
    monkeypatch.setattr(fabric_files, "BLOCK", 4)
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    service.answer = found = Fabric()
    return found


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, secret="S3CRET", word="yes")


def ask(kind: str, /, **given: Any) -> Any:
    known = {"tenant_id": "ten/ant", "client_id": "app", "client_secret": t("{{ secret }}")}
    return task(f"microsoft.fabric.{kind}", workspace_id="w", **{**known, **given})


@pytest.mark.parametrize(
    ("kind", "item", "job", "number"),
    [
        ("RunNotebook", "notebook_id", "RunNotebook", "jobInstanceId"),
        ("RunPipeline", "pipeline_id", "Pipeline", "runId"),
        ("RunSparkJob", "spark_job_definition_id", "sparkjob", "jobInstanceId"),
    ],
)
def test_a_job_is_waited_for(
    run: PatientRun, here: Fabric, kind: str, item: str, job: str, number: str
) -> None:
    here.states = [
        (200, {"status": "InProgress"}),
        (429, b"slow down"),
        (200, {"status": "Completed"}),
    ]
    given = {item: "i", "parameters": {"a": t("{{ word }}")}, "poll_frequency": "PT20S"}
    found = run.run(ask(f"data.engineering.{kind}", **given))
    assert found == {number: "j1", "status": "Completed"}
    jobs = "/v1/workspaces/w/items/i/jobs/instances"
    body = {"executionData": {"parameters": {"a": "yes"}}}
    look = ("GET", f"{jobs}/j1", b"")
    assert here.asked == [("POST", f"{jobs}?jobType={job}", body), look, look, look]
    assert here.scopes == ["https://api.fabric.microsoft.com/.default"]
    assert run.slept == [20.0, 20.0]
    assert not [text for _, text in run.logs if "S3CRET" in text or "tok" in text.split()]
    found = run.run(ask(f"data.engineering.{kind}", **{item: "i", "wait": False}))
    assert found == {number: "j1", "status": "Running"}


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Deduped"])
def test_a_job_that_fails_says_why(run: PatientRun, here: Fabric, status: str) -> None:
    here.states = [(200, {"status": status, "failureReason": {"message": "no cell"}})]
    with pytest.raises(TaskFailure, match=f"RunNotebook job ended with status: {status}: no cell"):
        run.run(ask("data.engineering.RunNotebook", notebook_id="i"))


def test_a_job_of_a_task_that_is_stopped_is_cancelled(run: PatientRun, here: Fabric) -> None:
    here.states = [(200, {"status": "InProgress"})]
    run.killed_in_its_sleep(ask("data.engineering.RunNotebook", notebook_id="i"))
    cancel = "/v1/workspaces/w/items/i/jobs/instances/j1/cancel"
    assert here.asked[-1][:2] == ("POST", cancel)


def test_who_asks_may_be_in_the_environment(
    run: PatientRun, here: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = task("microsoft.fabric.onelake.Delete", workspace_id="w", item_id="i", file_path="a")
    with pytest.raises(TaskFailure, match="nobody is known who could ask Azure"):
        run.run(made)
    for name, value in (
        ("TENANT_ID", "ten/ant"),
        ("CLIENT_ID", "app"),
        ("CLIENT_SECRET", "S3CRET"),
    ):
        monkeypatch.setenv(f"AZURE_{name}", value)
    here.file = b"x"
    run.run(made)
    assert here.file is None


@pytest.mark.parametrize("content", ["", "abcd", "abcdefghij"])
def test_a_file_goes_there_and_back(run: PatientRun, here: Fabric, content: str) -> None:
    where = {"item_id": "i", "file_path": "/in/a b.csv"}
    found = run.run(ask("onelake.Upload", from_=run.store(content), **where))
    assert found == {"uri": "abfss://w@onelake.dfs.fabric.microsoft.com/i/Files/in/a b.csv"}
    assert here.file == content.encode()
    assert here.asked[0] == ("PUT", "/lake/w/i/Files/in/a%20b.csv", {"resource": "file"})
    back = run.run(ask("onelake.Download", **where))
    assert back["size"] == len(content)
    assert run.content(back["uri"]) == content
    assert set(here.scopes) == {"https://storage.azure.com/.default"}
    sizes = [value for _, name, value in run.metrics if name == "file.size"]
    assert sizes == [len(content)] * 2


def test_a_folder_is_deleted(run: PatientRun, here: Fabric) -> None:
    here.file = b"x"
    run.run(ask("onelake.Delete", item_id="i", file_path="in", recursive=True))
    assert here.asked == [("DELETE", "/lake/w/i/Files/in", {"recursive": "true"})]


def test_a_file_that_is_not_there(run: PatientRun, here: Fabric) -> None:
    with pytest.raises(TaskFailure, match=r"OneLake answered with status 404"):
        run.run(ask("onelake.Download", item_id="i", file_path="none"))
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        run.run(ask("onelake.Delete", item_id="i", file_path="../other"))
