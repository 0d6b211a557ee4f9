"""What a script tells in the form of OpenTelemetry: logs and metrics count, traces are read and left.

`kotlp` and the file exporter of OpenTelemetry write it, as `::{"otlp": …}::`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.formats.jsonwrite import to_json
from flowrt.java.printing import text_of
from flowrt.scripting.metrics import Metric, Refused
from flowrt.scripting.records import BOOLEAN, DOUBLE, INTEGER, LONG, STRING, Items, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.scripting.records import Shape

_CLASS = "io.kestra.core.models.tasks.runners.otlp.OtlpRecord"
_LEVELS = ((4, "TRACE"), (8, "DEBUG"), (12, "INFO"), (16, "WARN"))
"""Up to which number of a severity it is which level; what is more is an error."""
_WORDS = {
    "TRACE": "TRACE",
    "DEBUG": "DEBUG",
    "WARN": "WARN",
    "WARNING": "WARN",
    "ERROR": "ERROR",
    "FATAL": "ERROR",
}
_DELTA = 1
"""Says of a sum that each number is what came to it since the one before."""


def _inner(java: str, /, **fields: Shape) -> Record:
    return Record(f"{_CLASS}${java}", fields)


_values: dict[str, Shape] = {}
_VALUE = Record(f"{_CLASS}$AnyValue", _values)
_ATTRIBUTES = Items(_inner("KeyValue", key=STRING, value=_VALUE))
_values.update(  # in the order in which they are written
    stringValue=STRING,
    boolValue=BOOLEAN,
    intValue=LONG,
    doubleValue=DOUBLE,
    arrayValue=_inner("ArrayValue", values=Items(_VALUE)),
    kvlistValue=_inner("KvlistValue", values=_ATTRIBUTES),
    bytesValue=STRING,
)
_RESOURCE = _inner("Resource", attributes=_ATTRIBUTES)
_SCOPE = _inner("Scope", name=STRING, version=STRING, attributes=_ATTRIBUTES)
_LOG = _inner(
    "LogRecord",
    timeUnixNano=LONG,
    observedTimeUnixNano=LONG,
    severityNumber=INTEGER,
    severityText=STRING,
    body=_VALUE,
    attributes=_ATTRIBUTES,
    traceId=STRING,
    spanId=STRING,
)
_POINTS = Items(
    _inner(
        "NumberDataPoint",
        startTimeUnixNano=LONG,
        timeUnixNano=LONG,
        asDouble=DOUBLE,
        asInt=LONG,
        attributes=_ATTRIBUTES,
    )
)
_METRIC = _inner(
    "Metric",
    name=STRING,
    description=STRING,
    unit=STRING,
    gauge=_inner("GaugeData", dataPoints=_POINTS),
    sum=_inner("SumData", dataPoints=_POINTS, aggregationTemporality=INTEGER, isMonotonic=BOOLEAN),
)
_SPAN = _inner(
    "Span",
    traceId=STRING,
    spanId=STRING,
    parentSpanId=STRING,
    name=STRING,
    kind=INTEGER,
    startTimeUnixNano=LONG,
    endTimeUnixNano=LONG,
    attributes=_ATTRIBUTES,
    events=Items(_inner("SpanEvent", timeUnixNano=LONG, name=STRING, attributes=_ATTRIBUTES)),
    links=Items(_inner("SpanLink", traceId=STRING, spanId=STRING, attributes=_ATTRIBUTES)),
    status=_inner("SpanStatus", code=INTEGER, message=STRING),
)


def _section(what: str, name: str, of: Shape) -> Items:
    scopes = _inner(f"Scope{what}", scope=_SCOPE, schemaUrl=STRING, **{name: Items(of)})
    inner = {f"scope{what}": Items(scopes)}
    return Items(_inner(f"Resource{what}", resource=_RESOURCE, schemaUrl=STRING, **inner))


OTLP = Record(
    _CLASS,
    {
        "resourceLogs": _section("Logs", "logRecords", _LOG),
        "resourceMetrics": _section("Metrics", "metrics", _METRIC),
        "resourceSpans": _section("Spans", "spans", _SPAN),
    },
)


def tell(
    run: RunContext, record: dict[str, Any], text: str, take: Callable[[Metric], None]
) -> None:
    """Log what a record says, and `take` its metrics. `text` is the line it comes from. Raises Refused."""
    for each in _parts(record, "Logs", "logRecords"):
        if each is None:
            run.log("WARN", f"Invalid OTLP log '{text}'")
            continue
        said = None if each.get("body") is None else _text(each["body"])
        if said is not None:
            run.log(_level(each), said)
    for each in _parts(record, "Metrics", "metrics"):
        try:
            for metric in _metrics(each):
                take(metric)
        except Refused:
            run.log("WARN", f"Invalid OTLP metric '{text}'")


def _parts(record: dict[str, Any], what: str, name: str) -> Iterator[Any]:
    """What stands in a section, one after the other. Raises Refused where something around it is missing."""
    outer, inner = f"resource{what}", f"scope{what}"
    for resource in record.get(outer) or []:
        for scope in _list(resource, f"Resource{what}", inner, outer):
            yield from _list(scope, f"Scope{what}", name, inner)


def _list(of: dict[str, Any] | None, java: str, name: str, called: str) -> list[Any]:
    if of is None:
        raise Refused(f'Cannot invoke "{_CLASS}${java}.{name}()" because "{called}" is null')
    return of.get(name) or []


def _level(log: dict[str, Any]) -> str:
    number, text = log.get("severityNumber"), log.get("severityText")
    if number is not None and number > 0:
        return next((level for most, level in _LEVELS if number <= most), "ERROR")
    return _WORDS.get(str(text or "").strip().upper(), "INFO")


def _text(value: dict[str, Any]) -> str | None:
    """A value as text: the first that is there of what it may be."""
    for name in ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"):
        if value.get(name) is not None:
            return text_of(value[name])
    for name in ("arrayValue", "kvlistValue"):
        if value.get(name) is not None:
            return to_json(_plain(value[name]))
    return None


def _plain(value: Any) -> Any:
    """A record for JSON, its parts in the order of the class."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    order = [*_values, "key", "value", "values"]
    return {name: _plain(value[name]) for name in order if name in value}


