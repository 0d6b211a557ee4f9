"""Jira: issues and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.http.client import basic
from flowrt.model.declare import STRING, listing, mapping, prop, task_type
from flowrt.plugins.services.service import OptionsTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text

LABEL = "kestra-bot"
"""The label of each issue that a flow makes."""


class JiraTask(OptionsTask):
    """What the tasks share. Texts become JSON by value, whatever signs are in them."""

    service = "Jira"

    base_url: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    access_token: Text | None = prop(STRING, default=None)
    payload: Text | None = prop(STRING, default=None)
    template_uri: Text | None = prop(STRING, default=None, ignored=True)
    project_key: Text = prop(STRING)
    summary: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    labels: Listing | None = prop(listing(STRING), default=None)
    issue_type_id: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        name, password = run.text(self.username), run.text(self.password)
        if name is not None and password is not None:
            return {"Authorization": basic(name, password)}
        return bearer(run, self.access_token)

    def _url(self, run: RunContext, *more: str) -> str:
        return address(required_text(run, self.base_url), "rest", "api", "2", "issue", *more)

    def _send(self, run: RunContext, method: str, url: str, json: Any) -> None:
        """`payload` stands for the whole body, when it is given."""
        given = run.text(self.payload)
        if given and given.strip():
            headers = {"Content-Type": "application/json"}
            self._exchange(run, method, url, headers=headers, body=given.encode())
        else:
            self._exchange(run, method, url, json=json)


@task_type("io.kestra.plugin.jira.issues.Create")
class JiraIssuesCreate(JiraTask):
    """Make an issue."""

    def _work(self, run: RunContext) -> None:
        kind = run.text(self.issue_type_id)
        fields: dict[str, Any] = {
            "project": {"key": required_text(run, self.project_key)},
            "summary": run.text(self.summary) or "",
            "description": run.text(self.description) or "",
            "labels": [LABEL, *(run.listing(self.labels) or ())],
        }
        if kind is not None:
            fields["issuetype"] = {"id": kind}
        self._send(run, "POST", self._url(run, ""), {"fields": fields})


@task_type("io.kestra.plugin.jira.issues.CreateComment")
class JiraIssuesCreateComment(JiraTask):
    """Comment an issue."""

    issue_id_or_key: Text = prop(STRING)
    body: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        url = self._url(run, required_text(run, self.issue_id_or_key), "comment")
        self._send(run, "POST", url, {"body": required_text(run, self.body)})


@task_type("io.kestra.plugin.jira.issues.UpdateFields")
class JiraIssuesUpdateFields(JiraTask):
    """Change fields of an issue."""

    issue_id_or_key: Text = prop(STRING)
    fields: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> None:
        url = self._url(run, required_text(run, self.issue_id_or_key))
        self._send(run, "PUT", url, {"fields": run.mapping(self.fields) or {}})
