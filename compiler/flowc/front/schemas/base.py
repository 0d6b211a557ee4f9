"""What the models share: strictness, and the conversions that Kestra's parser makes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from flowc.front.durations import seconds
from flowc.front.scalars import boolean, integer
from flowrt.java.errors import RawError


class Strict(BaseModel):
    """Unknown properties are errors; values stay as they are written."""

    model_config = ConfigDict(
        extra="forbid", coerce_numbers_to_str=True, defer_build=True, protected_namespaces=()
    )


def problem(code: str, message: str, kestra: str = "") -> PydanticCustomError:
    """An error with one of our codes; it becomes a diagnostic at the place of the value. `kestra`: the engine's words."""
    return PydanticCustomError(code, "{text}", {"text": message, "kestra": kestra})


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _duration(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        return None
    if seconds(value) is None:
        message = f"`{value}` is not a duration; durations are written as `PT5M` or `P1DT2H`"
        raise problem("FC203", message)
    return str(value)


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value.strip() in ("", "null"):
        return None
    found, wrong = boolean(value)
    if wrong is not None:
        kestra = f"Cannot deserialize value of type `java.lang.Boolean`: {wrong}"
        raise problem("FC203", f"`{value}` is neither `true` nor `false`", kestra)
    return found


def _whole(value: Any) -> Any:
    found, wrong = integer(value)
    if wrong is not None:
        kestra = f"Cannot deserialize value of type `java.lang.Integer`: {wrong}"
        raise problem("FC203", f"`{value}` is no whole number", kestra)
    return found


def said(name: str, value: bool | None) -> bool:
    """A flag that must be there, and is not when its text is blank."""
    if value is None:
        raise problem("FC202", f"`{name}` is blank", f"{name}: must not be null")
    return value


def _time_of_day(value: Any) -> Any:
    """A time as ISO writes it, without an offset, or its hour, minute, second and nanosecond in a list."""
    from flowrt.java.time.isoparse import parse_local_time

    text = value.strip() if isinstance(value, str) else _listed_time(value)
    if text == "":
        return None
    reason = "expected a text, or a list of numbers"
    try:
        if text is not None:
            return str(parse_local_time(text))
    except RawError as error:
        reason = str(error)
    kestra = f"Cannot deserialize value of type `java.time.LocalTime`: {reason}"
    shown = value if isinstance(value, str) else "this"
    raise problem("FC203", f"`{shown}` is no time of day; write it as `09:30:00`", kestra)


def _listed_time(value: Any) -> str | None:
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        return None
    if any(isinstance(each, bool) or not isinstance(each, int) or each < 0 for each in value):
        return None
    hour, minute, second, nano = (*value, 0, 0)[:4]
    return f"{hour:02}:{minute:02}:{second:02}.{nano:09}"


Text = Annotated[str, BeforeValidator(_text)]
Duration = Annotated[str, BeforeValidator(_duration)]
OptionalDuration = Annotated[str | None, BeforeValidator(_duration)]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
TimeOfDay = Annotated[str | None, BeforeValidator(_time_of_day)]