def _metrics(given: dict[str, Any] | None) -> Iterator[Metric]:
    """The measurements of a metric, one for each point. Raises Refused."""
    if given is None:
        raise Refused(None)
    total = given.get("sum") if given.get("gauge") is None else None
    found = given.get("gauge") or total or {}
    is_delta = total is not None and total.get("aggregationTemporality") == _DELTA
    metrics = []
    for point in found.get("dataPoints") or []:
        if point is None:
            raise Refused(None)
        value = point.get("asDouble")
        if value is None and point.get("asInt") is not None:
            value = float(point["asInt"])
        if value is not None:
            kind = "counter" if is_delta else "gauge"
            metrics.append(Metric(kind, given.get("name"), value, _tags(point), _about(given)))
    yield from metrics


def _about(metric: dict[str, Any]) -> str | None:
    """What is said of a metric: its description, and its unit."""
    description, unit = (
        text if (text := metric.get(name)) and text.strip() else None
        for name in ("description", "unit")
    )
    return f"{description} ({unit})" if description and unit else description or unit


def _tags(point: dict[str, Any]) -> dict[str, str | None]:
    tags: dict[str, str | None] = {}
    for each in point.get("attributes") or []:
        if each is None:
            raise Refused(None)
        key, value = each.get("key"), each.get("value")
        text = None if value is None else _text(value)
        if key is None or text is None:
            continue
        if key in tags:
            raise Refused(None)
        tags[key] = text
    return tags
