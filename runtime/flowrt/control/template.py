"""Template: the tasks of a stored template, expanded at compile time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.engine.flowable import Flowable
from flowrt.java.errors import ExpressionError
from flowrt.model.declare import PLAIN, STRING, Kind, mapping, prop, task_type, written_map

if TYPE_CHECKING:
    from flowrt.engine.blockcontext import BlockContext
    from flowrt.engine.frames import Frame
    from flowrt.model.declare import Mapping, Text


@task_type("io.kestra.plugin.core.flow.Template", "io.kestra.core.tasks.flows.Template")
class Template(Flowable):
    """Runs the tasks of a template one by one; `args` are its outputs."""

    shape: ClassVar[str] = "template"
    outputs: ClassVar[dict[str, Kind] | None] = {"args": mapping()}

    namespace: Text = prop(PLAIN)
    template_id: Text = prop(PLAIN)
    args: Mapping | None = prop(written_map(STRING), default=None)
    tenant_id: str | None = prop(STRING, static=True, default=None, ignored=True)

    missing: bool = False
    """No template of that name was at hand when the flow was compiled, so the task fails when it begins."""

    def state(self, frame: Frame) -> str | None:
        if self.missing:
            name = f"{self.namespace}.{self.template_id}"
            raise ExpressionError(f"Can't find flow template '{name}'")
        return super().state(frame)

    def created(self, run: BlockContext) -> dict[str, Any] | None:
        args = run.structure(self.args) if isinstance(self.args, dict) else run.mapping(self.args)
        return None if args is None else {"args": args}
