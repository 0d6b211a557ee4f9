"""Zendesk and Confluence: what they are asked, as their interfaces are documented, and what is made of their answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello", secret="T0K3N")


def test_a_ticket_is_made(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (201, {"ticket": {"id": 7}})
    given = {
        "domain": f"{service.url}/",
        "subject": t('{{ word }} "there"'),
        "description": "d",
        "priority": "NORMAL",
        "ticket_type": "INCIDENT",
        "assignee_id": 3,
        "tags": ["bug"],
    }
    found = run.run(task("zendesk.tickets.Create", oauth_token=t("{{ secret }}"), **given))
    assert found == {"id": 7, "url": f"{service.url}/api/v2/tickets/7.json"}
    assert (service.last.method, service.last.path) == ("POST", "/api/v2/tickets.json")
    assert service.last.headers["authorization"] == "Bearer T0K3N"
    assert service.last.json == {
        "ticket": {
            "subject": 'hello "there"',
            "description": "d",
            "priority": "normal",
            "type": "incident",
            "assignee_id": 3,
            "tags": ["bug"],
        }
    }
    run.run(task("zendesk.tickets.Create", username="u", token="t", **given))
    assert service.last.headers["authorization"] == "Basic dS90b2tlbjp0"  # u/token:t
    with pytest.raises(TaskFailure, match="Authentication details are missing"):
        run.run(task("zendesk.tickets.Create", **given))
    service.answer = lambda asked: (422, {"error": "RecordInvalid"})
    with pytest.raises(TaskFailure, match=r"Failed to create ticket\. Response: .*RecordInvalid"):
        run.run(task("zendesk.tickets.Create", oauth_token="x", **given))


def page(service: Service, name: str, /, **properties: Any) -> Any:
    known = {"server_url": f"{service.url}/", "username": "u", "api_token": t("{{ secret }}")}
    return task(f"confluence.pages.{name}", **known, **properties)


def test_a_page_is_made(run: FakeRun, service: Service) -> None:
    service.answer = lambda asked: (200, {"id": "1"})
    made = page(
        service, "Create", space_id="S", title="T", markdown=t("# {{ word }}\n\n*a* <b>"),
        status="draft", make_private=True,
    )  # fmt: skip
    assert json.loads(run.run(made)["value"]) == {"id": "1"}
    assert (service.last.method, service.last.path) == ("POST", "/wiki/api/v2/pages?private=true")
    assert service.last.headers["authorization"] == "Basic dTpUMEszTg=="
    assert service.last.json == {
        "spaceId": "S",
        "status": "draft",
        "title": "T",
        "body": {
            "representation": "storage",
            "value": "<h1>hello</h1>\n<p><em>a</em> <b></p>\n",
        },
    }


def test_a_page_is_written_anew(run: FakeRun, service: Service) -> None:
    given = {"page_id": "a/1", "status": "current", "title": "T", "markdown": "x"}
    changed = page(service, "Update", version_info={"number": "2.0", "message": "m"}, **given)
    run.run(changed)
    assert (service.last.method, service.last.path) == ("PUT", "/wiki/api/v2/pages/a%2F1")
    assert service.last.json == {
        "id": "a/1",
        "status": "current",
        "title": "T",
        "version": {"number": 2, "message": "m"},
        "body": {"representation": "storage", "value": "<p>x</p>\n"},
    }
    for version, said in (
        ({"message": "m"}, "number is required"),
        ({"number": "two", "message": "m"}, "must be an integer, got: two"),
        ({"number": 1, "message": " "}, "message is required"),
    ):
        with pytest.raises(TaskFailure, match=said):
            run.run(page(service, "Update", version_info=version, **given))
    service.answer = lambda asked: (409, {"errors": ["conflict"]})
    with pytest.raises(TaskFailure, match="Confluence API returned 409"):
        run.run(changed)
    (said,) = run.messages("ERROR")
    assert said.startswith("Confluence request failed: status=409 body=") and "conflict" in said
    assert not [text for _, text in run.logs if "T0K3N" in text]


def test_pages_are_listed(run: FakeRun, service: Service) -> None:
    body = {"storage": {"value": "<h1>A</h1><p>b <em>c</em></p>"}}
    found = [{"id": "1", "title": "T", "version": {"number": 3}, "body": body}, {"id": "2"}]
    service.answer = lambda asked: (200, {"results": found})
    (child,) = run.run(page(service, "List", space_ids=[1, 2], sort="id"))["children"]
    assert child["title"] == "T" and child["versionInfo"] == {"number": 3}
    assert child["markdown"].split() == ["#", "A", "b", "*c*"] and child["rawResponse"]["id"] == "1"
    assert service.last.path == (
        "/wiki/api/v2/pages?space-ids=1%2C2&sort=id&status=current%2Carchived&limit=25"
        "&body-format=storage"
    )
    run.run(page(service, "List", fetch_type="FETCH_ONE", page_ids=[7]))
    assert "page-ids=7" in service.last.path and "limit=1&" in service.last.path
    stored = run.run(page(service, "List", fetch_type="STORE"))
    assert [each["title"] for each in rows(run, stored["uri"])] == ["T"]


def test_a_text_is_turned_around(run: FakeRun) -> None:
    assert run.run(task("templates.Example", format=t("{{ word }}!"))) == {
        "child": {"value": "!olleh"}
    }
    assert run.messages("DEBUG") == ["hello!"]
