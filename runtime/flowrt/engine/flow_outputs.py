"""The outputs of a flow, rendered and converted when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.variables import Variables, execution_variables

if TYPE_CHECKING:
    from flowrt.engine.executor import Executor


def render_outputs(executor: Executor) -> dict[str, Any]:
    """Render all outputs, then convert them. Raises what the first required one raises."""
    from flowrt.inputs import convert_output

    v = execution_variables(executor)
    rendered: dict[str, Any] = {}
    for output in executor.flow.outputs or ():
        try:
            rendered[output.id] = _render(output.value, v)
        except Exception:
            if output.required:
                raise
            executor.log(
                None,
                "WARN",
                f"Failed to render optional flow output '{output.id}'. Output is ignored.",
            )
            rendered[output.id] = None
    found: dict[str, Any] = {}
    for output in executor.flow.outputs or ():
        value = rendered[output.id]
        if value is None and not output.required:
            found[output.id] = None
            continue
        found[output.id] = convert_output(output.type, value) if output.type else value
    return found


def _render(value: Any, v: Variables) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (dict, list)):
        from flowrt.expr.render import render_structure

        return render_structure(value, v)
    return value.text(v)
