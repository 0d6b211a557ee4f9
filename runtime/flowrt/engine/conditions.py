"""Conditions of listeners (deprecated in Kestra): all must hold for the tasks to run.

They are data of the flow, compared with an execution that has ended. Expressions in them are compiled when they are
met, because listeners are rare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.engine.variables import execution_variables
from flowrt.expr.truth import truthy

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine


def hold(conditions: list[dict[str, Any]], executor: Engine) -> bool:
    """Whether all conditions hold for the execution. Raises ValueError for a type that only a server can test."""
    return all(_holds(condition, executor) for condition in conditions or ())


def _holds(condition: dict[str, Any], executor: Engine) -> bool:
    name = str(condition.get("type", "")).rpartition(".")[2].removesuffix("Condition")
    if name == "Not":
        return not hold(condition.get("conditions") or [], executor)
    if name == "Or":
        return any(_holds(each, executor) for each in condition.get("conditions") or [])
    if name in ("Expression", "Variable"):
        return truthy(_text(condition.get("expression"), executor))
    test = _TESTS.get(name)
    if test is None:
        raise ValueError(f"Invalid type: {condition.get('type')}")
    return test(condition, executor.execution)


def _text(value: Any, executor: Engine) -> str | None:
    from flowrt.expr.render import render_text

    return None if value is None else render_text(str(value), execution_variables(executor))


def _status(condition: dict[str, Any], execution: Execution) -> bool:
    wanted, unwanted = condition.get("in"), condition.get("notIn")
    return (not wanted or execution.state in wanted) and (
        not unwanted or execution.state not in unwanted
    )


def _flow(condition: dict[str, Any], execution: Execution) -> bool:
    return (
        condition.get("namespace") == execution.namespace
        and condition.get("flowId") == execution.flow_id
    )


def _namespace(condition: dict[str, Any], execution: Execution) -> bool:
    wanted, here = str(condition.get("namespace", "")), execution.namespace
    how = condition.get("comparison") or ("PREFIX" if condition.get("prefix") else "EQUALS")
    if how == "PREFIX":
        return here.startswith(wanted)
    return here.endswith(wanted) if how == "SUFFIX" else here == wanted


def _labels(condition: dict[str, Any], execution: Execution) -> bool:
    from flowrt.engine.labels import label_pairs

    wanted = label_pairs(condition.get("labels"))
    return all(execution.labels.get(key) == value for key, value in wanted.items())


_TESTS: dict[str, Callable[[dict[str, Any], Execution], bool]] = {
    "ExecutionStatus": _status,
    "ExecutionFlow": _flow,
    "ExecutionNamespace": _namespace,
    "ExecutionLabels": _labels,
}
