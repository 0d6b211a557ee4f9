"""OutputValues: values for later tasks and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.declare import Kind, mapping, prop, task_type
from flowrt.tasks.base import Task

if TYPE_CHECKING:
    from flowrt.declare import Mapping
    from flowrt.tasks.base import RunContext


@task_type("io.kestra.plugin.core.output.OutputValues")
class OutputValues(Task):
    """Answer a rendered map as `values`."""

    outputs: ClassVar[dict[str, Kind] | None] = {"values": mapping()}

    values: Mapping | None = prop(mapping(), default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        return {"values": run.mapping(self.values) or {}}
