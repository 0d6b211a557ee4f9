"""BigQuery: jobs, their rows, datasets and tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
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
from flowrt.plugins.google.auth import Google
from flowrt.plugins.google.cells import rows_of
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.upload import send
from flowrt.plugins.rows import FETCH, put_out
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

ADDRESS = "https://bigquery.googleapis.com"
PARTITIONS = enum("DAY", "HOUR", "MONTH", "YEAR")
FORMATS = enum("CSV", "JSON", "AVRO", "PARQUET", "ORC")
CREATE = enum("CREATE_IF_NEEDED", "CREATE_NEVER")
WRITE = enum("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA", "WRITE_APPEND", "WRITE_EMPTY")
RETRIED = (
    "rateLimitExceeded",
    "jobBackendError",
    "backendError",
    "internalError",
    "jobInternalError",
)


class BigQueryTask(CloudTask):
    """What the tasks of BigQuery share."""

    location: Text | None = prop(STRING, default=None)
    retry_auto: Any = prop(ANY, default=None, ignored=True)
    retry_messages: Listing | None = prop(listing(STRING), default=None, ignored=True)
    retry_reasons: Listing = prop(listing(STRING), default=list(RETRIED), ignored=True)

    def _base(self, run: RunContext, google: Google) -> str:
        project = quote(self._project(run, google), safe="")
        return f"{ADDRESS}/bigquery/v2/projects/{project}"

    def _job(
        self, run: RunContext, google: Google, configuration: dict[str, Any], source: Any = None
    ) -> dict[str, Any]:
        """Run a job to its end; `source` is a file that is loaded. Raises TaskFailure with the errors of the job."""
        configuration["labels"] = {**own_labels(run), **(configuration.get("labels") or {})}
        reference = {"projectId": self._project(run, google)}
        location = run.text(self.location)
        if location is not None:
            reference["location"] = location
        asked = {"configuration": configuration, "jobReference": reference}
        if source is None:
            job = google.ask("POST", f"{self._base(run, google)}/jobs", json=asked)
        else:
            job = uploaded(google, self._project(run, google), asked, source)
        if configuration.get("dryRun"):
            return _checked(job)
        url = _job_url(self._base(run, google), job)
        run.on_kill(lambda: google.ask("POST", url.replace("?", "/cancel?", 1), json={}))
        pause = 0.2
        while (job.get("status") or {}).get("state") != "DONE":
            time.sleep(pause)
            pause = min(2.0, pause * 1.5)
            job = google.ask("GET", url)
        return _checked(job)


def _job_url(base: str, job: dict[str, Any]) -> str:
    reference = job["jobReference"]
    where = {"location": reference["location"]} if reference.get("location") else {}
    return f"{base}/jobs/{quote(reference['jobId'], safe='')}?{urlencode(where)}"


def _checked(job: dict[str, Any]) -> dict[str, Any]:
    status = job.get("status") or {}
    if status.get("errorResult"):
        errors = [status["errorResult"], *(status.get("errors") or ())]
        said = list(
            dict.fromkeys(f"{each.get('reason')}: {each.get('message')}" for each in errors)
        )
        raise TaskFailure("BigQuery: " + "; ".join(said))
    return job


def uploaded(google: Google, project: str, asked: dict[str, Any], source: Any) -> dict[str, Any]:
    """Start a job that loads a file, which is sent in parts; answers the job."""
    url = (
        f"{ADDRESS}/upload/bigquery/v2/projects/{quote(project, safe='')}/jobs?uploadType=resumable"
    )
    head = {
        "X-Upload-Content-Length": str(source.stat().st_size),
        "X-Upload-Content-Type": "application/octet-stream",
    }
    session = google.exchange("POST", url, headers=head, json=asked).header("location")
    return send(google, session, source)


def own_labels(run: RunContext) -> dict[str, str]:
    """What a job is marked with."""
    known = {
        "kestra_namespace": run.namespace,
        "kestra_flow_id": run.flow_id,
        "kestra_execution_id": run.execution_id,
        "kestra_task_id": str((run.variables.get("task") or {}).get("id") or ""),
    }
    return {key: value.replace(".", "_").lower()[:63] for key, value in known.items() if value}


def table(text: str, project: str) -> dict[str, str]:
    """The reference of `dataset.table` or `project.dataset.table`. Raises TaskFailure."""
    parts = text.split(".")
    if len(parts) not in (2, 3) or not all(parts):
        raise TaskFailure(f"Invalid table name '{text}'")
    *before, dataset, name = parts
    return {"projectId": before[0] if before else project, "datasetId": dataset, "tableId": name}


class _Written(BigQueryTask):
    """Jobs that write a table."""

    destination_table: Text | None = prop(STRING, default=None)
    clustering_fields: Listing | None = prop(listing(STRING), default=None)
    schema_update_options: Listing | None = prop(listing(STRING), default=None)
    time_partitioning_field: Text | None = prop(STRING, default=None)
    time_partitioning_type: Text = prop(PARTITIONS, default="DAY")
    write_disposition: Text | None = prop(WRITE, default=None)
    create_disposition: Text | None = prop(CREATE, default=None)

    def _target(self, run: RunContext, project: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        name = run.text(self.destination_table)
        if name is not None:
            found["destinationTable"] = table(name, project)
        fields = run.listing(self.clustering_fields)
        if fields:
            found["clustering"] = {"fields": fields}
        field = run.text(self.time_partitioning_field)
        if field is not None:
            kind = run.constant(self.time_partitioning_type, PARTITIONS) or "DAY"
            found["timePartitioning"] = {"type": kind, "field": field}
        options = run.listing(self.schema_update_options)
        if options:
            found["schemaUpdateOptions"] = options
        for key, value in (
            ("writeDisposition", self.write_disposition),
            ("createDisposition", self.create_disposition),
        ):
            if value is not None:
                found[key] = run.text(value)
        return found


@task_type("io.kestra.plugin.gcp.bigquery.Query")
class BigQueryQuery(_Written):
    """Run a query and take its rows."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": STRING,
        "row": mapping(),
        "rows": listing(mapping()),
        "size": INTEGER,
        "uri": URI,
        "destinationTable": mapping(),
    }

    sql: Text | None = prop(STRING, default=None)
    legacy_sql: Flag = prop(BOOLEAN, default=False)
    fetch: bool = prop(BOOLEAN, static=True, default=False)
    store: bool = prop(BOOLEAN, static=True, default=False)
    fetch_one: bool = prop(BOOLEAN, static=True, default=False)
    fetch_type: Text = prop(FETCH, default="NONE")
    range_partitioning_field: Text | None = prop(STRING, default=None)
    range_partitioning_start: Integer | None = prop(INTEGER, default=None)
    range_partitioning_end: Integer | None = prop(INTEGER, default=None)
    range_partitioning_interval: Integer | None = prop(INTEGER, default=None)
    allow_large_results: Flag | None = prop(BOOLEAN, default=None)
    use_legacy_sql: Flag = prop(BOOLEAN, default=False)
    job_timeout: Text | None = prop(DURATION, default=None)
    labels: Mapping | None = prop(mapping(STRING), default=None)
    maximum_billing_tier: Integer | None = prop(INTEGER, default=None)
    maximum_bytes_billed: Integer | None = prop(INTEGER, default=None)
    max_results: Integer | None = prop(INTEGER, default=None)
    priority: Text = prop(STRING, default="INTERACTIVE")
    use_query_cache: Flag | None = prop(BOOLEAN, default=None)
    dry_run: Flag = prop(BOOLEAN, default=False)
    default_dataset: Text | None = prop(STRING, default=None)
    flatten_results: Flag = prop(BOOLEAN, default=True)

    def _kind(self, run: RunContext) -> str:
        if self.fetch:
            return "FETCH"
        if self.store:
            return "STORE"
        if self.fetch_one:
            return "FETCH_ONE"
        return run.constant(self.fetch_type, FETCH) or "NONE"

    def _query(self, run: RunContext, project: str) -> dict[str, Any]:
        query: dict[str, Any] = {
            "query": required_text(run, self.sql),
            "useLegacySql": run.flag(self.legacy_sql) or run.flag(self.use_legacy_sql),
            "priority": "BATCH" if run.text(self.priority) == "BATCH" else "INTERACTIVE",
            **self._target(run, project),
        }
        if query["useLegacySql"]:
            query["flattenResults"] = run.flag(self.flatten_results, True)
            if self.allow_large_results is not None:
                query["allowLargeResults"] = run.flag(self.allow_large_results)
        field = run.text(self.range_partitioning_field)
        if field is not None:
            span = {
                "start": self.range_partitioning_start,
                "end": self.range_partitioning_end,
                "interval": self.range_partitioning_interval,
            }
            numbers = {
                key: str(run.integer(value)) for key, value in span.items() if value is not None
            }
            query["rangePartitioning"] = {"field": field, "range": numbers}
        for key, number in (
            ("maximumBillingTier", self.maximum_billing_tier),
            ("maximumBytesBilled", self.maximum_bytes_billed),
        ):
            if number is not None:
                query[key] = str(run.integer(number))
        if self.use_query_cache is not None:
            query["useQueryCache"] = run.flag(self.use_query_cache)
        dataset = run.text(self.default_dataset)
        if dataset is not None:
            *before, name = dataset.split(".")
            query["defaultDataset"] = {
                "datasetId": name,
                "projectId": before[0] if before else project,
            }
        return query

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        project = self._project(run, google)
        configuration: dict[str, Any] = {
            "query": self._query(run, project),
            "labels": run.mapping(self.labels, STRING) or {},
        }
        if run.flag(self.dry_run):
            configuration["dryRun"] = True
        seconds = run.duration(self.job_timeout)
        if seconds is not None:
            configuration["jobTimeoutMs"] = str(int(seconds * 1000))
        job = self._job(run, google, configuration)
        outputs: dict[str, Any] = {"jobId": job["jobReference"].get("jobId")}
        kind = self._kind(run)
        if kind != "NONE" and not configuration.get("dryRun"):
            outputs.update(put_out(run, self._rows(run, google, job), kind))
            if kind == "FETCH_ONE" and outputs.get("row") is None:
                outputs["row"] = {}
        target = ((job.get("configuration") or {}).get("query") or {}).get("destinationTable")
        if target is not None:
            outputs["destinationTable"] = {
                "project": target.get("projectId"),
                "dataset": target.get("datasetId"),
                "table": target.get("tableId"),
            }
        return outputs

    def _rows(
        self, run: RunContext, google: Google, job: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        reference = job["jobReference"]
        url = f"{self._base(run, google)}/queries/{quote(reference['jobId'], safe='')}"
        asked: dict[str, str] = {"formatOptions.useInt64Timestamp": "true"}
        if reference.get("location"):
            asked["location"] = reference["location"]
        most = run.integer(self.max_results)
        if most is not None:
            asked["maxResults"] = str(most)
        while True:
            page = google.ask("GET", f"{url}?{urlencode(asked)}")
            yield from rows_of(page)
            if not page.get("pageToken"):
                return
            asked["pageToken"] = page["pageToken"]


class CsvOptions(Declared):
    """How CSV is read."""

    allow_jagged_rows: Flag | None = prop(BOOLEAN, default=None)
    allow_quoted_new_lines: Flag | None = prop(BOOLEAN, default=None)
    encoding: Text | None = prop(STRING, default=None)
    field_delimiter: Text | None = prop(STRING, default=None)
    quote: Text | None = prop(STRING, default=None)
    skip_leading_rows: Integer | None = prop(INTEGER, default=None)


class AvroOptions(Declared):
    """How Avro is read."""

    use_avro_logical_types: Flag | None = prop(BOOLEAN, default=None)


class _Loads(_Written):
    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": STRING,
        "rows": INTEGER,
        "destinationTable": STRING,
    }

    ignore_unknown_values: Flag | None = prop(BOOLEAN, default=None)
    max_bad_records: Integer | None = prop(INTEGER, default=None)
    schema: Mapping | None = prop(mapping(), default=None)
    autodetect: Flag | None = prop(BOOLEAN, default=None)
    format: str | None = prop(FORMATS, static=True, default=None)
    csv_options: CsvOptions | None = prop(record(CsvOptions), default=None)
    avro_options: AvroOptions | None = prop(record(AvroOptions), default=None)

    def _load(self, run: RunContext, project: str) -> dict[str, Any]:
        load = self._target(run, project)
        if "destinationTable" not in load:
            raise TaskFailure("`destinationTable` is needed")
        if self.format is not None:
            load["sourceFormat"] = (
                "NEWLINE_DELIMITED_JSON" if self.format == "JSON" else self.format
            )
        schema = run.mapping(self.schema)
        if schema:
            load["schema"] = schema
        for key, flag in (
            ("ignoreUnknownValues", self.ignore_unknown_values),
            ("autodetect", self.autodetect),
        ):
            if flag is not None:
                load[key] = run.flag(flag)
        if self.max_bad_records is not None:
            load["maxBadRecords"] = run.integer(self.max_bad_records)
        csv = self.csv_options
        if csv is not None:
            for key, flag in (
                ("allowJaggedRows", csv.allow_jagged_rows),
                ("allowQuotedNewlines", csv.allow_quoted_new_lines),
            ):
                if flag is not None:
                    load[key] = run.flag(flag)
            for key, text in (
                ("encoding", csv.encoding),
                ("fieldDelimiter", csv.field_delimiter),
                ("quote", csv.quote),
            ):
                if text is not None:
                    load[key] = run.text(text)
            if csv.skip_leading_rows is not None:
                load["skipLeadingRows"] = run.integer(csv.skip_leading_rows)
        if self.avro_options is not None and self.avro_options.use_avro_logical_types is not None:
            load["useAvroLogicalTypes"] = run.flag(self.avro_options.use_avro_logical_types)
        return load

    def _loaded(self, job: dict[str, Any], load: dict[str, Any]) -> dict[str, Any]:
        told = (job.get("statistics") or {}).get("load") or {}
        target = load["destinationTable"]
        return {
            "jobId": job["jobReference"].get("jobId"),
            "rows": int(told.get("outputRows") or 0),
            "destinationTable": f"{target['projectId']}.{target['datasetId']}.{target['tableId']}",
        }


@task_type("io.kestra.plugin.gcp.bigquery.Load")
class BigQueryLoad(_Loads):
    """Load a stored file into a table."""

    from_: Text | None = prop(STRING, yaml="from", default=None)
    failed_on_empty: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        load = self._load(run, self._project(run, google))
        path = stored_path(run, required_text(run, self.from_))
        if path.stat().st_size == 0:
            if run.flag(self.failed_on_empty, True):
                raise TaskFailure("Can't load an empty file and this one don't contain any data")
            return {"rows": 0}
        return self._loaded(self._job(run, google, {"load": load}, path), load)


@task_type("io.kestra.plugin.gcp.bigquery.LoadFromGcs")
class BigQueryLoadFromGcs(_Loads):
    """Load files of Cloud Storage into a table."""

    from_: Listing | None = prop(listing(STRING), yaml="from", default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        load = self._load(run, self._project(run, google))
        load["sourceUris"] = run.listing(self.from_) or []
        return self._loaded(self._job(run, google, {"load": load}), load)
