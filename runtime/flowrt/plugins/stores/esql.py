"""ES|QL, the query language of Elasticsearch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import ANY, BOOLEAN, STRING, Kind, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, put_out
from flowrt.plugins.stores.elasticsearch import SEARCHED, ElasticsearchTask, json_of
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text
    from flowrt.plugins.stored import Stop

_TOKEN = re.compile(r'""".*?"""|"(?:\\.|[^"\\])*"|`[^`]*`|\?', re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


@task_type("io.kestra.plugin.elasticsearch.Esql")
class ElasticsearchEsql(ElasticsearchTask):
    """What a query of ES|QL finds."""

    outputs: ClassVar[dict[str, Kind] | None] = SEARCHED

    query: Text = prop(STRING)
    params: Listing | None = prop(listing(STRING), default=None)
    filter: Any = prop(ANY, default=None)
    columnar: Flag = prop(BOOLEAN, default=False)
    async_: Flag = prop(BOOLEAN, default=False)
    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.plugins.stored import Stop

        query = with_values(required_text(run, self.query), run.listing(self.params) or [])
        asked: dict[str, Any] = {"query": query, "columnar": run.flag(self.columnar)}
        if self.filter is not None:
            asked["filter"] = parse_json(json_of(run, self.filter)).get("query")
        if run.flag(self.async_):
            found = self._awaited(run, asked, Stop(run))
        else:
            found = self._json(run, "POST", "_query", body=to_json(asked).encode(), format="json")
        names = [each["name"] for each in found["columns"]]
        values = found["values"]
        if run.flag(self.columnar):
            values = zip(*values, strict=True)
        rows = [dict(zip(names, each, strict=True)) for each in values]
        run.metric("counter", "records", len(rows))
        run.metric("counter", "requests.count", 1)
        return {**put_out(run, rows, run.constant(self.fetch_type, FETCH)), "total": len(rows)}

    def _awaited(self, run: RunContext, asked: dict[str, Any], stop: Stop) -> Any:
        """The answer to a query that the server works on beside the connection."""
        body = {**asked, "wait_for_completion_timeout": "0s", "keep_alive": "5m"}
        found = self._json(run, "POST", "_query", "async", body=to_json(body).encode())
        number = found.get("id")
        try:
            while found.get("is_running"):
                stop.check()
                place = ("_query", "async", str(number))
                found = self._json(run, "GET", *place, wait_for_completion_timeout="30s")
            return found
        finally:
            self._forget(run, number)

    def _forget(self, run: RunContext, number: Any) -> None:
        if number is None:
            return
        try:
            self._json(run, "DELETE", "_query", "async", str(number))
        except TaskFailure as error:
            run.log("WARN", f"Failed to delete async ES|QL query {number}: {error}")


def with_values(query: str, values: list[Any]) -> str:
    """A query with its values in place of `?`, but for those in texts and names. Raises TaskFailure."""
    if not values:
        return query
    rest = iter(values)
    used = 0

    def value(match: re.Match[str]) -> str:
        nonlocal used
        if match[0] != "?":
            return match[0]
        used += 1
        if used > len(values):
            raise TaskFailure(
                f"Query contains more `?` placeholders than the provided params list ({len(values)})"
            )
        return _literal(next(rest))

    made = _TOKEN.sub(value, query)
    if used < len(values):
        raise TaskFailure(
            f"Provided params list has {len(values)} entries but the query only contains {used} `?` placeholders"
        )
    return made


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    text = str(value)
    if text.lower() in ("true", "false"):
        return text.lower()
    if _NUMBER.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
