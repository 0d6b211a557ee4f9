"""Starting a flow as a program does: services, checks, the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.engine.host import Host
from flowrt.engine.services import Services
from flowrt.engine.starting import create_execution, input_context

if TYPE_CHECKING:
    from flowrt.engine.execution import Execution
    from flowrt.flow import Flow
    from flowrt.program.options import RunOptions


def open_host(flow: Flow, options: RunOptions) -> Host:
    """The process that the flow runs in, with the flows that it knows."""
    known = flow.known() if flow.others else {(flow.namespace, flow.id): flow}
    services = Services(
        namespace_files=options.namespace_files,
        key_values=options.kv,
        namespaces=tuple({namespace for namespace, _ in known} | set(options.kv)),
    )
    host = Host(
        services,
        sink=options.sink,
        keep_logs=options.keep_logs,
        wants_trace=options.wants_trace,
    )
    host.known = known
    return host


def execute(flow: Flow, options: RunOptions) -> Execution:
    """Run a flow from its start."""
    host = open_host(flow, options)
    try:
        execution = create_execution(
            host, flow, options.inputs, labels=options.labels, trigger=options.trigger
        )
        if flow.checks:
            from flowrt.inputs.checks import FAIL, evaluate_checks

            context = input_context(host, execution, {"inputs": execution.inputs})
            if evaluate_checks(flow.checks, context).behavior == FAIL:
                from time import time_ns

                execution.state = "FAILED"
                execution.history += ("FAILED", time_ns())
                return execution
        host.start(execution)
        host.run()
        return execution
    finally:
        host.services.close()
