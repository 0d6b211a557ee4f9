"""GraphQL: a query, and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import PlainFailure, TaskFailure, reason
from flowrt.model.task import Task
from flowrt.tasks.http_client import HttpClient, HttpOptions
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text


@task_type("io.kestra.plugin.graphql.Request")
class GraphqlRequest(Task):
    """Send a query."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "body": ANY,
        "code": INTEGER,
        "encryptedBody": mapping(),
        "error": ANY,
        "headers": mapping(listing(STRING)),
        "uri": URI,
    }

    uri: Text = prop(STRING)
    method: Text = prop(STRING, default="POST")
    query: Text = prop(STRING)
    variables: Mapping | None = prop(mapping(), default=None)
    operation_name: Text | None = prop(STRING, default=None)
    headers: Mapping | None = prop(mapping(STRING), default=None)
    options: HttpOptions | None = prop(record(HttpOptions), default=None)
    encrypt_body: Flag = prop(BOOLEAN, default=False)
    fail_on_graph_ql_errors: Flag = prop(BOOLEAN, default=False, yaml="failOnGraphQLErrors")

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"query": required_text(run, self.query)}
        if self.variables is not None:
            asked["variables"] = run.mapping(self.variables)
        if run.text(self.operation_name):
            asked["operationName"] = run.text(self.operation_name)
        url = required_text(run, self.uri).replace(" ", "%20")
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        headers |= run.mapping(self.headers, STRING) or {}
        client = HttpClient(run, self.options)
        body = to_json(asked).encode()
        found = client.send(run.text(self.method) or "POST", url, headers, body)
        text = (found.body or b"").decode("utf-8", "replace")
        answer = self._answer(text)
        errors = answer.get("errors")
        if errors is not None and run.flag(self.fail_on_graph_ql_errors):
            from flowrt.java.printing import text_of

            raise PlainFailure(f"GraphQL query failed with errors: {text_of(errors)}")
        sealed = run.flag(self.encrypt_body)
        return {
            "code": found.code,
            "headers": found.headers,
            "uri": url,
            "body": None if sealed else answer.get("data"),
            "encryptedBody": run.seal(text) if sealed else None,
            "error": errors,
        }

    @staticmethod
    def _answer(text: str) -> dict[str, Any]:
        if not text:
            return {}
        try:
            found = parse_json(text)
        except Exception as error:
            raise TaskFailure(f"the answer is no JSON: {reason(error)}") from None
        if not isinstance(found, dict):
            raise TaskFailure("the answer is no object of JSON")
        return found
