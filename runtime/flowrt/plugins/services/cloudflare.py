"""Cloudflare: zones, records of their DNS, what their caches keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import OptionsTask, address, bearer
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

BASE = "https://api.cloudflare.com/client/v4"
TYPES = enum("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV", "PTR", "CAA", "SOA")
ZONE = ("id", "name", "status")
RECORD: dict[str, Kind] = {
    "content": STRING,
    "name": STRING,
    "proxied": BOOLEAN,
    "recordId": STRING,
    "ttl": INTEGER,
    "type": STRING,
}


class CloudflareTask(OptionsTask):
    """What the tasks share."""

    service = "Cloudflare"

    api_token: Text = prop(STRING)
    base_url: Text = prop(STRING, default=BASE)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Accept": "application/json", **bearer(run, self.api_token)}

    def _url(self, run: RunContext, *parts: str, **query: Any) -> str:
        return address(run.text(self.base_url) or BASE, "zones", *parts, **query)

    def _result(self, run: RunContext, method: str, url: str, json: Any = None) -> Any:
        """What an answer holds. Raises TaskFailure when Cloudflare says that it is no success."""
        found = self._ask(run, method, url, json=json) or {}
        if not found.get("success"):
            said = "; ".join(str(each.get("message")) for each in found.get("errors") or ())
            raise TaskFailure(f"Cloudflare did not do it: {said or 'it does not say why'}")
        return found.get("result")


class ZoneTask(CloudflareTask):
    """What tasks of one zone share."""

    zone_id: Text = prop(STRING)

    def _below(self, run: RunContext, *parts: str, **query: Any) -> str:
        return self._url(run, required_text(run, self.zone_id), *parts, **query)


class RecordTask(ZoneTask):
    """What tasks of one record share."""

    record_id: Text = prop(STRING)

    def _record(self, run: RunContext) -> str:
        return self._below(run, "dns_records", required_text(run, self.record_id))


def _parts(found: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: found.get(name) for name in names}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """A record as outputs have it."""
    shown = _parts(found, "name", "type", "content", "ttl", "proxied")
    return {"recordId": found.get("id"), **shown}


@task_type("io.kestra.plugin.cloudflare.zones.List")
class CloudflareZonesList(CloudflareTask):
    """The zones of an account: the first page of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"zones": listing(mapping())}

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._result(run, "GET", self._url(run)) or []
        return {"zones": [_parts(each, *ZONE) for each in found]}


@task_type("io.kestra.plugin.cloudflare.zones.Get")
class CloudflareZonesGet(CloudflareTask):
    """A zone, by its id or by the name of its domain."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(ZONE, STRING)

    zone_id: Text | None = prop(STRING, default=None)
    hostname: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        zone, name = run.text(self.zone_id), run.text(self.hostname)
        if zone is not None:
            return _parts(self._result(run, "GET", self._url(run, zone)), *ZONE)
        if name is None:
            raise TaskFailure("Either 'zoneId' or 'hostname' must be provided.")
        found = self._result(run, "GET", self._url(run, name=name))
        if not found:
            raise TaskFailure(f"Zone not found for hostname: {name}")
        return _parts(found[0], *ZONE)


@task_type("io.kestra.plugin.cloudflare.cache.Purge")
class CloudflareCachePurge(ZoneTask):
    """Drop what the cache of a zone keeps: all of it, or files, or what has tags."""

    outputs: ClassVar[dict[str, Kind] | None] = {"requestId": STRING}

    purge_all: Flag = prop(BOOLEAN, default=False)
    files: Listing | None = prop(listing(STRING), default=None)
    tags: Listing | None = prop(listing(STRING), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        files, tags = run.listing(self.files), run.listing(self.tags)
        asked: dict[str, Any]
        if run.flag(self.purge_all):
            asked = {"purge_everything": True}
        elif files:
            asked = {"files": files}
        elif tags:
            asked = {"tags": tags}
        else:
            raise TaskFailure(
                "Invalid purge configuration. Provide either 'purgeAll: true', non-empty 'files', or non-empty 'tags'."
            )
        found = self._result(run, "POST", self._below(run, "purge_cache"), asked)
        return {"requestId": (found or {}).get("id")}


@task_type("io.kestra.plugin.cloudflare.dns.records.List")
class CloudflareDnsRecordsList(ZoneTask):
    """The records of a zone: the first page of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"records": listing(mapping())}

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._result(run, "GET", self._below(run, "dns_records")) or []
        names = ("id", "name", "type", "content", "ttl", "proxied")
        return {"records": [_parts(each, *names) for each in found]}


