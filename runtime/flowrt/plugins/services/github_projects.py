"""GitHub: the issues of a project of an organization, with the fields that the project gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.printing import text_of
from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.github import GithubTask
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text


def _fragments(names: dict[str, str], field: str) -> str:
    return " ".join(
        f"... on {name} {{ {field.format(name)} {asked} }}" for name, asked in names.items()
    )


_ITEM_VALUES = _fragments(
    {
        "ProjectV2ItemFieldTextValue": "text",
        "ProjectV2ItemFieldSingleSelectValue": "name",
        "ProjectV2ItemFieldDateValue": "date",
        "ProjectV2ItemFieldNumberValue": "number",
        "ProjectV2ItemFieldIterationValue": "title",
        "ProjectV2ItemFieldUserValue": "users(first: 10) { nodes { login } }",
        "ProjectV2ItemFieldRepositoryValue": "repository { nameWithOwner }",
        "ProjectV2ItemFieldLabelValue": "labels(first: 10) { nodes { name } }",
        "ProjectV2ItemFieldMilestoneValue": "milestone { title }",
    },
    "field {{ ... on ProjectV2FieldCommon {{ name }} }}",
)
_ISSUE_VALUES = " ".join(
    f"... on IssueField{kind}Value {{ field {{ ... on IssueField{kind} {{ name }} }} {asked} }}"
    for kind, asked in {
        "SingleSelect": "name",
        "Text": "value",
        "Number": "value",
        "Date": "value",
        "MultiSelect": "value",
    }.items()
)
QUERY = (
    "query($org: String!, $number: Int!, $cursor: String) { organization(login: $org) { projectV2(number: $number) { "
    "items(first: 100, after: $cursor) { pageInfo { hasNextPage endCursor } nodes { "
    f"fieldValues(first: 50) {{ nodes {{ {_ITEM_VALUES} }} }} "
    "content { __typename ... on Issue { number title url createdAt closedAt repository { name } "
    "assignees(first: 10) { nodes { login } } labels(first: 10) { nodes { name } } "
    f"issueFieldValues(first: 30) {{ nodes {{ {_ISSUE_VALUES} }} }} }} }} }} }} }} }} }}"
)


def _nodes(found: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    return [each for each in ((found or {}).get(name) or {}).get("nodes") or () if each]


def _text(value: Any) -> str | None:
    """A value as text, which fields of projects are."""
    return value if value is None or isinstance(value, str) else text_of(value)


def _value(found: dict[str, Any]) -> str | None:
    """The value of a field, whose name says what it is."""
    for name in ("text", "name", "date", "number", "title"):
        if name in found:
            return _text(found[name])
    if "users" in found:
        return ",".join(each["login"] for each in _nodes(found, "users"))
    if "repository" in found:
        return _text((found["repository"] or {}).get("nameWithOwner"))
    if "labels" in found:
        return ",".join(each["name"] for each in _nodes(found, "labels"))
    return _text((found.get("milestone") or {}).get("title"))


def _values(found: list[dict[str, Any]], read: Any) -> dict[str, str | None]:
    """Fields by their names; those of kinds that are not known have none."""
    named = ((each, (each.get("field") or {}).get("name")) for each in found)
    return {name: read(each) for each, name in named if name is not None}


def _row(node: dict[str, Any]) -> dict[str, Any] | None:
    """An item of a project; None for one that is no issue."""
    content = node.get("content") or {}
    if content.get("__typename") != "Issue" or content.get("number") is None:
        return None
    project = _values(_nodes(node, "fieldValues"), _value)
    row = {
        "title": content.get("title"),
        "number": content["number"],
        "url": content.get("url"),
        "repository": (content.get("repository") or {}).get("name"),
        "createdAt": content.get("createdAt"),
        "closedAt": content.get("closedAt"),
        "assignees": [each["login"] for each in _nodes(content, "assignees")],
        "labels": [each["name"] for each in _nodes(content, "labels")],
        "status": project.get("Status"),
    }
    issue = _values(
        _nodes(content, "issueFieldValues"),
        lambda each: _text(each["name"] if "name" in each else each.get("value")),
    )
    for name, value in (*project.items(), *issue.items()):
        if row.get(name) is None:
            row[name] = value
    return row


@task_type("io.kestra.plugin.github.projects.List")
class GithubProjectsList(GithubTask):
    """The issues of a project, those that filters let by."""

    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS, "total": INTEGER}

    fetch_type: Text = prop(FETCH, default="STORE")
    organization: Text = prop(STRING)
    project_number: Integer = prop(INTEGER)
    fields: Mapping | None = prop(mapping(STRING), default=None)
    status: Listing | None = prop(listing(STRING), default=None)
    labels: Listing | None = prop(listing(STRING), default=None)
    limit: Integer = prop(INTEGER, default=0)

    def _work(self, run: RunContext) -> dict[str, Any]:
        fields = run.mapping(self.fields, STRING) or {}
        status, labels = run.listing(self.status) or [], run.listing(self.labels) or []
        count, found = 0, []
        for row in self._rows(run):
            count += 1
            named = all(row.get(name) == value for name, value in fields.items())
            stands = not status or row["status"] in status
            if named and stands and (not labels or set(labels) & set(row["labels"])):
                found.append(row)
        if count and not found and (fields or status or labels):
            run.log(
                "WARN",
                f"All {count} fetched items were excluded by the configured filters (fields={text_of(fields)}, "
                f"status={text_of(status)}, labels={text_of(labels)}). Verify that filter values match the actual project "
                "field values (filters are case-sensitive).",
            )
        else:
            run.log("INFO", f"Fetched {count} items, {len(found)} passed filters.")
        most = run.integer(self.limit) or 0
        return put_out(
            run, found[:most] if most > 0 else found, run.constant(self.fetch_type, FETCH)
        )

    def _rows(self, run: RunContext) -> Iterator[dict[str, Any]]:
        if "Authorization" not in self._headers(run):
            raise TaskFailure("GitHub's projects want to know who asks: set `oauthToken`")
        organization = required_text(run, self.organization)
        number, stop = required(run.integer(self.project_number)), Stop(run)
        asked: dict[str, Any] = {"org": organization, "number": number}
        while True:
            stop.check()
            body = {"query": QUERY, "variables": asked}
            answer = self._ask(run, "POST", self._url(run, "graphql"), json=body)
            items = _items(answer, organization, number)
            yield from (row for row in map(_row, items.get("nodes") or ()) if row is not None)
            page = items.get("pageInfo") or {}
            if not page.get("hasNextPage"):
                return
            asked["cursor"] = page.get("endCursor")


def _items(answer: dict[str, Any], organization: str, number: int) -> dict[str, Any]:
    """The items of an answer. Raises TaskFailure for what GitHub says instead."""
    for error in answer.get("errors") or ():
        message = error.get("message", "unknown GraphQL error")
        if error.get("type") == "FORBIDDEN":
            raise TaskFailure(
                "GitHub Projects API access denied — ensure the token has the `read:project` scope. "
                f"Details: {message}"
            )
        raise TaskFailure(f"GitHub GraphQL error: {message}")
    owner = (answer.get("data") or {}).get("organization")
    if owner is None:
        raise TaskFailure(f"Organization '{organization}' not found or not accessible.")
    project = owner.get("projectV2")
    if project is None:
        raise TaskFailure(f"Project #{number} not found in organization '{organization}'.")
    return project.get("items") or {}
