"""The outputs of a flow, rendered and converted when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.creation import store_input
from flowrt.engine.variables import Variables, execution_variables
from flowrt.java.values import hash_order

if TYPE_CHECKING:
    from flowrt.engine.ports import Engine
    from flowrt.model.task import Task


def rendered_outputs(executor: Engine, caller: Task | None = None) -> dict[str, Any]:
    """The outputs as rendered, not converted. Raises what the first required one raises: those come first, as a map in Java.

    For the `caller` that has started the flow they see it as the variable `task`.
    """
    v = execution_variables(executor)
    if caller is not None:
        v["task"] = {"id": caller.id, "type": caller.shown_type()}
    outputs = {output.id: output for output in executor.flow.outputs or ()}
    rendered: dict[str, Any] = dict.fromkeys(outputs)
    for name in hash_order(each.id for each in outputs.values() if each.required):
        rendered[name] = _render(outputs[name].value, v)
    for name, output in outputs.items():
        if not output.required:
            try:
                rendered[name] = _render(output.value, v)
            except Exception:
                executor.log(
                    None,
                    "WARN",
                    f"Failed to render optional flow output '{name}'. Output is ignored.",
                )
    return rendered


def render_outputs(executor: Engine, caller: Task | None = None) -> dict[str, Any]:
    """Render all outputs, then convert them to their types."""
    from flowrt.inputs.outputs import convert_outputs

    rendered = rendered_outputs(executor, caller)
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
