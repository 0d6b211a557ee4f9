"""Metrics, as tasks and scripts write them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowrt.expr.properties import convert_scalar, literal_map, read_json, source_text
from flowrt.java.casts import ILLEGAL_ARGUMENT
from flowrt.java.errors import RawError
from flowrt.java.time.duration import SECOND
from flowrt.model.failures import TaskFailure, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext

CLASS = "io.kestra.core.models.tasks.metrics.AbstractMetric"
KINDS = ("counter", "timer", "gauge")

_WRAPPED = "io.kestra.core.exceptions.IllegalVariableEvaluationException"


def record_metric(run: RunContext, metric: dict[str, Any]) -> None:
    """Record one metric. Raises TaskFailure for a wrong type, name, value or tags."""
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
    name = required(source_text(metric.get("name")))
    value = metric.get("value")
    with _within_a_loop():
        number = convert_scalar("duration" if kind == "timer" else "double", run.text(value))
    number = required(number)
    if kind == "timer":
        number = number.nanos / SECOND
    with _within_a_loop():
        tags = _tags(metric.get("tags"))
    run.metric(kind, name, number, tags)


def _tags(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    return literal_map("string", read_json(given) if isinstance(given, str) else given)


@contextmanager
def _within_a_loop() -> Iterator[None]:
    """What fails here is wrapped once more: the engine goes through the metrics with a function that may not throw it."""
    try:
        yield
    except RawError as error:
        said, behind = TaskFailure(f"{error.java_class}: {error}"), TaskFailure(str(error))
        if error.java_class == ILLEGAL_ARGUMENT:  # what is converted fails inside of that
            behind.__cause__ = error
        said.__cause__ = behind
        raise TaskFailure(f"{_WRAPPED}: {said}") from said
