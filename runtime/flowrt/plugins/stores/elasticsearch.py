"""Elasticsearch: documents are written, read and searched, through its interface on the web."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.http.client import basic
from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
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
    written,
)
from flowrt.model.failures import TaskFailure, reason, required
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out, stored
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.stored import Stop, plain_rows, text_lines
from flowrt.plugins.web import Refused
from flowrt.tasks.http_client import HttpOptions, Ssl
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.http.client import Response
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

CONTENT = enum("CBOR", "JSON", "SMILE", "YAML")
OPERATIONS = enum("INDEX", "CREATE", "UPDATE", "DELETE")
REFRESH = {"IMMEDIATE": "true", "WAIT_UNTIL": "wait_for", "NONE": "false"}
METHODS = enum(
    *("CONNECT", "CUSTOM", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
)
RESULTS = {"noop": "NoOp", "not_found": "NotFound"}
"""Results whose names are not those of the interface with a capital."""
KEEP = "60s"
"""How long a server keeps the place in a search that goes on."""
SEARCHED: dict[str, Kind] = {**FETCH_OUTPUTS, "total": INTEGER}


class UserAndPassword(Declared):
    """A user, by password."""

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)


class Cluster(Declared):
    """The servers, and who asks."""

    hosts: list[Any] = prop(written(STRING))
    basic_auth: UserAndPassword | None = prop(record(UserAndPassword), default=None)
    headers: Listing | None = prop(listing(STRING), default=None)
    path_prefix: Text | None = prop(STRING, default=None)
    strict_deprecation_mode: Flag | None = prop(BOOLEAN, default=None)
    target_server_version: Integer = prop(INTEGER, default=8)
    trust_all_ssl: Flag | None = prop(BOOLEAN, default=None)

    def addresses(self, run: RunContext) -> list[str]:
        """Where the servers are."""
        prefix = (run.text(self.path_prefix) or "").strip("/")
        hosts = [str(each).rstrip("/") for each in run.structure(self.hosts)]
        return [f"{each}/{prefix}" if prefix else each for each in hosts]

    def headers_of(self, run: RunContext) -> dict[str, str]:
        """The headers of each request. Raises TaskFailure for a line that is none."""
        found: dict[str, str] = {}
        for line in run.listing(self.headers) or ():
            name, colon, value = str(line).partition(":")
            if not colon:
                raise TaskFailure(f"`{name}` is no header: it has no colon")
            found[name.strip()] = value.strip()
        known = self.basic_auth
        if known is not None and "authorization" not in map(str.lower, found):
            found["Authorization"] = basic(
                required(run.text(known.username)), required(run.text(known.password))
            )
        return found


class ElasticsearchTask(ServiceTask):
    """What the tasks share: the servers, of which the first that answers is asked."""

    service = "Elasticsearch"
    lines: ClassVar[str] = "json"
    """The form of what is sent."""

    connection: Cluster = prop(record(Cluster))
    routing: Text | None = prop(STRING, default=None)

    def _options(self) -> HttpOptions | None:
        trusting = self.connection.trust_all_ssl
        return HttpOptions(ssl=Ssl(insecure_trust_all_certificates=trusting)) if trusting else None

    def _headers(self, run: RunContext) -> dict[str, str]:
        return self.connection.headers_of(run)

    def _compatible(self, run: RunContext) -> dict[str, str]:
        version = run.integer(self.connection.target_server_version) or 8
        kind = "application/vnd.elasticsearch+{}; compatible-with=" + str(version)
        return {"Accept": kind.format("json"), "Content-Type": kind.format(self.lines)}

    def _request(
        self, run: RunContext, method: str, parts: Iterable[str], query: dict[str, Any], **how: Any
    ) -> Response:
        """The answer of the first server that can be reached; a path of one part may have slashes."""
        failed: TaskFailure | None = None
        for base in self.connection.addresses(run):
            try:
                found = self._exchange(run, method, address(base, *parts, **query), **how)
            except Refused:
                raise
            except TaskFailure as error:
                failed = error
                continue
            warning = found.header("Warning")
            if warning:
                run.log("WARN", warning)
                if run.flag(self.connection.strict_deprecation_mode):
                    raise TaskFailure(f"Elasticsearch warns: {warning}")
            return found
        raise failed or TaskFailure("`hosts` names no server")

    def _json(
        self, run: RunContext, method: str, *parts: str, body: bytes | None = None, **query: Any
    ) -> Any:
        headers = self._compatible(run)
        found = self._request(run, method, parts, query, headers=headers, body=body)
        return parse_json((found.body or b"null").decode("utf-8", "replace"))


def json_of(run: RunContext, given: Any) -> str:
    """The JSON of a property that is a map, or a text of JSON. Raises TaskFailure for anything else."""
    from flowrt.java.values import class_name

    found = run.structure(given)
    if isinstance(found, str):
        return found
    if isinstance(found, dict):
        return to_json(found)
    raise TaskFailure(f"Invalid value type 'class {class_name(found)}'")


# ---- searching ------------------------------------------------------------------------------------------------------


class Searching(ElasticsearchTask):
    """What tasks that search share."""

    request: Any = prop(ANY)
    indexes: Listing | None = prop(listing(STRING), default=None)
    content_type: Text = prop(CONTENT, default="JSON", ignored=True)

    def _found(self, run: RunContext, **more: Any) -> dict[str, Any]:
        where = ",".join(str(each) for each in run.listing(self.indexes) or ())
        parts = (where, "_search") if where else ("_search",)
        query = {"routing": run.text(self.routing), **more}
        body = json_of(run, self.request).encode()
        started = time.monotonic()
        found: dict[str, Any] = self._json(run, "POST", *parts, body=body, **query)
        run.metric("timer", "requests.duration", time.monotonic() - started)
        return found


def documents(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of an answer."""
    return [each.get("_source") or {} for each in found["hits"]["hits"]]


