"""What a script says to the flow: the JSON of a line `::{"outputs": …, "metrics": …, "logs": …}::`.

All of a line is read before any of it counts, as Jackson reads it into a record of the engine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.formats.jsonread import JsonError, parse_json, told
from flowrt.formats.numbers import MOST_DIGITS
from flowrt.scripting.metrics import Metric
from flowrt.scripting.otlp import OTLP
from flowrt.scripting.records import (
    DOUBLE,
    DURATION,
    INSTANT,
    LEVEL,
    STRING,
    Entries,
    Items,
    Record,
    Unreadable,
    read_at,
    read_json,
    token_of,
    told_in,
)

if TYPE_CHECKING:
    from flowrt.scripting.records import Shape

_RUNNERS = "io.kestra.core.models.tasks.runners.TaskLogLineMatcher"
_LINE = f"{_RUNNERS}$TaskLogMatch"
_METRICS = "io.kestra.core.models.executions"
_ASSETS = "io.kestra.core.models.assets"
_COLUMN = re.compile(r"line: 1, column: (\d+)")
_CLOSED = re.compile(
    r"\A(Unexpected character \('[]}]' \(code \d+\)\): expected a )valid (value) \([^)]*\)"
)
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}:]')
_LONG = re.compile(rf"[0-9.eE+-]{{{MOST_DIGITS},}}")


class Message(NamedTuple):
    """What a line says."""

    outputs: dict[str, Any]
    metrics: list[Metric | None]
    logs: list[tuple[str | None, str | None] | None]
    """Levels and texts."""
    has_assets: bool
    otlp: dict[str, Any] | None


class _MetricShape:
    """A measurement, whose `type` says what it is."""

    java = f"{_METRICS}.AbstractMetricEntry<java.lang.Object>"

    def __init__(self) -> None:
        common: dict[str, Shape] = {
            "name": STRING,
            "description": STRING,
            "tags": Entries(STRING),
            "timestamp": INSTANT,
        }
        self._kinds = {
            kind: Record(f"{_METRICS}.metrics.{kind.title()}", {**common, "value": value})
            for kind, value in (("counter", DOUBLE), ("gauge", DOUBLE), ("timer", DURATION))
        }

    def read(self, value: Any) -> Metric | None:
        if isinstance(value, list):
            return self._of_pair(value)
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None or isinstance(kind, (dict, list)):
            raise Unreadable(
                f"Could not resolve subtype of [simple type, class {self.java}]: missing type id property 'type'"
                " (for POJO property 'metrics')"
            )
        return self._of(kind, value)

    def _of_pair(self, pair: list[Any]) -> Metric | None:
        """Jackson takes the kind of a measurement and what it is in a list, too."""
        if not pair or isinstance(pair[0], (dict, list)):
            token = token_of(pair[0]) if pair else "END_ARRAY"
            base = self.java.partition("<")[0]
            raise Unreadable(
                f"Unexpected token ({token}), expected VALUE_STRING: need String, Number of Boolean value that contains"
                f" type id (for subtype of {base})"
            )
        kind = "null" if pair[0] is None else pair[0]
        if pair[1:] == [] and kind in self._kinds:
            return None
        metric = self._of(kind, pair[1] if pair[1:] else [])
        if pair[2:]:
            raise Unreadable(
                f"Unexpected token ({token_of(pair[2])}), expected END_ARRAY: expected closing `JsonToken.END_ARRAY` after type"
                " information and deserialized value"
            )
        return metric

    def _of(self, kind: Any, value: Any) -> Metric:
        name = STRING.read(kind)
        if name not in self._kinds:
            raise Unreadable(
                f"Could not resolve type id '{name}' as a subtype of `{self.java}`: known type ids ="
                " [counter, gauge, timer] (for POJO property 'metrics')"
            )
        shape = self._kinds[name]
        if value is None:
            raise Unreadable(f"Cannot deserialize value of type `{shape.java}` from {told(None)}")
        found = shape.read(value)
        return Metric(
            name,
            found.get("name"),
            found.get("value"),
            found.get("tags") or {},
            found.get("description"),
        )


class _AssetShape:
    """An asset, of whatever type: plugins know what more it has."""

    java = f"{_ASSETS}.Asset"

    def read(self, value: Any) -> Any:
        if isinstance(value, dict) and value.get("type") is None:
            raise Unreadable(
                "Could not resolve type id '<null>' as a subtype of `io.kestra.core.models.Plugin`: No plugin registered"
                " for the defined type: '<null>'"
            )
        return value


_NAMED = {"tenantId": STRING, "namespace": STRING, "id": STRING, "type": STRING}
_SHAPES: dict[str, Shape] = {
    "outputs": Entries(),
    "metrics": Items(_MetricShape()),
    "logs": Items(Record(f"{_RUNNERS}$LogLine", {"level": LEVEL, "message": STRING})),
    "assets": Record(
        "io.kestra.core.runners.AssetEmit",
        {
            "inputs": Items(Record(f"{_ASSETS}.AssetIdentifier", _NAMED)),
            "outputs": Items(_AssetShape()),
        },
    ),
    "otlp": OTLP,
}


def read_message(text: str) -> Message:
    """Read the JSON object of a line. Raises Unreadable."""
    try:
        given = parse_json(text)
    except JsonError as error:
        said = str(error)
        name = _property_at(text, said)
        if name != "outputs":  # a free map is read in another way than a record
            said = _CLOSED.sub(r"\1\2", said)
        if name is None:
            raise Unreadable(said) from None
        way = f' (through reference chain: {_LINE}["{name}"])'
        raise Unreadable(f"{said}{way}", said) from None
    outputs = given.get("outputs")
    if any(name != "outputs" for name in given) or not isinstance(outputs, dict):
        given = read_json(text)
    found: dict[str, Any] = {}
    try:
        for name, value in given.items():
            if name in _SHAPES:
                found[name] = read_at(_SHAPES[name], value, _LINE, name)
    except Unreadable as error:
        raise told_in(text, error) from None
    return Message(
        outputs or {},
        found.get("metrics") or [],
        [
            None if each is None else (each.get("level"), each.get("message"))
            for each in found.get("logs") or []
        ],
        found.get("assets") is not None,
        found.get("otlp"),
    )


def _property_at(text: str, said: str) -> str | None:
    """The name of the property within which JSON is broken, if it is one that is read. Who reads the whole tells once more
    what was wrong there."""
    places, number = _COLUMN.findall(said), _LONG.search(text)
    end = int(places[-1]) - 1 if places else number.start() if number else 0
    depth, key, last = 0, "", ""
    for match in _SIGN.finditer(text[:end]):
        sign = match.group()
        if sign in "{[":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif depth == 1 and sign == ":":
            key = last
        last = sign.strip('"')
    return key if depth > 1 and key in _SHAPES else None
