"""Projects of GitHub, against a stand-in that answers in the form of its GraphQL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Asked, Service, rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.services import github_projects


def nodes(*found: Any) -> dict[str, Any]:
    return {"nodes": list(found)}


def named(name: str, /, **value: Any) -> dict[str, Any]:
    return {"field": {"name": name}, **value}


def item(number: int, status: str, *labels: str, **values: Any) -> dict[str, Any]:
    return {
        "fieldValues": nodes(
            named("Status", name=status),
            named("Points", number=3),
            named("Reviewers", users=nodes({"login": "a"}, {"login": "b"})),
            named("title", text="the title of the item"),
            {"unknown": 1},
        ),
        "content": {
            "__typename": "Issue",
            "number": number,
            "title": f"issue {number}",
            "url": f"https://github.com/o/r/issues/{number}",
            "createdAt": "2026-01-02T03:04:05Z",
            "closedAt": None,
            "repository": {"name": "r"},
            "assignees": nodes({"login": "me"}),
            "labels": nodes(*({"name": each} for each in labels)),
            "issueFieldValues": nodes(
                named("Priority", name="high"), named("Points", value=9), named("Days", value=2)
            ),
        },
    }


def row(number: int, status: str, *labels: str) -> dict[str, Any]:
    return {
        "title": f"issue {number}",
        "number": number,
        "url": f"https://github.com/o/r/issues/{number}",
        "repository": "r",
        "createdAt": "2026-01-02T03:04:05Z",
        "closedAt": None,
        "assignees": ["me"],
        "labels": list(labels),
        "status": status,
        "Status": status,
        "Points": "3",
        "Reviewers": "a,b",
        "Priority": "high",
        "Days": "2",
    }


def page(*items: Any, more: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": more is not None, "endCursor": more}
    found = {"projectV2": {"items": {"pageInfo": info, **nodes(*items)}}}
    return {"data": {"organization": found}}


PAGES = (
    page(item(1, "Done", "bug"), {"content": {"__typename": "PullRequest"}}, more="next"),
    page({"content": None}, item(2, "Todo", "bug", "ui"), item(3, "Todo")),
)


def projects(service: Service, **properties: Any) -> Any:
    given = {"endpoint": service.url, "oauth_token": t("{{ token }}"), "organization": "o"}
    return task("github.projects.List", **{**given, "project_number": 7, **properties})


def a_run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, token="tok")


def test_issues_of_a_project(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(*PAGES)
    run = a_run(tmp_path)
    found = run.run(projects(service))
    assert found["size"] == 3
    expected = [row(1, "Done", "bug"), row(2, "Todo", "bug", "ui"), row(3, "Todo")]
    assert rows(run, found["uri"]) == expected
    first, second = (each.json for each in service.asked)
    assert first["variables"] == {"org": "o", "number": 7}
    assert second["variables"] == {"org": "o", "number": 7, "cursor": "next"}
    assert first["query"] == second["query"] == github_projects.QUERY
    asked: Asked = service.last
    assert (asked.method, asked.path) == ("POST", "/graphql")
    assert asked.headers["authorization"] == "Bearer tok"
    assert run.messages("INFO")[-1] == "Fetched 3 items, 3 passed filters."


def test_the_query_is_one_that_graphql_reads() -> None:
    query = github_projects.QUERY
    assert query.count("{") == query.count("}")
    assert re.search(
        r"ProjectV2ItemFieldTextValue \{ field \{ \.\.\. on \w+ \{ name \} \} text", query
    )
    graphql = pytest.importorskip("graphql")
    graphql.parse(query)


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"status": ["Todo"]}, [2, 3]),
        ({"labels": ["bug", "other"]}, [1, 2]),
        ({"fields": {"Points": "3", "status": "Done"}}, [1]),
        ({"limit": 1}, [1]),
        ({"status": ["Todo"], "labels": ["ui"]}, [2]),
    ],
)
def test_filters(
    tmp_path: Path, service: Service, given: dict[str, Any], numbers: list[int]
) -> None:
    service.answer = Answers(*PAGES)
    found = a_run(tmp_path).run(projects(service, fetch_type="FETCH", **given))
    assert [each["number"] for each in found["rows"]] == numbers


def test_filters_that_leave_nothing(tmp_path: Path, service: Service) -> None:
    service.answer = Answers(*PAGES)
    run = a_run(tmp_path)
    assert run.run(projects(service, status=["done"], fetch_type="FETCH_ONE"))["size"] == 0
    assert "All 3 fetched items were excluded" in run.messages("WARN")[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"errors": [{"type": "FORBIDDEN", "message": "no"}]},
            "ensure the token has the `read:pro",
        ),
        ({"errors": [{"message": "odd"}]}, "GitHub GraphQL error: odd"),
        ({"data": {"organization": None}}, "Organization 'o' not found or not accessible."),
        (
            {"data": {"organization": {"projectV2": None}}},
            "Project #7 not found in organization 'o'",
        ),
        ((401, {"message": "Bad credentials"}), "status 401"),
    ],
)
def test_what_github_says_instead(
    tmp_path: Path, service: Service, answer: Any, message: str
) -> None:
    service.answer = Answers(answer)
    with pytest.raises(TaskFailure, match=message):
        a_run(tmp_path).run(projects(service))


def test_projects_want_to_know_who_asks(tmp_path: Path, service: Service) -> None:
    with pytest.raises(TaskFailure, match="want to know who asks"):
        a_run(tmp_path).run(projects(service, oauth_token=None))
