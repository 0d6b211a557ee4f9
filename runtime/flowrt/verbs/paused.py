"""What resuming is for an execution that is paused: the pause ends, here or in the process that has it, with its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.pause import Pause, end_pause, paused_run
from flowrt.model.states import PAUSED, RUNNING
from flowrt.services.uris import without_password
from flowrt.store.codec import pack
from flowrt.store.holders import RESUME
from flowrt.verbs.options import quoted
from flowrt.verbs.taken import open_existing, wait_for_holder

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.model.flow import Flow
    from flowrt.store.host import StoreHost
    from flowrt.verbs.options import RunOptions
    from flowrt.verbs.taken import Taken


MOST_SHOWN = 3


def paused_in(execution: Execution) -> list[Execution]:
    """Those that are paused among an execution and all that it has started."""
    found = []
    all_of_them = [execution]
    for each in all_of_them:
        if each.state == PAUSED:
            found.append(each)
        all_of_them += each.children
    return found


def ways_to_resume(execution: Execution, verb: str, store: str | None) -> list[str]:
    """How what is paused in a store is resumed: `verb` is what stands before its id on a command line."""
    found = paused_in(execution)
    where = f" --store {quoted(without_password(store))}" if store else ""
    lines = []
    for each in found[:MOST_SHOWN]:
        what = "" if each is execution else f"{each.flow_id} {each.id} is paused; "
        lines.append(f"{what}resume it: {verb} {each.id}{where}")
    if len(found) > MOST_SHOWN:
        lines.append(f"{len(found) - MOST_SHOWN} more are paused; list them: list{where}")
    return lines


def end_of_pause(taken: Taken) -> Callable[[], None] | None:
    """What ends the pause of an execution that was taken up, with values that have been checked.

    None when it ends by itself and its time has not come yet, or with what another program has given. Raises `InputError`.
    """
    options, executor = taken.options, taken.host.executors[taken.execution.id]
    paused = paused_run(taken.execution)
    if paused is None:
        return None
    by_itself = taken.interrupted and executor.journal.recall(paused, "pause")[0]
    if (by_itself or taken.given) and not options.inputs:
        return None
    assert isinstance(paused.task, Pause)
    given = options.inputs
    if options.ask is not None and not given:
        given = options.ask(paused, paused.task.on_resume or [])
    inputs = resume_inputs(taken.host, taken.execution, paused, given)
    return lambda: end_pause(executor, paused, RUNNING, inputs)


def resume_inputs(
    host: StoreHost, execution: Execution, paused: TaskRun, given: dict[str, Any]
) -> dict[str, Any]:
    """The values for a paused run, resolved as the inputs of a flow are. Raises `InputError`."""
    from flowrt.engine.creation import store_input
    from flowrt.engine.execution import LogRecord
    from flowrt.engine.variables import input_context
    from flowrt.inputs.resolution import resolve_inputs

    task = paused.task
    assert isinstance(task, Pause)
    if not task.on_resume and not given:
        return {}
    resolved = resolve_inputs(
        task.on_resume or [],
        given,
        variables=lambda more: input_context(host, execution, more),
        store_file=lambda input_id, name, data: store_input(host, execution, input_id, name, data),
        sealer=host.services.sealer,
        masks=host.services.masks,
        micros=False,
    )
    for text in resolved.warnings(execution.namespace, execution.flow_id):
        host.record(LogRecord(execution, None, "WARN", text, 0))
    # outputs of a task hold no nulls
    return {key: value for key, value in resolved.values.items() if value is not None}


def tell(flow: Flow, id: str, options: RunOptions) -> bool | None:
    """Ask the process that waits for a paused execution to go on, and wait for what becomes of it.

    False when that process let go or died without doing so, None when nothing is paused.
    """
    host = open_existing(flow, options)
    try:
        row = host.reader.row_of(id)
        execution = next(each for each in host.reader.family(row) if each.row == row)
        host.reader.load_runs(execution)
        paused = paused_run(execution)
        if paused is None:
            return None
        inputs = resume_inputs(host, execution, paused, options.inputs)
        host.holders.wish(row, f"{RESUME} {paused.id} {pack(inputs)}")
        return wait_for_holder(
            host, row, lambda state, over, wish: over or (wish is None and state == PAUSED)
        )
    finally:
        host.close()
