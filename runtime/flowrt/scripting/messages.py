"""What a script says to the flow: the JSON of a line `::{"outputs": …, "metrics": …, "logs": …}::`.

All of a line is read before any of it counts, as Jackson reads it into a record of the engine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.expr.properties import from_json
from flowrt.formats.jsonread import PLACE, JsonError, parse_json
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.model.misfit import misfit

if TYPE_CHECKING:
    from collections.abc import Callable

_METRIC = "io.kestra.core.models.executions.AbstractMetricEntry<java.lang.Object>"
_RECORD = "io.kestra.core.models.tasks.runners.TaskLogLineMatcher$TaskLogMatch"
_LOG = "io.kestra.core.models.tasks.runners.TaskLogLineMatcher$LogLine"
_ASSETS = "io.kestra.core.runners.AssetEmit"
_MAP = "java.util.LinkedHashMap"
_LEVELS = ("ERROR", "DEBUG", "TRACE", "INFO", "WARN")
"""In the order of the engine's table of their names."""
_KINDS = {"counter": "double", "gauge": "double", "timer": "duration"}

_COLUMN = re.compile(r"line: 1, column: (\d+)")
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:]')


class Unreadable(Exception):
    """A line that cannot be read, in the engine's words; `behind` is what it says of the cause."""

    def __init__(self, message: str, behind: str = "") -> None:
        super().__init__(message)
        self.behind = behind


class Metric:
    """A measurement of a script: a number, or a length in time; None where the script gives none."""

    def __init__(self, kind: str, name: str | None, value: Any, tags: dict[str, str]) -> None:
        self.kind = kind
        self.name = name
        self.value = value
        self.tags = tags


class Message:
    """What a line says."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {}
        self.metrics: list[Metric] = []
        self.logs: list[tuple[str | None, str | None]] = []
        """Levels and texts."""


def read_message(text: str) -> Message:
    """Read the JSON object of a line. Raises Unreadable."""
    try:
        given = parse_json(text)
    except JsonError as error:
        said = str(error)
        raise Unreadable(said, said if _within_a_property(text, said) else "") from None
    found = Message()
    for name, value in given.items():
        if name not in _READERS or value is None:
            continue
        try:
            _READERS[name](found, value)
        except Unreadable as error:
            place = re.search(rf'"{name}"\s*:\s*', text)
            where = PLACE.format(1, place.end() + 1 if place else 1)
            chain = f'{where} (through reference chain: {_RECORD}["{name}"])'
            raise Unreadable(f"{error}{chain}", error.behind) from None
    if found.logs:  # a text has the digits of a number as they are written
        written = parse_json(text, words=True)["logs"]
        found.logs = [
            (level, _value("string", each.get("message")))
            for (level, _), each in zip(found.logs, written, strict=True)
        ]
    return found


def _within_a_property(text: str, said: str) -> bool:
    """Whether JSON is broken inside of a value that is read, so that who reads the whole tells it once more."""
    place = _COLUMN.search(said)
    depth, key, last = 0, "", ""
    for match in _SIGN.finditer(text[: int(place[1]) - 1] if place else ""):
        sign = match.group()
        if sign in "{[":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif depth == 1 and sign == ":":
            key = last
        last = sign.strip('"')
    return depth > 1 and key in _READERS


def _outputs(found: Message, value: Any) -> None:
    found.outputs = _map(value, "java.lang.Object")


def _metrics(found: Message, value: Any) -> None:
    if not isinstance(value, list):
        raise _unfit(f"java.util.ArrayList<{_METRIC}>", value)
    found.metrics = [_metric(each) for each in value if each is not None]


def _metric(given: Any) -> Metric:
    kind = given.get("type") if isinstance(given, dict) else None
    if kind is None:
        raise Unreadable(
            f"Could not resolve subtype of [simple type, class {_METRIC}]: missing type id property 'type'"
            " (for POJO property 'metrics')"
        )
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Unreadable(
            f"Could not resolve type id '{text_of(kind)}' as a subtype of `{_METRIC}`: known type ids ="
            " [counter, gauge, timer] (for POJO property 'metrics')"
        )
    tags = {name: _value("string", each) for name, each in _tags(given.get("tags")).items()}
    name = _value("string", given.get("name"))
    return Metric(kind, name, _value(_KINDS[kind], given.get("value")), tags)


def _tags(value: Any) -> dict[str, Any]:
    return {} if value is None else _map(value, "java.lang.String")


def _value(kind: str, value: Any) -> Any:
    try:
        return from_json(kind, value, read=True)
    except RawError as error:
        behind = "Text cannot be parsed to a Duration"
        raise Unreadable(error.message, behind if behind in error.message else "") from None


def _logs(found: Message, value: Any) -> None:
    if not isinstance(value, list):
        raise _unfit(f"java.util.ArrayList<{_LOG}>", value)
    for each in value:
        if not isinstance(each, dict):
            raise _no_way_to_make(_LOG, each)
        level, text = each.get("level"), _value("string", each.get("message"))
        if level is not None and level not in _LEVELS:
            raise Unreadable(
                f'Cannot deserialize value of type `org.slf4j.event.Level` from String "{text_of(level)}":'
                f" not one of the values accepted for Enum class: [{', '.join(_LEVELS)}]"
            )
        found.logs.append((level, text))


def _assets(found: Message, value: Any) -> None:
    if not isinstance(value, dict):
        raise _no_way_to_make(_ASSETS, value)


_READERS: dict[str, Callable[[Message, Any], None]] = {
    "outputs": _outputs,
    "metrics": _metrics,
    "logs": _logs,
    "assets": _assets,
}


def _map(value: Any, of: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        raise _no_way_to_make(_MAP, value)
    raise _unfit(f"{_MAP}<java.lang.String,{of}>", value)


def _unfit(kind: str, value: Any) -> Unreadable:
    return Unreadable(str(misfit(kind, value)))


def _no_way_to_make(kind: str, value: Any) -> Unreadable:
    """What is said of a value that an object would have to be made of."""
    if isinstance(value, (list, dict)):
        return _unfit(kind, value)
    if isinstance(value, str):
        from_what, shown = "String", f"String value ('{value}')"
    elif isinstance(value, bool):
        from_what, shown = "boolean/Boolean", f"boolean value ({text_of(value)})"
    else:
        number = "int/Int" if isinstance(value, int) else "double/Double"
        from_what, shown = number, f"Number value ({text_of(value)})"
    return Unreadable(
        f"Cannot construct instance of `{kind}` (although at least one Creator exists): no {from_what}-argument"
        f" constructor/factory method to deserialize from {shown}"
    )
