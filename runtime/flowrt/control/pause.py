"""Pause: the whole execution stands still until a duration is over or somebody resumes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import DURATION, INPUTS, TASK, TASKS, Kind, enum, mapping, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Text


@task_type("io.kestra.plugin.core.flow.Pause", "io.kestra.core.tasks.flows.Pause")
class Pause(Flowable):
    """With a duration it goes on by itself, as `behavior` says."""

    outputs: ClassVar[dict[str, Kind] | None] = {"onResume": mapping(), "resumed": mapping()}

    pause_duration: Text | None = prop(DURATION, default=None, aliases=("delay",))
    behavior: Text = prop(enum("RESUME", "WARN", "CANCEL", "FAIL"), default="RESUME")
    on_pause: Any = prop(TASK, static=True, default=None)
    on_resume: list[Any] = prop(INPUTS, static=True, default=None)
    tasks: list[Any] = prop(TASKS, static=True, default=None)
