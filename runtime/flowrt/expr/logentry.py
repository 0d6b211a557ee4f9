"""What `errorLogs()` gives: objects of the engine, with the members of their class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.expr.members_text import OBJECT, Members, Method
from flowrt.formats.times import instant_of
from flowrt.java.printing import text_of
from flowrt.java.values import EnumName, JavaObject, hash_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FIELDS = (
    "tenantId", "namespace", "flowId", "taskId", "executionId", "taskRunId", "attemptNumber", "triggerId",
    "timestamp", "level", "thread", "message", "executionKind", "progress",
)  # fmt: skip
_OF_A_LOG = ("attemptNumber", "thread", "message")
_OF_A_PLACE = ("tenantId", "namespace", "flowId", "taskId", "executionId", "taskRunId", "triggerId")


class LogEntry(JavaObject):
    """An entry of the log."""

    __slots__ = ("fields",)
    java_class = "io.kestra.core.models.executions.LogEntry"

    def __init__(self, entry: Mapping[str, Any]) -> None:
        """`entry` is one of the document."""
        self.fields = {name: entry.get(name) for name in _FIELDS}
        self.fields["timestamp"] = instant_of(entry["timestamp"])
        self.fields["level"] = EnumName(entry["level"], "org.slf4j.event.Level")
        if "taskId" in entry:
            # The engine names the thread that wrote of a task run.
            self.fields["thread"] = "worker"

    def java_text(self) -> str:
        shown = ", ".join(f"{name}={text_of(value)}" for name, value in self.fields.items())
        return f"LogEntry({shown})"

    def json_value(self) -> Any:
        return {name: value for name, value in self.fields.items() if value is not None}

    def java_hash(self) -> int:
        return hash(self) & 0xFFFFFFFF

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogEntry) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.java_text())

    def map_of(self, *names: str) -> dict[str, Any]:
        """Some of its fields, in the order of a map of Java."""
        return hash_map(
            (name, self.fields[name]) for name in names if self.fields[name] is not None
        )


class LogEntries(list[LogEntry]):
    """The entries that were found, which know how many there are in all."""

    java_class = "io.kestra.core.repositories.ArrayListTotal"


def entries_of(entries: Iterable[Mapping[str, Any]]) -> LogEntries:
    """Entries of the document as the engine's objects."""
    return LogEntries(map(LogEntry, entries))


def _getter(name: str) -> list[Method]:
    return [((), lambda entry: entry.fields[name])]


MEMBERS = Members(
    {
        **OBJECT,
        **{f"get{name[0].upper()}{name[1:]}": _getter(name) for name in _FIELDS},
        "toMap": [((), lambda entry: entry.map_of(*_OF_A_PLACE))],
        "toLogMap": [((), lambda entry: entry.map_of(*_OF_A_PLACE, *_OF_A_LOG))],
    }
)
TOTAL = Members({"getTotal": [((), len)]})
