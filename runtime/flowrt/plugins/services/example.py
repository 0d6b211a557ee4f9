"""The task that a new plugin begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, Kind, mapping, prop, task_type
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


@task_type("io.kestra.plugin.templates.Example")
class TemplatesExample(Task):
    """A text, from its end to its beginning."""

    outputs: ClassVar[dict[str, Kind] | None] = {"child": mapping(STRING)}

    format: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        text = run.text(self.format) or ""
        run.log("DEBUG", text)
        return {"child": {"value": text[::-1]}}
