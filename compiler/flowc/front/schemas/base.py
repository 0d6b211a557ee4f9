"""What the models share: strictness, and the conversions that Kestra's parser makes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from flowc.front.scalars import boolean, double, integer
from flowc.front.times import duration, instant, local_date, local_time

Reader: TypeAlias = Callable[[Any], tuple[Any, str | None]]
"""From what is written to its value, or to what is wrong in Java's words."""


class Strict(BaseModel):
    """Unknown properties are errors; values stay as they are written, and what is null counts as absent."""

    from_source: ClassVar[bool] = False
    """Whether Kestra reads it from the source itself, too: there a property that does not exist is one although null."""

    model_config = ConfigDict(
        extra="forbid", coerce_numbers_to_str=True, defer_build=True, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _present(cls, given: Any) -> Any:
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return without_nulls(given, known if cls.from_source else None)


def without_nulls(given: Any, known: Collection[str] | None = None) -> Any:
    """A map without what is null, or what is null of the `known` names."""
    if not isinstance(given, dict):
        return given
    return {
        key: value
        for key, value in given.items()
        if value is not None or (known is not None and key not in known)
    }


def problem(code: str, message: str, kestra: str = "") -> PydanticCustomError:
    """An error with one of our codes; it becomes a diagnostic at the place of the value. `kestra`: the engine's words."""
    return PydanticCustomError(code, "{text}", {"text": message, "kestra": kestra})


class Conversion:
    """A class of Java that a literal is converted to: how it is read, and what is said of one that cannot be."""

    def __init__(self, java: str, read: Reader, otherwise: str) -> None:
        self._java = java
        self._read = read
        self._otherwise = otherwise

    def __call__(self, value: Any) -> Any:
        """The value of a literal; a blank one has none."""
        found, wrong = self._read(value)
        if wrong is not None:
            kestra = f"Cannot deserialize value of type `{self._java}`: {wrong}"
            raise problem("FC203", f"{_shown(value)} is {self._otherwise}", kestra)
        return found


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a map"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _trimmed(value: Any) -> Any:
    """Blanks around a constant are none of it: all up to the space, as Java trims."""
    return value.strip("".join(map(chr, range(33)))) if isinstance(value, str) else value


def _flag(value: Any) -> tuple[bool | None, str | None]:
    """A flag that may be absent: a blank text is none."""
    blank = isinstance(value, str) and value.strip() in ("", "null")
    return (None, None) if blank else boolean(value)


def said(name: str, value: bool | None) -> bool:
    """A flag that must be there, and is not when its text is blank."""
    if value is None:
        raise problem("FC202", f"`{name}` is blank", f"{name}: must not be null")
    return value


WHOLE = Conversion("java.lang.Integer", integer, "no whole number of 32 bits")
NUMBER = Conversion("java.lang.Float", double, "no number")
FLAG = Conversion("java.lang.Boolean", _flag, "neither `true` nor `false`")
DURATION = Conversion(
    "java.time.Duration", duration, "not a duration; durations are written as `PT5M` or `P1DT2H`"
)
TIME = Conversion("java.time.LocalTime", local_time, "no time of day; write it as `09:30:00`")
DATE = Conversion("java.time.LocalDate", local_date, "no date; write it as `2024-06-30`")
INSTANT = Conversion(
    "java.time.Instant", instant, "no point in time; write it as `2024-06-30T22:00:00Z`"
)

TRIMMED = BeforeValidator(_trimmed)
Map = Annotated[dict[str, Any], BeforeValidator(without_nulls)]
Text = Annotated[str, BeforeValidator(_text)]
Duration = Annotated[str, BeforeValidator(DURATION)]
OptionalDuration = Annotated[str | None, BeforeValidator(DURATION)]
Whole = Annotated[int, BeforeValidator(WHOLE)]
Flag = Annotated[bool | None, BeforeValidator(FLAG)]
TimeOfDay = Annotated[str | None, BeforeValidator(TIME)]


class WorkerGroup(Strict):
    """Of a flow or a trigger."""

    from_source = True

    key: Text | None = None
    fallback: Annotated[Literal["FAIL", "WAIT", "CANCEL"], TRIMMED] | None = None
