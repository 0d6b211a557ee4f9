"""The execution that properties of a task name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


class Named(NamedTuple):
    """An execution: its id, and the namespace and flow that it shall be of, where they are named."""

    id: str
    namespace: str | None
    flow_id: str | None


def execution_of(
    run: RunContext, namespace: Text | None, flow: Text | None, execution: Text | None
) -> Named:
    """The execution that is named, the own one by default. Raises TaskFailure where only a part is named."""
    where, what, id = run.text(namespace), run.text(flow), run.text(execution)
    if id is None:
        if where is not None or what is not None:
            raise TaskFailure(
                "`namespace` and `flowId` should only be set when `executionId` is set."
            )
        return Named(run.execution_id, None, None)
    if (where is None) != (what is None):
        raise TaskFailure("Both `namespace` and `flowId` must be set when `executionId` is set.")
    return Named(id, where, what)
