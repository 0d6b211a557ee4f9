"""A host over a store: its executions outlive the process, other processes see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.services import WORK
from flowrt.model.failures import Refusal
from flowrt.services import workplace
from flowrt.store.host import StoreHost
from flowrt.store.opening import open_database

if TYPE_CHECKING:
    from flowrt.engine.executor import Executor
    from flowrt.engine.host import Host
    from flowrt.verbs.options import RunOptions


def host_class() -> type[Host]:
    """What a host is made of that has a store."""
    return StoreHost


def use_store(host: Host, store: str, options: RunOptions, *, create: bool) -> None:
    """Open the store of a host that was made for one, and clear away what processes have left that have died.

    `create`: a store that is not there is made. Raises `flowrt.store.errors.StoreError` when it cannot be used, `Refusal` when something cannot be ended.
    """
    assert isinstance(host, StoreHost)
    host.resume, host.say = _told, options.say
    host.use(open_database(store, durability=options.durability, create=create))
    try:
        workplace.clear_away(host.services.root / WORK)
    except workplace.StillRunning as error:
        host.close()
        raise Refusal(str(error)) from None


def _told(executor: Executor, form: str, said: str) -> None:
    """Let a paused execution go on because another process asks for it."""
    from flowrt.verbs.told import told

    told(executor, form, said)
