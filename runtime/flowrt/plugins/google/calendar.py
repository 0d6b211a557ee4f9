"""Google Calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.plugins.google.auth import Google
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

from flowrt.plugins.google.workspace import SCOPE, WorkspaceTask, chosen

CALENDAR = "https://www.googleapis.com/calendar/v3"


class CalendarTask(WorkspaceTask):
    """What the tasks of calendars share."""

    scopes: Listing = prop(listing(STRING), default=[f"{SCOPE}/calendar"])

    calendar_id: Text = prop(STRING)

    def _url(self, run: RunContext, event: Text | None = None) -> str:
        url = f"{CALENDAR}/calendars/{quote(required_text(run, self.calendar_id), safe='')}/events"
        return url if event is None else f"{url}/{quote(required_text(run, event), safe='')}"


class When(Declared):
    """A moment in a time zone."""

    date_time: Text | None = prop(STRING, default=None)
    time_zone: Text | None = prop(STRING, default=None)


class Person(Declared):
    """Somebody who attends."""

    display_name: Text | None = prop(STRING, default=None)
    email: Text | None = prop(STRING, default=None)


def _when(run: RunContext, given: When | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return chosen(dateTime=run.text(given.date_time), timeZone=run.text(given.time_zone))


def _person(run: RunContext, given: Any) -> dict[str, Any]:
    return chosen(displayName=run.text(given.display_name), email=run.text(given.email))


def _event(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found.get(key) for key in ("id", "status", "summary", "description", "location")}


@task_type("io.kestra.plugin.googleworkspace.calendar.InsertEvent")
class CalendarInsertEvent(CalendarTask):
    """Put an event into a calendar."""

    outputs: ClassVar[dict[str, Kind] | None] = {"event": mapping()}

    summary: Text = prop(STRING)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    location: Text | None = prop(STRING, default=None)
    start_time: When = prop(record(When))
    end_time: When = prop(record(When))
    creator: Person | None = prop(record(Person), default=None)
    attendees: Listing | None = prop(listing(record(Person)), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        people = self.attendees if isinstance(self.attendees, list) else []
        wanted = chosen(
            summary=required_text(run, self.summary),
            description=run.text(self.description),
            location=run.text(self.location),
            start=_when(run, self.start_time),
            end=_when(run, self.end_time),
            attendees=[_person(run, each) for each in people] or None,
            creator=None if self.creator is None else _person(run, self.creator),
        )
        return {"event": _event(google.ask("POST", self._url(run), json=wanted))}


@task_type("io.kestra.plugin.googleworkspace.calendar.UpdateEvent")
class CalendarUpdateEvent(CalendarTask):
    """Change an event of a calendar."""

    outputs: ClassVar[dict[str, Kind] | None] = {"event": mapping()}

    event_id: Text = prop(STRING)
    summary: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)  # type: ignore[assignment]
    location: Text | None = prop(STRING, default=None)
    start_time: When | None = prop(record(When), default=None)
    end_time: When | None = prop(record(When), default=None)
    attendees: Listing | None = prop(listing(record(Person)), default=None)
    status: Text | None = prop(STRING, default=None)
    send_updates: Text = prop(STRING, default="none")
    patch: Flag = prop(BOOLEAN, default=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        people = self.attendees if isinstance(self.attendees, list) else []
        wanted = chosen(
            summary=run.text(self.summary),
            description=run.text(self.description),
            location=run.text(self.location),
            start=_when(run, self.start_time),
            end=_when(run, self.end_time),
            attendees=[_person(run, each) for each in people] or None,
            status=run.text(self.status),
        )
        asked = urlencode({"sendUpdates": run.text(self.send_updates) or "none"})
        method = "PATCH" if run.flag(self.patch, True) else "PUT"
        found = google.ask(method, f"{self._url(run, self.event_id)}?{asked}", json=wanted)
        return {"event": _event(found)}


@task_type("io.kestra.plugin.googleworkspace.calendar.GetEvent")
class CalendarGetEvent(CalendarTask):
    """Get an event of a calendar."""

    outputs: ClassVar[dict[str, Kind] | None] = {"event": mapping(), "metadata": mapping()}

    event_id: Text = prop(STRING)
    max_attendees: Integer | None = prop(INTEGER, default=None)
    always_include_email: Flag = prop(BOOLEAN, default=False, ignored=True)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        asked = urlencode(chosen(maxAttendees=run.integer(self.max_attendees)))
        found = google.ask("GET", f"{self._url(run, self.event_id)}?{asked}")
        return {"event": _event(found), "metadata": found}


@task_type("io.kestra.plugin.googleworkspace.calendar.ListEvents")
class CalendarListEvents(CalendarTask):
    """List the events of a calendar."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "events": listing(mapping()),
        "metadataList": listing(mapping()),
        "nextPageToken": STRING,
    }

    time_min: Text | None = prop(STRING, default=None)
    time_max: Text | None = prop(STRING, default=None)
    q: Text | None = prop(STRING, default=None)
    single_events: Flag = prop(BOOLEAN, default=True)
    order_by: Text | None = prop(STRING, default=None)
    show_deleted: Flag = prop(BOOLEAN, default=False)
    max_results: Integer | None = prop(INTEGER, default=None)
    page_token: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        asked = chosen(
            timeMin=run.text(self.time_min),
            timeMax=run.text(self.time_max),
            q=run.text(self.q),
            orderBy=run.text(self.order_by),
            maxResults=run.integer(self.max_results),
            pageToken=run.text(self.page_token),
            singleEvents=str(run.flag(self.single_events, True)).lower(),
            showDeleted=str(run.flag(self.show_deleted)).lower(),
        )
        page = google.ask("GET", f"{self._url(run)}?{urlencode(asked)}") or {}
        items = page.get("items") or []
        return {
            "events": [_event(each) for each in items],
            "metadataList": items,
            "nextPageToken": page.get("nextPageToken"),
        }


@task_type("io.kestra.plugin.googleworkspace.calendar.DeleteEvent")
class CalendarDeleteEvent(CalendarTask):
    """Delete an event of a calendar."""

    event_id: Text = prop(STRING)
    send_updates: Text = prop(STRING, default="none")

    def _work(self, run: RunContext, google: Google) -> None:
        asked = urlencode({"sendUpdates": run.text(self.send_updates) or "none"})
        google.exchange("DELETE", f"{self._url(run, self.event_id)}?{asked}")
