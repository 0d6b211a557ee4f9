"""When a Schedule trigger is due: what `--trigger ID` makes of the time, and `--date` of another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowrt.model.cron import agreed
from flowrt.model.failures import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.model.triggers import Trigger


def due(trigger: Trigger, now: datetime, date: str | None) -> dict[str, Any]:
    """The variables of a Schedule: the first time that it is due at `date` or later, or the last one until now.

    `now` has a zone. Raises `UsageError` for a date that is none, and for a schedule that is never due.
    """
    zone = zone_called(trigger.timezone)
    times = _times(trigger)
    second = timedelta(seconds=1)
    try:
        # a second of the world: on the clocks of a zone an hour may come twice, or be left out
        if date is None:
            at = next(times((now.astimezone(UTC) + second).astimezone(zone), True))
        else:
            at = next(times((_date(date, zone).astimezone(UTC) - second).astimezone(zone), False))
        found = {"date": at, "next": next(times(at, False)), "previous": next(times(at, True))}
    except (StopIteration, OverflowError):
        raise UsageError(f"--trigger {trigger.id}: its cron expression is not due then") from None
    return {name: text_of(each) for name, each in found.items()}


def _times(trigger: Trigger) -> Callable[[datetime, bool], Iterator[datetime]]:
    from flowrt.missing import load
    from flowrt.packages import CRONSIM

    cronsim = load("cronsim", f"The trigger {trigger.id}", CRONSIM, "schedule")
    cron = agreed(str(trigger.cron))

    def times(start: datetime, back: bool) -> Iterator[datetime]:
        found = cronsim.CronSim(cron, start, reverse=back)
        # a time that clocks leave out is no time for Kestra; there it would be the next one
        return (at for at in found if at.hour in found.hours and at.minute in found.minutes)

    try:
        times(datetime(2000, 1, 1), False)
    except cronsim.CronSimError as error:
        raise UsageError(
            f"--trigger {trigger.id}: {cron} is no cron expression, or never due: {error}"
        ) from None
    return times


def zone_called(name: str | None) -> Any:
    """A zone by its name in Java; that of the machine without one. Raises `UsageError`."""
    from flowrt.java.errors import RawError
    from flowrt.java.time.temporal import zone_of

    if name is None:
        return datetime.now().astimezone().tzinfo
    try:
        return zone_of(name).rules
    except RawError as error:
        raise UsageError(f"{name} is no time zone: {error}") from None


def _date(text: str, zone: Any) -> datetime:
    """A date with an offset, or one of the zone of the schedule; a day begins at midnight."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--date {text}: write a date as 2024-06-01T03:00:00Z or 2024-06-01"
        ) from None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)


def text_of(date: datetime) -> str:
    """A date as triggers tell it."""
    text = date.isoformat()
    return text[:-6] + "Z" if date.utcoffset() == UTC.utcoffset(None) else text
