"""The task that writes to the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import ANY, prop, task_type
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import LEVEL, Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


NO_MESSAGE = 'Cannot invoke "Object.getClass()" because "this.message" is null'


def write_log(run: RunContext, level: str, message: Any) -> None:
    """Render a message and log it, or each element of a list; an absent one writes nothing.

    Raises TaskFailure for a message, or an element, that is no text.
    """
    if isinstance(message, list):
        for item in message:
            if isinstance(item, (bool, int, float, dict, list)):
                raise TaskFailure(_no_text(item))
            write_log(run, level, item)
        return
    if isinstance(message, (bool, int, float, dict)):
        raise TaskFailure(f"Invalid message type 'class {_class_of(message)}'")
    if message is not None:
        run.log(level, run.text(message) or "")


def _class_of(value: Any) -> str:
    from flowrt.java.values import class_name

    return class_name(value)


def _no_text(value: Any) -> str:
    kind = _class_of(value)
    return (
        f"class {kind} cannot be cast to class java.lang.String ({kind} and java.lang.String are in module java.base"
        " of loader 'bootstrap')"
    )


@task_type("io.kestra.plugin.core.log.Log", "io.kestra.core.tasks.log.Log")
class Log(Task):
    """Write one record, or one a list element."""

    message: Any = prop(ANY)
    level: Text = prop(LEVEL, default="INFO")

    def run(self, run: RunContext) -> None:
        level = str(required(run.constant(self.level, LEVEL)))
        if self.message is None:
            raise TaskFailure(NO_MESSAGE)
        write_log(run, level, self.message)
