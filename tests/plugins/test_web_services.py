"""Services: what reaches their interfaces on the web, what comes back, and how long a job is waited for."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Answers, Asked, PatientRun, Service, rows, serving
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import airbyte, airtable, apify, hightouch, hubspot, linear, servicenow


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serving() as found:
        monkeypatch.setattr(airbyte, "CLOUD", found.url)
        monkeypatch.setattr(airtable, "BASE", found.url)
        monkeypatch.setattr(apify, "BASE", found.url)
        monkeypatch.setattr(hightouch, "BASE", f"{found.url}/syncs")
        monkeypatch.setattr(hubspot, "BASE", found.url)
        monkeypatch.setattr(linear, "ADDRESS", f"{found.url}/graphql")
        monkeypatch.setattr(servicenow, "HOST", f"{found.url}/{{}}")
        yield found


def query(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asked.path).query)


def test_a_job_of_dbt_cloud_is_waited_for(tmp_path: Path, service: Service) -> None:
    steps = [{"id": 1, "name": "dbt run", "logs": "one\n"}]
    more = [{"id": 1, "name": "dbt run", "logs": "one\ntwo\n"}]
    ended = {"status": 10, "run_steps": more}
    service.answer = Answers(
        {"data": {"id": 7}},
        {"data": {"status": 3, "run_steps": steps}},
        (503, {}),
        {"data": ended},
        (200, b'{"results": []}'),
        (404, {}),
    )
    run = PatientRun(tmp_path)
    made = task(
        "dbt.cloud.TriggerRun",
        base_url=service.url,
        account_id="acc",
        token="tok",
        job_id="job/1",
        git_branch=t("{{ 'main' }}"),
        initial_delay_ms=1,
    )
    found = run.run(made)
    first = service.asked[0]
    assert first.path == "/api/v2/accounts/acc/jobs/job%2F1/run/"
    assert first.headers["authorization"] == "Bearer tok"
    assert first.json == {"cause": "Triggered by Kestra.", "git_branch": "main"}
    assert found["runId"] == 7
    assert run.content(found["runResults"]) == '{"results": []}'
    assert "manifest" not in found
    assert run.slept == [5.0]
    assert [m for m in run.messages("INFO") if "Step" in m] == [
        "[Step dbt run]: one",
        "[Step dbt run]: two",
    ]


def test_a_job_of_dbt_cloud_that_fails_says_why(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(
        {
            "data": {
                "status": 20,
                "status_humanized": "Error",
                "duration_humanized": "2 s",
                "status_message": "no such model",
            }
        }
    )
    made = task(
        "dbt.cloud.CheckStatus", base_url=service.url, account_id="a", token="t", run_id="7"
    )
    with pytest.raises(
        TaskFailure, match=r"Failed run with status 'Error' after 2 s: no such model"
    ):
        PatientRun(tmp_path).run(made)


def test_nothing_is_waited_for_beyond_the_longest_time(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"data": {"status": 3}})
    made = task(
        "dbt.cloud.CheckStatus",
        base_url=service.url,
        account_id="a",
        token="t",
        run_id="7",
        max_duration="PT1S",
    )
    with pytest.raises(TaskFailure, match=r"Await failed to terminate within PT1S\."):
        PatientRun(tmp_path).run(made)


def test_a_sync_of_airbyte_is_waited_for(tmp_path: Path, service: Service) -> None:
    attempts = [{"logs": {"logLines": ["copied"]}, "attempt": {"failureSummary": None}}]
    service.answer = Answers(
        {"job": {"id": 3}},
        {"job": {"id": 3, "status": "running"}, "attempts": []},
        {"job": {"id": 3, "status": "succeeded"}, "attempts": attempts},
    )
    run = PatientRun(tmp_path)
    made = task(
        "airbyte.connections.Sync",
        url=service.url,
        connection_id="c",
        username="me",
        password="word",
    )
    assert run.run(made) == {"jobId": 3, "alreadyRunning": False}
    assert [each.path for each in service.asked] == [
        "/api/v1/connections/sync/",
        "/api/v1/jobs/get/",
        "/api/v1/jobs/get/",
    ]
    assert service.asked[1].json == {"id": 3}
    assert b64decode(service.last.headers["authorization"].split()[1]) == b"me:word"
    assert run.messages("INFO") == ["copied"]
    assert ("counter", "attempts.count", 1) in run.metrics


@pytest.mark.parametrize("fails", [True, False])
def test_a_sync_that_runs_already(tmp_path: Path, service: Service, fails: bool) -> None:
    service.answer = Answers((409, {"message": "busy"}))
    made = task(
        "airbyte.connections.Sync", url=service.url, connection_id="c", fail_on_active_sync=fails
    )
    run = PatientRun(tmp_path)
    if fails:
        with pytest.raises(TaskFailure, match="A sync is already running"):
            run.run(made)
    else:
        assert run.run(made) == {"alreadyRunning": True}
    assert len(service.asked) == 1


def test_an_application_asks_airbyte_for_a_token(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"access_token": "tok"}, {"job": {"id": 3}})
    made = task(
        "airbyte.connections.Sync",
        url=service.url,
        connection_id="c",
        wait=False,
        application_credentials=airbyte.ApplicationCredentials(client_id="i", client_secret="s"),
    )
    assert PatientRun(tmp_path).run(made) == {"jobId": 3, "alreadyRunning": False}
    assert service.asked[0].path == "/api/v1/applications/token"
    assert service.asked[1].headers["authorization"] == "Bearer tok"


@pytest.mark.parametrize("kind", ["Sync", "Reset"])
def test_a_job_of_airbyte_cloud(tmp_path: Path, service: Service, kind: str) -> None:
    job = {"jobId": 5, "status": "running"}
    service.answer = Answers(job, {**job, "status": "succeeded", "rowsSynced": 2})
    made = task(f"airbyte.cloud.jobs.{kind}", connection_id="c", token="tok")
    found = PatientRun(tmp_path).run(made)
    assert found["job"]["rowsSynced"] == 2
    assert service.asked[0].json == {"connectionId": "c", "jobType": kind.lower()}
    assert service.last.path == "/jobs/5"


def test_a_connector_of_fivetran_is_waited_for(tmp_path: Path, service: Service) -> None:
    old = {"data": {"succeeded_at": "2026-01-01T00:00:00Z", "failed_at": None}}
    new = {"data": {"succeeded_at": "2026-01-02T00:00:00Z", "failed_at": None}}
    service.answer = Answers(old, {"code": "Success"}, old, new)
    run = PatientRun(tmp_path)
    made = task(
        "fivetran.connectors.Sync",
        base_url=service.url,
        api_key="k",
        api_secret="s",
        connector_id="a b",
        force=True,
    )
    assert run.run(made) is None
    assert service.asked[1].path == "/v2/connectors/a%20b/sync"
    assert service.asked[1].json == {"force": True}
    assert run.slept == [5.0]


def test_a_connector_of_fivetran_that_fails(tmp_path: Path, service: Service) -> None:
    old = {"data": {"succeeded_at": "2026-01-01T00:00:00Z", "failed_at": None}}
    new = {"data": {"succeeded_at": None, "failed_at": "2026-01-02T00:00:00Z"}}
    service.answer = Answers(old, {}, new)
    made = task(
        "fivetran.connectors.Sync",
        base_url=service.url,
        api_key="k",
        api_secret="s",
        connector_id="c",
    )
    with pytest.raises(TaskFailure, match="Connector 'c' failed"):
        PatientRun(tmp_path).run(made)


def test_a_sync_of_hightouch(tmp_path: Path, service: Service) -> None:
    done = {"id": 9, "status": "Completed with errors", "failedRows": {"addedCount": 1}}
    service.answer = Answers({"id": 4, "slug": "users"}, {"id": 9}, {"data": []}, {"data": [done]})
    run = PatientRun(tmp_path)
    found = run.run(task("hightouch.Sync", token="tok", sync_id=4))
    assert found == {"runId": 9, "metadata": done}
    assert service.asked[1].path == "/syncs/4/trigger"
    assert service.asked[1].json == {"fullResync": False}
    assert query(service.last) == {"runId": ["9"]}
    assert ("counter", "rows.failed.added", 1) in run.metrics
    assert run.messages("WARN")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("failed", "FAILED"),
        ("Cancelled by user", "CANCELLED_BY_USER"),
        ("interrupted", "INTERRUPTED"),
    ],
)
def test_a_sync_of_hightouch_that_fails(
    tmp_path: Path, service: Service, status: str, code: str
) -> None:
    service.answer = Answers({"id": 4}, {"id": 9}, {"data": [{"id": 9, "status": status}]})
    with pytest.raises(TaskFailure, match=f"Failed run with status '{code}'"):
        PatientRun(tmp_path).run(task("hightouch.Sync", token="tok", sync_id=4))


def test_a_run_of_apify(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"data": {"id": "r", "defaultDatasetId": "d", "unknown": 1}})
    made = task(
        "apify.actor.Run",
        api_token="tok",
        actor_id="apify/crawler",
        input={"startUrls": [{"url": t("{{ url }}")}]},
        memory="MB_2048",
        max_items=t("{{ 3 }}"),
    )
    found = PatientRun(tmp_path, url="https://x").run(made)
    assert found == {"id": "r", "defaultDatasetId": "d"}
    assert urlsplit(service.last.path).path == "/acts/apify~crawler/runs"
    assert query(service.last) == {"memory": ["2048"], "maxItems": ["3"]}
    assert service.last.json == {"startUrls": [{"url": "https://x"}]}


def test_a_dataset_of_apify_fills_later(tmp_path: Path, service: Service) -> None:
    service.answer = Answers([], [{"a": 1}])
    run = PatientRun(tmp_path)
    made = task("apify.dataset.Get", api_token="tok", dataset_id="d", fields=["a", "b"])
    assert run.run(made) == {"dataset": [{"a": 1}]}
    assert run.slept == [2.0]
    asked = query(service.last)
    assert asked["fields"] == ["a,b"]
    assert (asked["clean"], asked["limit"], asked["desc"]) == (["true"], ["1000"], ["false"])


def test_a_dataset_of_apify_is_stored(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((200, b"a;b\n1;2\n"))
    run = PatientRun(tmp_path)
    made = task("apify.dataset.Save", api_token="tok", dataset_id="d", format="CSV", delimiter=";")
    assert run.content(run.run(made)["path"]) == "a;b\n1;2\n"
    assert query(service.last)["format"] == ["csv"]


def test_issues_of_github(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((201, {"html_url": "https://h/1", "number": 1}))
    made = task(
        "github.issues.Create",
        endpoint=service.url,
        oauth_token="tok",
        repository="o/n",
        title="t",
        labels=["bug"],
    )
    assert FakeRun(tmp_path).run(made) == {"issueUrl": "https://h/1", "issueNumber": 1}
    assert service.last.path == "/repos/o/n/issues"
    assert service.last.json == {"title": "t", "labels": ["bug"]}
    assert service.last.headers["authorization"] == "Bearer tok"


def test_a_comment_on_github(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"html_url": "https://h/1"}, (201, {"html_url": "https://h/1#c"}))
    made = task(
        "github.issues.Comment",
        endpoint=service.url,
        oauth_token="tok",
        repository="o/n",
        issue_number=1,
        body="yes",
    )
    found = FakeRun(tmp_path).run(made)
    assert found == {"issueUrl": "https://h/1", "commentUrl": "https://h/1#c"}
    assert service.last.path == "/repos/o/n/issues/1/comments"


@pytest.mark.parametrize("name", ["owner", "owner/", "/name", "a/b/c", "../x", "x/.."])
def test_a_repository_is_owner_and_name(tmp_path: Path, service: Service, name: str) -> None:
    made = task(
        "github.issues.Create", endpoint=service.url, oauth_token="t", repository=name, title="t"
    )
    with pytest.raises(TaskFailure, match=r"`repository` is `owner/name`|no name that an address"):
        FakeRun(tmp_path).run(made)
    assert service.asked == []


def test_issues_of_github_are_found_page_by_page(tmp_path: Path, service: Service) -> None:
    def issue(number: int) -> dict[str, Any]:
        return {
            "number": number,
            "state": "open",
            "user": {"login": "me"},
            "html_url": f"https://github.com/o/n/issues/{number}",
            "repository_url": "https://api.github.com/repos/o/n",
            "labels": [{"name": "bug"}],
        }

    service.answer = Answers({"items": [issue(i) for i in range(100)]}, {"items": [issue(100)]})
    run = FakeRun(tmp_path)
    made = task(
        "github.issues.Search",
        endpoint=service.url,
        oauth_token="tok",
        query="is:issue",
        repository="o/n",
        open=True,
    )
    found = run.run(made)
    assert found["size"] == 101
    last = rows(run, found["uri"])[-1]
    assert (last["number"], last["state"], last["owner"]) == (100, "OPEN", "me")
    assert last["repository_url"] == "https://github.com/o/n"
    asked = query(service.last)
    assert asked["q"] == ["is:issue repo:o/n is:open"]
    assert asked["page"] == ["2"]


def test_a_pull_request_with_reviewers(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((201, {"html_url": "p", "issue_url": "i", "number": 5}), (201, {}))
    made = task(
        "github.pulls.Create",
        endpoint=service.url,
        oauth_token="tok",
        repository="o/n",
        source_branch="dev",
        target_branch="main",
        title="t",
        reviewers=["me", "team:core"],
    )
    assert FakeRun(tmp_path).run(made) == {"issueUrl": "i", "pullRequestUrl": "p"}
    assert service.asked[0].json["head"] == "dev"
    assert service.last.json == {"reviewers": ["me"], "team_reviewers": ["core"]}


def test_a_workflow_of_github(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((204, b""))
    made = task(
        "github.actions.RunWorkflow",
        endpoint=service.url,
        oauth_token="tok",
        repository="o/n",
        workflow_id="ci.yml",
        ref="main",
        inputs={"a": t("{{ 'b' }}")},
    )
    assert FakeRun(tmp_path).run(made) is None
    assert service.last.path == "/repos/o/n/actions/workflows/ci.yml/dispatches"
    assert service.last.json == {"ref": "main", "inputs": {"a": "b"}}


def test_a_token_of_an_app_of_github_is_sealed(tmp_path: Path, service: Service) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    service.answer = Answers((201, {"token": "ghs_1", "expires_at": "2026-01-01T00:00:00Z"}))
    made = task(
        "github.auth.AppToken",
        endpoint=service.url,
        client_id="app",
        installation_id="7",
        private_key=pem,
    )
    found = FakeRun(tmp_path).run(made)
    assert "ghs_1" not in json.dumps(found)
    assert found["expiresAt"] == "2026-01-01T00:00:00Z"
    claim = service.last.headers["authorization"].split()[1].split(".")[1]
    assert json.loads(urlsafe_b64decode(claim + "=="))["iss"] == "app"


def test_issues_and_merge_requests_of_gitlab(tmp_path: Path, service: Service) -> None:
    common = {"url": service.url, "project_id": "group/name", "token": "tok"}
    service.answer = Answers((201, {"iid": 3, "web_url": "w"}))
    made = task("gitlab.issues.Create", title="t", labels=["a", "b"], **common)
    assert FakeRun(tmp_path).run(made) == {"issueId": "3", "webUrl": "w", "statusCode": 201}
    assert service.last.path == "/api/v4/projects/group%2Fname/issues"
    assert service.last.headers["private-token"] == "tok"
    assert service.last.json == {"title": "t", "labels": "a,b"}
    made = task(
        "gitlab.mergerequests.Create", title="t", source_branch="a", target_branch="b", **common
    )
    assert FakeRun(tmp_path).run(made)["mergeReqID"] == "3"
    service.answer = Answers([{"iid": 1}])
    found = FakeRun(tmp_path).run(task("gitlab.issues.Search", search="x", **common))
    assert found == {"issues": [{"iid": 1}], "count": 1, "statusCode": 200}
    assert query(service.last) == {"search": ["x"], "state": ["opened"]}


def test_an_issue_of_jira(tmp_path: Path, service: Service) -> None:
    common = {"base_url": service.url, "project_key": "KEY"}
    made = task(
        "jira.issues.Create",
        username="me",
        password="word",
        summary=t('{{ "it \\"fails\\"" }}'),
        description=t("{{ 1 + 1 }}"),
        labels=["a"],
        **common,
    )
    assert FakeRun(tmp_path).run(made) is None
    assert service.last.path == "/rest/api/2/issue/"
    assert service.last.json == {
        "fields": {
            "project": {"key": "KEY"},
            "summary": 'it "fails"',
            "description": "2",
            "labels": ["kestra-bot", "a"],
        }
    }
    made = task(
        "jira.issues.CreateComment", access_token="tok", issue_id_or_key="K-1", body="hi", **common
    )
    FakeRun(tmp_path).run(made)
    assert service.last.path == "/rest/api/2/issue/K-1/comment"
    assert service.last.headers["authorization"] == "Bearer tok"
    made = task(
        "jira.issues.UpdateFields",
        access_token="tok",
        issue_id_or_key="K-1",
        fields={"summary": "new"},
        **common,
    )
    FakeRun(tmp_path).run(made)
    assert (service.last.method, service.last.json) == ("PUT", {"fields": {"summary": "new"}})


@pytest.mark.parametrize(
    "name", ["jira.issues.Create", "hubspot.companies.Search", "airbyte.cloud.jobs.Sync"]
)
def test_nobody_is_asked_without_credentials(tmp_path: Path, service: Service, name: str) -> None:
    made = task(name, base_url=service.url, project_key="K", connection_id="c")
    with pytest.raises(TaskFailure, match="Missing required authentication fields"):
        PatientRun(tmp_path).run(made)
    assert service.asked == []


def test_an_issue_of_linear(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(
        {"data": {"teams": {"nodes": [{"id": "T"}]}}},
        {"data": {"issueLabels": {"nodes": [{"id": "L", "name": "bug"}]}}},
        {"data": {"issueCreate": {"success": True, "issue": {"id": "I"}}}},
    )
    made = task("linear.issues.Create", token="tok", team="Core", title="t", labels=["bug"])
    assert FakeRun(tmp_path).run(made) == {"isSuccess": True, "issueId": "I"}
    assert service.last.json["variables"] == {
        "input": {"teamId": "T", "title": "t", "labelIds": ["L"]}
    }


def test_linear_refuses(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"errors": [{"message": "no such team"}]})
    with pytest.raises(TaskFailure, match="Linear: no such team"):
        FakeRun(tmp_path).run(task("linear.issues.Create", token="tok", team="Core", title="t"))


def test_records_of_servicenow(tmp_path: Path, service: Service) -> None:
    common = {"domain": "dev1", "username": "me", "password": "word", "table": "incident"}
    service.answer = Answers({"result": [{"sys_id": "1"}, {"sys_id": "2"}]})
    run = FakeRun(tmp_path)
    made = task("servicenow.Get", query="active=true", limit=2, fields=["sys_id"], **common)
    found = run.run(made)
    assert found == {"results": [{"sys_id": "1"}, {"sys_id": "2"}], "size": 2, "offset": None}
    assert urlsplit(service.last.path).path == "/dev1/api/now/table/incident"
    assert query(service.last) == {
        "sysparm_query": ["active=true"],
        "sysparm_limit": ["2"],
        "sysparm_fields": ["sys_id"],
    }
    one = run.run(task("servicenow.Get", fetch_type="FETCH_ONE", **common))
    assert one["results"] == [{"sys_id": "1"}]
    kept = run.run(task("servicenow.Get", fetch_type="STORE", **common))
    assert rows(run, kept["uri"]) == [{"sys_id": "1"}, {"sys_id": "2"}]
    service.answer = Answers({"result": {"sys_id": "3"}})
    made = task("servicenow.Update", sys_id="3", data={"state": t("{{ 2 }}")}, **common)
    assert run.run(made) == {"result": {"sys_id": "3"}}
    assert (service.last.method, service.last.json) == ("PUT", {"state": "2"})
    service.answer = Answers((204, b""))
    assert run.run(task("servicenow.Delete", sys_id="3", **common)) == {"deleted": True}


def test_a_client_asks_servicenow_for_a_token(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"access_token": "tok"}, (201, {"result": {}}))
    made = task(
        "servicenow.Post",
        domain="dev1",
        username="me",
        password="word",
        client_id="c",
        client_secret="s",
        table="incident",
        data={},
    )
    FakeRun(tmp_path).run(made)
    assert parse_qs(service.asked[0].body.decode())["grant_type"] == ["password"]
    assert service.last.headers["authorization"] == "Bearer tok"


@pytest.mark.parametrize("domain", ["evil.example/", "a@b", "x/../y", ""])
def test_an_instance_of_servicenow_is_no_address(
    tmp_path: Path, service: Service, domain: str
) -> None:
    made = task(
        "servicenow.Delete", domain=domain, username="u", password="p", table="t", sys_id="1"
    )
    with pytest.raises(TaskFailure, match="no name of an instance"):
        FakeRun(tmp_path).run(made)
    assert service.asked == []


def test_records_of_airtable(tmp_path: Path, service: Service) -> None:
    common = {"api_key": "tok", "base_id": "b", "table_id": "My Table"}
    record = {"id": "r1", "createdTime": "2026", "fields": {"a": 1, "b": 2}}
    service.answer = Answers(record)
    run = FakeRun(tmp_path)
    found = run.run(task("airtable.records.Create", fields={"a": 1}, typecast=True, **common))
    assert found == {"record": record, "records": [record], "recordIds": ["r1"]}
    assert service.last.path == "/b/My%20Table"
    assert service.last.json == {"fields": {"a": 1}, "typecast": True}
    got = run.run(task("airtable.records.Get", record_id="r1", fields=["a"], **common))
    assert got["record"]["fields"] == {"a": 1}
    with pytest.raises(TaskFailure, match=r"Missing fields in Airtable record 'r1': \[c\]"):
        run.run(
            task(
                "airtable.records.Get",
                record_id="r1",
                fields=["a", "c"],
                fail_on_missing=True,
                **common,
            )
        )
    with pytest.raises(TaskFailure, match="more than 10 records"):
        run.run(task("airtable.records.Create", records=[{"a": 1}] * 11, **common))


@pytest.mark.parametrize(("all_pages", "size"), [(True, 3), (False, 2)])
def test_records_of_airtable_come_in_pages(
    tmp_path: Path, service: Service, all_pages: bool, size: int
) -> None:
    one = {"id": "r", "fields": {}}
    service.answer = Answers({"records": [one, one], "offset": "next"}, {"records": [one]})
    made = task(
        "airtable.records.List",
        api_key="tok",
        base_id="b",
        table_id="t",
        enable_auto_pagination=all_pages,
        fields=["x", "y"],
    )
    assert FakeRun(tmp_path).run(made)["size"] == size
    asked = query(service.last)
    assert asked["fields[]"] == ["x", "y"]
    assert asked.get("offset") == (["next"] if all_pages else None)


@pytest.mark.parametrize("kind", ["companies", "contacts", "deals"])
def test_records_of_hubspot(tmp_path: Path, service: Service, kind: str) -> None:
    one = {"companies": "company", "contacts": "contact", "deals": "deal"}[kind]
    required: dict[str, dict[str, Any]] = {
        "companies": {"name": "n", "domain": "d"},
        "contacts": {"email": "e", "first_name": t("{{ 'F' }}")},
        "deals": {"name": "n", "pipeline": "p", "stage": "s", "amount": 2.5},
    }
    sent = {
        "companies": {"name": "n", "domain": "d"},
        "contacts": {"email": "e", "firstname": "F"},
        "deals": {"dealname": "n", "pipeline": "p", "dealstage": "s", "amount": 2.5},
    }
    service.answer = Answers({"id": "12", "properties": {"a": "b"}})
    run = FakeRun(tmp_path)
    made = task(
        f"hubspot.{kind}.Create", api_key="k", additional_properties={"x": 1}, **required[kind]
    )
    found = run.run(made)
    assert found["id"] == 12
    assert rows(run, found["uri"]) == [{"a": "b"}]
    assert service.last.path == f"/{kind}"
    assert service.last.json["properties"] == {**sent[kind], "x": 1}
    run.run(task(f"hubspot.{kind}.Update", api_key="k", **{f"{one}_id": "12"}))
    assert (service.last.method, service.last.path) == ("PATCH", f"/{kind}/12")
    run.run(task(f"hubspot.{kind}.Get", api_key="k", properties_=["a"], **{f"{one}_id": "12"}))
    assert query(service.last) == {"properties": ["a"]}
    service.answer = Answers((204, b""))
    run.run(task(f"hubspot.{kind}.Delete", api_key="k", **{f"{one}_id": "12"}))
    assert service.last.method == "DELETE"
    page = {"results": [{"properties": {"a": 1}}], "paging": {"next": {"after": "2"}}}
    service.answer = Answers(page, {"results": [{"properties": {"a": 2}}]})
    made = task(f"hubspot.{kind}.Search", api_key="k", properties_=["a"], fetch_all_pages=True)
    found = run.run(made)
    assert found["total"] == 2
    assert rows(run, found["uri"]) == [{"a": 1}, {"a": 2}]
    assert service.last.json["after"] == "2"


def test_what_a_deal_of_hubspot_belongs_to(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"id": "1", "properties": {}})
    made = task(
        "hubspot.deals.Create",
        oauth_token="k",
        name="n",
        pipeline="p",
        stage="s",
        associated_company_ids=[7],
        associated_contact_ids=[8],
    )
    FakeRun(tmp_path).run(made)
    found = [
        (each["to"]["id"], each["types"][0]["associationTypeId"])
        for each in service.last.json["associations"]
    ]
    assert found == [(7, 5), (8, 3)]


def test_a_ticket_of_hubspot(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"id": "1", "properties": {}})
    made = task(
        "hubspot.tickets.Create", api_key="k", subject="s", content="c", priority="HIGH", stage=3
    )
    FakeRun(tmp_path).run(made)
    assert service.last.json["properties"] == {
        "subject": "s",
        "content": "c",
        "hs_pipeline_stage": 3,
        "hs_ticket_priority": "HIGH",
    }


def test_builds_of_jenkins(tmp_path: Path, service: Service) -> None:
    service.answer = Answers((201, b""))
    common = {"server_url": service.url, "username": "me", "api_token": "tok"}
    made = task(
        "jenkins.JobBuild", job_name="folder/my job", parameters={"a": t("{{ 1 }}")}, **common
    )
    assert FakeRun(tmp_path).run(made) == {"status": 201}
    assert service.last.path == "/job/folder/job/my%20job/buildWithParameters"
    assert service.last.body == b"a=1"
    service.answer = Answers({"result": "SUCCESS"})
    made = task("jenkins.JobInfo", job_name="j", build_number=4, **common)
    assert FakeRun(tmp_path).run(made) == {"info": {"result": "SUCCESS"}}
    assert service.last.path == "/job/j/4/api/json"


@pytest.mark.parametrize(
    ("name", "given", "address"),
    [
        ("servicenow.Get", {"domain": "d", "username": "u", "password": "p"}, ""),
        ("airtable.records.List", {"api_key": "k", "base_id": "b"}, ""),
        ("gitlab.issues.Search", {"token": "k", "project_id": "p"}, "url"),
        ("jenkins.JobInfo", {"job_name": "j", "build_number": 1}, "server_url"),
    ],
)
def test_what_a_service_says_reaches_the_user(
    tmp_path: Path, service: Service, name: str, given: dict[str, Any], address: str
) -> None:
    service.answer = Answers((403, {"error": "not for you"}))
    more = {address: service.url} if address else {}
    tables: dict[str, dict[str, Any]] = {
        "servicenow.Get": {"table": "t"},
        "airtable.records.List": {"table_id": "t"},
    }
    made = task(name, **given, **more, **tables.get(name, {}))
    with pytest.raises(TaskFailure, match=r"answered with status 403: .*not for you"):
        FakeRun(tmp_path).run(made)


def test_an_application_of_argo_cd(tmp_path: Path, service: Service) -> None:
    status = {
        "sync": {"status": "Synced", "revision": "abc"},
        "health": {"status": "Healthy"},
        "resources": [{"kind": "Service"}],
        "operationState": {"phase": "Succeeded"},
    }
    common = {"server": service.url, "token": "tok", "application": "shop", "plaintext": True}
    service.answer = Answers({"status": {**status, "conditions": [{"type": "x"}]}})
    run = PatientRun(tmp_path)
    found = run.run(task("argocd.apps.Status", refresh=True, **common))
    assert service.last.path == "/api/v1/applications/shop?refresh=normal"
    assert service.last.headers["authorization"] == "Bearer tok"
    assert (found["syncStatus"], found["healthStatus"]) == ("Synced", "Healthy")
    assert found["conditions"] == [{"type": "x"}]
    assert json.loads(found["rawOutput"])["status"]["sync"]["revision"] == "abc"
    running = {"operation": {}, "status": {"operationState": {"phase": "Running"}}}
    service.answer = Answers({}, running, {"status": status})
    found = run.run(task("argocd.apps.Sync", prune=True, force=True, revision="abc", **common))
    assert found["revision"] == "abc"
    assert run.slept == [1.0]
    posted = next(each for each in service.asked if each.method == "POST")
    assert posted.json == {
        "revision": "abc",
        "prune": True,
        "dryRun": False,
        "strategy": {"hook": {"force": True}},
    }


def test_an_application_of_argo_cd_that_fails(tmp_path: Path, service: Service) -> None:
    state = {"phase": "Failed", "message": "one or more objects failed to apply"}
    service.answer = Answers({}, {"status": {"operationState": state}})
    made = task("argocd.apps.Sync", server=service.url, token="t", application="a", plaintext=True)
    with pytest.raises(TaskFailure, match="objects failed to apply"):
        PatientRun(tmp_path).run(made)
    made = task("argocd.apps.Status", server="x", token="t", application="a", server_cert="PEM")
    with pytest.raises(TaskFailure, match="SSL_CERT_FILE"):
        PatientRun(tmp_path).run(made)
