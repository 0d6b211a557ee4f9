"""ForEachItem: a subflow for each batch of lines of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import (
    ANY,
    BOOLEAN,
    DATETIME,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    mapping,
    prop,
    record,
    task_type,
)

if TYPE_CHECKING:
    from flowrt.declare import Flag, Integer, Mapping, Text


class Batch(Declared):
    """How lines are grouped; the first of regex_pattern, bytes, partitions, rows that is set counts."""

    regex_pattern: Text | None = prop(STRING, default=None)
    bytes: Text | None = prop(STRING, default=None)
    partitions: Integer | None = prop(INTEGER, default=None)
    rows: Integer = prop(INTEGER, default=1)
    separator: Text = prop(STRING, default="\n")


@task_type("io.kestra.plugin.core.flow.ForEachItem", "io.kestra.core.tasks.flows.ForEachItem")
class ForEachItem(Flowable):
    """Its children are fixed: `<id>_split`, `<id>_items`, `<id>_merge`."""

    outputs: ClassVar[dict[str, Kind] | None] = {}

    items: Text = prop(STRING)
    batch: Batch | None = prop(record(Batch), default=None)
    namespace: Text = prop(STRING)
    flow_id: Text = prop(STRING)
    revision: int | None = prop(INTEGER, static=True, default=None)
    inputs: Mapping | None = prop(mapping(), default=None)
    labels: Any = prop(ANY, default=None)
    inherit_labels: Flag = prop(BOOLEAN, default=False)
    wait: bool = prop(BOOLEAN, static=True, default=True)
    transmit_failed: bool = prop(BOOLEAN, static=True, default=True)
    schedule_date: Text | None = prop(DATETIME, default=None)
    restart_behavior: str = prop(
        enum("RETRY_FAILED", "NEW_EXECUTION"), static=True, default="RETRY_FAILED"
    )
