"""Alerts to services that call people out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import STRING, enum, listing, mapping, prop, task_type
from flowrt.plugins.messages.executions import ExecutionWebhook
from flowrt.plugins.messages.summary import AboutExecution, Summary
from flowrt.plugins.messages.webhooks import Webhook, checked_json
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text


@task_type(
    "io.kestra.plugin.pagerduty.PagerDutyAlert",
    "io.kestra.plugin.notifications.pagerduty.PagerDutyAlert",
)
class PagerDutyAlert(Webhook):
    """Send an event to PagerDuty."""

    service = "PagerDuty"


@task_type(
    "io.kestra.plugin.pagerduty.PagerDutyExecution",
    "io.kestra.plugin.notifications.pagerduty.PagerDutyExecution",
)
class PagerDutyExecution(ExecutionWebhook, PagerDutyAlert):
    """Tell PagerDuty of an execution."""

    routing_key: Text | None = prop(STRING, default=None)
    deduplication_key: Text | None = prop(STRING, default=None)
    event_action: Text | None = prop(STRING, default=None)
    payload_summary: Text | None = prop(STRING, default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        key = run.text(self.deduplication_key)
        action = run.text(self.event_action)
        details = {
            "Flow ID": about.flow_id,
            "Execution Status": about.state,
            "Final task ID": about.final_task,
        }
        return {
            "routing_key": run.text(self.routing_key),
            "dedup_key": key,
            "event_action": action or ("acknowledge" if key is not None else "trigger"),
            "payload": {
                "summary": run.text(self.payload_summary) or about.title,
                "source": f"{about.namespace} {about.id}",
                "severity": "error" if about.failed else "info",
                "custom_details": details,
            },
            "links": [{"href": about.link, "text": about.ending}] if about.link else None,
        }


@task_type(
    "io.kestra.plugin.opsgenie.OpsgenieAlert",
    "io.kestra.plugin.notifications.opsgenie.OpsgenieAlert",
)
class OpsgenieAlert(Webhook):
    """Send an alert to Opsgenie."""

    service = "Opsgenie"

    authorization_token: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        token = run.text(self.authorization_token)
        return {} if token is None else {"Authorization": token}


@task_type(
    "io.kestra.plugin.opsgenie.OpsgenieExecution",
    "io.kestra.plugin.notifications.opsgenie.OpsgenieExecution",
)
class OpsgenieExecution(ExecutionWebhook, OpsgenieAlert):
    """Tell Opsgenie of an execution."""

    alias: Text | None = prop(STRING, default=None)
    message: Text | None = prop(STRING, default=None)
    priority: Text | None = prop(STRING, default=None)
    responders: Mapping | None = prop(mapping(STRING), default=None)
    visible_to: Mapping | None = prop(mapping(STRING), default=None)
    tags: Listing | None = prop(listing(STRING), default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        def people(given: Mapping | None) -> list[dict[str, str]] | None:
            found = run.mapping(given, STRING)
            return (
                None if not found else [{"id": key, "type": value} for key, value in found.items()]
            )

        return {
            "message": run.text(self.message) or about.title,
            "alias": run.text(self.alias),
            "description": f"{about.linked_title}\n> {about.ending}",
            "responders": people(self.responders),
            "visibleTo": people(self.visible_to),
            "tags": run.listing(self.tags),
            "priority": run.text(self.priority),
            "details": {**about.facts, "Final task ID": about.final_task},
        }


@task_type("io.kestra.plugin.notifications.squadcast.SquadcastIncomingWebhook")
class SquadcastIncomingWebhook(Webhook):
    """Post a payload to Squadcast."""

    service = "Squadcast"


@task_type("io.kestra.plugin.notifications.squadcast.SquadcastExecution")
class SquadcastExecution(ExecutionWebhook, SquadcastIncomingWebhook):
    """Tell Squadcast of an execution."""

    message: Text = prop(STRING)
    priority: Text | None = prop(STRING, default=None)
    status: Text | None = prop(STRING, default=None)
    event_id: Text | None = prop(STRING, default=None)
    tags: Mapping | None = prop(mapping(STRING), default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        ending = f"Failed on task `{about.last_task}`" if about.failed else "Succeeded"
        lines = [about.linked_title, f"Final task ID: {about.final_task}", f"Status: {ending}"]
        if about.duration:
            lines.append(f"Duration: {about.duration}")
        return {
            "message": required_text(run, self.message),
            "priority": run.text(self.priority),
            "status": run.text(self.status),
            "event_id": run.text(self.event_id),
            "tags": run.mapping(self.tags, STRING),
            "description": "\n".join(lines),
        }


ALERT_TYPES = enum("CRITICAL", "ACKNOWLEDGED", "RESOLVED", "ERROR", "WARNING", "INFO")


@task_type(
    "io.kestra.plugin.zenduty.ZendutyAlert", "io.kestra.plugin.notifications.zenduty.ZendutyAlert"
)
class ZendutyAlert(Webhook):
    """Send an event to Zenduty."""

    service = "Zenduty"


@task_type(
    "io.kestra.plugin.zenduty.ZendutyExecution",
    "io.kestra.plugin.notifications.zenduty.ZendutyExecution",
)
class ZendutyExecution(ExecutionWebhook, ZendutyAlert):
    """Tell Zenduty of an execution."""

    message: Text | None = prop(STRING, default=None)
    entity_id: Text | None = prop(STRING, default=None)
    alert_type: Text | None = prop(ALERT_TYPES, default=None)
    summary_: Text | None = prop(STRING, yaml="summary", default=None)
    urls: Listing | None = prop(listing(STRING), default=None)

    def _message(self, run: RunContext, about: Summary) -> dict[str, Any]:
        kind = run.constant(self.alert_type, ALERT_TYPES)
        links = [{"link_url": about.link, "link_text": "Execution link"}] if about.link else []
        links += [{"link_url": each} for each in run.listing(self.urls) or []]
        told = (
            f"Kestra workflow execution {about.id} of a flow {about.flow_id} in the namespace "
            f"{about.namespace} changed status to {about.state}"
        )
        facts = {**about.facts, "Final task ID": about.final_task}
        if about.duration:
            facts["Duration"] = about.duration
        return {
            "message": run.text(self.message) or "Kestra workflow execution",
            "alert_type": kind.lower() if kind else ("error" if about.failed else "resolved"),
            "entity_id": run.text(self.entity_id) or about.id,
            "urls": links or None,
            "payload": facts,
            "summary": run.text(self.summary_) or told,
        }


@task_type(
    "io.kestra.plugin.twilio.notify.TwilioAlert",
    "io.kestra.plugin.notifications.twilio.TwilioAlert",
)
class TwilioAlert(Webhook):
    """Send a notification by Twilio; the fields of the payload are those of a form."""

    service = "Twilio"
    content_type = "application/x-www-form-urlencoded"

    account_sid: Text = prop(STRING, yaml="accountSID")
    auth_token: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        from flowrt.http.client import basic

        user, password = required_text(run, self.account_sid), required_text(run, self.auth_token)
        return {"Authorization": basic(user, password)}

    def _payload(self, run: RunContext) -> str:
        from urllib.parse import urlencode

        from flowrt.formats.jsonread import parse_json

        fields = parse_json(self._fields(run))
        return urlencode({str(key): str(value) for key, value in dict(fields).items()})

    def _fields(self, run: RunContext) -> str:
        """The fields as the text of a JSON object."""
        return checked_json(required_text(run, self.payload))


@task_type(
    "io.kestra.plugin.twilio.notify.TwilioExecution",
    "io.kestra.plugin.notifications.twilio.TwilioExecution",
)
class TwilioExecution(AboutExecution, TwilioAlert):
    """Tell of an execution by Twilio."""

    body: Text | None = prop(STRING, default=None)
    identity: Text | None = prop(STRING, default=None)
    tag: Text | None = prop(STRING, default=None)

    def _fields(self, run: RunContext) -> str:
        from flowrt.formats.jsonwrite import to_json
        from flowrt.plugins.messages.executions import sentence

        fields = {
            "Body": run.text(self.body) or sentence("", self.summary(run)),
            "Identity": run.text(self.identity),
            "Tag": run.text(self.tag),
        }
        return to_json({key: value for key, value in fields.items() if value is not None})
