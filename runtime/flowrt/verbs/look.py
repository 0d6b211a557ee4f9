"""Looking at the executions of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.states import PAUSED
from flowrt.verbs.taken import open_existing

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution
    from flowrt.model.flow import Flow
    from flowrt.store.host import StoreHost
    from flowrt.verbs.options import RunOptions


def document_of(flow: Flow, id: str, options: RunOptions) -> dict[str, Any]:
    """The document of an execution, with logs and children. Raises `Refusal` when there is none with that id.

    `interrupted` is true in it when the process of an execution that has not ended is gone.
    """
    from flowrt.engine.document import execution_document

    host = open_existing(flow, options)
    try:
        execution = host.reader.complete(host.reader.row_of(id))
        return execution_document(execution) | _interrupted(host, execution)
    finally:
        host.close()


def executions(flow: Flow, options: RunOptions) -> list[dict[str, Any]]:
    """The documents of all executions of a store without task runs and logs, the latest first.

    Those that nobody holds though they have not ended, because their process died, have `interrupted`.
    """
    from flowrt.engine.document import execution_document

    host = open_existing(flow, options)
    try:
        return [
            execution_document(each, logs=False) | _interrupted(host, each)
            for each in host.reader.all()
        ]
    finally:
        host.close()


def _interrupted(host: StoreHost, execution: Execution) -> dict[str, Any]:
    if execution.terminal or execution.state == PAUSED or host.holders.holder(execution.row):
        return {}
    return {"interrupted": True}
