"""Looking at the executions of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.model.states import PAUSED, QUEUED, TERMINAL
from flowrt.verbs.taken import open_existing

if TYPE_CHECKING:
    from collections.abc import Iterator

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


GONE = "interrupted: resume it"
_BEHIND = """
SELECT 1 FROM slot s JOIN execution e ON e.no = s.execution JOIN execution q ON q.no = ?
WHERE e.over = 0 AND e.no <> q.no AND e.namespace = q.namespace AND e.flow = q.flow
AND NOT EXISTS (SELECT 1 FROM holder h WHERE h.execution = e.no)
"""
"""Whether somebody has a place of a flow that another one waits for, and is held by no process."""
WAITS = "waits for one that is paused"


class Listed(NamedTuple):
    """An execution in a list; `started` is as the document writes it."""

    id: str
    flow_id: str
    state: str
    started: str
    stands: str
    """Why it stands still, though it has not ended."""


def listed(flow: Flow, options: RunOptions) -> Iterator[Listed]:
    """All executions of a store, the latest first, one by one."""
    from flowrt.engine.document import iso

    host = open_existing(flow, options)
    try:
        for row, id, flow_id, state, started in host.reader.summaries():
            yield Listed(id, flow_id, state, iso(started), _stands(host, state, row))
    finally:
        host.close()


def executions(flow: Flow, options: RunOptions) -> Iterator[dict[str, Any]]:
    """The documents of all executions of a store without task runs and logs, the latest first, one by one.

    Those that nobody holds though they have not ended, because their process died, have `interrupted`.
    """
    from flowrt.engine.document import execution_document

    host = open_existing(flow, options)
    try:
        for each in host.reader.all():
            yield execution_document(each, logs=False) | _interrupted(host, each)
    finally:
        host.close()


def _interrupted(host: StoreHost, execution: Execution) -> dict[str, Any]:
    if _stands(host, execution.state, execution.row) == GONE:
        return {"interrupted": True}
    return {}


def _stands(host: StoreHost, state: str, row: int) -> str:
    """Its process is gone, or has let go of it because it waits for a paused one."""
    if state in TERMINAL or state == PAUSED or host.holders.holder(row):
        return ""
    paused = any(
        each.state == PAUSED or (each.state == QUEUED and host.database.row(_BEHIND, each.row))
        for each in host.reader.family(row)
    )
    return WAITS if paused and not host.holders.abandoned(row) else GONE
