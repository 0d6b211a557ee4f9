"""JSON read into the records of the engine, as its Jackson does that: what fits, and what is said of what does not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from flowrt.expr.misfits import CLASSES
from flowrt.expr.properties import from_json
from flowrt.formats.jsonread import FIRST, PLACE, told
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.java.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN
from flowrt.model.misfit import misfit

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAP = "java.util.LinkedHashMap"
_LIST = "java.util.ArrayList"
_LEVEL = "org.slf4j.event.Level"
_LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")
"""In their order: a number stands for one, too."""
_NAMES = ("ERROR", "DEBUG", "TRACE", "INFO", "WARN")
"""In the order in which the engine tells them."""
_BLANKS = "".join(map(chr, range(33)))
_INDEX = re.compile("[1-9][0-9]*|0")
_SPACE = re.compile(r"[ \t\n\r]*")


class Unreadable(Exception):
    """Something that cannot be read, in the engine's words; `behind` is what it says of the cause."""

    def __init__(self, message: str, behind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.behind = behind
        self.steps: list[tuple[str, str | int]] = []
        """The way to it from outside: each time the class, and what of it."""


class Shape(Protocol):
    """What a value is read as."""

    java: str

    def read(self, value: Any) -> Any:
        """The value of a JSON value that is not null. Raises Unreadable."""


class Whole(int):
    """A whole number that knows how it is written."""

    written = ""


class Broken(float):
    """A number with a fraction or an exponent that knows how it is written."""

    written = ""


def _written(kind: type[Whole] | type[Broken]) -> Any:
    def number(text: str) -> Any:
        found = kind(text)
        found.written = text
        return found

    return number


_decoder = json.JSONDecoder(parse_int=_written(Whole), parse_float=_written(Broken))


def read_json(text: str) -> Any:
    """The first value of a text that is known to be JSON; its numbers know how they are written."""
    return _decoder.raw_decode(text, _blank(text, 0))[0]


def read_at(shape: Shape, value: Any, java: str, step: str | int) -> Any:
    """A part of something, by its class and the name or number of the part. Raises Unreadable."""
    if value is None:
        return None
    try:
        return shape.read(value)
    except Unreadable as error:
        error.steps.insert(0, (java, step))
        raise


def told_in(text: str, error: Unreadable) -> Unreadable:
    """The failure with its place in the text, and the way to there."""
    place = PLACE.format(1, _column(text, [step for _, step in error.steps]))
    way = "->".join(
        f'{java}["{step}"]' if isinstance(step, str) else f"{java}[{step}]"
        for java, step in error.steps
    )
    return Unreadable(f"{error}{place} (through reference chain: {way})", error.behind)


class Scalar:
    """A text, a number, a truth or a time."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.java = CLASSES[kind]

    def read(self, value: Any) -> Any:
        if isinstance(value, Whole):
            value = value.written if self.kind == "string" else int(value)
        elif isinstance(value, Broken):
            value = value.written if self.kind == "string" else float(value)
        try:
            return from_json(self.kind, value, read=True)
        except RawError as error:
            said = error.message.removesuffix(FIRST)
            raise Unreadable(said, self._behind(said)) from None

    def _behind(self, said: str) -> str:
        """What was wrong in the eyes of whoever reads such values, where that is another."""
        if said.startswith("Numeric value "):
            return said
        return said.partition("(java.time.format.DateTimeParseException) ")[2]


class LevelShape:
    """The level of a log entry."""

    java = _LEVEL

    def read(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._named(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _unfit(_LEVEL, value)
        if not INT_MIN <= value <= INT_MAX:
            said = f"Numeric value ({int(value)}) out of range of int ({INT_MIN} - {INT_MAX})"
            raise Unreadable(said, said)
        if 0 <= value < len(_LEVELS):
            return _LEVELS[value]
        raise Unreadable(
            f"Cannot deserialize value of type `{_LEVEL}` from number {int(value)}: index value outside legal index"
            f" range [0..{len(_LEVELS) - 1}]"
        )

    def _named(self, text: str) -> str:
        name = text.strip(_BLANKS)
        if not name:
            raise _empty(f"`{_LEVEL}` value")
        if name in _LEVELS:
            return name
        if _INDEX.fullmatch(name) and int(name) < len(_LEVELS):
            return _LEVELS[int(name)]
        raise Unreadable(
            f'Cannot deserialize value of type `{_LEVEL}` from String "{name}": not one of the values accepted for'
            f" Enum class: [{', '.join(_NAMES)}]"
        )


class Items:
    """A list."""

    def __init__(self, of: Shape) -> None:
        self.of = of
        self.java = f"{_LIST}<{of.java}>"

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _unfit(self.java, value)
        return [read_at(self.of, each, _LIST, number) for number, each in enumerate(value)]


class Entries:
    """A map."""

    def __init__(self, of: Shape | None = None) -> None:
        self.of = of
        inner = "java.lang.Object" if of is None else of.java
        self.java = f"{_MAP}<java.lang.String,{inner}>"

    def read(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            raise _no_text(_MAP, value, f"element of `{_MAP}`")
        if not isinstance(value, dict):
            raise _unfit(self.java, value)
        if self.of is None:
            return value
        return {name: read_at(self.of, each, _MAP, name) for name, each in value.items()}


class Record:
    """An object of a class of the engine, which reads what it has properties for and leaves the rest."""

    def __init__(self, java: str, fields: Mapping[str, Shape]) -> None:
        self.java = java
        self.fields = fields

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            raise _unfit(self.java, value)
        if isinstance(value, str):
            raise _no_text(self.java, value, f"`{self.java}` value")
        if not isinstance(value, dict):
            raise _no_way_to_make(self.java, *_told(value))
        return {
            name: read_at(self.fields[name], each, self.java, name)
            for name, each in value.items()
            if name in self.fields
        }


STRING = Scalar("string")
INTEGER = Scalar("integer")
LONG = Scalar("long")
DOUBLE = Scalar("double")
BOOLEAN = Scalar("boolean")
INSTANT = Scalar("instant")
DURATION = Scalar("duration")
LEVEL = LevelShape()


def token_of(value: Any) -> str:
    """What Jackson calls the first token of a value."""
    return told(value).partition("JsonToken.")[2].rstrip("`)")


def _unfit(java: str, value: Any) -> Unreadable:
    return Unreadable(str(misfit(java, value)))


def _empty(target: str) -> Unreadable:
    return Unreadable(
        f'Cannot coerce empty String ("") to {target} (but could if coercion was enabled using `CoercionConfig`)'
    )


def _no_text(java: str, text: str, target: str) -> Unreadable:
    if not text.strip(_BLANKS):
        return _empty(target)
    return _no_way_to_make(java, "String", f"String value ('{text}')")


def _told(value: Any) -> tuple[str, str]:
    """What an object would have to be made from, and the value."""
    if isinstance(value, bool):
        return "boolean/Boolean", f"boolean value ({text_of(value)})"
    if not isinstance(value, int):
        return "double/Double", f"Number value ({text_of(float(value))})"
    kind = "BigInteger"
    if LONG_MIN <= value <= LONG_MAX:
        kind = "int/Int" if INT_MIN <= value <= INT_MAX else "long/Long"
    return kind, f"Number value ({int(value)})"


def _no_way_to_make(java: str, source: str, shown: str) -> Unreadable:
    return Unreadable(
        f"Cannot construct instance of `{java}` (although at least one Creator exists): no {source}-argument"
        f" constructor/factory method to deserialize from {shown}"
    )


def _blank(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _column(text: str, way: list[str | int]) -> int:
    """Where a part of a JSON text begins, counted from 1."""
    at = _blank(text, 0)
    for step in way:
        at = _blank(text, at + 1)
        found, number = at, 0
        while text[at] not in "]}":
            if isinstance(step, int):
                is_it = number == step
            else:
                name, at = _decoder.raw_decode(text, at)
                is_it = name == step
                at = _blank(text, _blank(text, at) + 1)
            if is_it:
                found = at
            at = _blank(text, _decoder.raw_decode(text, at)[1])
            if text[at] == ",":
                at = _blank(text, at + 1)
            number += 1
        at = found
    return at + 1
