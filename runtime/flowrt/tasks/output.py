"""OutputValues: values for later tasks and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import Kind, mapping, prop, task_type
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping


@task_type("io.kestra.plugin.core.output.OutputValues")
class OutputValues(Task):
    """Answer a rendered map as `values`."""

    outputs: ClassVar[dict[str, Kind] | None] = {"values": mapping()}

    values: Mapping | None = prop(mapping(), default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        return {"values": run.mapping(self.values) or {}}
