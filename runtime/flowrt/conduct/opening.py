"""The process that executions are conducted in: its services, its log, and who does the work."""

from __future__ import annotations

from os import environ, makedirs
from typing import TYPE_CHECKING, Any

from flowrt.conduct.host import LoopHost
from flowrt.engine.creation import create_execution
from flowrt.verbs.start import checks_hold, folder_of, known_flows, services_of

if TYPE_CHECKING:
    from flowrt.conduct.conductor import Conductor
    from flowrt.conduct.host import Hands
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions

STORAGE = "FLOWRT_STORAGE"
"""The variable with the address of files and key-value entries, if they are kept elsewhere than in the folder of the store."""


def open_loop_host(flow: Flow, options: RunOptions, hands: Hands) -> LoopHost:
    """A host in the event loop, for a flow and those that it starts."""
    options.storage = options.storage or environ.get(STORAGE, "")
    if options.store is not None:
        makedirs(folder_of(options.store), exist_ok=True)
    host = LoopHost(
        services_of(flow, options),
        clock=options.clock,
        ids=options.ids,
        sink=options.sink,
        keep_logs=True,
        wants_trace=options.wants_trace,
    )
    host.known = known_flows(flow)
    host.hands = hands
    return host


def begin(host: LoopHost, flow: Flow, given: dict[str, Any], options: RunOptions) -> Conductor:
    """A new execution, whose lists have not begun. One whose checks fail has ended already.

    Raises `flowrt.inputs.errors.InputError` and `flowrt.inputs.checks.CheckError` when it may not be created.
    """
    execution = create_execution(host, flow, given, labels=options.labels, trigger=options.trigger)
    if flow.checks and not checks_hold(host, execution, options):
        execution.enter("FAILED")
    return host.conductor(execution)
