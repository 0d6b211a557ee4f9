"""How the runs of a task are treated, in the words of Airflow: retries with a delay, the longest time of a try."""

from __future__ import annotations

from flowc.gen.durations import seconds
from flowc.gen.python.blocks import Taken
from flowc.gen.python.imports import Imports
from flowc.gen.python.layout import Atom, Doc, Named
from flowc.gen.python.symbols import Symbol
from flowc.ir.nodes import Call, Const, Record, Step

_TIMEDELTA = Symbol("datetime", "timedelta")


class AirflowPolicies:
    """Retries and timeouts of leaf tasks as options of operators; what Airflow has no words for stays with the task."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    def of(self, step: Step) -> Taken:
        if not isinstance(step, Call):
            return Taken()
        keys: set[str] = set()
        options: list[Doc] = []
        retry = step.policy.retry
        if retry is not None and isinstance(retry.value, Record):
            found = self._retries(retry.value)
            if found:
                keys.add(retry.key)
                options += found
        timeout = step.policy.timeout
        if timeout is not None and isinstance(timeout.value, Const):
            limit = seconds(timeout.value.value)
            if limit is not None:
                keys.add(timeout.key)
                options.append(Named("execution_timeout=", self._delta(limit)))
        return Taken(frozenset(keys), tuple(options))

    def _retries(self, record: Record) -> list[Doc]:
        """The options of a retry; none when it asks for more than they say."""
        given = {each.key: each.value for each in record.properties}
        plain = {key: each.value for key, each in given.items() if isinstance(each, Const)}
        most = plain.get("maxAttempts", plain.get("maxAttempt"))
        delay, longest = seconds(plain.get("interval")), seconds(plain.get("maxInterval"))
        allowed = {"type", "interval", "maxAttempts", "maxAttempt"}
        grows = record.type == "exponential"
        if grows:
            allowed |= {"maxInterval", "delayFactor"}
        unsaid = (
            len(plain) != len(given)
            or plain.keys() - allowed
            or record.type not in ("constant", "exponential")
            or (grows and (longest is None or plain.get("delayFactor", 2.0) != 2.0))
        )
        if unsaid or not isinstance(most, int) or most < 2 or delay is None:
            return []
        options: list[Doc] = [
            Named("retries=", Atom(str(most - 1))),
            Named("retry_delay=", self._delta(delay)),
        ]
        if longest is not None:
            options.append(Named("retry_exponential_backoff=", Atom("True")))
            options.append(Named("max_retry_delay=", self._delta(longest)))
        return options

    def _delta(self, seconds: float) -> Doc:
        shown = str(int(seconds)) if seconds == int(seconds) else repr(round(seconds, 6))
        return Atom(f"{self._imports.add(_TIMEDELTA)}(seconds={shown})")
