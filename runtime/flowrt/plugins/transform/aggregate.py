"""Records grouped by fields, and what each group comes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.model.declare import ANY, STRING, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.transform.records import (
    FAIL_SKIP_NULL,
    Counts,
    Definition,
    RecordTask,
    evaluated,
    given_records,
)
from flowrt.plugins.transform.values import (
    EXACT,
    Unfit,
    average,
    cast,
    decimal,
    instant,
    kind,
    to_flow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text
    from flowrt.plugins.transform.records import Record

_CALL = re.compile(r"\s*(?:(count)\(\s*\)|(sum|min|max|avg|first|last)\((.*)\))\s*", re.DOTALL)


class State:
    """What one aggregate of one group has come to so far."""

    def __init__(self, name: str, argument: str) -> None:
        self._name = name
        self._argument = argument
        self._count = 0
        self._value: Any = None
        self._key: tuple[str, Any] | None = None
        self.given_up = False
        """A record failed, and the aggregate is null for it."""

    def add(self, record: Record) -> None:
        """Take a record in. Raises Unfit."""
        if self._name == "count":
            self._count += 1
            return
        value = evaluated(self._argument, record)
        if value is None:
            return
        if self._name in ("sum", "avg"):
            self._value = EXACT.add(self._value or decimal(0), decimal(value))
            self._count += 1
        elif self._name in ("min", "max"):
            self._compare(value)
        elif self._name == "last" or not self._count:
            self._count, self._value = 1, value

    def _compare(self, value: Any) -> None:
        key: tuple[str, Any]
        if kind(value) == "TIMESTAMP":
            key = ("TIMESTAMP", instant(value).epoch_nanos)
        elif isinstance(value, str):
            key = ("STRING", value.encode("utf-16-be", "surrogatepass"))
        else:
            value = decimal(value)
            key = ("DECIMAL", value)
        if self._key is None:
            self._key, self._value = key, value
            return
        if self._key[0] != key[0]:
            raise Unfit(f"Mismatched types for min/max: {self._key[0]} vs {key[0]}")
        if key[1] < self._key[1] if self._name == "min" else key[1] > self._key[1]:
            self._key, self._value = key, value

    def result(self) -> Any:
        """What it comes to; null where no record had a value (a sum is 0)."""
        if self.given_up:
            return None
        if self._name == "count":
            return self._count
        if self._name == "sum":
            return self._value or decimal(0)
        if self._name == "avg":
            return average(self._value, self._count) if self._count else None
        return self._value


@task_type("io.kestra.plugin.transform.Aggregate")
class Aggregate(RecordTask):
    """Group records, and sum up, count or choose among those of each group."""

    counted = ("processed", "groups", "dropped", "failed")

    from_: Any = prop(ANY, yaml="from")
    group_by: Listing = prop(listing(STRING))
    aggregates: Mapping = prop(mapping())
    on_error: Text = prop(FAIL_SKIP_NULL, default="FAIL")

    def changed(self, run: RunContext, counts: Counts) -> tuple[Iterator[Record], bool]:
        records, from_storage = given_records(run, self.from_)
        by = run.listing(self.group_by) or []
        if not by:
            raise TaskFailure("groupBy is required")
        definitions = [
            Definition(name, each) for name, each in (run.mapping(self.aggregates) or {}).items()
        ]
        if not definitions:
            raise TaskFailure("aggregates is required")
        calls = [_call(each.text) for each in definitions]
        on_error = run.constant(self.on_error, FAIL_SKIP_NULL) or "FAIL"

        def work() -> Iterator[Record]:
            groups: dict[str, tuple[Record, list[State]]] = {}
            for record in records:
                counts.add("processed")
                values = {str(field): _of_group(str(field), record) for field in by}
                key = repr([to_flow(value) for value in values.values()])
                if key not in groups:
                    groups[key] = values, [State(*call) for call in calls]
                _take_in(record, groups[key][1], on_error, counts)
            for values, states in groups.values():
                yield from _summed(values, states, definitions, on_error, counts)

        return work(), from_storage


def _call(text: str) -> tuple[str, str]:
    """The function of an aggregate and what it is applied to. Raises TaskFailure."""
    found = _CALL.fullmatch(text)
    if found is None:
        raise TaskFailure(f"Unsupported aggregate expression: {text}")
    name, argument = found[1] or found[2], (found[3] or "").strip()
    if name != "count" and not argument:
        raise TaskFailure(f"{name} requires an argument")
    return name, argument


def _of_group(field: str, record: Record) -> Any:
    try:
        return evaluated(field, record)
    except Unfit as error:
        raise TaskFailure(f"Failed to resolve groupBy field '{field}': {error}") from None


def _take_in(record: Record, states: list[State], on_error: str, counts: Counts) -> None:
    for state in states:
        if state.given_up:
            continue
        try:
            state.add(record)
        except Unfit:
            counts.failed(on_error)
            if on_error == "SKIP":
                return
            state.given_up = True


def _summed(
    values: Record,
    states: list[State],
    definitions: list[Definition],
    on_error: str,
    counts: Counts,
) -> Iterator[Record]:
    out = dict(values)
    for state, definition in zip(states, definitions, strict=True):
        found = state.result()
        try:
            if found is not None and definition.type is not None:
                found = cast(found, definition.type)
        except Unfit:
            counts.failed(on_error)
            if on_error == "SKIP":
                return
            found = None
        out[definition.name] = found
    counts.add("groups")
    yield out
