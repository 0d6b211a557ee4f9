"""Services of Azure that are asked by REST: Data Factory, Logic Apps, Monitor, Stream Analytics, Synapse."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.identity import Azure, IdentityTask, resource
from flowrt.plugins.services.service import address, until
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

FACTORY = {"api-version": "2018-06-01"}
LOGIC = {"api-version": "2016-06-01"}
STREAM = {"api-version": "2020-03-01"}
METRICS = {"api-version": "2024-02-01"}
LIVY = "2019-11-01-preview"
FAILED = ("Failed", "Canceling", "Cancelled")
STATES = (
    "NotSpecified", "Paused", "Running", "Waiting", "Succeeded", "Skipped", "Suspended",
    "Cancelled", "Failed", "Faulted", "TimedOut", "Aborted", "Ignored",
)  # fmt: skip
"""The states of runs of Logic Apps."""
_RUN = ("status", "code", "startTime", "endTime", "correlationId", "error")


class CheckFrequency(Declared):
    """How often a run is looked at, and for how long."""

    max_duration: Text = prop(DURATION, default="PT1H")
    interval: Text = prop(DURATION, default="PT5S")


@task_type("io.kestra.plugin.azure.datafactory.CreateRun")
class AzureDataFactoryCreateRun(IdentityTask):
    """Run a pipeline of a factory; with `wait`, to its end. A task that is stopped cancels the run."""

    outputs: ClassVar[dict[str, Kind] | None] = {"runId": STRING, "uri": URI}

    subscription_id: Text = prop(STRING)
    factory_name: Text | None = prop(STRING, default=None)
    pipeline_name: Text | None = prop(STRING, default=None)
    resource_group_name: Text | None = prop(STRING, default=None)
    parameters: Mapping = prop(mapping(ANY), default={})
    wait: Flag = prop(BOOLEAN, default=True)
    check_frequency: CheckFrequency | None = prop(record(CheckFrequency), default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from asyncio import CancelledError

        azure = Azure(run, self, self.scope)
        number = await run.in_thread(partial(self._begin, run, azure))
        if not run.flag(self.wait, True):
            return {"runId": number}
        often = self.check_frequency or CheckFrequency()
        pause = run.duration(often.interval) or 5.0
        look = partial(self._look, run, azure, number)
        try:
            found = await until(run, look, pause, often.max_duration)
        except CancelledError:
            cancel = self._place(run, "pipelineruns", number, "cancel")
            await run.in_thread(partial(azure.exchange, "POST", cancel))
            raise
        outputs: dict[str, Any] = await run.in_thread(
            partial(self._activities, run, azure, number, found)
        )
        return outputs

    def _place(self, run: RunContext, *parts: str) -> str:
        factory = required_text(run, self.factory_name)
        return resource(
            run, self.subscription_id, self.resource_group_name,
            "Microsoft.DataFactory", "factories", factory, *parts, **FACTORY,
        )  # fmt: skip

    def _begin(self, run: RunContext, azure: Azure) -> str:
        name = required_text(run, self.pipeline_name)
        url = self._place(run, "pipelines", name, "createRun")
        found = azure.ask("POST", url, json=run.mapping(self.parameters) or {})
        run.log("INFO", f"Created run for pipeline '{name}'")
        return str(found["runId"])

    def _look(self, run: RunContext, azure: Azure, number: str) -> dict[str, Any] | None:
        found: dict[str, Any] = azure.ask("GET", self._place(run, "pipelineruns", number))
        state, name = found.get("status"), run.text(self.pipeline_name)
        said = f"Pipeline '{name}' with runId '{number}' finished with status '{state}'"
        if state in FAILED:
            run.log("ERROR", said)
            raise TaskFailure(str(found.get("message") or said))
        if state != "Succeeded":
            return None
        run.log("INFO", said)
        return found

    def _activities(
        self, run: RunContext, azure: Azure, number: str, found: dict[str, Any]
    ) -> dict[str, Any]:
        from flowrt.plugins.rows import stored

        run.metric("timer", "pipeline.duration.ms", float(found.get("durationInMs") or 0) / 1000)
        url = self._place(run, "pipelineruns", number, "queryActivityruns")
        span = {"lastUpdatedAfter": found.get("runStart"), "lastUpdatedBefore": found.get("runEnd")}
        activities, more = list[Any](), None
        while True:
            body = span | ({"continuationToken": more} if more else {})
            page = azure.ask("POST", url, json=body)
            activities += page.get("value") or []
            more = page.get("continuationToken")
            if not more:
                break
        for each in activities:
            state = each.get("status")
            level = "INFO" if state == "Succeeded" else "ERROR"
            run.log(level, f"Activity '{each.get('activityName')}' finished with status '{state}'")
        uri, size = stored(run, activities)
        run.metric("counter", "activities.count", size)
        return {"runId": number, "uri": uri}


# ---- Logic Apps -----------------------------------------------------------------------------------------------------


class LogicTask(IdentityTask):
    """What tasks of Logic Apps share: a group of workflows."""

    subscription_id: Text = prop(STRING)
    resource_group_name: Text = prop(STRING)

    def _place(self, run: RunContext, *parts: str, **query: Any) -> str:
        return resource(
            run, self.subscription_id, self.resource_group_name,
            "Microsoft.Logic", "workflows", *parts, **LOGIC, **query,
        )  # fmt: skip


class WorkflowTask(LogicTask):
    """What tasks of one workflow share."""

    workflow_name: Text = prop(STRING)

    def _named(self, run: RunContext) -> str:
        return required_text(run, self.workflow_name)


def _workflow(found: dict[str, Any]) -> dict[str, Any]:
    about = found.get("properties") or {}
    told = ("state", "provisioningState", "version", "accessEndpoint", "createdTime", "changedTime")
    return {
        **{name: found.get(name) for name in ("id", "name", "location")},
        **{name: about.get(name) for name in told},
        "tags": found.get("tags") or {},
    }


def _run(found: dict[str, Any]) -> dict[str, Any]:
    about = found.get("properties") or {}
    outputs = about.get("outputs") or {}
    return {
        "id": found.get("id"),
        "name": found.get("name"),
        **{name: about.get(name) for name in _RUN},
        "outputs": {name: (each or {}).get("value") for name, each in outputs.items()},
    }


@task_type("io.kestra.plugin.azure.logicapps.Get")
class AzureLogicGet(WorkflowTask):
    """What is known of a workflow."""

    outputs: ClassVar[dict[str, Kind] | None] = {"workflow": mapping()}

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        return {"workflow": _workflow(azure.ask("GET", self._place(run, self._named(run))))}


@task_type("io.kestra.plugin.azure.logicapps.GetRun")
class AzureLogicGetRun(WorkflowTask):
    """What is known of a run of a workflow."""

    outputs: ClassVar[dict[str, Kind] | None] = {"run": mapping()}

    run_id: Text = prop(STRING)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        number = required_text(run, self.run_id)
        return {"run": _run(azure.ask("GET", self._place(run, self._named(run), "runs", number)))}


@task_type("io.kestra.plugin.azure.logicapps.List")
class AzureLogicList(LogicTask):
    """The workflows of a group."""

    outputs: ClassVar[dict[str, Kind] | None] = {"workflows": listing(mapping()), "total": INTEGER}

    max_workflows: Integer = prop(INTEGER, default=100)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        from itertools import islice

        pages = azure.pages(self._place(run))
        found = [_workflow(each) for each in islice(pages, run.integer(self.max_workflows))]
        return {"workflows": found, "total": len(found)}


@task_type("io.kestra.plugin.azure.logicapps.ListRuns")
class AzureLogicListRuns(WorkflowTask):
    """The runs of a workflow, perhaps those of one state."""

    outputs: ClassVar[dict[str, Kind] | None] = {"runs": listing(mapping()), "total": INTEGER}

    status_filter: Text | None = prop(STRING, default=None)
    max_runs: Integer = prop(INTEGER, default=100)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        from itertools import islice

        state = run.text(self.status_filter)
        query: dict[str, Any] = {"$top": run.integer(self.max_runs)}
        if state is not None:
            known = {each.lower(): each for each in STATES}.get(state.lower(), state)
            query["$filter"] = "status eq '" + known.replace("'", "''") + "'"
        pages = azure.pages(self._place(run, self._named(run), "runs", **query))
        found = [_run(each) for each in islice(pages, run.integer(self.max_runs))]
        return {"runs": found, "total": len(found)}


@task_type("io.kestra.plugin.azure.logicapps.Run")
class AzureLogicRun(WorkflowTask):
    """Fire a trigger of a workflow."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(("workflowName", "triggerName", "runId"), STRING),
        "statusCode": INTEGER,
    }

    trigger_name: Text = prop(STRING, default="manual")

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        from urllib.parse import urlsplit

        name, trigger = self._named(run), required_text(run, self.trigger_name)
        run.log("INFO", f"Triggering Logic App workflow '{name}' trigger '{trigger}'")
        response = azure.exchange("POST", self._place(run, name, "triggers", trigger, "run"))
        place = urlsplit(response.header("location") or "").path.rstrip("/")
        return {
            "workflowName": name,
            "triggerName": trigger,
            "runId": place.rpartition("/")[2] or None,
            "statusCode": response.code,
        }


