"""Zapier: the webhook that starts a Zap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask
from flowrt.tasks.http_client import HttpClient, HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

METHOD = enum("POST", "PUT", "GET")


@task_type("io.kestra.plugin.zapier.TriggerZap")
class ZapierTriggerZap(ServiceTask):
    """Start a Zap; the task has 30 seconds for it where the flow does not say another `timeout`."""

    service = "Zapier"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "attemptId": STRING,
        "body": STRING,
        "status": INTEGER,
    }

    url: Text = prop(STRING)
    content: Mapping | None = prop(mapping(), default=None)
    method: Text = prop(METHOD, default="POST")
    headers: Mapping | None = prop(mapping(STRING), default=None)
    timeout: Text | None = prop(DURATION, default="PT30S")
    allow_failed: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        method = run.constant(self.method, METHOD) or "POST"
        headers, body = run.mapping(self.headers, STRING) or {}, None
        if method != "GET":
            body = to_json(run.mapping(self.content) or {}).encode()
            headers = {"Content-Type": "application/json", **headers}
        options = HttpOptions(timeout=HttpTimeout(connect_timeout=self.timeout))
        client = HttpClient(run, options, allow_failed=True)
        response = client.send(method, required_text(run, self.url), headers, body)
        said = (response.body or b"").decode("utf-8", "replace")
        if response.code >= 400 and not run.flag(self.allow_failed):
            raise TaskFailure(f"Zapier webhook request failed with status {response.code}: {said}")
        level = "INFO" if response.code < 400 else "WARN"
        run.log(level, f"Zapier responded with status: {response.code}, body: {said}")
        attempt = response.header("X-Attempt-Id") or response.header("X-Request-Id")
        return {"status": response.code, "body": said, "attemptId": attempt}
