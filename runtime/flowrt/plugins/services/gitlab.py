"""GitLab: issues and merge requests of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text


class GitlabTask(ServiceTask):
    """What the tasks share."""

    service = "GitLab"

    url: Text = prop(STRING, default="https://gitlab.com")
    api_path: Text = prop(STRING, default="/api/v4/projects")
    project_id: Text = prop(STRING)
    token: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"PRIVATE-TOKEN": required_text(run, self.token)}

    def _project(
        self, run: RunContext, method: str, what: str, json: Any = None, **query: Any
    ) -> tuple[int, Any]:
        """The status of an answer, and its value."""
        base = f"{required_text(run, self.url).rstrip('/')}/{required_text(run, self.api_path).strip('/')}"
        url = address(base, required_text(run, self.project_id), what, **query)
        found = self._exchange(run, method, url, json=json)
        return found.code, parse_json((found.body or b"null").decode())


@task_type("io.kestra.plugin.gitlab.issues.Create")
class GitlabIssuesCreate(GitlabTask):
    """Make an issue."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "issueId": STRING,
        "statusCode": INTEGER,
        "webUrl": STRING,
    }

    title: Text = prop(STRING)
    issue_description: Text | None = prop(STRING, default=None)
    labels: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "title": required_text(run, self.title),
            "description": run.text(self.issue_description),
            "labels": ",".join(run.listing(self.labels) or ()) or None,
        }
        json = {key: value for key, value in asked.items() if value is not None}
        code, found = self._project(run, "POST", "issues", json)
        return {"issueId": str(found["iid"]), "webUrl": found["web_url"], "statusCode": code}


@task_type("io.kestra.plugin.gitlab.issues.Search")
class GitlabIssuesSearch(GitlabTask):
    """The issues that a text, a state and labels find."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "count": INTEGER,
        "issues": listing(mapping()),
        "statusCode": INTEGER,
    }

    search: Text | None = prop(STRING, default=None)
    state: Text = prop(STRING, default="opened")
    labels: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        code, found = self._project(
            run,
            "GET",
            "issues",
            search=run.text(self.search),
            state=run.text(self.state),
            labels=",".join(run.listing(self.labels) or ()) or None,
        )
        return {"issues": found, "count": len(found), "statusCode": code}


@task_type("io.kestra.plugin.gitlab.mergerequests.Create")
class GitlabMergerequestsCreate(GitlabTask):
    """Make a merge request."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "mergeReqID": STRING,
        "statusCode": INTEGER,
        "webUrl": STRING,
    }

    title: Text = prop(STRING)
    merge_request_description: Text | None = prop(STRING, default=None)
    source_branch: Text = prop(STRING)
    target_branch: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "title": required_text(run, self.title),
            "description": run.text(self.merge_request_description),
            "source_branch": required_text(run, self.source_branch),
            "target_branch": required_text(run, self.target_branch),
        }
        json = {key: value for key, value in asked.items() if value is not None}
        code, found = self._project(run, "POST", "merge_requests", json)
        return {"mergeReqID": str(found["iid"]), "webUrl": found["web_url"], "statusCode": code}
