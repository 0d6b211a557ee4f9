"""Zendesk: tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.model.declare import INTEGER, STRING, Kind, enum, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Text

PRIORITY = enum("URGENT", "HIGH", "NORMAL", "LOW")
TYPE = enum("PROBLEM", "INCIDENT", "QUESTION", "TASK")


@task_type("io.kestra.plugin.zendesk.tickets.Create")
class ZendeskTicketsCreate(ServiceTask):
    """Make a ticket."""

    service = "Zendesk"
    outputs: ClassVar[dict[str, Kind] | None] = {"id": INTEGER, "url": STRING}

    domain: Text = prop(STRING)
    username: Text | None = prop(STRING, default=None)
    token: Text | None = prop(STRING, default=None)
    oauth_token: Text | None = prop(STRING, default=None)
    subject: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    priority: Text | None = prop(PRIORITY, default=None)
    ticket_type: Text | None = prop(TYPE, default=None)
    assignee_id: Integer | None = prop(INTEGER, default=None)
    tags: Listing | None = prop(listing(STRING), default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        token, other = run.text(self.token), run.text(self.oauth_token)
        if token:
            return {"Authorization": basic(f"{run.text(self.username)}/token", token)}
        if other:
            return {"Authorization": f"Bearer {other}"}
        raise TaskFailure("Authentication details are missing")

    def _work(self, run: RunContext) -> dict[str, Any]:
        base = required_text(run, self.domain).rstrip("/")
        base = base if base.startswith(("http://", "https://")) else f"https://{base}"
        asked = {
            "subject": run.text(self.subject),
            "description": run.text(self.description),
            "priority": (run.constant(self.priority, PRIORITY) or "").lower() or None,
            "type": (run.constant(self.ticket_type, TYPE) or "").lower() or None,
            "assignee_id": run.integer(self.assignee_id),
            "tags": run.listing(self.tags) or [],
        }
        ticket = {key: value for key, value in asked.items() if value is not None}
        try:
            found = self._ask(run, "POST", f"{base}/api/v2/tickets.json", json={"ticket": ticket})
        except Refused as error:
            raise TaskFailure(f"Failed to create ticket. Response: {error.said}") from None
        made = found["ticket"]
        url = made.get("url") or f"{base}/api/v2/tickets/{made['id']}.json"
        return {"id": made["id"], "url": url}