# ---- Monitor, Stream Analytics, Synapse -----------------------------------------------------------------------------


@task_type("io.kestra.plugin.azure.monitoring.Push")
class AzureMonitoringPush(IdentityTask):
    """Give metrics to the service that takes them in."""

    scope: ClassVar[str] = "https://monitor.azure.com/.default"
    outputs: ClassVar[dict[str, Kind] | None] = {"body": mapping()}

    endpoint: Text = prop(STRING)
    path: Text = prop(STRING)
    metrics: Mapping = prop(mapping(ANY))

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        from flowrt.plugins.web import answered

        url = required_text(run, self.endpoint) + required_text(run, self.path)
        response = azure.exchange("POST", url, json=run.mapping(self.metrics) or {})
        run.log("INFO", f"Ingestion request completed with status {response.code}")
        return {"body": answered(response)}


@task_type("io.kestra.plugin.azure.monitoring.Query")
class AzureMonitoringQuery(IdentityTask):
    """The values that metrics of resources had of late."""

    scope: ClassVar[str] = "https://metrics.monitor.azure.com/.default"
    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(("datapoints", "metrics", "resources"), INTEGER),
        "results": listing(mapping()),
    }

    endpoint: Text = prop(STRING)
    resource_ids: Listing = prop(listing(STRING))
    metric_names: Listing = prop(listing(STRING))
    metrics_namespace: Text = prop(STRING)
    window: Text = prop(DURATION, default="PT5M")
    aggregations: Listing | None = prop(listing(STRING), default=None)
    interval: Text | None = prop(DURATION, default=None)
    filter: Text | None = prop(STRING, default=None)
    top: Integer | None = prop(INTEGER, default=None)
    order_by: Text | None = prop(STRING, default=None)
    rollup_by: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        resources = [str(each) for each in run.listing(self.resource_ids) or ()]
        found = azure.ask("POST", self._asked(run, resources), json={"resourceids": resources})
        results = found.get("values") or []
        metrics = [each for result in results for each in result.get("value") or ()]
        points = sum(
            len(series.get("data") or ())
            for metric in metrics
            for series in metric.get("timeseries") or ()
        )
        run.log(
            "INFO",
            f"Fetched {points} datapoints across {len(metrics)} metrics from {len(results)} resources",
        )
        return {
            "datapoints": points,
            "metrics": len(metrics),
            "resources": len(results),
            "results": results,
        }

    def _asked(self, run: RunContext, resources: list[str]) -> str:
        """The address that asks. Raises TaskFailure for resources that are of no subscription."""
        import re
        from datetime import UTC, datetime, timedelta

        match = re.match("/subscriptions/([^/]+)/", resources[0] if resources else "")
        if match is None:
            raise TaskFailure("`resourceIds` are resources of a subscription")
        ends = datetime.now(UTC)
        begin = ends - timedelta(seconds=run.duration(self.window) or 300)
        moments = {"starttime": begin, "endtime": ends}
        names = [str(each) for each in run.listing(self.metric_names) or ()]
        kinds = [str(each) for each in run.listing(self.aggregations) or ()]
        return address(
            required_text(run, self.endpoint), "subscriptions", match[1], "metrics:getBatch",
            **METRICS,
            **{name: f"{each:%Y-%m-%dT%H:%M:%S}Z" for name, each in moments.items()},
            metricnamespace=required_text(run, self.metrics_namespace),
            metricnames=",".join(names),
            aggregation=",".join(kinds).lower() or None,
            interval=run.text(self.interval),
            filter=run.text(self.filter),
            top=run.integer(self.top),
            orderby=run.text(self.order_by),
            rollupby=run.text(self.rollup_by),
        )  # fmt: skip


