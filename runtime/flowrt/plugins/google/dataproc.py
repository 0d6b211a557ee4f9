"""Dataproc: batches of Spark, without a cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, Declared, Kind, listing, mapping, prop, record, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://{region}-dataproc.googleapis.com/v1"
PAUSE = 2.0
"""Seconds between two looks at a batch."""


class Execution(Declared):
    """Where a batch runs, and as whom."""

    network_uri: Text | None = prop(STRING, default=None)
    subnetwork_uri: Text | None = prop(STRING, default=None)
    network_tags: Listing | None = prop(listing(STRING), default=None)
    service_account_email: Text | None = prop(STRING, default=None)
    kms_key: Text | None = prop(STRING, default=None)


class HistoryServer(Declared):
    """The server of histories."""

    dataproc_cluster: Text | None = prop(STRING, default=None)


class Peripherals(Declared):
    """Services beside a batch."""

    metastore_service: Text | None = prop(STRING, default=None)
    spark_history_server: HistoryServer | None = prop(record(HistoryServer), default=None)


class Runtime(Declared):
    """The Spark that runs."""

    container_image: Text | None = prop(STRING, default=None)
    version: Text | None = prop(STRING, default=None)
    properties_: Mapping | None = prop(mapping(STRING), default=None)


def known(**values: Any) -> dict[str, Any]:
    """The values that are there."""
    return {key: value for key, value in values.items() if value not in (None, [], {})}


class BatchTask(CloudTask):
    """What the tasks share: a batch that is made, and waited for."""

    outputs: ClassVar[dict[str, Kind] | None] = {"state": STRING}
    kind: ClassVar[str] = ""
    """What the interface calls such a batch."""

    region: Text = prop(STRING)
    name: Text = prop(STRING)
    execution: Execution | None = prop(record(Execution), default=None)
    peripherals: Peripherals | None = prop(record(Peripherals), default=None)
    runtime: Runtime | None = prop(record(Runtime), default=None)
    file_uris: Listing | None = prop(listing(STRING), default=None)
    archive_uris: Listing | None = prop(listing(STRING), default=None)
    jar_file_uris: Listing | None = prop(listing(STRING), default=None)
    args: Listing | None = prop(listing(STRING), default=None)

    def _main(self, run: RunContext) -> dict[str, Any]:
        """What a batch begins with."""
        raise NotImplementedError

    def _files(self, run: RunContext) -> dict[str, Any]:
        return known(
            jarFileUris=run.listing(self.jar_file_uris),
            fileUris=run.listing(self.file_uris),
            archiveUris=run.listing(self.archive_uris),
            args=run.listing(self.args),
        )

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        from flowrt.expr.filters_text import slugify

        base = ADDRESS.format(region=required_text(run, self.region))
        name = str(slugify(f"{required_text(run, self.name)}-{run.execution_id}"))[:63]
        run.log("INFO", f"Starting with batch id '{name}'")
        place = f"projects/{self._project(run, google)}/locations/{run.text(self.region)}"
        batch = {self.kind: {**self._main(run), **self._files(run)}, **self._surroundings(run)}
        operation = google.ask("POST", f"{base}/{place}/batches?batchId={name}", json=batch)
        return {"state": self._ended(run, google, base, operation).get("state")}

    def _surroundings(self, run: RunContext) -> dict[str, Any]:
        where, beside, spark = self.execution, self.peripherals, self.runtime
        environment: dict[str, Any] = {}
        if where is not None:
            environment["executionConfig"] = known(
                networkUri=run.text(where.network_uri),
                subnetworkUri=run.text(where.subnetwork_uri),
                networkTags=run.listing(where.network_tags),
                serviceAccount=run.text(where.service_account_email),
                kmsKey=run.text(where.kms_key),
            )
        if beside is not None:
            history = beside.spark_history_server
            cluster = None if history is None else run.text(history.dataproc_cluster)
            environment["peripheralsConfig"] = known(
                metastoreService=run.text(beside.metastore_service),
                sparkHistoryServerConfig=known(dataprocCluster=cluster),
            )
        runtime = {}
        if spark is not None:
            runtime = known(
                containerImage=run.text(spark.container_image),
                version=run.text(spark.version),
                properties=run.mapping(spark.properties_, STRING),
            )
        return known(environmentConfig=environment, runtimeConfig=runtime)

    def _ended(self, run: RunContext, google: Google, base: str, operation: Any) -> dict[str, Any]:
        """The batch at its end; a task that is stopped cancels it. Raises TaskFailure when it fails."""
        stop, place = Stop(run), f"{base}/{operation['name']}"
        try:
            while not operation.get("done"):
                time.sleep(PAUSE)
                stop.check()
                operation = google.ask("GET", place)
        except TaskFailure:
            if stop.stopped:
                google.ask("POST", f"{place}:cancel", json={})
            stop.check()
            raise
        if operation.get("error"):
            raise TaskFailure(f"Dataproc: {operation['error'].get('message')}")
        found: dict[str, Any] = operation.get("response") or {}
        return found


@task_type("io.kestra.plugin.gcp.dataproc.batches.PySparkSubmit")
class DataprocPySparkSubmit(BatchTask):
    """Run a program of Python."""

    kind = "pysparkBatch"

    main_python_file_uri: Text = prop(STRING)

    def _main(self, run: RunContext) -> dict[str, Any]:
        return {"mainPythonFileUri": required_text(run, self.main_python_file_uri)}


@task_type("io.kestra.plugin.gcp.dataproc.batches.RSparkSubmit")
class DataprocRSparkSubmit(BatchTask):
    """Run a program of R."""

    kind = "sparkRBatch"

    main_r_file_uri: Text = prop(STRING)

    def _main(self, run: RunContext) -> dict[str, Any]:
        return {"mainRFileUri": required_text(run, self.main_r_file_uri)}


@task_type("io.kestra.plugin.gcp.dataproc.batches.SparkSubmit")
class DataprocSparkSubmit(BatchTask):
    """Run a class of Java."""

    kind = "sparkBatch"

    main_class: Text = prop(STRING)

    def _main(self, run: RunContext) -> dict[str, Any]:
        return {"mainClass": required_text(run, self.main_class)}


@task_type("io.kestra.plugin.gcp.dataproc.batches.SparkSqlSubmit")
class DataprocSparkSqlSubmit(BatchTask):
    """Run statements of SQL."""

    kind = "sparkSqlBatch"

    query_file_uri: Text = prop(STRING)

    def _main(self, run: RunContext) -> dict[str, Any]:
        return {"queryFileUri": required_text(run, self.query_file_uri)}

    def _files(self, run: RunContext) -> dict[str, Any]:
        return known(jarFileUris=run.listing(self.jar_file_uris))
