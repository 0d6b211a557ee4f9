"""Schedule triggers of a flow, as far as an engine can keep them: five fields, in a zone that it knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowc.ir.nodes import ListOf, Module, Trigger, constant_of, value_of
from flowrt.java.time.temporal import zone_of
from flowrt.model.cron import ENGINE_ZONE, agreed, is_ever_due

_HOUR = 3600
_LEAST, _MOST = -12, 14
"""The hours of the offsets that have a zone of their own."""

RULES = frozenset({"lateMaximumDelay", "recoverMissedSchedules", "stopAfter"})
"""What a schedule may say of dates that were missed, and of its own end."""


class Schedule(NamedTuple):
    """When executions start; with what, the trigger of the flow tells the runtime."""

    id: str
    cron: str
    timezone: str | None
    active: bool

    @property
    def zone(self) -> str:
        """The time zone, also where none is named."""
        return self.timezone or ENGINE_ZONE


def schedules(module: Module) -> Iterator[Schedule]:
    """The schedules that engines can keep; others are said as findings. Those of a flow that is switched off start nothing."""
    for trigger in module.triggers:
        found = schedule_of(trigger)
        if found is not None:
            yield found._replace(active=found.active and not module.disabled)


def first_zone(module: Module) -> str:
    """The zone of the first schedule that starts something."""
    return next((each.zone for each in schedules(module) if each.active), ENGINE_ZONE)


def kept(module: Module) -> list[Trigger]:
    """The triggers that these schedules are of."""
    return [each for each in module.triggers if schedule_of(each) is not None]


def is_scheduled(module: Module) -> bool:
    """Whether an engine may start executions of a flow that nobody gives any inputs to."""
    return bool(kept(module))


def schedule_of(trigger: Trigger) -> Schedule | None:
    """A trigger as a schedule; None for one of another type, and where engines lack what it asks for (`is_schedule`)."""
    given = trigger.properties
    cron, zone = constant_of(given, "cron"), constant_of(given, "timezone")
    if not is_schedule(trigger) or not isinstance(cron, str):
        return None
    conditions = value_of(given, "conditions")
    if constant_of(given, "withSeconds") or (isinstance(conditions, ListOf) and conditions.items):
        return None
    name = zone_name(zone) if isinstance(zone, str) else None
    if (name is None and zone is not None) or not is_ever_due(cron):
        return None
    return Schedule(trigger.id, agreed(cron), name, not constant_of(given, "disabled"))


def is_schedule(trigger: Trigger) -> bool:
    """Whether a trigger is a Schedule, also one of seconds, of conditions, of an odd zone, or that is never due."""
    return trigger.type.endswith(".Schedule")


def zone_name(zone: str) -> str | None:
    """A zone as the databases of zones call it, also one that is an offset; None where they have none."""
    found = zone_of(zone)
    if found.fixed is None:
        return zone
    hours, rest = divmod(found.fixed, _HOUR)
    if rest or not _LEAST <= hours <= _MOST:
        return None
    # there the sign tells how far Greenwich is ahead
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
