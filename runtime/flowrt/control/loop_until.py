"""LoopUntil: children again and again until a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    TASKS,
    Declared,
    Kind,
    prop,
    record,
    task_type,
)

if TYPE_CHECKING:
    from flowrt.declare import Flag, Integer, Text


class CheckFrequency(Declared):
    """How often the condition is tested, and when to give up."""

    interval: Text | None = prop(DURATION, default=None)
    max_iterations: Integer | None = prop(INTEGER, default=None)
    max_duration: Text | None = prop(DURATION, default=None)


@task_type("io.kestra.plugin.core.flow.LoopUntil", "io.kestra.plugin.core.flow.WaitFor")
class LoopUntil(Flowable):
    """Between two passes the whole execution is PAUSED for the interval."""

    outputs: ClassVar[dict[str, Kind] | None] = {"iterationCount": INTEGER}

    condition: Text = prop(STRING)
    tasks: list[Any] = prop(TASKS, static=True)
    fail_on_max_reached: Flag = prop(BOOLEAN, default=False)
    check_frequency: CheckFrequency | None = prop(record(CheckFrequency), default=None)