@task_type("io.kestra.plugin.elasticsearch.Search")
class ElasticsearchSearch(Searching):
    """Search documents."""

    outputs: ClassVar[dict[str, Kind] | None] = SEARCHED

    fetch_type: Text = prop(FETCH, default="FETCH")

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._found(run)
        hits, total = documents(found), found["hits"].get("total")
        run.metric("counter", "requests.count", 1)
        run.metric("counter", "records", len(hits))
        count = total.get("value") if isinstance(total, dict) else total
        outputs = put_out(run, hits, run.constant(self.fetch_type, FETCH))
        return {**outputs, "total": count}


@task_type("io.kestra.plugin.elasticsearch.Scroll")
class ElasticsearchScroll(Searching):
    """Search documents, however many there are, and store them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER, "uri": URI}

    def _work(self, run: RunContext) -> dict[str, Any]:
        requests, stop = 0, Stop(run)

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal requests
            found = self._found(run, scroll=KEEP)
            try:
                while hits := documents(found):
                    requests += 1
                    yield from stop.each(hits)
                    asked = to_json({"scroll_id": found["_scroll_id"], "scroll": KEEP}).encode()
                    found = self._json(run, "POST", "_search", "scroll", body=asked)
            finally:
                self._forget(run, found.get("_scroll_id"))

        uri, size = stored(run, rows())
        run.metric("counter", "requests.count", requests)
        run.metric("counter", "records", size)
        return {"size": size, "uri": uri}

    def _forget(self, run: RunContext, place: str | None) -> None:
        if place is None:
            return
        try:
            body = to_json({"scroll_id": [place]}).encode()
            self._json(run, "DELETE", "_search", "scroll", body=body)
        except TaskFailure as error:
            run.log("WARN", f"Failed to clear scroll: {error}")


@task_type("io.kestra.plugin.elasticsearch.Request")
class ElasticsearchRequest(ElasticsearchTask):
    """Ask anything."""

    outputs: ClassVar[dict[str, Kind] | None] = {"response": ANY, "status": INTEGER}

    method: Text = prop(METHODS, default="GET")
    endpoint: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(STRING), default=None)
    body: Any = prop(ANY, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from urllib.parse import parse_qsl

        method = str(run.constant(self.method, METHODS))
        path, _, asked = required_text(run, self.endpoint).partition("?")
        how: dict[str, Any] = {}
        if self.body is not None:
            how["body"] = json_of(run, self.body).encode()
            how["headers"] = {"Content-Type": "application/json; charset=UTF-8"}
        query = {**dict(parse_qsl(asked, True)), **(run.mapping(self.parameters, STRING) or {})}
        found = self._request(run, method, path.strip("/").split("/"), query, **how)
        text = (found.body or b"").decode("utf-8", "replace")
        is_json = "application/json" in found.content_type and text
        return {"status": found.code, "response": parse_json(text) if is_json else text}


# ---- documents ------------------------------------------------------------------------------------------------------


@task_type("io.kestra.plugin.elasticsearch.Get")
class ElasticsearchGet(ElasticsearchTask):
    """A document."""

    outputs: ClassVar[dict[str, Kind] | None] = {"row": mapping()}

    index: Text = prop(STRING)
    key: Text = prop(STRING)
    doc_version: Integer | None = prop(INTEGER, default=None)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        index, key = required_text(run, self.index), required_text(run, self.key)
        query: dict[str, Any] = {
            "version": run.integer(self.doc_version),
            "routing": run.text(self.routing),
        }
        try:
            return {"row": self._json(run, "GET", index, "_doc", key, **query).get("_source")}
        except Refused as error:
            if error.code != 404 or '"found":false' not in error.said.replace(" ", ""):
                raise
        if run.flag(self.error_on_missing):
            raise TaskFailure(f"Document with key '{key}' not found in index '{index}'")
        return {"row": None}


@task_type("io.kestra.plugin.elasticsearch.Put")
class ElasticsearchPut(ElasticsearchTask):
    """Write a document."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "id": STRING,
        "result": STRING,
        "version": INTEGER,
    }

    index: Text = prop(STRING)
    op_type: Text | None = prop(OPERATIONS, default=None)
    key: Text | None = prop(STRING, default=None)
    value: Any = prop(ANY, default=None)
    refresh_policy: Text = prop(enum(*REFRESH), default="NONE")
    content_type: Text = prop(CONTENT, default="JSON", ignored=True)

    def _work(self, run: RunContext) -> dict[str, Any]:
        key, operation = run.text(self.key), run.constant(self.op_type, OPERATIONS)
        if operation not in (None, "INDEX", "CREATE"):
            raise TaskFailure("Only INDEX and CREATE are supported")
        query: dict[str, Any] = {
            "op_type": None if operation is None else operation.lower(),
            "refresh": REFRESH[run.constant(self.refresh_policy, enum(*REFRESH)) or "NONE"],
            "routing": run.text(self.routing),
        }
        parts = (required_text(run, self.index), "_doc", *([] if key is None else [key]))
        body = json_of(run, self.value).encode()
        found = self._json(run, "POST" if key is None else "PUT", *parts, body=body, **query)
        result = str(found["result"])
        return {
            "id": found["_id"],
            "result": RESULTS.get(result, result.capitalize()),
            "version": found["_version"],
        }


