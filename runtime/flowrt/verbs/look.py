"""Looking at the executions of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.states import PAUSED
from flowrt.verbs.taken import open_existing, read

if TYPE_CHECKING:

    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def document_of(flow: Flow, id: str, options: RunOptions) -> dict[str, Any]:
    """The document of an execution, with logs and children. Raises `Refusal` when there is none with that id."""
    from flowrt.engine.document import execution_document

    return execution_document(read(flow, id, options))


def executions(flow: Flow, options: RunOptions) -> list[dict[str, Any]]:
    """The documents of all executions of a store without task runs and logs, the latest first.

    Those that nobody holds though they have not ended, because their process died, have `interrupted`.
    """
    from flowrt.engine.document import execution_document

    host = open_existing(flow, options)
    try:
        documents = []
        for each in host.reader.all():
            document = execution_document(each, logs=False)
            if not each.terminal and each.state != PAUSED and host.holders.holder(each.row) is None:
                document["interrupted"] = True
            documents.append(document)
        return documents
    finally:
        host.close()
