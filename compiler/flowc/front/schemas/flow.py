"""Concurrency, service levels, checks, plugin defaults, listeners."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from flowc.front.schemas.base import TRIMMED, Duration, Flag, Map, Strict, Text, Whole


class Concurrency(Strict):
    from_source = True

    limit: Whole = Field(ge=1)
    behavior: Annotated[Literal["QUEUE", "CANCEL", "FAIL"], TRIMMED] | None = None


class _ServiceLevel(Strict):
    from_source = True

    id: Text = Field(min_length=1)
    behavior: Annotated[Literal["FAIL", "CANCEL", "NONE"], TRIMMED]
    labels: Any = None


class MaxDuration(_ServiceLevel):
    type: Literal["MAX_DURATION"]
    duration: Duration


class Assertion(_ServiceLevel):
    type: Literal["EXECUTION_ASSERTION"]
    assert_: Text = Field(alias="assert", min_length=1)


SERVICE_LEVELS: dict[str, type[Strict]] = {
    "MAX_DURATION": MaxDuration,
    "EXECUTION_ASSERTION": Assertion,
}


class Check(Strict):
    condition: Text = Field(min_length=1)
    message: Text = Field(min_length=1)
    style: Annotated[Literal["ERROR", "SUCCESS", "WARNING", "INFO"], TRIMMED] | None = None
    behavior: (
        Annotated[Literal["BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION"], TRIMMED] | None
    ) = None


class PluginDefault(Strict):
    type: Text
    forced: Flag = None
    ref: Text | None = None
    values: Map


class Listener(Strict):
    description: Text | None = None
    conditions: list[Any] | None = None
    tasks: list[Any]
