"""The outputs of a flow, rendered and converted when it ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flowrt.engine.creation import store_input
from flowrt.engine.variables import Variables, execution_variables, taskrun_entry
from flowrt.java.values import hash_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import TaskRun
    from flowrt.engine.ports import Engine

    Log = Callable[[str, str], None]


def variables_of(executor: Engine, caller: TaskRun | None) -> Variables:
    """What outputs are rendered with: the variables of the execution, for a `caller` that has started it with its own run."""
    v = execution_variables(executor)
    if caller is not None:
        v["task"] = {"id": caller.task.id, "type": caller.task.shown_type()}
        v["taskrun"] = taskrun_entry(caller, caller.attempt_count)
        v["parents"] = []
    return v


def rendered_outputs(
    executor: Engine, caller: TaskRun | None = None, log: Log | None = None
) -> dict[str, Any]:
    """The outputs as rendered, not converted: the required ones as a map in Java has them, behind them the optional ones.

    Raises what the first required one raises.

    `caller` is the run that has started the flow, `log` its log, where what cannot be rendered is told; otherwise the
    execution tells it.
    """
    log = log or partial(executor.log, None)
    v = variables_of(executor, caller)
    outputs = {output.id: output for output in executor.flow.outputs or ()}
    rendered: dict[str, Any] = {}
    for name in hash_order(each.id for each in outputs.values() if each.required):
        rendered[name] = _render(outputs[name].value, v)
    for name, output in outputs.items():
        if not output.required:
            rendered[name] = None
            try:
                rendered[name] = _render(output.value, v)
            except Exception:
                log("WARN", f"Failed to render optional flow output '{name}'. Output is ignored.")
    return rendered


def render_outputs(
    executor: Engine, caller: TaskRun | None = None, log: Log | None = None
) -> dict[str, Any]:
    """Render all outputs, then convert them to their types."""
    from flowrt.inputs.outputs import convert_outputs

    rendered = rendered_outputs(executor, caller, log)
    host, execution = executor.host, executor.execution
    return convert_outputs(
        executor.flow.outputs or (),
        rendered,
        store_file=lambda output_id, name, data: store_input(
            host, execution, output_id, name, data
        ),
        sealer=host.services.sealer,
    )


def _render(value: Any, v: Variables) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (dict, list)):
        from flowrt.expr.render import render_structure

        return render_structure(value, v)
    return value.text(v)