@task_type("io.kestra.plugin.azure.streamanalytics.GetJob")
class AzureStreamGetJob(IdentityTask):
    """What is known of a job of Stream Analytics."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(
        ("jobName", "location", "provisioningState", "jobState"), STRING
    )

    subscription_id: Text = prop(STRING)
    resource_group: Text = prop(STRING)
    job_name: Text = prop(STRING)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        url = resource(
            run, self.subscription_id, self.resource_group, "Microsoft.StreamAnalytics",
            "streamingjobs", required_text(run, self.job_name), **STREAM,
        )  # fmt: skip
        found = azure.ask("GET", url)
        about = found.get("properties") or {}
        return {
            "jobName": found.get("name"),
            "location": found.get("location"),
            "provisioningState": about.get("provisioningState"),
            "jobState": about.get("jobState"),
        }


@task_type("io.kestra.plugin.azure.synapse.SparkBatchJobCreate")
class AzureSynapseSparkBatch(IdentityTask):
    """Give a job to a pool of Spark; it is not waited for."""

    scope: ClassVar[str] = "https://dev.azuresynapse.net/.default"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "jobId": INTEGER,
        "state": STRING,
        "appId": STRING,
    }

    endpoint: Text = prop(STRING)
    spark_pool_name: Text = prop(STRING)
    name: Text = prop(STRING)
    file: Text = prop(STRING)
    class_name: Text | None = prop(STRING, default=None)
    arguments: Listing | None = prop(listing(STRING), default=None)
    jars: Listing | None = prop(listing(STRING), default=None)
    py_files: Listing | None = prop(listing(STRING), default=None)
    files: Listing | None = prop(listing(STRING), default=None)
    archives: Listing | None = prop(listing(STRING), default=None)
    conf: Mapping | None = prop(mapping(STRING), default=None)
    driver_memory: Text | None = prop(STRING, default=None)
    driver_cores: Integer | None = prop(INTEGER, default=None)
    executor_memory: Text | None = prop(STRING, default=None)
    executor_cores: Integer | None = prop(INTEGER, default=None)
    executor_count: Integer | None = prop(INTEGER, default=None)
    tags: Mapping | None = prop(mapping(STRING), default=None)

    def _work(self, run: RunContext, azure: Azure) -> dict[str, Any]:
        name = required_text(run, self.name)
        body = {
            "name": name,
            "file": required_text(run, self.file),
            "className": run.text(self.class_name),
            "args": run.listing(self.arguments),
            "jars": run.listing(self.jars),
            "pyFiles": run.listing(self.py_files),
            "files": run.listing(self.files),
            "archives": run.listing(self.archives),
            "conf": run.mapping(self.conf, STRING),
            "driverMemory": run.text(self.driver_memory),
            "driverCores": run.integer(self.driver_cores),
            "executorMemory": run.text(self.executor_memory),
            "executorCores": run.integer(self.executor_cores),
            "numExecutors": run.integer(self.executor_count),
            "tags": run.mapping(self.tags, STRING),
        }
        pool = required_text(run, self.spark_pool_name)
        url = address(
            required_text(run, self.endpoint),
            "livyApi", "versions", LIVY, "sparkPools", pool, "batches",
        )  # fmt: skip
        sent = {key: value for key, value in body.items() if value not in (None, [], {})}
        found = azure.ask("POST", url, json=sent)
        run.log("INFO", f"Submitted Spark batch job '{name}' with ID {found.get('id')}")
        return {"jobId": found.get("id"), "state": found.get("state"), "appId": found.get("appId")}
