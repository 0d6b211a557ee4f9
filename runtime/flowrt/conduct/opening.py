"""The process that executions are conducted in: its services, its log, and who does the work."""

from __future__ import annotations

from os import makedirs
from typing import TYPE_CHECKING, Any

from flowrt.conduct.host import LoopHost
from flowrt.engine.creation import create_execution
from flowrt.verbs.start import checks_hold, known_flows, services_of

if TYPE_CHECKING:
    from flowrt.conduct.conductor import Conductor
    from flowrt.conduct.host import Hands
    from flowrt.model.flow import Flow
    from flowrt.verbs.options import RunOptions


def open_loop_host(flow: Flow, options: RunOptions, hands: Hands) -> LoopHost:
    """A host in the event loop, for a flow and those that it starts."""
    if options.store is not None:
        makedirs(options.store, exist_ok=True)
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
