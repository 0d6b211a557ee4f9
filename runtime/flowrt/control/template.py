"""Template: the tasks of a stored template, expanded at compile time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.control.base import Flowable
from flowrt.declare import STRING, Kind, mapping, prop, task_type

if TYPE_CHECKING:
    from flowrt.declare import Mapping, Text
    from flowrt.engine.runcontext import TaskContext


@task_type("io.kestra.plugin.core.flow.Template", "io.kestra.core.tasks.flows.Template")
class Template(Flowable):
    """Runs the tasks of a template one by one; `args` are its outputs."""

    shape: ClassVar[str] = "template"
    outputs: ClassVar[dict[str, Kind] | None] = {"args": mapping()}

    namespace: Text | None = prop(STRING, default=None)
    template_id: Text = prop(STRING)
    args: Mapping | None = prop(mapping(), default=None)

    def created(self, run: TaskContext) -> dict[str, Any] | None:
        args = run.structure(self.args) if isinstance(self.args, dict) else run.mapping(self.args)
        return None if args is None else {"args": args}
