"""BigQuery: copies, datasets, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
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
from flowrt.plugins.google.auth import Google
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

from flowrt.plugins.google.bigquery import CREATE, WRITE, BigQueryTask, table


@task_type("io.kestra.plugin.gcp.bigquery.ExtractToGcs")
class BigQueryExtractToGcs(BigQueryTask):
    """Write a table to files of Cloud Storage."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": STRING,
        "sourceTable": STRING,
        "destinationUris": listing(STRING),
        "fileCounts": listing(INTEGER),
    }

    source_table: Text | None = prop(STRING, default=None)
    destination_uris: Listing | None = prop(listing(STRING), default=None)
    compression: Text | None = prop(STRING, default=None)
    field_delimiter: Text | None = prop(STRING, default=None)
    format: Text | None = prop(STRING, default=None)
    print_header: Flag | None = prop(BOOLEAN, default=None)
    job_timeout_ms: Integer | None = prop(INTEGER, default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    use_avro_logical_types: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        name, targets = (
            required_text(run, self.source_table),
            run.listing(self.destination_uris) or [],
        )
        extract: dict[str, Any] = {
            "sourceTable": table(name, self._project(run, google)),
            "destinationUris": targets,
        }
        for key, text in (
            ("compression", self.compression),
            ("fieldDelimiter", self.field_delimiter),
            ("destinationFormat", self.format),
        ):
            if text is not None:
                extract[key] = run.text(text)
        for key, flag in (
            ("printHeader", self.print_header),
            ("useAvroLogicalTypes", self.use_avro_logical_types),
        ):
            if flag is not None:
                extract[key] = run.flag(flag)
        configuration: dict[str, Any] = {
            "extract": extract,
            "labels": run.mapping(self.labels, STRING) or {},
        }
        if self.job_timeout_ms is not None:
            configuration["jobTimeoutMs"] = str(run.integer(self.job_timeout_ms))
        job = self._job(run, google, configuration)
        told = (job.get("statistics") or {}).get("extract") or {}
        return {
            "jobId": job["jobReference"].get("jobId"),
            "sourceTable": name,
            "destinationUris": targets,
            "fileCounts": [int(each) for each in told.get("destinationUriFileCounts") or ()],
        }


class CopyJob(BigQueryTask):
    """What tasks share that have BigQuery copy."""

    destination_table: Text | None = prop(STRING, default=None)
    write_disposition: Text | None = prop(WRITE, default=None)
    create_disposition: Text | None = prop(CREATE, default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    job_timeout: Text | None = prop(DURATION, default=None)
    dry_run: Flag = prop(BOOLEAN, default=False)

    def _copy(
        self, run: RunContext, google: Google, sources: list[Any], **more: Text | None
    ) -> Any:
        """Copy tables into another one, and answer the id of the job; `more` is said of the copy besides."""
        project = self._project(run, google)
        wanted: dict[str, Any] = {
            "sourceTables": sources,
            "destinationTable": table(required_text(run, self.destination_table), project),
        }
        said = {
            "writeDisposition": self.write_disposition,
            "createDisposition": self.create_disposition,
            **more,
        }
        wanted.update((key, run.text(text)) for key, text in said.items() if text is not None)
        configuration: dict[str, Any] = {
            "copy": wanted,
            "labels": run.mapping(self.labels, STRING) or {},
        }
        seconds = run.duration(self.job_timeout)
        if seconds is not None:
            configuration["jobTimeoutMs"] = str(int(seconds * 1000))
        if run.flag(self.dry_run):
            configuration["dryRun"] = True
        return self._job(run, google, configuration)["jobReference"].get("jobId")


@task_type("io.kestra.plugin.gcp.bigquery.Copy")
class BigQueryCopy(CopyJob):
    """Copy tables."""

    outputs: ClassVar[dict[str, Kind] | None] = {"jobId": STRING}

    source_tables: Listing = prop(listing(STRING))
    destination_table: Text = prop(STRING)
    operation_type: Text | None = prop(enum("COPY", "SNAPSHOT", "RESTORE", "CLONE"), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        project = self._project(run, google)
        sources = [table(str(each), project) for each in run.listing(self.source_tables) or []]
        return {"jobId": self._copy(run, google, sources, operationType=self.operation_type)}


ENTITIES = {
    "DOMAIN": "domain",
    "GROUP": "groupByEmail",
    "USER": "userByEmail",
    "IAM_MEMBER": "iamMember",
}
"""Who may be given a role in a dataset, and what the interface calls the name."""


class DatasetTask(BigQueryTask):
    """What tasks share that make or change a dataset."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "dataset": STRING,
        "project": STRING,
        "friendlyName": STRING,
        "description": STRING,
        "location": STRING,
    }

    name: Text = prop(STRING)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    acl: Any = prop(ANY, default=None)
    default_table_lifetime: Integer | None = prop(INTEGER, default=None)
    friendly_name: Text | None = prop(STRING, default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    default_encryption_configuration: Any = prop(ANY, default=None)
    default_partition_expiration_ms: Integer | None = prop(INTEGER, default=None)

    def _wanted(self, run: RunContext, project: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "datasetReference": {"datasetId": required_text(run, self.name), "projectId": project}
        }
        for key, text in (
            ("description", self.description),
            ("friendlyName", self.friendly_name),
            ("location", self.location),
        ):
            if text is not None:
                found[key] = run.text(text)
        for key, number in (
            ("defaultTableExpirationMs", self.default_table_lifetime),
            ("defaultPartitionExpirationMs", self.default_partition_expiration_ms),
        ):
            if number is not None:
                found[key] = str(run.integer(number))
        labels = run.mapping(self.labels, STRING)
        if labels:
            found["labels"] = labels
        key = run.structure(self.default_encryption_configuration)
        if key:
            found["defaultEncryptionConfiguration"] = {"kmsKeyName": key.get("kmsKeyName")}
        access = run.structure(self.acl)
        if access:
            found["access"] = [_access(each) for each in access]
        return found


def _access(given: Any) -> dict[str, Any]:
    """Who has which role. Raises TaskFailure for what names nobody."""
    entity = given.get("entity") if isinstance(given, dict) else None
    kind = ENTITIES.get(str((entity or {}).get("type")))
    if kind is None or not entity or not entity.get("value") or not given.get("role"):
        raise TaskFailure("`acl` names an `entity` by its `type` and `value`, and a `role`")
    return {kind: entity["value"], "role": given["role"]}


@task_type("io.kestra.plugin.gcp.bigquery.CreateDataset")
class BigQueryCreateDataset(DatasetTask):
    """Make a dataset."""

    if_exists: Text = prop(enum("ERROR", "UPDATE", "SKIP"), default="ERROR")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        project, base = self._project(run, google), self._base(run, google)
        wanted = self._wanted(run, project)
        name = wanted["datasetReference"]["datasetId"]
        page = google.ask("GET", f"{base}/datasets?all=true&maxResults=10000") or {}
        names = [each["datasetReference"]["datasetId"] for each in page.get("datasets") or ()]
        if name not in names:
            return dataset_of(google.ask("POST", f"{base}/datasets", json=wanted))
        policy = run.text(self.if_exists)
        if policy == "UPDATE":
            url = f"{base}/datasets/{quote(name, safe='')}"
            return dataset_of(google.ask("PATCH", url, json=wanted))
        if policy == "SKIP":
            return dataset_of(wanted)
        raise TaskFailure(f"Dataset {name} already exists and ifExists policy is set to ERROR !")


def dataset_of(found: dict[str, Any]) -> dict[str, Any]:
    """A dataset as outputs show it."""
    reference = found["datasetReference"]
    return {
        "dataset": reference["datasetId"],
        "project": reference["projectId"],
        "friendlyName": found.get("friendlyName"),
        "description": found.get("description"),
        "location": found.get("location"),
    }


@task_type("io.kestra.plugin.gcp.bigquery.DeleteDataset")
class BigQueryDeleteDataset(BigQueryTask):
    """Delete a dataset."""

    outputs: ClassVar[dict[str, Kind] | None] = {"dataset": STRING}

    name: Text = prop(STRING)
    delete_contents: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = required_text(run, self.name)
        contents = str(run.flag(self.delete_contents)).lower()
        url = f"{self._base(run, google)}/datasets/{quote(name, safe='')}?deleteContents={contents}"
        google.exchange("DELETE", url)
        return {"dataset": name}


@task_type("io.kestra.plugin.gcp.bigquery.DeleteTable")
class BigQueryDeleteTable(BigQueryTask):
    """Delete a table."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "projectId": STRING,
        "datasetId": STRING,
        "table": STRING,
    }

    dataset: Text = prop(STRING)
    table: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        dataset, name = required_text(run, self.dataset), required_text(run, self.table)
        base = self._base(run, google)
        google.exchange(
            "DELETE", f"{base}/datasets/{quote(dataset, safe='')}/tables/{quote(name, safe='')}"
        )
        return {"projectId": self._project(run, google), "datasetId": dataset, "table": name}
