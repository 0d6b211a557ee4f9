"""BigQuery: tables that are made, changed and looked at; datasets that are changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.bigquery import BigQueryTask
from flowrt.plugins.google.bigquery_definitions import asked, described
from flowrt.plugins.google.bigquery_tables import DatasetTask, dataset_of
from flowrt.plugins.google.operations import part
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text
    from flowrt.plugins.google.auth import Google

NOT_FOUND = 404
TABLE: dict[str, Kind] = {
    **dict.fromkeys(
        (
            *("projectId", "datasetId", "table", "etag", "generatedId", "selfLink"),
            *("friendlyName", "description"),
        ),
        STRING,
    ),
    **dict.fromkeys(("creationTime", "expirationTime", "lastModifiedTime"), DATETIME),
    **dict.fromkeys(("numBytes", "numLongTermBytes", "numRows"), INTEGER),
    "definition": mapping(),
    "encryptionConfiguration": mapping(),
    "labels": mapping(STRING),
    "requirePartitionFilter": BOOLEAN,
}


class TableTask(BigQueryTask):
    """What the tasks share: a table."""

    outputs: ClassVar[dict[str, Kind] | None] = TABLE

    dataset: Text = prop(STRING)
    table: Text = prop(STRING)

    def _tables(self, run: RunContext, google: Google) -> str:
        dataset = part(required_text(run, self.dataset))
        return f"{self._base(run, google)}/datasets/{dataset}/tables"

    def _url(self, run: RunContext, google: Google) -> str:
        return f"{self._tables(run, google)}/{part(required_text(run, self.table))}"


@task_type("io.kestra.plugin.gcp.bigquery.TableMetadata")
class BigQueryTableMetadata(TableTask):
    """What BigQuery knows of a table."""

    if_not_exists: Text = prop(enum("ERROR", "SKIP"), default="ERROR")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        name = f"{required_text(run, self.dataset)}.{required_text(run, self.table)}"
        run.log("DEBUG", f"Getting table metadata '{name}'")
        try:
            return described(google.ask("GET", self._url(run, google)))
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            if run.text(self.if_not_exists) == "SKIP":
                return {}
            project = self._project(run, google)
            raise TaskFailure(f"Unable to find table '{project}:{name}'") from None


class BigQueryEncryption(Declared):
    """The key with which a table is sealed."""

    kms_key_name: Text | None = prop(STRING, default=None)


class WritingTask(TableTask):
    """What tasks share that make or change a table."""

    table_definition: Any = prop(ANY, default=None)
    friendly_name: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    labels: Mapping | None = prop(mapping(STRING), default=None)
    require_partition_filter: Flag | None = prop(BOOLEAN, default=None)
    encryption_configuration: BigQueryEncryption | None = prop(
        record(BigQueryEncryption), default=None
    )
    expiration_duration: Text | None = prop(DURATION, default=None)

    def _asked(self, run: RunContext, google: Google) -> dict[str, Any]:
        """The table as the interface takes it. Raises TaskFailure for a definition that is none."""
        definition = run.structure(self.table_definition)
        if definition is not None and not isinstance(definition, dict):
            raise TaskFailure("`tableDefinition` is a map")
        found: dict[str, Any] = {
            "tableReference": {
                "projectId": self._project(run, google),
                "datasetId": required_text(run, self.dataset),
                "tableId": required_text(run, self.table),
            },
            **(asked(run, definition) if definition is not None else {}),
        }
        for key, text in (("friendlyName", self.friendly_name), ("description", self.description)):
            if text is not None:
                found[key] = run.text(text)
        labels = run.mapping(self.labels, STRING)
        if labels is not None:
            found["labels"] = labels
        if self.require_partition_filter is not None:
            found["requirePartitionFilter"] = run.flag(self.require_partition_filter)
        if self.encryption_configuration is not None:
            sealed = run.text(self.encryption_configuration.kms_key_name)
            found["encryptionConfiguration"] = {"kmsKeyName": sealed}
        seconds = run.duration(self.expiration_duration)
        if seconds is not None:
            found["expirationTime"] = str(int((time.time() + seconds) * 1000))
        return found


@task_type("io.kestra.plugin.gcp.bigquery.CreateTable")
class BigQueryCreateTable(WritingTask):
    """Make a table, a view, or a table of files."""

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        if self.table_definition is None:
            raise TaskFailure("`tableDefinition` is needed")
        wanted = self._asked(run, google)
        run.log("DEBUG", f"Creating table '{run.text(self.table)}'")
        return described(google.ask("POST", self._tables(run, google), json=wanted))


@task_type("io.kestra.plugin.gcp.bigquery.UpdateTable")
class BigQueryUpdateTable(WritingTask):
    """Change what BigQuery knows of a table."""

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        wanted = self._asked(run, google)
        run.log("DEBUG", f"Updating table metadata '{run.text(self.table)}'")
        return described(google.ask("PATCH", self._url(run, google), json=wanted))


@task_type("io.kestra.plugin.gcp.bigquery.UpdateDataset")
class BigQueryUpdateDataset(DatasetTask):
    """Change what BigQuery knows of a dataset."""

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        wanted = self._wanted(run, self._project(run, google))
        name = wanted["datasetReference"]["datasetId"]
        run.log("DEBUG", f"Updating dataset '{name}'")
        url = f"{self._base(run, google)}/datasets/{part(name)}"
        return dataset_of(google.ask("PATCH", url, json=wanted))
