"""The schedule by which an engine has started a run, as the trigger of the execution."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.model.cron import ENGINE_ZONE
from flowrt.model.failures import UsageError
from flowrt.model.triggers import Trigger
from flowrt.program.schedules import due, text_of, zone_called

if TYPE_CHECKING:
    from flowrt.model.flow import Flow


def fired(schedule: Trigger, at: datetime) -> dict[str, Any]:
    """What a schedule says of the execution that it starts at a time, whatever it makes of that time itself."""
    return _told(schedule, _due(schedule, at), at)


def fired_at(flow: Flow, at: datetime) -> dict[str, Any] | None:
    """The same of the schedule of a flow that is due at a time; of the first one where none or several are."""
    known = [each for each in flow.triggers.values() if each.cron and not each.disabled]
    found = [(each, _due(each, at)) for each in known]
    exact = (pair for pair in found if _is_at(pair[1], at))
    chosen = next(exact, found[0] if found else None)
    return None if chosen is None else _told(*chosen, at)


def _due(schedule: Trigger, at: datetime) -> dict[str, Any]:
    """When it is due at a time or next; nothing where that is never."""
    known = Trigger(schedule.id, schedule.type, cron=schedule.cron, timezone=_zone(schedule))
    try:
        return due(known, at, at.isoformat())
    except UsageError:
        return {}


def _told(schedule: Trigger, found: dict[str, Any], at: datetime) -> dict[str, Any]:
    if not _is_at(found, at):
        others = {"next": found["date"], "previous": found["previous"]} if found else {}
        found = {"date": text_of(at.astimezone(zone_called(_zone(schedule)))), **others}
    return {"id": schedule.id, "type": schedule.type, "variables": found}


def _is_at(found: dict[str, Any], at: datetime) -> bool:
    return bool(found) and datetime.fromisoformat(found["date"]) == at


def _zone(schedule: Trigger) -> str:
    return schedule.timezone or ENGINE_ZONE
