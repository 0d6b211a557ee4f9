"""What a trigger of a flow gives to an execution that starts as if it had fired: inputs, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.labels import label_pairs
from flowrt.formats.jsonwrite import to_json
from flowrt.inputs.defaults import rendered
from flowrt.inputs.errors import InputError
from flowrt.java.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution
    from flowrt.expr.context import Context


def fire(
    execution: Execution,
    trigger: dict[str, Any],
    labels: dict[str, str],
    variables: Callable[[dict[str, Any]], Context],
) -> dict[str, Any]:
    """The inputs that a trigger gives, when it is one of the flow; the execution takes its labels beside those given.

    Raises `InputError` for what cannot be rendered: then it starts no execution.
    """
    fired = execution.flow.triggers.get(str(trigger.get("id")))
    if fired is None or fired.type != trigger.get("type"):
        return {}
    values = trigger.get("variables") or {}

    def context() -> Context:
        return variables({"trigger": values, "schedule": values})

    try:
        own = label_pairs(rendered(fired.labels, context))
        given = rendered(fired.inputs, context)
    except ExpressionError as error:
        raise InputError(f"The trigger `{fired.id}` gives no inputs: {error}") from None
    execution.label({**own, "system.from": "trigger", **labels})
    return {
        id: value if value is None or isinstance(value, str) else to_json(value)
        for id, value in given.items()
    }
