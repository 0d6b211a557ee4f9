"""Concurrency, service levels, checks, plugin defaults, listeners."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from flowc.front.schemas.base import Duration, Flag, Map, Strict, Text, Whole


class Concurrency(Strict):
    from_source = True

    limit: Whole = Field(ge=1)
    behavior: Literal["QUEUE", "CANCEL", "FAIL"] | None = None


class _ServiceLevel(Strict):
    from_source = True

    id: Text = Field(min_length=1)
    behavior: Literal["FAIL", "CANCEL", "NONE"]
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
    style: Literal["ERROR", "SUCCESS", "WARNING", "INFO"] | None = None
    behavior: Literal["BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION"] | None = None


class PluginDefault(Strict):
    type: Text
    forced: Flag = None
    ref: Text | None = None
    values: Map


class Listener(Strict):
    description: Text | None = None
    conditions: list[Any] | None = None
    tasks: list[Any]