class Loading(ElasticsearchTask):
    """What tasks that write many documents share: operations go in chunks."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER}
    lines = "x-ndjson"

    from_: Text = prop(STRING)
    chunk: Integer = prop(INTEGER, default=1000)

    def _operations(self, run: RunContext) -> Iterator[str]:
        """What is to be done: each with its lines of JSON."""
        raise NotImplementedError

    def _work(self, run: RunContext) -> dict[str, Any]:
        from itertools import islice

        chunk = run.integer(self.chunk) or 1000
        size = requests = 0
        started = time.monotonic()
        operations = iter(Stop(run).each(self._operations(run)))
        while batch := list(islice(operations, chunk)):
            found = self._json(
                run, "POST", "_bulk", body="".join(batch).encode(), routing=run.text(self.routing)
            )
            if found.get("errors"):
                raise TaskFailure(f"Indexer failed bulk:\n {_problems(found)}")
            size, requests = size + len(batch), requests + 1
        spent = time.monotonic() - started
        run.metric("counter", "requests.count", requests)
        run.metric("counter", "records", size)
        run.metric("timer", "requests.duration", spent)
        run.log(
            "INFO", f"Successfully send {requests} requests for {size} records in PT{spent:.3f}S"
        )
        return {"size": size}


def _problems(found: dict[str, Any]) -> str:
    """What failed, one a line."""
    said = ""
    for item in found.get("items") or ():
        for each in item.values():
            if each.get("error"):
                reason = each["error"].get("reason")
                said += f"{each.get('_index')}: {each.get('status')} - {reason}\n"
    return said


@task_type("io.kestra.plugin.elasticsearch.Load")
class ElasticsearchLoad(Loading):
    """Write the rows of a stored file."""

    index: Text = prop(STRING)
    op_type: Text | None = prop(OPERATIONS, default=None, ignored=True)
    id_key: Text | None = prop(STRING, default=None)
    remove_id_key: Flag = prop(BOOLEAN, default=True)

    def _operations(self, run: RunContext) -> Iterator[str]:
        index, key = required_text(run, self.index), run.text(self.id_key)
        remove = run.flag(self.remove_id_key, True)
        for row in plain_rows(stored_path(run, required_text(run, self.from_))):
            if not isinstance(row, dict):
                raise TaskFailure("each row must be a map")
            about = {"_index": index}
            if key is not None:
                if row.get(key) is None:
                    raise TaskFailure(f"a row has no `{key}`")
                about["_id"] = text_of(row[key])
                row = {name: each for name, each in row.items() if not (remove and name == key)}
            yield f"{to_json({'index': about})}\n{to_json(row)}\n"


@task_type("io.kestra.plugin.elasticsearch.Bulk")
class ElasticsearchBulk(Loading):
    """Do the operations of a stored file, which is as the interface takes it: JSON or ION, a line each."""

    def _operations(self, run: RunContext) -> Iterator[str]:
        path = stored_path(run, required_text(run, self.from_))
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = (line for line in text_lines(file) if line.strip())
            for line in lines:
                ((kind, about),) = _row(line).items() or (("", None),)
                if kind not in ("index", "create", "update", "delete"):
                    raise TaskFailure(f"Invalid bulk request type on '{line.strip()[:200]}'")
                operation = f"{to_json({kind: about})}\n"
                if kind == "delete":
                    yield operation
                    continue
                document = _row(next(lines, ""))
                if kind == "update" and "doc" not in document and "script" not in document:
                    document = {"doc": document, "doc_as_upsert": True}
                yield f"{operation}{to_json(document)}\n"


def _row(line: str) -> dict[str, Any]:
    from flowrt.services.rows import read_row

    try:
        found = read_row(line)
    except ValueError as error:
        raise TaskFailure(f"Invalid bulk request: {reason(error)}") from None
    if not isinstance(found, dict) or not found:
        raise TaskFailure(f"Invalid bulk request type on '{line.strip()[:200]}'")
    return found
