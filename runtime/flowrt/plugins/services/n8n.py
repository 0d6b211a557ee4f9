"""n8n: the webhook that starts a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

METHOD = enum("GET", "POST", "PUT", "DELETE", "PATCH")
JSON = "application/json"
TYPES = {
    "TEXT": "text/plain",
    "JSON": JSON,
    "XML": "application/xml",
    "BINARY": "application/octet-stream",
}
CONTENT = enum(*TYPES)
DONE = 200


@task_type("io.kestra.plugin.n8n.TriggerWorkflow")
class N8nTriggerWorkflow(OptionsTask):
    """Start a workflow, and take what it answers."""

    service = "n8n"
    outputs: ClassVar[dict[str, Kind] | None] = {"body": ANY, "statusCode": INTEGER}

    uri: Text = prop(STRING)
    method: Text = prop(METHOD)
    content_type: Text = prop(CONTENT, default="BINARY")
    body: Mapping | None = prop(mapping(), default=None)
    query_parameters: Mapping | None = prop(mapping(), default=None)
    headers: Mapping | None = prop(mapping(), default=None)
    from_: Text | None = prop(URI, default=None, yaml="from")
    wait: Flag = prop(BOOLEAN, default=True)

    def _headers(self, run: RunContext) -> dict[str, str]:
        given = run.mapping(self.headers) or {}
        return {name: text_of(value) for name, value in given.items()}

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json

        url = required_text(run, self.uri)
        query = run.mapping(self.query_parameters) or {}
        if query:
            asked = urlencode({name: text_of(value) for name, value in query.items()})
            url += f"{'&' if '?' in url else '?'}{asked}"
        method = run.constant(self.method, METHOD) or "POST"
        response = self._exchange(run, method, url, **self._sent(run))
        if response.code != DONE:
            raise TaskFailure(f"Received non-200 response from Webhook: {response.code}")
        if not run.flag(self.wait, True):
            return {"statusCode": response.code, "body": None}
        said = (response.body or b"").decode("utf-8", "replace")
        found = parse_json(said) if response.content_type == JSON and said.strip() else said
        return {"statusCode": response.code, "body": found}

    def _sent(self, run: RunContext) -> dict[str, Any]:
        """The body of the request. Raises TaskFailure when there are two."""
        body, source = run.mapping(self.body) or {}, run.text(self.from_)
        if source is None:
            return {"json": body} if body else {}
        if body:
            raise TaskFailure("You cannot set both 'from' and 'body' properties at the same time")
        kind = TYPES[run.constant(self.content_type, CONTENT) or "BINARY"]
        return {"body": run.open_file(source), "headers": {"Content-Type": kind}}
