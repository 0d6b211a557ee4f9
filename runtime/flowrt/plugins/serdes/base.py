"""What converters share: what happens to bad records, how dates are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.java.errors import RawError
from flowrt.model.declare import STRING, enum, prop
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.stored import Converter
from flowrt.plugins.values import host_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.java.time.temporal import Zone
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

BAD_LINES = enum("ERROR", "WARN", "SKIP")


class BadRecords:
    """What happens to a record that cannot be read or written: it fails the task, or is told, or left out."""

    def __init__(self, run: RunContext, value: Text) -> None:
        self._run = run
        self._rule = run.constant(value, BAD_LINES) or "ERROR"

    def meet(self, message: str) -> None:
        """A record is bad. Raises TaskFailure where that is an error."""
        if self._rule == "ERROR":
            raise TaskFailure(message)
        if self._rule == "WARN":
            self._run.log("WARN", message)


def zone_of_property(run: RunContext, value: Text | None) -> Zone:
    """The time zone that a property names, the machine's without one. Raises TaskFailure."""
    from flowrt.java.time.temporal import zone_of

    name = host_zone() if value is None else str(required(run.text(value)))
    try:
        return zone_of(name)
    except RawError as error:
        raise TaskFailure(str(error)) from None


class DateWriter(Converter):
    """Writes dates and times as texts of given patterns."""

    date_format: Text = prop(STRING, default="yyyy-MM-dd")
    time_format: Text = prop(STRING, default="HH:mm:ss[XXX]")
    date_time_format: Text = prop(STRING, default="yyyy-MM-dd'T'HH:mm:ss.SSS[XXX]")
    time_zone_id: Text | None = prop(STRING, default=None)

    def cell_text(self, run: RunContext) -> Callable[[Any], str]:
        """A function that writes a value of a row: dates by the patterns, other values as Java prints them."""
        from flowrt.java.printing import text_of
        from flowrt.java.time.partial import print_by
        from flowrt.java.time.temporal import offset_zone

        zone, utc = zone_of_property(run, self.time_zone_id), offset_zone(0)
        date_time = run.text(self.date_time_format) or ""
        patterns = {
            "Instant": (date_time, utc),
            "LegacyDate": (date_time, utc),
            "LocalDateTime": (date_time, utc),
            "Zoned": (date_time, zone),
            "LocalDate": (run.text(self.date_format) or "", utc),
            "LocalTime": (run.text(self.time_format) or "", zone),
        }

        def write(value: Any) -> str:
            found = patterns.get(type(value).__name__)
            if found is None:
                return text_of(value)
            try:
                return print_by(found[0], value, found[1])
            except RawError as error:
                raise TaskFailure(str(error)) from None

        return write
