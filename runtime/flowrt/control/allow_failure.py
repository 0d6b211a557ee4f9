"""AllowFailure: children one after the other; a failure becomes a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.engine.flowable import Flowable
from flowrt.model.declare import TASKS, prop, task_type
from flowrt.model.states import FAILED, WARNING

if TYPE_CHECKING:
    from flowrt.engine.frames import Frame


@task_type("io.kestra.plugin.core.flow.AllowFailure", "io.kestra.core.tasks.flows.AllowFailure")
class AllowFailure(Flowable):
    """Runs tasks one by one; one that fails ends the block with WARNING, and the flow goes on."""

    shape: ClassVar[str] = "group"
    needs_child: ClassVar[bool] = True

    tasks: list[Any] = prop(TASKS, init=False)

    def state(self, frame: Frame) -> str | None:
        found = frame.resolve()
        return WARNING if found == FAILED else found
