"""Linear: issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

ADDRESS = "https://api.linear.app/graphql"
TEAMS = "query($name: String!) { teams(filter: {name: {eq: $name}}) { nodes { id } } }"
LABELS = (
    "query($names: [String!]!) { issueLabels(filter: {name: {in: $names}}) { nodes { id name } } }"
)
CREATE = (
    "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id } } }"
)


@task_type("io.kestra.plugin.linear.issues.Create")
class LinearIssuesCreate(ServiceTask):
    """Make an issue for a team."""

    service = "Linear"
    outputs: ClassVar[dict[str, Kind] | None] = {"isSuccess": BOOLEAN, "issueId": STRING}

    token: Text | None = prop(STRING, default=None)
    team: Text | None = prop(STRING, default=None)
    title: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    labels: Listing | None = prop(listing(STRING), default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Authorization": required_text(run, self.token)}

    def _work(self, run: RunContext) -> dict[str, Any]:
        team = required_text(run, self.team)
        teams = self._graph(run, TEAMS, name=team)["teams"]["nodes"]
        if not teams:
            raise TaskFailure(f"Linear has no team {team}")
        wanted: dict[str, Any] = {"teamId": teams[0]["id"], "title": run.text(self.title)}
        if self.description is not None:
            wanted["description"] = run.text(self.description)
        names = run.listing(self.labels) or []
        if names:
            found = self._graph(run, LABELS, names=names)["issueLabels"]["nodes"]
            missing = sorted(set(names) - {each["name"] for each in found})
            if missing:
                raise TaskFailure(f"Linear has no label {', '.join(missing)}")
            wanted["labelIds"] = [each["id"] for each in found]
        made = self._graph(run, CREATE, input=wanted)["issueCreate"]
        return {"isSuccess": made.get("success"), "issueId": (made.get("issue") or {}).get("id")}

    def _graph(self, run: RunContext, query: str, **variables: Any) -> Any:
        asked = {"query": query, "variables": variables}
        found = self._ask(run, "POST", ADDRESS, json=asked)
        if found.get("errors"):
            said = "; ".join(str(each.get("message")) for each in found["errors"])
            raise TaskFailure(f"Linear: {said}")
        return found["data"]
