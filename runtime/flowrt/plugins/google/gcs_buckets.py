"""Buckets of Google Cloud Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

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
from flowrt.plugins.google.auth import Google
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Mapping, Text

from flowrt.plugins.google.gcs import ADDRESS, GcsTask, object_url, objects

IF_EXISTS = enum("ERROR", "UPDATE", "SKIP")


class _Bucket(GcsTask):
    outputs: ClassVar[dict[str, Kind] | None] = {
        "bucket": mapping(),
        "created": BOOLEAN,
        "updated": BOOLEAN,
    }

    name: Text = prop(STRING)
    requester_pays: Flag | None = prop(BOOLEAN, default=None)
    versioning_enabled: Flag | None = prop(BOOLEAN, default=None)
    index_page: Text | None = prop(STRING, default=None)
    not_found_page: Text | None = prop(STRING, default=None)
    lifecycle_rules: Any = prop(ANY, default=None, ignored=True)
    storage_class: Text | None = prop(STRING, default=None)
    location: Text | None = prop(STRING, default=None)
    cors: Any = prop(ANY, default=None, ignored=True)
    acl: Any = prop(ANY, default=None, ignored=True)
    default_acl: Any = prop(ANY, default=None, ignored=True)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    default_kms_key_name: Text | None = prop(STRING, default=None)
    default_event_based_hold: Flag | None = prop(BOOLEAN, default=None)
    retention_period: Integer | None = prop(INTEGER, default=None)
    iam_configuration: Any = prop(ANY, default=None, ignored=True)
    logging: Any = prop(ANY, default=None, ignored=True)

    def _wanted(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = {"name": required_text(run, self.name)}
        for key, value in (("location", self.location), ("storageClass", self.storage_class)):
            if value is not None:
                found[key] = run.text(value)
        labels = run.mapping(self.labels, STRING)
        if labels:
            found["labels"] = labels
        if self.versioning_enabled is not None:
            found["versioning"] = {"enabled": run.flag(self.versioning_enabled)}
        if self.requester_pays is not None:
            found["billing"] = {"requesterPays": run.flag(self.requester_pays)}
        pages = {
            "mainPageSuffix": run.text(self.index_page),
            "notFoundPage": run.text(self.not_found_page),
        }
        if any(pages.values()):
            found["website"] = {key: value for key, value in pages.items() if value}
        if self.default_kms_key_name is not None:
            found["encryption"] = {"defaultKmsKeyName": run.text(self.default_kms_key_name)}
        if self.default_event_based_hold is not None:
            found["defaultEventBasedHold"] = run.flag(self.default_event_based_hold)
        if self.retention_period is not None:
            found["retentionPolicy"] = {"retentionPeriod": str(run.integer(self.retention_period))}
        return found

    def _update(self, google: Google, wanted: dict[str, Any]) -> dict[str, Any]:
        url = f"{ADDRESS}/storage/v1/b/{quote(wanted['name'], safe='')}"
        changes = {k: v for k, v in wanted.items() if k not in ("name", "location")}
        return _bucket(google.ask("PATCH", url, json=changes))


def _bucket(found: dict[str, Any]) -> dict[str, Any]:
    site = found.get("website") or {}
    return {
        "name": found.get("name"),
        "uri": f"gs://{found.get('name')}",
        "location": found.get("location"),
        "indexPage": site.get("mainPageSuffix"),
        "notFoundPage": site.get("notFoundPage"),
    }


@task_type("io.kestra.plugin.gcp.gcs.CreateBucket")
class GcsCreateBucket(_Bucket):
    """Make a bucket."""

    if_exists: Text = prop(IF_EXISTS, default="ERROR")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        wanted, project = self._wanted(run), self._project(run, google)
        url = f"{ADDRESS}/storage/v1/b?project={quote(project, safe='')}"
        page = google.ask("GET", f"{url}&prefix={quote(wanted['name'], safe='')}") or {}
        if not any(each.get("name") == wanted["name"] for each in page.get("items") or ()):
            return {"bucket": _bucket(google.ask("POST", url, json=wanted)), "created": True}
        policy = run.constant(self.if_exists, IF_EXISTS)
        if policy == "UPDATE":
            return {"bucket": self._update(google, wanted), "updated": True}
        if policy == "SKIP":
            return {"bucket": _bucket(wanted)}
        raise TaskFailure(
            f"Bucket {wanted['name']} already exists and ifExists policy is set to ERROR !"
        )


@task_type("io.kestra.plugin.gcp.gcs.UpdateBucket")
class GcsUpdateBucket(_Bucket):
    """Change a bucket."""

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        return {"bucket": self._update(google, self._wanted(run)), "updated": True}


@task_type("io.kestra.plugin.gcp.gcs.DeleteBucket")
class GcsDeleteBucket(GcsTask):
    """Delete a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {"bucket": STRING, "bucketUri": URI}

    name: Text = prop(STRING)
    force: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = required_text(run, self.name)
        if run.flag(self.force):
            for each in list(objects(google, name, "", True)):
                google.exchange("DELETE", object_url(name, each["name"]))
        google.exchange("DELETE", f"{ADDRESS}/storage/v1/b/{quote(name, safe='')}")
        return {"bucket": name, "bucketUri": f"gs://{name}"}
