"""Asking the process that has a paused execution to let it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import PlainFailure
from flowrt.model.states import PAUSED
from flowrt.store.codec import pack
from flowrt.store.holders import GIVEN, SEALED

if TYPE_CHECKING:
    from flowrt.engine.services import Services
    from flowrt.store.database import Database
    from flowrt.store.holders import Holders


def ask_for(
    holders: Holders,
    database: Database,
    services: Services,
    id: str,
    inputs: dict[str, Any] | None,
) -> None:
    """Ask for it, with values as somebody gave them. Raises PlainFailure when nobody could do it."""
    found = database.row("SELECT no, state FROM execution WHERE id = ?", id)
    if found is None:
        raise PlainFailure(f"No execution found for execution id {id}")
    row, state = found
    if state != PAUSED:
        raise PlainFailure("The execution is not paused")
    if holders.holder(row) is None:
        raise PlainFailure(
            f"No process has the execution {id}, which is paused: its own program goes on with it"
            f" (resume {id})"
        )
    verb, said = GIVEN, pack(inputs)
    if database.row("SELECT 1 FROM choice WHERE execution = ? AND name = 'secret'", row):
        verb, said = SEALED, pack(services.sealer.seal(said))
    holders.wish(row, f"{verb} {said}")
