"""Couchbase: a query of SQL++, through the service for queries that a cluster names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.http.client import basic
from flowrt.model.declare import ANY, STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

MANAGERS = {"http": 8091, "https": 18091}
SERVICES = {"http": "n1ql", "https": "n1qlSSL"}
_PLACE = re.compile(
    r"couchbase(?P<secure>s?)://(?P<host>\[[^\]]+\]|[^:,/?]+)(?::(?P<port>\d+)(?:=\w+)?)?(?:[,/?].*)?"
)


@task_type("io.kestra.plugin.couchbase.Query")
class CouchbaseQuery(ServiceTask):
    """Run a query; `parameters` are a list, or a map of names."""

    service = "Couchbase"
    outputs: ClassVar[dict[str, Kind] | None] = FETCH_OUTPUTS

    connection_string: Text = prop(STRING)
    username: Text = prop(STRING)
    password: Text = prop(STRING)
    query: Text = prop(STRING)
    parameters: Any = prop(ANY, default=None)
    fetch_type: Text = prop(FETCH, default="STORE")

    def _headers(self, run: RunContext) -> dict[str, str]:
        user, password = required_text(run, self.username), required_text(run, self.password)
        return {"Authorization": basic(user, password)}

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {"statement": required_text(run, self.query)}
        given = run.structure(self.parameters)
        if isinstance(given, dict):
            asked |= {f"${name}": value for name, value in given.items()}
        elif isinstance(given, list):
            asked["args"] = given
        elif given is not None:
            raise TaskFailure("`parameters` are a list or a map")
        rows = self._rows(run, asked)
        found = put_out(run, rows, run.constant(self.fetch_type, FETCH))
        return {**found, "size": len(rows)}

    def _rows(self, run: RunContext, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the answer. Raises TaskFailure for a query that failed, and rows that are no records."""
        from flowrt.formats.jsonread import JsonError, parse_json

        url = f"{self._place(run)}/query/service"
        try:
            found = self._ask(run, "POST", url, json=asked) or {}
        except Refused as error:
            try:
                found = parse_json(error.said)
            except JsonError:
                raise error from None
            if not isinstance(found, dict) or not found.get("errors"):
                raise
        errors = found.get("errors") or ()
        if errors or found.get("status") != "success":
            told = "; ".join(f"{each.get('code')} {each.get('msg')}" for each in errors)
            raise TaskFailure(f"Couchbase: {told or found.get('status')}")
        rows = found.get("results") or []
        if not all(isinstance(each, dict) for each in rows):
            raise TaskFailure("a row of the answer is no record: `SELECT RAW` gives none")
        return list(rows)

    def _place(self, run: RunContext) -> str:
        """The service for queries of the cluster. Raises TaskFailure when it has none."""
        place = _PLACE.fullmatch(required_text(run, self.connection_string).partition("#")[0])
        if place is None:
            raise TaskFailure("`connectionString` begins with couchbase:// or couchbases://")
        scheme = f"http{place['secure']}"
        port = int(place["port"] or MANAGERS[scheme])
        nodes = f"{scheme}://{place['host']}:{port}/pools/default/nodeServices"
        found = self._ask(run, "GET", nodes) or {}
        for node in found.get("nodesExt") or ():
            number = (node.get("services") or {}).get(SERVICES[scheme])
            if number is not None:
                host = str(node.get("hostname") or place["host"])
                return f"{scheme}://{host}:{number}"
        raise TaskFailure("no node of the cluster answers queries")
