"""GitHub: issues, pull requests, workflows, tokens of apps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt import packages
from flowrt.http.client import basic
from flowrt.model.declare import (
    BOOLEAN,
    DATETIME,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.jwt import signed
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

BASE = "https://api.github.com"


class GithubTask(ServiceTask):
    """What the tasks share."""

    service = "GitHub"

    login: Text | None = prop(STRING, default=None)
    oauth_token: Text | None = prop(STRING, default=None)
    jwt_token: Text | None = prop(STRING, default=None)
    app_installation_token: Text | None = prop(STRING, default=None)
    endpoint: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        found = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        login, token = run.text(self.login), run.text(self.oauth_token)
        if login and token:
            return {**found, "Authorization": basic(login, token)}
        token = token or run.text(self.app_installation_token) or run.text(self.jwt_token)
        return {**found, "Authorization": f"Bearer {token}"} if token else found

    def _url(self, run: RunContext, *parts: str, **query: Any) -> str:
        return address(run.text(self.endpoint) or BASE, *parts, **query)

    def _repo(self, run: RunContext, repository: Text | None, *parts: str, **query: Any) -> str:
        """An address below a repository, which is `owner/name`. Raises TaskFailure when it is not."""
        name = required_text(run, repository)
        owner, slash, rest = name.partition("/")
        if not (owner and slash and rest) or "/" in rest:
            raise TaskFailure(f"`repository` is `owner/name`, not {name}")
        return self._url(run, "repos", owner, rest, *parts, **query)


@task_type("io.kestra.plugin.github.issues.Create")
class GithubIssuesCreate(GithubTask):
    """Make an issue."""

    outputs: ClassVar[dict[str, Kind] | None] = {"issueNumber": INTEGER, "issueUrl": STRING}

    repository: Text | None = prop(STRING, default=None)
    title: Text | None = prop(STRING, default=None)
    body: Text | None = prop(STRING, default=None)
    labels: Listing | None = prop(listing(STRING), default=None)
    assignees: Listing | None = prop(listing(STRING), default=None)
    fields: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        if self.fields is not None:
            raise TaskFailure(
                "`fields` of issues is an interface of GitHub that flowc does not speak"
            )
        asked = {
            "title": run.text(self.title),
            "body": run.text(self.body),
            "labels": run.listing(self.labels) or None,
            "assignees": run.listing(self.assignees) or None,
        }
        json = {key: value for key, value in asked.items() if value is not None}
        found = self._ask(run, "POST", self._repo(run, self.repository, "issues"), json=json)
        return {"issueUrl": found["html_url"], "issueNumber": found["number"]}


@task_type("io.kestra.plugin.github.issues.Comment")
class GithubIssuesComment(GithubTask):
    """Comment an issue."""

    outputs: ClassVar[dict[str, Kind] | None] = {"commentUrl": STRING, "issueUrl": STRING}

    repository: Text | None = prop(STRING, default=None)
    issue_number: Integer = prop(INTEGER)
    body: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        number = str(required(run.integer(self.issue_number)))
        issue = self._ask(run, "GET", self._repo(run, self.repository, "issues", number))
        url = self._repo(run, self.repository, "issues", number, "comments")
        found = self._ask(run, "POST", url, json={"body": run.text(self.body)})
        return {"issueUrl": issue["html_url"], "commentUrl": found["html_url"]}


@task_type("io.kestra.plugin.github.pulls.Create")
class GithubPullsCreate(GithubTask):
    """Make a pull request, and ask for its review."""

    outputs: ClassVar[dict[str, Kind] | None] = {"issueUrl": STRING, "pullRequestUrl": STRING}

    repository: Text | None = prop(STRING, default=None)
    source_branch: Text | None = prop(STRING, default=None)
    target_branch: Text | None = prop(STRING, default=None)
    title: Text | None = prop(STRING, default=None)
    body: Text | None = prop(STRING, default=None)
    maintainer_can_modify: Flag = prop(BOOLEAN, default=False)
    draft: Flag = prop(BOOLEAN, default=False)
    reviewers: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "title": run.text(self.title),
            "head": run.text(self.source_branch),
            "base": run.text(self.target_branch),
            "body": run.text(self.body),
            "maintainer_can_modify": run.flag(self.maintainer_can_modify),
            "draft": run.flag(self.draft),
        }
        json = {key: value for key, value in asked.items() if value is not None}
        found = self._ask(run, "POST", self._repo(run, self.repository, "pulls"), json=json)
        names = run.listing(self.reviewers) or []
        teams = [each.removeprefix("team:") for each in names if each.startswith("team:")]
        people = [each for each in names if not each.startswith("team:")]
        if names:
            number = str(found["number"])
            url = self._repo(run, self.repository, "pulls", number, "requested_reviewers")
            self._ask(run, "POST", url, json={"reviewers": people, "team_reviewers": teams})
        return {"issueUrl": found.get("issue_url"), "pullRequestUrl": found.get("html_url")}


@task_type("io.kestra.plugin.github.actions.RunWorkflow")
class GithubActionsRunWorkflow(GithubTask):
    """Start a workflow."""

    repository: Text | None = prop(STRING, default=None)
    workflow_id: Text | None = prop(STRING, default=None)
    ref: Text | None = prop(STRING, default=None)
    inputs: Mapping | None = prop(mapping(), default=None)

    def _work(self, run: RunContext) -> None:
        name = required_text(run, self.workflow_id)
        url = self._repo(run, self.repository, "actions", "workflows", name, "dispatches")
        json: dict[str, Any] = {"ref": required_text(run, self.ref)}
        inputs = run.mapping(self.inputs)
        if inputs:
            json["inputs"] = inputs
        self._exchange(run, "POST", url, json=json)


@task_type("io.kestra.plugin.github.auth.AppToken")
class GithubAuthAppToken(ServiceTask):
    """The token of an installation of an app; sealed among the outputs."""

    service = "GitHub"
    outputs: ClassVar[dict[str, Kind] | None] = {"expiresAt": DATETIME, "token": STRING}
    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)

    client_id: Text = prop(STRING)
    installation_id: Text = prop(STRING)
    private_key: Text = prop(STRING)
    endpoint: Text = prop(STRING, default=BASE)

    def _work(self, run: RunContext) -> dict[str, Any]:
        now = int(time.time())
        claim = {"iat": now - 60, "exp": now + 530, "iss": required_text(run, self.client_id)}
        token = signed(self.service, {}, claim, required_text(run, self.private_key))
        number = required_text(run, self.installation_id)
        base = run.text(self.endpoint) or BASE
        found = self._ask(
            run,
            "POST",
            address(base, "app", "installations", number, "access_tokens"),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        if not isinstance(found, dict) or not found.get("token"):
            raise TaskFailure("GitHub response did not contain a `token` field.")
        return {"token": run.seal(found["token"]), "expiresAt": found.get("expires_at")}
