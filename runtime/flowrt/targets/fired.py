"""The schedule by which an engine has started a run, as the trigger of the execution."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.model.triggers import Trigger
from flowrt.program.schedules import due, text_of, zone_called

if TYPE_CHECKING:
    from flowrt.model.flow import Flow


UTC = "UTC"
"""The zone of schedules that name none."""


def fired(schedule: Trigger, at: datetime) -> dict[str, Any]:
    """What a schedule says of the execution that it starts at a time, whatever it makes of that time itself."""
    return {"id": schedule.id, "type": schedule.type, "variables": _variables(schedule, at)}


def fired_at(flow: Flow, at: datetime) -> dict[str, Any] | None:
    """The same of the schedule of a flow that is due at a time; of the first one where none or several are."""
    known = [each for each in flow.triggers.values() if each.cron and not each.disabled]
    found = (each for each in known if datetime.fromisoformat(_due(each, at)["date"]) == at)
    schedule = next(found, known[0] if known else None)
    return None if schedule is None else fired(schedule, at)


def _variables(schedule: Trigger, at: datetime) -> dict[str, Any]:
    found = _due(schedule, at)
    if datetime.fromisoformat(found["date"]) == at:
        return found
    date = text_of(at.astimezone(zone_called(schedule.timezone or UTC)))
    return {"date": date, "next": found["date"], "previous": found["previous"]}


def _due(schedule: Trigger, at: datetime) -> dict[str, Any]:
    known = Trigger(
        schedule.id, schedule.type, cron=schedule.cron, timezone=schedule.timezone or UTC
    )
    return due(known, at, at.isoformat())
