"""The schedule by which an engine has started a run, as the trigger of the execution."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrt.model.triggers import Trigger
from flowrt.program.errors import UsageError
from flowrt.program.schedules import due

if TYPE_CHECKING:
    from flowrt.model.flow import Flow


def fired(schedule: Trigger, at: datetime) -> dict[str, Any] | None:
    """What a schedule says of the execution that it starts at a time; None when it is not due then."""
    known = Trigger(
        schedule.id, schedule.type, cron=schedule.cron, timezone=schedule.timezone or "UTC"
    )
    try:
        variables = due(known, at, at.isoformat())
    except UsageError:
        return None
    if datetime.fromisoformat(variables["date"]) != at:
        return None
    return {"id": schedule.id, "type": schedule.type, "variables": variables}


def fired_at(flow: Flow, at: datetime) -> dict[str, Any] | None:
    """The same of the first schedule of a flow that is due at a time."""
    schedules = (each for each in flow.triggers.values() if each.cron and not each.disabled)
    return next((found for each in schedules if (found := fired(each, at))), None)
