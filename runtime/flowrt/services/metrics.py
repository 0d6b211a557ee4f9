"""Metrics, as tasks and scripts write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import NO_VALUE, TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

CLASS = "io.kestra.core.models.tasks.metrics.AbstractMetric"
KINDS = ("counter", "timer", "gauge")


def record_metric(run: RunContext, metric: dict[str, Any]) -> None:
    """Record one metric. Raises TaskFailure for a wrong type, name or value."""
    if metric.get("type") is None:
        raise TaskFailure(
            f"java.lang.IllegalArgumentException: Could not resolve subtype of [simple type, class {CLASS}]: missing type"
            " id property 'type'"
        )
    kind = str(metric["type"]).rpartition(".")[2].removesuffix("Metric").lower()
    if kind not in KINDS:
        raise TaskFailure(
            f"java.lang.IllegalArgumentException: Could not resolve type id '{metric.get('type')}' as a subtype of"
            f" `{CLASS}`: known type ids = [counter, gauge, timer]"
        )
    name = metric.get("name")
    if not isinstance(name, str):
        raise TaskFailure("A metric needs a name")
    value = metric.get("value")
    number = run.duration(value) if kind == "timer" else run.double(value)
    if number is None:
        raise TaskFailure(NO_VALUE)
    tags = metric.get("tags") or {}
    run.metric(kind, name, number, {str(key): str(tag) for key, tag in tags.items()})
