"""Publish: record metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.model.declare import listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.services.metrics import CLASS, record_metric

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing


_METRIC = mapping()
_TO_METRIC = f"{CLASS}.toMetric(io.kestra.core.runners.RunContext)"


@task_type("io.kestra.plugin.core.metric.Publish")
class Publish(Task):
    """Record each of a list of `{type, name, value, tags}`; timers take seconds or an ISO duration."""

    metrics: Listing | None = prop(listing(_METRIC), default=None)

    def run(self, run: RunContext) -> None:
        for metric in run.listing(self.metrics, _METRIC) or []:
            if metric is None:
                raise TaskFailure(f'Cannot invoke "{_TO_METRIC}" because "abstractMetric" is null')
            if not isinstance(metric, dict):
                from flowrt.java.casts import cast_failure

                raise cast_failure(metric, CLASS)
            record_metric(run, metric)
