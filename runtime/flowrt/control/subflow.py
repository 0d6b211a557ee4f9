"""Subflow: another flow as one task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    INTEGER,
    STRING,
    Kind,
    enum,
    mapping,
    prop,
    task_type,
)
from flowrt.tasks.base import Task

if TYPE_CHECKING:
    from flowrt.declare import Flag, Mapping, Text


@task_type(
    "io.kestra.plugin.core.flow.Subflow",
    "io.kestra.core.tasks.flows.Subflow",
    "io.kestra.core.tasks.flows.Flow",
)
class Subflow(Task):
    """Starts an execution of another flow and, with `wait`, takes its state and outputs."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "executionId": STRING,
        "state": STRING,
        "outputs": mapping(),
    }

    namespace: Text = prop(STRING)
    flow_id: Text = prop(STRING)
    revision: int | None = prop(INTEGER, static=True, default=None)
    inputs: Mapping | None = prop(mapping(), default=None)
    labels: Any = prop(ANY, default=None)
    inherit_labels: Flag = prop(BOOLEAN, default=False)
    wait: bool = prop(BOOLEAN, static=True, default=True)
    transmit_failed: bool = prop(BOOLEAN, static=True, default=True)
    output_map: Mapping | None = prop(mapping(), yaml="outputs", default=None)
    schedule_date: Text | None = prop(DATETIME, default=None)
    restart_behavior: str = prop(
        enum("RETRY_FAILED", "NEW_EXECUTION"), static=True, default="RETRY_FAILED"
    )
