"""Resume: an execution that is paused, or whose process died, goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.control.pause import Pause, end_pause, paused_run
from flowrt.engine.takeup import unfinished
from flowrt.inputs.errors import Refusal
from flowrt.model.states import PAUSED, RUNNING
from flowrt.store.codec import pack
from flowrt.store.holders import RESUME, Held
from flowrt.verbs.taken import Taken, open_existing, read, wait_for_holder

if TYPE_CHECKING:

    from flowrt.engine.execution import Execution, TaskRun
    from flowrt.engine.executor import Executor
    from flowrt.model.flow import Flow
    from flowrt.store.host import StoreHost
    from flowrt.verbs.options import RunOptions


def resume(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Let a paused execution, or one whose process died, go on.

    When it is paused for a time and a process waits for that, the process is told. Raises `Refusal` when it has ended or is
    held by a process that is at work, `InputError` for wrong values of `onResume`.
    """
    try:
        return resume_here(flow, id, options)
    except Held:
        if not _tell(flow, id, options):
            raise
        return read(flow, id, options)


def resume_here(flow: Flow, id: str, options: RunOptions) -> Execution:
    """Take the execution up and let it go on. Raises `Held` when another process has it."""
    with Taken(flow, id, options) as taken:
        execution = taken.execution
        if not any(map(unfinished, taken.family)):
            raise Refusal(
                f"Execution '{id}' is not paused, can't resume it: it has ended as {execution.state}"
            )
        taken.rebuild()
        executor = taken.host.executors[id]
        paused = paused_run(execution)
        inputs: dict[str, Any] | None = None
        if (
            paused is not None
            and taken.interrupted
            and not options.inputs
            and _waits(executor, paused)
        ):
            paused = None  # its time has not come yet
        if paused is not None:
            assert isinstance(paused.task, Pause)
            given = options.inputs
            if options.ask is not None and not given:
                given = options.ask(paused.task.on_resume or [])
            inputs = resume_inputs(taken.host, execution, paused, given)
        taken.go_on()
        if paused is not None:
            end_pause(executor, paused, RUNNING, inputs)
        taken.run()
        return taken.first


def _waits(executor: Executor, paused: TaskRun) -> bool:
    """Whether a pause ends by itself."""
    return executor.journal.recall(paused, "pause")[0]


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
    )
    for secret in resolved.secrets:
        host.services.masks.add(secret)
    for text in resolved.warnings(execution.namespace, execution.flow_id):
        host.record(LogRecord(execution, None, "WARN", text, 0))
    # outputs of a task hold no nulls
    return {key: value for key, value in resolved.values.items() if value is not None}


def _tell(flow: Flow, id: str, options: RunOptions) -> bool:
    """Ask the process that waits for a paused execution to go on, and wait for what becomes of it."""
    host = open_existing(flow, options)
    try:
        row = host.reader.row_of(id)
        execution = next(each for each in host.reader.family(row) if each.row == row)
        host.reader.load_runs(execution)
        paused = paused_run(execution)
        if paused is None:
            return False
        inputs = resume_inputs(host, execution, paused, options.inputs)
        host.holders.wish(row, f"{RESUME} {paused.id} {pack(inputs)}")
        wait_for_holder(
            host, row, lambda state, over, wish: over or (wish is None and state == PAUSED)
        )
        return True
    finally:
        host.close()
