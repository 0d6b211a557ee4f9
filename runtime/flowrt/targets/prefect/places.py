"""Names of task runs: where they stand in their execution, and how people read that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrt.engine.execution import TaskRun


def address(run: TaskRun) -> str:
    """The place of a task run in its execution: the same in every try of a flow run."""
    at: TaskRun | None = run
    parts = []
    while at is not None:
        round = "" if at.iteration is None else f".{at.iteration}"
        parts.append(f"{at.task.id}{round}" + ("" if at.value is None else f"[{at.value}]"))
        at = at.parent
    return "/".join(reversed(parts))


def label(run: TaskRun) -> str:
    """The name of a task run as people read it: the task and the loop values around it."""
    name = run.task.id + "".join(f"[{value}]" for value in run.values())
    # Prefect takes the name as a template of its own
    return name.replace("{", "{{").replace("}", "}}")
