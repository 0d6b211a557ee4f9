"""How Jackson words that a value does not fit the class of a property."""

from __future__ import annotations

from typing import Any

from flowrt.formats.jsonread import FIRST, told
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.java.values import STATE_CLASS

MISMATCH = "com.fasterxml.jackson.databind.exc.MismatchedInputException"
_INVALID = "com.fasterxml.jackson.databind.exc.InvalidFormatException"
_CONVERTED = "\n at [Source: UNKNOWN; byte offset: #UNKNOWN]"

CLASSES = {
    "string": "java.lang.String",
    "integer": "java.lang.Integer",
    "long": "java.lang.Long",
    "double": "java.lang.Double",
    "float": "java.lang.Float",
    "boolean": "java.lang.Boolean",
    "duration": "java.time.Duration",
    "zoned": "java.time.ZonedDateTime",
    "instant": "java.time.Instant",
    "localdate": "java.time.LocalDate",
    "localtime": "java.time.LocalTime",
    "uri": "java.net.URI",
    "state": STATE_CLASS,
    "map": "java.util.LinkedHashMap<java.lang.String,java.lang.Object>",
}
"""Kind of a property → the class that holds its values."""
STATES = (
    "CREATED", "SUBMITTED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "SUCCESS", "WARNING", "FAILED", "KILLED",
    "CANCELLED", "QUEUED", "RETRYING", "RETRIED", "SKIPPED", "BREAKPOINT", "RESUBMITTED",
)  # fmt: skip
ENUMERATIONS = {
    frozenset(names): (java, names)
    for java, names in (
        (CLASSES["state"], STATES),
        ("org.slf4j.event.Level", ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")),
        (
            "io.kestra.core.models.kv.KVType",
            ("STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON"),
        ),
    )
}
"""The constants of an enumeration → its class, and the constants in their order: a number stands for one, too."""
_INSTANTS = ("duration", "zoned", "instant")
_LOCAL = ("localdate", "localtime")


def container(outer: str, inner: str, literal: bool) -> str:
    """The class of a list or map property; one that YAML gives as such is read without knowing its elements."""
    if outer == "list":
        element = "java.lang.Object" if literal else CLASSES.get(inner, "java.lang.Object")
        return f"java.util.ArrayList<{element}>"
    if literal:
        return "java.util.LinkedHashMap<java.lang.Object,java.lang.Object>"
    return f"java.util.LinkedHashMap<java.lang.String,{CLASSES.get(inner, 'java.lang.Object')}>"


def unfit(
    kind: str, value: Any, key: str | None = None, *, read: bool = False, said: str = ""
) -> RawError:
    """What is raised for a value that is none of a class, by its kind or its name.

    `read` tells that it was read from JSON, `key` that it stands below a key of a map, `said` what `java.time` has against
    a text.
    """
    target = CLASSES.get(kind, kind)
    place = FIRST if read else _CONVERTED
    if kind in _LOCAL and not isinstance(value, (str, list)):
        if kind == "localtime" and type(value) is int:
            return RawError(
                f"raw timestamp ({value}) not allowed for `{target}`: need additional information such as an offset or"
                f" time-zone (see class Javadocs){place}",
                MISMATCH,
            )
        return RawError(f"Expected array or string{place}", MISMATCH)
    if kind in _INSTANTS and isinstance(value, (dict, bool)):
        token = "START_OBJECT" if isinstance(value, dict) else f"VALUE_{str(value).upper()}"
        return RawError(
            f"Unexpected token ({token}), expected one of [VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT]"
            f" for {target} value{place}",
            MISMATCH,
        )
    if key is not None:
        place += f' (through reference chain: java.util.LinkedHashMap["{key}"])'
    shown = _shown(kind, target, value, said)
    return RawError(
        f"Cannot deserialize value of type `{target}` from {shown}{place}",
        _INVALID if shown.startswith('String "') else MISMATCH,
    )


def out_of_range(number: str, kind: str, low: int, high: int) -> RawError:
    """What is raised for a number of JSON that is too large for 32 or 64 bits."""
    return RawError(
        f"Numeric value ({number}) out of range of {kind} ({low} - {high}){FIRST}",
        "com.fasterxml.jackson.core.exc.InputCoercionException",
    )


def _shown(kind: str, target: str, value: Any, said: str) -> str:
    if isinstance(value, str) and not target.startswith("java.util."):
        reason = "not a valid representation"
        if kind in ("integer", "long"):
            reason = f"not a valid `{target}` value"
        elif kind in ("double", "float"):
            reason = f"not a valid `{kind.title()}` value"
        elif kind == "boolean":
            reason = 'only "true" or "false" recognized'
        elif said:
            reason = (
                f"Failed to deserialize {target}: (java.time.format.DateTimeParseException) {said}"
            )
        return f'String "{value}": {reason}'
    return text_of(value) if value is None else told(value) or text_of(value)
