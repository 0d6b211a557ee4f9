"""Publish: record metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import ANY, listing, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing

KINDS = ("counter", "timer", "gauge")


@task_type("io.kestra.plugin.core.metric.Publish")
class Publish(Task):
    """Record each of a list of `{type, name, value, tags}`; timers take seconds or an ISO duration."""

    metrics: Listing | None = prop(listing(ANY), default=None)

    def run(self, run: RunContext) -> None:
        for metric in run.listing(self.metrics, ANY) or []:
            if not isinstance(metric, dict):
                raise TaskFailure("A metric is a map of type, name and value")
            record_metric(run, metric)


def record_metric(run: RunContext, metric: dict[str, Any]) -> None:
    """Record one metric. Raises TaskFailure for a wrong type, name or value."""
    kind = str(metric.get("type", "")).rpartition(".")[2].removesuffix("Metric").lower()
    if kind not in KINDS:
        raise TaskFailure(
            f"java.lang.IllegalArgumentException: Could not resolve type id '{metric.get('type')}' as a subtype of"
            " `io.kestra.core.models.tasks.metrics.AbstractMetric`: known type ids = [counter, gauge, timer]"
        )
    name = metric.get("name")
    if not isinstance(name, str):
        raise TaskFailure("A metric needs a name")
    value = metric.get("value")
    number = run.duration(value) if kind == "timer" else run.double(value)
    if number is None:
        raise TaskFailure(f"The metric '{name}' needs a value")
    tags = metric.get("tags") or {}
    run.metric(kind, name, number, {str(key): str(tag) for key, tag in tags.items()})
