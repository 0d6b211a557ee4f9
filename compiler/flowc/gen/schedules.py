"""Schedule triggers of a flow, as far as an engine can keep them: five fields, a time zone, inputs that are constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowc.ir.nodes import Const, ListOf, MapOf, Module, Trigger, Value, value_of
from flowrt.model.cron import standard

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


class Schedule(NamedTuple):
    """When executions start, and with what."""

    id: str
    cron: str
    timezone: str | None
    inputs: dict[str, Plain]
    active: bool


def schedules(module: Module) -> Iterator[Schedule]:
    """The schedules that engines can keep; others are said as findings."""
    for trigger in module.triggers:
        found = schedule_of(trigger)
        if found is not None:
            yield found


def schedule_of(trigger: Trigger) -> Schedule | None:
    """A trigger as a schedule; None for one of another type, or with more than cron, time zone and inputs."""
    if not trigger.type.endswith(".Schedule"):
        return None
    given = {each.key: plain(each.value) for each in trigger.properties}
    cron, zone = given.get("cron"), given.get("timezone")
    inputs = given.get("inputs") or {}
    if not isinstance(cron, str) or given.get("withSeconds") or given.get("conditions"):
        return None
    assert isinstance(inputs, dict)
    timezone = zone if isinstance(zone, str) else None
    return Schedule(trigger.id, standard(cron), timezone, inputs, not given.get("disabled"))


def concurrency_limit(module: Module) -> int | None:
    """How many executions of the flow may run at once."""
    if module.concurrency is None:
        return None
    limit = value_of(module.concurrency.properties, "limit")
    return limit.value if isinstance(limit, Const) and isinstance(limit.value, int) else None


def plain(value: Value) -> Plain:
    """A value without expressions; where there is one, None."""
    if isinstance(value, Const):
        return value.value
    if isinstance(value, ListOf):
        return [plain(item) for item in value.items]
    if isinstance(value, MapOf):
        return {
            key.value: plain(item)
            for key, item in value.items
            if isinstance(key, Const) and isinstance(key.value, str)
        }
    return None
