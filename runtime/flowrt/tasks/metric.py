"""Publish: record metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import ANY, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.services.metrics import record_metric

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing


@task_type("io.kestra.plugin.core.metric.Publish")
class Publish(Task):
    """Record each of a list of `{type, name, value, tags}`; timers take seconds or an ISO duration."""

    metrics: Listing | None = prop(listing(ANY), default=None)

    def run(self, run: RunContext) -> None:
        for metric in run.listing(self.metrics, ANY) or []:
            if not isinstance(metric, dict):
                raise TaskFailure("A metric is a map of type, name and value")
            record_metric(run, metric)
