"""Cloud Monitoring: values that are added to metrics, and what metrics were."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flowrt.model.declare import (
    DOUBLE,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import required
from flowrt.plugins.google.cloud import CloudTask
from flowrt.plugins.google.operations import part
from flowrt.plugins.stored import Stop
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Number, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://monitoring.googleapis.com/v3"
MOST = 200
"""Series of one request."""


def moment(seconds: float) -> str:
    """A second of the time line, as Google writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class CloudMetricValue(Declared):
    """A value of a metric."""

    metric_type: Text | None = prop(STRING, default=None)
    value: Number | None = prop(DOUBLE, default=None)
    metric_kind: Text = prop(enum("GAUGE", "CUMULATIVE", "DELTA"), default="GAUGE")
    labels: Mapping | None = prop(mapping(STRING), default=None)


@task_type("io.kestra.plugin.gcp.monitoring.Push")
class CloudMonitoringPush(CloudTask):
    """Add values to metrics."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER}

    metrics: list[CloudMetricValue] | None = prop(listing(record(CloudMetricValue)), default=None)
    window: Text = prop(DURATION, default="PT1M")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        project, now = self._project(run, google), time.time()
        window = run.duration(self.window)
        begin = now - (60.0 if window is None else window)
        found = []
        for each in self.metrics or ():
            gauge = run.text(each.metric_kind) == "GAUGE"
            point = {
                "value": {"doubleValue": required(run.double(each.value))},
                "interval": {"startTime": moment(now if gauge else begin), "endTime": moment(now)},
            }
            metric = {
                "type": required_text(run, each.metric_type),
                "labels": run.mapping(each.labels, STRING) or {},
            }
            place = {"type": "global", "labels": {"project_id": project}}
            found.append({"metric": metric, "resource": place, "points": [point]})
        url = f"{ADDRESS}/projects/{part(project)}/timeSeries"
        for start in range(0, len(found), MOST):
            google.ask("POST", url, json={"timeSeries": found[start : start + MOST]})
        run.log("INFO", f"Successfully pushed {len(found)} metrics")
        return {"count": len(found)}


@task_type("io.kestra.plugin.gcp.monitoring.Query")
class CloudMonitoringQuery(CloudTask):
    """What metrics were in the last minutes."""

    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "series": listing(mapping())}

    filter: Text = prop(STRING)
    window: Text = prop(DURATION, default="PT5M")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        window, now, stop = run.duration(self.window), time.time(), Stop(run)
        asked = {
            "filter": required_text(run, self.filter),
            "interval.startTime": moment(now - (300.0 if window is None else window)),
            "interval.endTime": moment(now),
            "view": "FULL",
        }
        url = f"{ADDRESS}/projects/{part(self._project(run, google))}/timeSeries"
        found: list[Any] = []
        while True:
            stop.check()
            page = google.ask("GET", f"{url}?{urlencode(asked)}") or {}
            found += page.get("timeSeries") or ()
            if not page.get("nextPageToken"):
                break
            asked["pageToken"] = page["nextPageToken"]
        run.log("INFO", f"Fetched {len(found)} time series")
        return {"count": len(found), "series": found}