@task_type("io.kestra.plugin.cloudflare.dns.records.Get")
class CloudflareDnsRecordsGet(RecordTask):
    """Get a record."""

    outputs: ClassVar[dict[str, Kind] | None] = RECORD

    def _work(self, run: RunContext) -> dict[str, Any]:
        return _shown(self._result(run, "GET", self._record(run)))


class Writing(ZoneTask):
    """What tasks share that say the whole of a record."""

    record_type: Text = prop(TYPES)
    name: Text = prop(STRING)
    content: Text = prop(STRING)
    ttl: Integer = prop(INTEGER, default=1)
    proxied: Flag = prop(BOOLEAN, default=False)

    def _body(self, run: RunContext) -> dict[str, Any]:
        return {
            "type": run.constant(self.record_type, TYPES),
            "name": required_text(run, self.name),
            "content": required_text(run, self.content),
            "ttl": run.integer(self.ttl),
            "proxied": run.flag(self.proxied),
        }

    def _made(self, run: RunContext, body: dict[str, Any]) -> dict[str, Any]:
        return _shown(self._result(run, "POST", self._below(run, "dns_records"), body))


@task_type("io.kestra.plugin.cloudflare.dns.records.Create")
class CloudflareDnsRecordsCreate(Writing):
    """Make a record."""

    outputs: ClassVar[dict[str, Kind] | None] = RECORD

    def _work(self, run: RunContext) -> dict[str, Any]:
        return self._made(run, self._body(run))


@task_type("io.kestra.plugin.cloudflare.dns.records.Upsert")
class CloudflareDnsRecordsUpsert(Writing):
    """Make a record, or change the first that has its name and type."""

    outputs: ClassVar[dict[str, Kind] | None] = {**RECORD, "action": STRING}

    def _work(self, run: RunContext) -> dict[str, Any]:
        body = self._body(run)
        wanted = {"name": body["name"], "type": body["type"]}
        known = self._result(run, "GET", self._below(run, "dns_records", **wanted))
        if not known:
            return {**self._made(run, body), "action": "created"}
        url = self._below(run, "dns_records", known[0]["id"])
        return {**_shown(self._result(run, "PATCH", url, body)), "action": "updated"}


@task_type("io.kestra.plugin.cloudflare.dns.records.Update")
class CloudflareDnsRecordsUpdate(RecordTask):
    """Change parts of a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"id": STRING}

    record_type: Text | None = prop(TYPES, default=None)
    name: Text | None = prop(STRING, default=None)
    content: Text | None = prop(STRING, default=None)
    ttl: Integer | None = prop(INTEGER, default=None)
    proxied: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked = {
            "type": run.constant(self.record_type, TYPES),
            "name": run.text(self.name),
            "content": run.text(self.content),
            "ttl": run.integer(self.ttl),
            "proxied": None if self.proxied is None else run.flag(self.proxied),
        }
        body = {key: value for key, value in asked.items() if value is not None}
        return {"id": self._result(run, "PATCH", self._record(run), body).get("id")}


@task_type("io.kestra.plugin.cloudflare.dns.records.Delete")
class CloudflareDnsRecordsDelete(RecordTask):
    """Delete a record."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deletedId": STRING}

    def _work(self, run: RunContext) -> dict[str, Any]:
        return {"deletedId": self._result(run, "DELETE", self._record(run)).get("id")}


@task_type("io.kestra.plugin.cloudflare.dns.records.Batch")
class CloudflareDnsRecordsBatch(ZoneTask):
    """Make, change and delete records with one request."""

    outputs: ClassVar[dict[str, Kind] | None] = {"success": BOOLEAN}

    posts: Listing | None = prop(listing(mapping()), default=None)
    patches: Listing | None = prop(listing(mapping()), default=None)
    deletes: Listing | None = prop(listing(mapping()), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        given = {"posts": self.posts, "patches": self.patches, "deletes": self.deletes}
        asked = {key: run.listing(value, mapping()) for key, value in given.items()}
        body = {key: value for key, value in asked.items() if value}
        if not body:
            raise TaskFailure("At least one of posts, patches, or deletes must be provided.")
        self._result(run, "POST", self._below(run, "dns_records", "batch"), body)
        return {"success": True}
