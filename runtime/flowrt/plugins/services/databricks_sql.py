"""Databricks: statements of SQL, run by a warehouse; its rows come in parts, each by an address of its own."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, URI, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import stored
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.stored import Stop
from flowrt.plugins.values import host_zone
from flowrt.plugins.web import download
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text

BASE = "https://{host}"
PAUSE = 1.0
"""Seconds between two looks at a statement."""
_WAREHOUSE = re.compile(r"/?sql/1\.0/(?:warehouses|endpoints)/([A-Za-z0-9]+)/?")
_GOING_ON = ("PENDING", "RUNNING")


@task_type("io.kestra.plugin.databricks.sql.Query")
class DatabricksSqlQuery(ServiceTask):
    """Run a statement in a warehouse, and store its rows."""

    service = "Databricks"
    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER, "uri": URI}

    host: Text = prop(STRING)
    http_path: Text = prop(STRING)
    catalog: Text | None = prop(STRING, default=None)
    schema: Text | None = prop(STRING, default=None)
    access_token: Text | None = prop(STRING, default=None)
    properties_: Mapping | None = prop(mapping(STRING), default=None)
    sql: Text = prop(STRING)
    time_zone_id: Text | None = prop(STRING, default=None)

    def _headers(self, run: RunContext) -> dict[str, str]:
        given = {key.upper(): value for key, value in (run.mapping(self.properties_) or {}).items()}
        token = run.text(self.access_token) or given.get("PWD")
        if not token:
            raise TaskFailure("nobody is known who could ask Databricks: set `accessToken`")
        return {"Authorization": f"Bearer {token}"}

    def _url(self, run: RunContext, *parts: str) -> str:
        base = BASE.format(host=required_text(run, self.host))
        return address(base, "api", "2.0", "sql", "statements", *parts)

    def _begun(self, run: RunContext) -> dict[str, Any]:
        path = required_text(run, self.http_path)
        found = _WAREHOUSE.fullmatch(path)
        if found is None:
            raise TaskFailure(
                f"`httpPath` names a warehouse, as in /sql/1.0/warehouses/1a2b3c; flowc does not ask clusters: {path}"
            )
        asked = {
            "statement": required_text(run, self.sql),
            "warehouse_id": found[1],
            "catalog": run.text(self.catalog),
            "schema": run.text(self.schema),
            "wait_timeout": "10s",
            "on_wait_timeout": "CONTINUE",
            "disposition": "EXTERNAL_LINKS",
            "format": "JSON_ARRAY",
        }
        run.log("DEBUG", f"Starting query: {asked['statement']}")
        json = {key: value for key, value in asked.items() if value is not None}
        begun: dict[str, Any] = self._ask(run, "POST", self._url(run), json=json)
        return begun

    async def run(self, run: RunContext) -> dict[str, Any] | None:
        from asyncio import CancelledError

        found = await run.in_thread(partial(self._begun, run))
        number = str(found["statement_id"])
        look = partial(self._ask, run, "GET", self._url(run, number))
        try:
            while found["status"]["state"] in _GOING_ON:
                await run.sleep(PAUSE)
                found = await run.in_thread(look)
        except CancelledError:
            cancel = partial(self._exchange, run, "POST", self._url(run, number, "cancel"))
            await run.in_thread(cancel)
            raise
        status = found["status"]
        if status["state"] != "SUCCEEDED":
            said = (status.get("error") or {}).get("message") or status["state"]
            raise TaskFailure(f"Databricks: {said}")
        columns = ((found.get("manifest") or {}).get("schema") or {}).get("columns") or []
        if not columns:
            return None
        outputs: dict[str, Any] = await run.in_thread(
            partial(self._stored, run, number, found, columns)
        )
        return outputs

    def _stored(
        self, run: RunContext, number: str, found: dict[str, Any], columns: list[dict[str, Any]]
    ) -> dict[str, Any]:
        from flowrt.java.time.temporal import zone_of

        zone = zone_of(run.text(self.time_zone_id) or host_zone())
        cells = [(each["name"], _cell(each.get("type_name", ""), zone)) for each in columns]
        rows = (
            {
                name: None if value is None else cell(value)
                for (name, cell), value in zip(cells, row, strict=True)
            }
            for row in self._rows(run, number, found.get("result") or {})
        )
        uri, size = stored(run, rows)
        run.metric("counter", "fetch.size", size)
        return {"uri": uri, "size": size}

    def _rows(self, run: RunContext, number: str, result: dict[str, Any]) -> Iterator[list[Any]]:
        """The rows, part after part. The address of a part is secret enough: no token goes there."""
        from flowrt.formats.jsonread import parse_json

        stop, target = Stop(run), run.private_folder() / "part.json"
        while True:
            links = result.get("external_links") or []
            following = None
            for link in links:
                stop.check()
                download(run, self.service, "GET", link["external_link"], target, hidden=True)
                yield from parse_json(target.read_text("utf-8"))
                following = link.get("next_chunk_index")
            if following is None:
                return
            part = self._url(run, number, "result", "chunks", str(following))
            result = self._ask(run, "GET", part)


def _cell(kind: str, zone: Zone) -> Callable[[Any], Any]:
    """What becomes of the text of a value, by the type of its column."""
    from base64 import b64decode
    from datetime import date, datetime
    from decimal import Decimal

    from flowrt.java.time.temporal import Zoned
    from flowrt.java.values import ByteArray
    from flowrt.plugins.values import instant, local_date, zoned

    if kind in ("BYTE", "SHORT", "INT", "LONG"):
        return int
    if kind in ("FLOAT", "DOUBLE"):
        return float
    if kind == "DECIMAL":
        return Decimal
    if kind == "BOOLEAN":
        return lambda text: text is True or text == "true"
    if kind == "BINARY":
        return lambda text: ByteArray(b64decode(text))
    if kind == "DATE":
        return lambda text: local_date(date.fromisoformat(text))
    if kind == "TIMESTAMP":
        return lambda text: Zoned.of_instant(
            instant(datetime.fromisoformat(text)).epoch_nanos, zone
        )
    if kind == "TIMESTAMP_NTZ":
        return lambda text: zoned(datetime.fromisoformat(text), zone)
    return str
