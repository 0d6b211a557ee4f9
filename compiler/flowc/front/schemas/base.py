"""What the models share: strictness, and the conversions that Kestra's parser makes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from flowc.front.durations import seconds


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
    if seconds(value) is None:
        message = f"`{value}` is not a duration; durations are written as `PT5M` or `P1DT2H`"
        raise problem("FC203", message)
    return str(value)


Text = Annotated[str, BeforeValidator(_text)]
Duration = Annotated[str, BeforeValidator(_duration)]
