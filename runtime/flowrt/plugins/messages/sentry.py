"""Events for Sentry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import STRING, enum, mapping, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.messages.summary import AboutExecution
from flowrt.plugins.messages.webhooks import RequestOptions, checked_json, post
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text

ENDPOINTS = enum("ENVELOPE", "STORE")
LEVELS = enum("FATAL", "ERROR", "WARNING", "INFO", "DEBUG")
PLATFORMS = enum(
    *[
        "AS3",
        "C",
        "CFML",
        "COCOA",
        "CSHARP",
        "ELIXIR",
        "HASKELL",
        "GO",
        "GROOVY",
        "JAVA",
        "JAVASCRIPT",
        "NATIVE",
        "NODE",
        "OBJC",
        "OTHER",
        "PERL",
        "PHP",
    ],
    "PYTHON",
    "RUBY",
)
_DSN = re.compile(r"(https?)://([^@/:]+)(?::[^@/]*)?@([^/]+)/(\d+)")
LARGEST = 1_000_000
"""Bytes of an event that Sentry takes."""


@task_type(
    "io.kestra.plugin.sentry.SentryAlert", "io.kestra.plugin.notifications.sentry.SentryAlert"
)
class SentryAlert(Task):
    """Send an event to Sentry."""

    dsn: Text = prop(STRING)
    endpoint_type: str = prop(ENDPOINTS, default="ENVELOPE")
    payload: Text | None = prop(STRING, default=None)
    options: RequestOptions | None = prop(record(RequestOptions), default=None)

    def _event(self, run: RunContext) -> str:
        """The event as the text of a JSON object."""
        from flowrt.formats.jsonwrite import to_json

        given = run.text(self.payload)
        if given is not None:
            return checked_json(given)
        from secrets import token_hex

        return to_json(
            {
                "event_id": token_hex(16),
                "timestamp": _now(),
                "platform": "java",
                "message": {"message": f"{run.namespace}.{run.flow_id} {run.execution_id}"},
            }
        )

    async def run(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json

        dsn = required_text(run, self.dsn)
        event = await run.in_thread(lambda: self._event(run))
        if len(event.encode()) > LARGEST:
            raise TaskFailure("Event payload size exceeds 1MB limit")
        kind = (run.constant(self.endpoint_type, ENDPOINTS) or "ENVELOPE").lower()
        url, body = dsn, event
        found = _DSN.fullmatch(dsn)
        if found:
            scheme, key, host, project = found.groups()
            url = (
                f"{scheme}://{host}/api/{project}/{kind}/"
                f"?sentry_version=7&sentry_client=flowrt&sentry_key={key}"
            )
        if kind == "envelope":
            head = to_json({"dsn": dsn, "sent_at": _now()})
            item = to_json({"type": "event", "length": len(event.encode())})
            body = f"{head}\n{item}\n{event}\n"
        await post(run, self.options, url, body, "Sentry", {"Content-Type": "application/json"})


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@task_type(
    "io.kestra.plugin.sentry.SentryExecution",
    "io.kestra.plugin.notifications.sentry.SentryExecution",
)
class SentryExecution(AboutExecution, SentryAlert):
    """Tell Sentry of an execution."""

    event_id: Text | None = prop(STRING, default=None)
    platform: Text = prop(PLATFORMS, default="JAVA")
    level: Text = prop(LEVELS, default="ERROR")
    transaction: Text | None = prop(STRING, default=None)
    server_name: Text | None = prop(STRING, default=None)
    extra: Mapping | None = prop(mapping(), default=None)
    errors: Mapping | None = prop(mapping(), default=None)

    def _event(self, run: RunContext) -> str:
        from secrets import token_hex

        from flowrt.formats.jsonwrite import to_json

        about = self.summary(run)
        failure = {
            "type": f"{about.flow_id} ➛ {about.state}",
            "value": about.ending,
            "module": about.namespace,
        }
        event: dict[str, Any] = {
            "event_id": run.text(self.event_id) or token_hex(16),
            "timestamp": _now(),
            "platform": (run.constant(self.platform, PLATFORMS) or "JAVA").lower(),
            "level": (run.constant(self.level, LEVELS) or "ERROR").lower(),
            "transaction": run.text(self.transaction),
            "server_name": run.text(self.server_name),
            "exception": {"values": [failure]},
            "extra": {
                **about.facts,
                "Final task ID": about.final_task,
                "Link": about.link,
                **(run.mapping(self.extra) or {}),
            },
            "errors": run.mapping(self.errors),
        }
        return to_json({key: value for key, value in event.items() if value is not None})
