"""Making an execution: its inputs are resolved, its labels gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.variables import input_context

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.engine.ports import Engine, Process
    from flowrt.expr.context import Context
    from flowrt.model.flow import Flow


def create_execution(
    host: Process,
    flow: Flow,
    given: dict[str, Any],
    *,
    labels: dict[str, str] | None = None,
    trigger: dict[str, Any] | None = None,
) -> Execution:
    """A new execution, not yet started.

    Raises `flowrt.inputs.errors.InputError` for inputs that are refused. Undeclared ones are logged as warnings.
    """
    execution = Execution(flow, labels=labels, trigger=trigger, clock=host.clock, ids=host.ids)

    def variables(more: dict[str, Any]) -> Context:
        return input_context(host, execution, more)

    if trigger is not None and flow.triggers:
        from flowrt.engine.firing import fire

        given = {**fire(execution, trigger, labels or {}, variables), **given}
    if not (flow.inputs or given):
        return execution
    from flowrt.inputs.resolution import fill_groups, resolve_inputs

    sealer = host.services.sealer
    resolved = resolve_inputs(
        flow.inputs,
        given,
        variables=variables,
        store_file=lambda input_id, name, data: store_input(host, execution, input_id, name, data),
        sealer=sealer,
        masks=host.services.masks,
    )
    fill_groups(flow.inputs, resolved.values, variables=variables, sealer=sealer)
    execution.inputs = resolved.values
    for text in resolved.warnings(flow.namespace, flow.id):
        host.record(LogRecord(execution, None, "WARN", text, 0))
    return execution


def store_input(
    host: Process, execution: Execution, input_id: str, name: str, data: bytes | Path
) -> str:
    """Keep a file that was given as an input.

    Raises `InputError` for a name that no address can have: it is stored as it arrives, before any input is looked at.
    """
    from flowrt.inputs.errors import InputError, Unreadable
    from flowrt.java.uri import InvalidUri, split_uri
    from flowrt.services.paths import Outside
    from flowrt.services.uris import execution_path

    folder = execution_path(execution.namespace, execution.flow_id, execution.id)
    path = f"//{folder}/inputs/{input_id}/{name}"
    try:
        split_uri(path)
        return host.services.storage.write(f"kestra:{path}", data)
    except InvalidUri as error:
        raise InputError(f"java.net.URISyntaxException: {error}") from None
    except Outside as error:
        raise Unreadable(str(error)) from None


def start_child(executor: Engine, execution: Execution) -> Engine:
    """Start an execution on behalf of a task of another one."""
    executor.execution.children.append(execution)
    execution.starter = executor.execution
    return executor.host.start(execution)
