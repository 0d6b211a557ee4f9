"""Switch: the list of tasks whose case equals the rendered value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import BOOLEAN, CASES, STRING, TASKS, Kind, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Text


@task_type("io.kestra.plugin.core.flow.Switch", "io.kestra.core.tasks.flows.Switch")
class Switch(Flowable):
    """Cases compare as exact text."""

    outputs: ClassVar[dict[str, Kind] | None] = {"value": STRING, "defaults": BOOLEAN}

    value: Text = prop(STRING)
    cases: dict[str, list[Any]] = prop(CASES, static=True, default=None)
    defaults: list[Any] = prop(TASKS, static=True, default=None)
