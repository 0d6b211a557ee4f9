"""ServiceNow: records of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.http.client import basic
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.rows import FETCH, stored
from flowrt.plugins.services.service import OptionsTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text

HOST = "https://{}.service-now.com"


class ServicenowTask(OptionsTask):
    """What the tasks share."""

    service = "ServiceNow"

    domain: Text = prop(STRING)
    username: Text = prop(STRING)
    password: Text = prop(STRING)
    client_id: Text | None = prop(STRING, default=None)
    client_secret: Text | None = prop(STRING, default=None)
    headers: Mapping | None = prop(mapping(STRING), default=None)
    table: Text = prop(STRING)

    def _base(self, run: RunContext) -> str:
        domain = required_text(run, self.domain)
        if not domain.replace("-", "").isalnum():
            raise TaskFailure(f"{domain} is no name of an instance of ServiceNow")
        return HOST.format(domain)

    def _who(self, run: RunContext) -> dict[str, str]:
        name, password = required_text(run, self.username), required_text(run, self.password)
        if self.client_id is None:
            return {"Authorization": basic(name, password)}
        asked = {
            "grant_type": "password",
            "client_id": run.text(self.client_id),
            "client_secret": required_text(run, self.client_secret),
            "username": name,
            "password": password,
        }
        more = run.mapping(self.headers, STRING) or {}
        found = self._ask(
            run,
            "POST",
            f"{self._base(run)}/oauth_token.do",
            headers={"Content-Type": "application/x-www-form-urlencoded", **more},
            body=urlencode(asked).encode(),
        )
        if not isinstance(found, dict) or not found.get("access_token"):
            raise TaskFailure("ServiceNow answered without a token")
        return {"Authorization": f"Bearer {found['access_token']}"}

    def _table(
        self, run: RunContext, method: str, *more: str, json: Any = None, **query: Any
    ) -> Any:
        """The answer about the table, or one of its records."""
        base = f"{self._base(run)}/api/now/table"
        url = address(base, required_text(run, self.table), *more, **query)
        return self._ask(run, method, url, headers=self._who(run), json=json)


@task_type("io.kestra.plugin.servicenow.Get")
class ServicenowGet(ServicenowTask):
    """The records of a table that a query finds."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "offset": INTEGER,
        "results": listing(mapping()),
        "size": INTEGER,
        "uri": URI,
    }

    fetch_type: Text = prop(FETCH, default="FETCH")
    query: Text | None = prop(STRING, default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    offset: Integer | None = prop(INTEGER, default=None)
    fields: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        offset = run.integer(self.offset)
        rows = self._table(
            run,
            "GET",
            sysparm_query=run.text(self.query),
            sysparm_limit=run.integer(self.limit),
            sysparm_offset=offset,
            sysparm_fields=",".join(run.listing(self.fields) or ()) or None,
        )["result"]
        kind = run.constant(self.fetch_type, FETCH)
        if kind == "STORE":
            uri, size = stored(run, rows)
            return {"size": size, "offset": offset, "uri": uri}
        found = rows[:1] if kind == "FETCH_ONE" else rows
        return {"results": found, "size": len(found), "offset": offset}


@task_type("io.kestra.plugin.servicenow.Post")
class ServicenowPost(ServicenowTask):
    """Make a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"result": mapping()}

    data: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        return {"result": self._table(run, "POST", json=run.mapping(self.data) or {})["result"]}


@task_type("io.kestra.plugin.servicenow.Update")
class ServicenowUpdate(ServicenowTask):
    """Change a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"result": mapping()}

    sys_id: Text = prop(STRING)
    data: Mapping = prop(mapping())

    def _work(self, run: RunContext) -> dict[str, Any]:
        name, data = required_text(run, self.sys_id), run.mapping(self.data) or {}
        return {"result": self._table(run, "PUT", name, json=data)["result"]}


@task_type("io.kestra.plugin.servicenow.Delete")
class ServicenowDelete(ServicenowTask):
    """Delete a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deleted": BOOLEAN}

    sys_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        self._table(run, "DELETE", required_text(run, self.sys_id))
        return {"deleted": True}
