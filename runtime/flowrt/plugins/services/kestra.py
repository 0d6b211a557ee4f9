"""A server of Kestra, by its API: who asks it, and its executions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from flowrt.http.client import basic
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.stored import Stop
from flowrt.plugins.web import download
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

TENANT = "main"
"""The tenant of a server that has only one."""
TERMINATED = ("FAILED", "WARNING", "SUCCESS", "KILLED", "CANCELLED", "RETRIED", "SKIPPED")


class KestraAuth(Declared):
    """Who asks: a token, or a user with a password."""

    api_token: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    auto: Flag = prop(BOOLEAN, default=True)


class Filter(NamedTuple):
    """What a search asks for: a field, how it compares, a value; a label has a key too."""

    field: str
    value: str
    operation: str = "EQUALS"
    key: str | None = None


def filters(*found: Filter) -> dict[str, list[str]]:
    """Filters as a query has them: `filters[namespace][EQUALS]=a.b`."""
    query: dict[str, list[str]] = {}
    for each in found:
        key = "" if each.key is None else f"[{each.key}]"
        query.setdefault(f"filters[{each.field}][{each.operation}]{key}", []).append(each.value)
    return query


def equal(field: str, *values: str | None) -> list[Filter]:
    """A filter for each value that is there."""
    return [Filter(field, value) for value in values if value is not None]


def _moment(text: str | None) -> str | None:
    """A date with a time and a zone as a point on the time line."""
    from flowrt.java.printing import text_of
    from flowrt.java.time.isoparse import parse_zoned

    return None if text is None else text_of(parse_zoned(text).to_instant())


class KestraTask(ServiceTask):
    """What the tasks share: where the server is, who asks, whose tenant it is."""

    service = "Kestra"

    kestra_url: Text | None = prop(STRING, default=None)
    auth: KestraAuth | None = prop(record(KestraAuth), default=None)
    tenant_id: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        given = self.auth
        if given is None:
            return {}
        token = run.text(given.api_token)
        user, password = run.text(given.username), run.text(given.password)
        if token is not None:
            if given.username is not None or given.password is not None:
                raise TaskFailure(
                    "Cannot use both API Token authentication and HTTP Basic authentication"
                )
            return {"Authorization": f"Bearer {token}"}
        if user is not None and password is not None:
            return {"Authorization": basic(user, password)}
        if user is not None or password is not None:
            raise TaskFailure(
                "Both username and password are required for HTTP Basic authentication"
            )
        raise TaskFailure("No authentication method provided")

    def _url(self, run: RunContext, *parts: str) -> str:
        """An address of the tenant. Raises TaskFailure where the flow names no server: there is none besides."""
        server = (run.text(self.kestra_url) or "").strip().rstrip("/")
        if not server:
            raise TaskFailure(
                f"{self.type_name} asks a server of Kestra, and there is none here: `kestraUrl` names one"
            )
        return address(f"{server}/api/v1", run.text(self.tenant_id) or TENANT, *parts)

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        server = re.sub(r"//[^/@]*@", "//", (run.text(self.kestra_url) or "").strip())
        if server:
            run.log("INFO", f"Kestra URL: {server.rstrip('/')}")
        return self._told(run)

    def _told(self, run: RunContext) -> dict[str, Any] | None:
        raise NotImplementedError

    def _get(self, run: RunContext, url: str, query: dict[str, Any]) -> Any:
        return self._ask(run, "GET", with_query(url, query))

    def _archive(
        self, run: RunContext, method: str, url: str, body: bytes | None = None
    ) -> dict[str, Any]:
        """Store the archive that the server answers with; it goes from the connection into a file."""
        target = run.private_folder() / "exported_flows.zip"
        headers = {"Accept": "application/octet-stream", **self._headers(run)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        download(run, self.service, method, url, target, headers=headers, body=body)
        return {"flowsZip": run.put_file(target, target.name)}


def with_query(url: str, query: dict[str, Any]) -> str:
    """An address with the parameters that have a value."""
    given = {key: value for key, value in query.items() if value is not None}
    return f"{url}?{urlencode(given, doseq=True)}" if given else url


def pages(
    ask: Callable[[int, int], dict[str, Any]], page: int | None, size: int, stop: Stop
) -> Iterator[tuple[int, Any]]:
    """What a search finds, each with the number of all: of one page, or of page after page."""
    number = 1 if page is None else page
    while True:
        stop.check()
        found = ask(number, size)
        total, results = found["total"], found.get("results") or []
        for each in results:
            yield total, each
        if page is not None or not results or number * size >= total:
            return
        number += 1


@task_type("io.kestra.plugin.kestra.executions.Query")
class KestraExecutionsQuery(KestraTask):
    """Search executions."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "row": mapping(),
        "rows": listing(ANY),
        "size": INTEGER,
        "uri": URI,
    }

    page: Integer | None = prop(INTEGER, default=None)
    size: Integer = prop(INTEGER, default=10)
    fetch_type: Text = prop(FETCH, default="STORE")
    flow_scopes: Listing | None = prop(listing(STRING), default=None)
    namespace: Text | None = prop(STRING, default=None)
    flow_id: Text | None = prop(STRING, default=None)
    start_date: Text | None = prop(DATETIME, default=None)
    end_date: Text | None = prop(DATETIME, default=None)
    time_range: Text | None = prop(DURATION, default=None)
    states: Listing | None = prop(listing(STRING), default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    trigger_execution_id: Text | None = prop(STRING, default=None)
    child_filter: Text | None = prop(enum("CHILD", "MAIN"), default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        url = self._url(run, "executions", "search")
        asked = filters(*self._filters(run))
        count = 0

        def ask(page: int, size: int) -> dict[str, Any]:
            nonlocal count
            found: dict[str, Any] = self._get(run, url, {"page": page, "size": size, **asked})
            count = found["total"]
            return found

        size = run.integer(self.size) or 10
        found = (each for _, each in pages(ask, run.integer(self.page), size, Stop(run)))
        kind = run.text(self.fetch_type)
        if kind == "STORE":
            return {"uri": stored(run, found)[0], "size": count}
        if kind == "FETCH":  # one row, which is the list of all
            rows = list(found)
            return {"rows": [rows], "size": count}
        first = next(found, None)
        if kind == "FETCH_ONE" and first is not None:
            return {"row": {"0": first}, "size": count}
        return {"size": count}

    def _filters(self, run: RunContext) -> list[Filter]:
        start, end = _moment(run.text(self.start_date)), _moment(run.text(self.end_date))
        span = run.duration(self.time_range)
        if span is not None and start is not None and end is not None:
            raise TaskFailure(
                "`timeRange` cannot be used together with both `startDate` and `endDate`."
            )
        if span is not None and start is None and end is None:
            from datetime import UTC, datetime, timedelta

            now = datetime.now(UTC)
            start = (now - timedelta(seconds=span)).isoformat().replace("+00:00", "Z")
            end = now.isoformat().replace("+00:00", "Z")
        found = [
            *equal("namespace", run.text(self.namespace)),
            *equal("flowId", run.text(self.flow_id)),
            *equal("triggerExecutionId", run.text(self.trigger_execution_id)),
            *equal("childFilter", run.text(self.child_filter)),
            *equal("scope", *(run.listing(self.flow_scopes) or ())),
            *equal("state", *(run.listing(self.states) or ())),
        ]
        if start is not None:
            found.append(Filter("startDate", start, "GREATER_THAN_OR_EQUAL_TO"))
        if end is not None:
            found.append(Filter("startDate", end, "LESS_THAN_OR_EQUAL_TO"))
        labels = run.mapping(self.labels, STRING) or {}
        return found + [Filter("labels", str(value), key=key) for key, value in labels.items()]


@task_type("io.kestra.plugin.kestra.executions.Count")
class KestraExecutionsCount(KestraTask):
    """How many executions there are; none, where `expression` does not hold for their number."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    namespaces: Listing | None = prop(listing(STRING), default=None)
    flow_id: Text | None = prop(STRING, default=None)
    states: Listing | None = prop(listing(STRING), default=None)
    start_date: Text | None = prop(STRING, default=None)
    end_date: Text | None = prop(STRING, default=None)
    expression: Text | None = prop(STRING, default=None)

    def _told(self, run: RunContext) -> dict[str, Any]:
        asked = [
            *equal("namespace", *(run.listing(self.namespaces) or ())),
            *equal("flowId", run.text(self.flow_id)),
            *equal("state", *(run.listing(self.states) or ())),
        ]
        start, end = _moment(run.text(self.start_date)), _moment(run.text(self.end_date))
        if start is not None:
            asked.append(Filter("startDate", start, "GREATER_THAN_OR_EQUAL_TO"))
        if end is not None:
            asked.append(Filter("endDate", end, "LESS_THAN_OR_EQUAL_TO"))
        url = self._url(run, "executions", "search")
        count = self._get(run, url, {"page": 1, "size": 1, **filters(*asked)})["total"]
        run.log("INFO", f"Found {count} matching executions")
        if self.expression is not None:
            holds = run.text_with(self.expression, {"count": count})
            if (holds or "").lower() != "true":
                count = 0
        return {"count": count}


@task_type("io.kestra.plugin.kestra.executions.Delete")
class KestraExecutionsDelete(KestraTask):
    """Delete an execution that has ended, with its logs, metrics and files."""

    execution_id: Text = prop(STRING)
    delete_logs: Flag = prop(BOOLEAN, default=True)
    delete_metrics: Flag = prop(BOOLEAN, default=True)
    delete_storage: Flag = prop(BOOLEAN, default=True)

    def _told(self, run: RunContext) -> None:
        number = required_text(run, self.execution_id)
        if not number.strip():
            raise TaskFailure("The execution ID is required.")
        if number == run.execution_id:
            raise TaskFailure(f"It's not allowed to delete the current execution {number}")
        what = {
            "deleteLogs": _flag(run, self.delete_logs),
            "deleteMetrics": _flag(run, self.delete_metrics),
            "deleteStorage": _flag(run, self.delete_storage),
        }
        told = ",".join(f"{key}={value}" for key, value in what.items())
        run.log("INFO", f"Deleting execution {number} with {told}")
        url = self._url(run, "executions", number)
        state = self._ask(run, "GET", url)["state"]["current"]
        if state not in TERMINATED:
            raise TaskFailure(f"Execution {number} is not in a terminate state ({state})")
        self._exchange(run, "DELETE", with_query(url, what))
        run.log("DEBUG", f"Successfully deleted execution {number}")


def _flag(run: RunContext, value: Flag) -> str:
    return "true" if run.flag(value, True) else "false"


@task_type("io.kestra.plugin.kestra.executions.Kill")
class KestraExecutionsKill(KestraTask):
    """Kill an execution, and those that it has started."""

    execution_id: Text = prop(STRING)
    propagate_kill: Flag = prop(BOOLEAN, default=True)

    def _told(self, run: RunContext) -> None:
        number, below = required_text(run, self.execution_id), _flag(run, self.propagate_kill)
        run.log("INFO", f"Killing execution {number} with propagateKill={below}")
        url = self._url(run, "executions", number, "kill")
        self._exchange(run, "DELETE", with_query(url, {"isOnKillCascade": below}))
        run.log("DEBUG", f"Successfully killed execution {number}")


@task_type("io.kestra.plugin.kestra.executions.Resume")
class KestraExecutionsResume(KestraTask):
    """Let an execution go on that is paused."""

    execution_id: Text | None = prop(STRING, default=None)
    inputs: Mapping | None = prop(mapping(), default=None)

    def _told(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json
        from flowrt.http.multipart import Part, encode
        from flowrt.java.printing import text_of

        number = run.text(self.execution_id) or run.execution_id
        run.log("INFO", f"Resuming execution {number}")
        fields = [
            Part(key, (to_json(each) if isinstance(each, (dict, list)) else text_of(each)).encode())
            for key, each in (run.mapping(self.inputs) or {}).items()
            if each is not None
        ]
        body, kind = encode(fields)
        url = self._url(run, "executions", number, "resume")
        self._exchange(run, "POST", url, headers={"Content-Type": kind}, body=body)
        run.log("DEBUG", f"Successfully resumed execution {number}")
