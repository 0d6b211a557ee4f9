"""The search of GitHub: the words of a query, the pages, and what a row takes from further requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from plugins.service import Asked, Service, rows
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure


def words(asked: Asked) -> str:
    return parse_qs(urlsplit(asked.path).query)["q"][0]


def answering(service: Service, **answers: Any) -> None:
    """Answer by the last word of the path."""

    def answer(asked: Asked) -> Any:
        found = answers[urlsplit(asked.path).path.rpartition("/")[2].replace(".", "_")]
        return found if isinstance(found, tuple) else (200, found)

    service.answer = answer


def search(service: Service, kind: str, **given: Any) -> Any:
    given = {"oauth_token": "tok", "fetch_type": "FETCH", **given}
    return task(f"github.{kind}.Search", endpoint=service.url, **given)


def test_repositories_with_their_open_pull_requests(tmp_path: Path, service: Service) -> None:
    found = {
        "name": "n",
        "full_name": "o/n",
        "owner": {"login": "o"},
        "stargazers_count": 3,
        "visibility": "public",
        "is_template": False,
    }
    link = (
        '<https://h/x?state=open&per_page=1&page=2>; rel="next", <https://h/x?page=41>; rel="last"'
    )
    answering(service, repositories={"items": [found]}, pulls=(200, [{}], {"Link": link}))
    made = search(
        service, "repositories", query="kestra", language="java", stars=">1", visibility="PUBLIC"
    )
    output = FakeRun(tmp_path).run(made)
    row = output["rows"][0]
    assert output["size"] == 1
    assert (row["owner"], row["stars_count"], row["visibility"]) == ("o", 3, "PUBLIC")
    assert row["pull_request_count"] == 41
    first = service.asked[0]
    assert first.path.startswith("/search/repositories?")
    assert first.headers["authorization"] == "Bearer tok"
    assert first.headers["x-github-api-version"] == "2022-11-28"
    assert words(first) == "kestra is:public language:java stars:>1"
    asked = parse_qs(urlsplit(first.path).query)
    assert (asked["sort"], asked["order"]) == (["updated"], ["asc"])
    assert urlsplit(service.last.path).path == "/repos/o/n/pulls"


def test_rows_without_a_token_hold_what_the_search_says(tmp_path: Path, service: Service) -> None:
    answering(
        service,
        repositories={"items": [{"name": "n", "full_name": "o/n", "owner": {"login": "o"}}]},
        users={"items": [{"login": "me", "html_url": "https://h/me"}]},
    )
    run = FakeRun(tmp_path)
    row = run.run(search(service, "repositories", oauth_token=None))["rows"][0]
    assert (row["owner"], row["pull_request_count"]) == (None, 0)
    row = run.run(search(service, "users", oauth_token=None))["rows"][0]
    assert (row["username"], row["followers"], row["type"]) == ("me", 0, None)
    assert run.run(search(service, "commits", oauth_token=None)) == {}
    assert len(service.asked) == 2


def test_users_are_looked_up(tmp_path: Path, service: Service) -> None:
    answering(service, users={"items": [{"login": "me"}]}, me={"name": "M", "public_repos": 4})
    made = search(
        service, "users", query="m", in_="login", repositories=2, account_type="ORGANIZATION"
    )
    row = FakeRun(tmp_path).run(made)["rows"][0]
    assert (row["name"], row["public_repositories"]) == ("M", 4)
    assert words(service.asked[0]) == "m repos:2 in:login type:org"
    assert "sort=joined" in service.asked[0].path


def test_pull_requests_with_branches_and_reviewers(tmp_path: Path, service: Service) -> None:
    issue = {
        "number": 5,
        "state": "open",
        "html_url": "https://github.com/o/n/pull/5",
        "repository_url": "https://api.github.com/repos/o/n",
    }
    pull = {
        "base": {"ref": "main"},
        "head": {"ref": "dev"},
        "requested_reviewers": [{"login": "her"}],
    }
    service.answer = lambda asked: (
        (200, {"items": [issue]}) if asked.path.startswith("/search") else (200, pull)
    )
    made = search(service, "pulls", title="fix", repository="o/n", open=True, created_by_me=True)
    row = FakeRun(tmp_path).run(made)["rows"][0]
    assert (row["base"], row["head"], row["requested_reviewers"]) == ("main", "dev", ["her"])
    assert (row["number"], row["url"]) == (5, "https://github.com/o/n/pull/5")
    assert words(service.asked[0]) == "is:pr fix in:title repo:o/n is:open author:@me"
    assert service.last.path == "/repos/o/n/pulls/5"


def test_commits_with_their_size(tmp_path: Path, service: Service) -> None:
    found = {
        "sha": "abc",
        "author": {"login": "me"},
        "commit": {
            "message": "Fix",
            "author": {"date": "2024-01-02T03:04:05.000+02:00"},
            "tree": {"sha": "t1", "url": "u"},
        },
        "repository": {"name": "n", "full_name": "o/n"},
    }
    answering(
        service,
        commits={"items": [found]},
        abc={"stats": {"total": 3, "additions": 2, "deletions": 1}},
        statuses=[{"context": "ci"}],
    )
    made = search(service, "commits", query="fix", author_name="me", merge=False, is_="public")
    assert FakeRun(tmp_path).run(made)["rows"] == [
        {
            "sha": "abc",
            "author": "me",
            "authored_date": "Tue Jan 02 01:04:05 UTC 2024",
            "repository": "n",
            "message": "Fix",
            "lines_changed": 3,
            "lines_added": 2,
            "lines_deleted": 1,
            "tree_sha": "t1",
            "tree_url": "u",
            "last_status": "ci",
        }
    ]
    assert words(service.asked[0]) == "fix is:public author-name:me merge:false"
    assert "sort=committer-date" in service.asked[0].path


@pytest.mark.parametrize(
    ("fork", "word"),
    [("PARENT_AND_FORKS", " fork:true"), ("FORKS_ONLY", " fork:only"), ("PARENT_ONLY", "")],
)
def test_files_with_where_they_can_be_had(
    tmp_path: Path, service: Service, fork: str, word: str
) -> None:
    found = {
        "name": "a b.py",
        "path": "src/a b.py",
        "url": "https://api.github.com/repositories/1/contents/src/a%20b.py?ref=abc",
        "repository": {"name": "n", "full_name": "o/n"},
    }
    service.answer = lambda asked: (
        (200, {"items": [found]})
        if asked.path.startswith("/search")
        else (200, {"type": "file", "encoding": "base64", "download_url": "https://raw/a"})
    )
    made = search(service, "code", query="x", extension="py", fork=fork)
    row = FakeRun(tmp_path).run(made)["rows"][0]
    assert (row["type"], row["download_url"]) == ("file", "https://raw/a")
    assert words(service.asked[0]) == f"x extension:py{word}"
    assert "sort=" not in service.asked[0].path
    assert service.last.path == "/repos/o/n/contents/src/a%20b.py?ref=abc"


def test_topics_are_the_first_page(tmp_path: Path, service: Service) -> None:
    answering(service, topics={"items": [{"name": "ruby", "score": 1.0}] * 100})
    run = FakeRun(tmp_path)
    made = search(service, "topics", query="ruby", is_="NOT_CURATED", fetch_type="STORE")
    output = run.run(made)
    assert output["size"] == 100
    assert rows(run, output["uri"])[0]["score"] == 1
    assert words(service.last) == "ruby is:not-curated"
    assert len(service.asked) == 1


def test_what_github_says_reaches_the_user(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (422, {"message": "Validation Failed"})
    with pytest.raises(TaskFailure, match=r"GitHub answered with status 422.*Validation Failed"):
        FakeRun(tmp_path).run(search(service, "code", query=""))
