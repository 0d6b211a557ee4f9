"""SurrealDB: a query, through the calls that a server takes over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask
from flowrt.tasks.http_client import HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

DONE = "OK"


@task_type("io.kestra.plugin.surrealdb.Query")
class SurrealdbQuery(ServiceTask):
    """Run statements of SurrealQL; the rows of all of them are the rows of the task."""

    service = "SurrealDB"
    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS

    use_tls: Flag = prop(BOOLEAN, default=False)
    host: Text = prop(STRING)
    port: Integer = prop(INTEGER, default=8000)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    namespace: Text = prop(STRING)
    database: Text = prop(STRING)
    connection_timeout: Integer = prop(INTEGER, default=60)
    fetch_type: Text = prop(FETCH, default="STORE")
    parameters: Mapping | None = prop(mapping(STRING), default=None)
    query: Text = prop(STRING)

    def _options(self) -> HttpOptions:
        wait = f"PT{self.connection_timeout}S"
        return HttpOptions(timeout=HttpTimeout(connect_timeout=wait))

    def _headers(self, run: RunContext) -> dict[str, str]:
        namespace = required_text(run, self.namespace)
        database = required_text(run, self.database)
        found = {
            "Accept": "application/json",
            "Surreal-NS": namespace,
            "Surreal-DB": database,
            "NS": namespace,  # as servers before version 2 have it
            "DB": database,
        }
        user, password = run.text(self.username), run.text(self.password)
        if user is not None and password is not None:
            found["Authorization"] = basic(user, password)
        return found

    def _work(self, run: RunContext) -> dict[str, Any]:
        scheme = "https" if run.flag(self.use_tls) else "http"
        url = f"{scheme}://{required_text(run, self.host)}:{run.integer(self.port)}/rpc"
        parameters = run.mapping(self.parameters, STRING) or {}
        asked = {"id": 1, "method": "query", "params": [required_text(run, self.query), parameters]}
        found = self._ask(run, "POST", url, json=asked) or {}
        error = found.get("error")
        if error:
            raise TaskFailure(f"SurrealDB answered with an error: {error.get('message')}")
        rows = [row for each in found.get("result") or () for row in _rows(each)]
        fetched = put_out(run, rows, run.constant(self.fetch_type, FETCH))
        return {**fetched, "size": len(rows)}


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a statement. Raises TaskFailure when it failed, or when its value is no record."""
    found = answer.get("result")
    if answer.get("status") != DONE:
        raise TaskFailure(f"SurrealDB could not run a statement: {found}")
    if found is None:
        return []
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise TaskFailure(f"A statement of the query gives no records, but: {found}")
    return rows
