"""How the runs of a task are treated, in the words of Prefect: retries with their delays, timeouts in seconds.

What Prefect has no words for (a maximal duration of all tries, delays by chance) stays with the task, and the runtime
tries again.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowc.gen.durations import seconds
from flowc.gen.python.blocks import Taken
from flowc.gen.python.layout import Atom, Doc, Named
from flowc.ir.nodes import Call, Const, Record, Step

MOST_DELAYS = 50
"""How many delays a task of Prefect may have."""


class PrefectPolicies:
    """Retries and timeouts of leaf tasks as options of Prefect's tasks."""

    def of(self, step: Step) -> Taken:
        if not isinstance(step, Call):
            return Taken()
        keys: set[str] = set()
        options: list[Doc] = []
        retry = step.policy.retry
        if retry is not None and isinstance(retry.value, Record):
            found = _retries(retry.value)
            if found is not None:
                keys.add(retry.key)
                options += found
        timeout = step.policy.timeout
        if timeout is not None and isinstance(timeout.value, Const):
            limit = seconds(timeout.value.value)
            if limit is not None:
                keys.add(timeout.key)
                options.append(Named("timeout_seconds=", Atom(_number(limit))))
        return Taken(frozenset(keys), tuple(options))


def _retries(record: Record) -> list[Doc] | None:
    """The options of a retry; None when it asks for more than they say."""
    given = {each.key: each.value for each in record.properties}
    plain = {key: each.value for key, each in given.items() if isinstance(each, Const)}
    most = plain.get("maxAttempts", plain.get("maxAttempt"))
    allowed = {"interval", "maxAttempts", "maxAttempt", "maxInterval", "delayFactor", "type"}
    if len(plain) != len(given) or plain.keys() - allowed or not isinstance(most, int):
        return None
    delays = _delays(record.type, plain, most - 1)
    if most < 2 or delays is None:
        return None
    delay = _number(delays[0]) if len(set(delays)) == 1 else f"[{', '.join(map(_number, delays))}]"
    return [
        Named("retries=", Atom(str(most - 1))),
        Named("retry_delay_seconds=", Atom(delay)),
    ]


def _delays(kind: str | None, given: Mapping[str, object], count: int) -> list[float] | None:
    first = seconds(given.get("interval"))
    if first is None:
        return None
    if kind == "constant":
        return [first]
    longest, factor = seconds(given.get("maxInterval")), given.get("delayFactor", 2.0)
    if kind != "exponential" or longest is None or not isinstance(factor, int | float):
        return None
    if count > MOST_DELAYS:
        return None
    try:
        return [min(longest, first * float(factor) ** number) for number in range(count)]
    except OverflowError:
        return None


def _number(seconds: float) -> str:
    return str(int(seconds)) if seconds == int(seconds) else repr(round(seconds, 6))
