"""Retry policies: the bounds between their intervals."""

from __future__ import annotations

from flowc.diag.model import Sink
from flowc.front.durations import seconds
from flowc.front.nodes import Mapping, Node, Scalar
from flowc.front.values import head

_LESS = {
    "constant": (("interval", "maxDuration"),),
    "exponential": (("interval", "maxDuration"), ("interval", "maxInterval")),
    "random": (
        ("minInterval", "maxInterval"),
        ("minInterval", "maxDuration"),
        ("maxInterval", "maxDuration"),
    ),
}


def check_retry(node: Node, path: str, sink: Sink) -> None:
    """Report intervals that are not less than what they must stay below, and too few attempts."""
    if not isinstance(node, Mapping):
        return
    tag = node.get("type")
    kind = str(tag.value) if isinstance(tag, Scalar) else ""
    attempts = node.get("maxAttempts")
    if isinstance(attempts, Scalar) and isinstance(attempts.value, int) and attempts.value < 1:
        kestra = f"{path}.maxAttempts: must be greater than or equal to 1"
        sink.report("FC208", "`maxAttempts` is less than 1", attempts.span, kestra=kestra)
    for low, high in _LESS.get(kind, ()):
        less, more = _duration(node, low), _duration(node, high)
        if less is not None and more is not None and not less < more:
            check = f"{low}LessThan{high[0].upper()}{high[1:]}"
            place = node.get(low)
            span = place.span if place is not None else head(node)
            kestra = f"{path}.{check}: '{low}' must be less than '{high}'"
            sink.report("FC210", f"`{low}` is not less than `{high}`", span, kestra=kestra)


def _duration(node: Mapping, name: str) -> float | None:
    value = node.get(name)
    return seconds(value.value) if isinstance(value, Scalar) else None
