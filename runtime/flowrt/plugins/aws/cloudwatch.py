"""CloudWatch: values of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.printing import text_of
from flowrt.model.declare import (
    ANY,
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import required
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.values import instant
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Mapping, Number, Text

WINDOW = 300
"""Seconds that a query looks back."""


class MetricValue(Declared):
    """A value of a metric."""

    metric_name: Text = prop(STRING)
    value: Number | None = prop(DOUBLE, default=None)
    unit: Text | None = prop(STRING, default=None)
    dimensions: Mapping | None = prop(mapping(ANY), default=None)


class MetricDimension(Declared):
    """What tells metrics of one name apart."""

    name: Text | None = prop(STRING, default=None)
    value: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.aws.cloudwatch.Push")
class CloudWatchPush(AwsTask):
    """Add values to metrics."""

    service: ClassVar[str] = "cloudwatch"
    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    namespace: Text = prop(STRING)
    metrics: list[MetricValue] = prop(listing(record(MetricValue)))

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        data = [_datum(run, each) for each in self.metrics]
        namespace = required_text(run, self.namespace)
        client.put_metric_data(Namespace=namespace, MetricData=data)
        run.log("INFO", f"Pushed {len(data)} datapoints to CloudWatch namespace {namespace}")
        return {"count": len(data)}


def _datum(run: RunContext, given: MetricValue) -> dict[str, Any]:
    from datetime import UTC, datetime

    found: dict[str, Any] = {
        "MetricName": required_text(run, given.metric_name),
        "Timestamp": datetime.now(UTC),
        "Value": required(run.double(given.value)),
        "Dimensions": [
            {"Name": name, "Value": text_of(value)}
            for name, value in (run.mapping(given.dimensions) or {}).items()
        ],
    }
    unit = run.text(given.unit)
    return {**found, "Unit": unit} if unit is not None else found


@task_type("io.kestra.plugin.aws.cloudwatch.Query")
class CloudWatchQuery(AwsTask):
    """What a metric was in the last minutes, one value for each period."""

    service: ClassVar[str] = "cloudwatch"
    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "series": listing(mapping())}

    namespace: Text | None = prop(STRING, default=None)
    metric_name: Text = prop(STRING)
    dimensions: list[MetricDimension] | None = prop(listing(record(MetricDimension)), default=None)
    statistic: Text = prop(STRING, default="Average")
    period_seconds: Integer = prop(INTEGER, default=60)
    window: Text = prop(DURATION, default="PT5M")

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from datetime import UTC, datetime, timedelta

        end = datetime.now(UTC)
        asked: dict[str, Any] = {
            "MetricName": required_text(run, self.metric_name),
            "Period": run.integer(self.period_seconds),
            "Statistics": [run.text(self.statistic)],
            "StartTime": end - timedelta(seconds=run.duration(self.window) or WINDOW),
            "EndTime": end,
            "Dimensions": [
                {"Name": required_text(run, each.name), "Value": required_text(run, each.value)}
                for each in self.dimensions or ()
            ],
        }
        namespace = run.text(self.namespace)
        if namespace is not None:
            asked["Namespace"] = namespace
        points = client.get_metric_statistics(**asked)["Datapoints"]
        series = [_point(each) for each in sorted(points, key=lambda each: each["Timestamp"])]
        run.log("INFO", f"Fetched {len(series)} datapoints of {asked['MetricName']}")
        return {"count": len(series), "series": series}


def _point(found: dict[str, Any]) -> dict[str, Any]:
    """A value as the library of Kestra's plugin shows it."""
    return {"ExtendedStatistics": {}, **found, "Timestamp": text_of(instant(found["Timestamp"]))}
