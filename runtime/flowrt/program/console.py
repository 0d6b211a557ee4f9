"""What a person sees of an execution: log records as lines or JSON, the table of runs, the summary, ways on from a failure.

A sink writes each record at once, with one call; stderr is buffered by lines, so nothing is lost when the process dies.
"""

from __future__ import annotations

from time import gmtime
from typing import TYPE_CHECKING, Any, TextIO

from flowrt.model.task import LEVELS

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution, LogRecord

RESET, BOLD, DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
_LEVEL_COLOURS = {
    "TRACE": "\x1b[2m",
    "DEBUG": "\x1b[34m",
    "INFO": "\x1b[32m",
    "WARN": "\x1b[33m",
    "ERROR": "\x1b[31m",
}
STATE_COLOURS = {
    "SUCCESS": "\x1b[32m",
    "WARNING": "\x1b[33m",
    "FAILED": "\x1b[31m",
    "KILLED": "\x1b[31m",
    "CANCELLED": "\x1b[31m",
    "PAUSED": "\x1b[36m",
}


def levels_from(level: str) -> frozenset[str]:
    """The levels that are shown when `level` is the least severe one."""
    return frozenset(LEVELS[LEVELS.index(level) :])


class TextSink:
    """One line a record: time, level, task, message."""

    def __init__(
        self, stream: TextIO, level: str = "INFO", *, flow_id: str = "", colour: bool = False
    ) -> None:
        self._write = stream.write
        self._shown = levels_from(level)
        self._flow_id = flow_id
        self._colour = colour
        self._second = -1
        self._clock = ""

    def __call__(self, entry: LogRecord) -> None:
        level = entry.level
        if level not in self._shown:
            return
        second, nanos = divmod(entry.time, 1_000_000_000)
        if second != self._second:
            t = gmtime(second)
            self._second = second
            self._clock = (
                f"{t.tm_year:04d}-{t.tm_mon:02d}-{t.tm_mday:02d}T"
                f"{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d}"
            )
        run = entry.run
        where = ""
        if run is not None:
            value = entry.value
            where = run.task.id if value is None else f"{run.task.id}[{short(value)}]"
        if entry.execution.flow_id != self._flow_id:
            where = f"{entry.execution.flow_id}/{where}"
        time = f"{self._clock}.{nanos // 1_000_000:03d}Z"
        if self._colour:
            colour = _LEVEL_COLOURS.get(level, "")
            line = (
                f"{DIM}{time[11:]}{RESET} {colour}{level:<5}{RESET} "
                f"{BOLD}{where}{RESET} {entry.message}\n"
            )
        else:
            line = f"{time} {level:<5} {where or '-'}: {entry.message}\n"
        if entry.frame is not None:
            line += f"{DIM}{entry.frame}{RESET}\n" if self._colour else f"{entry.frame}\n"
        self._write(line)


class JsonSink:
    """One JSON object a line: Kestra's log entry."""

    def __init__(self, stream: TextIO, level: str = "INFO") -> None:
        from json import JSONEncoder

        from flowrt.engine.document import log_entry

        self._write = stream.write
        self._shown = levels_from(level)
        self._encode = JSONEncoder(ensure_ascii=False).encode
        self._entry = log_entry

    def __call__(self, entry: LogRecord) -> None:
        if entry.level in self._shown:
            self._write(self._encode(self._entry(entry)) + "\n")


def short(value: Any, width: int = 40) -> str:
    """A loop value on a line."""
    text = " ".join(str(value).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def seconds_text(nanos: int) -> str:
    """A duration as people read it: `12ms`, `1.25s`, `2m 05s`, `1h 02m`."""
    if nanos < 1_000_000_000:
        return f"{nanos // 1_000_000}ms"
    seconds = nanos // 1_000_000_000
    if seconds < 60:
        return f"{nanos / 1e9:.2f}s"
    if seconds < 3600:
        return f"{seconds // 60}m {seconds % 60:02d}s"
    return f"{seconds // 3600}h {seconds % 3600 // 60:02d}m"


MOST_ROWS = 100


def run_table(execution: Execution, *, colour: bool = False) -> list[str]:
    """The task runs of an execution, indented below their parents, with state and duration."""
    rows = []
    for run in execution.runs[:MOST_ROWS]:
        depth, parent = 0, run.parent
        while parent is not None:
            depth, parent = depth + 1, parent.parent
        name = run.task.id if run.value is None else f"{run.task.id}[{short(run.value)}]"
        rows.append(("  " * depth + name, run.state, _duration(run.history)))
    if not rows:
        return []
    width = max(len(row[0]) for row in rows)
    lines = [
        f"  {name:<{width}}  {_painted(state, colour)}  {duration:>8}".rstrip()
        for name, state, duration in rows
    ]
    left = len(execution.runs) + execution.away - len(rows)
    return [*lines, f"  … and {left} more"] if left else lines


def summary(execution: Execution, *, colour: bool = False) -> str:
    """One line: flow, execution, state, duration."""
    state = _painted(execution.state, colour).rstrip()
    return f"{execution.flow_id} {execution.id} {state} {_duration(execution.history)}"


def _painted(state: str, colour: bool) -> str:
    padded = f"{state:<9}"
    return f"{STATE_COLOURS.get(state, '')}{padded}{RESET}" if colour else padded


def _duration(history: list[Any]) -> str:
    return seconds_text(int(history[-1]) - int(history[1]))


def value_text(value: Any) -> str:
    """A value on a page; sealed ones are hidden."""
    import json

    if isinstance(value, dict) and str(value.get("type", "")).endswith("aes_encrypted"):
        return "******"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def ways_on(execution: Execution) -> list[str]:
    """What helps after a failure whose message tells of a thing that a command line has to bring."""
    import re

    from flowrt.engine.document import log_entries

    found: dict[str, None] = {}
    for entry in log_entries(execution):
        if entry["level"] != "ERROR":
            continue
        message = entry["message"]
        if "Unable to find `trigger` used in" in message and execution.trigger is None:
            ids = ", ".join(execution.flow.triggers)
            which = f"--trigger ID (here: {ids})" if ids else "--trigger FILE.json"
            found[f"the values of a trigger are given with {which}"] = None
        secret = re.search("Cannot find secret for key '(.*?)'", message)
        if secret is not None:
            from flowrt.services.secrets import SECRET_PREFIX, EnvironmentSecrets

            if secret[1].upper() in EnvironmentSecrets().unreadable():
                found[
                    f"{SECRET_PREFIX}{secret[1].upper()} is set, but its value is not the base64 of a text"
                    " (echo -n VALUE | base64)"
                ] = None
    return [f"hint: {text}" for text in found]
