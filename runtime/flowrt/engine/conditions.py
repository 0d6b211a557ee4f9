"""Conditions of listeners and Flow triggers: data of a flow, held against an execution that it looks at.

Expressions in them see the variables of that execution, and `flow` is the flow that has the conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.inputs.defaults import rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowrt.engine.execution import Execution
    from flowrt.engine.ports import Engine
    from flowrt.expr.context import Context
    from flowrt.java.time.local import LocalDate, LocalTime
    from flowrt.java.time.temporal import Zoned
    from flowrt.model.flow import Flow


class Seen(NamedTuple):
    """What conditions are held against."""

    flow: Flow
    """The flow that has the conditions."""
    execution: Execution
    variables: Callable[[], Context]


def hold(
    conditions: Iterable[dict[str, Any]], seen: Seen, failed: Callable[[dict[str, Any], str], None]
) -> bool:
    """Whether all conditions hold. One that cannot be tested does not; `failed` hears of it, with the reason."""
    from flowrt.engine.results import message

    for each in conditions or ():
        try:
            if not holds(each, seen):
                return False
        except Exception as error:
            failed(each, message(error))
            return False
    return True


def listens(conditions: Iterable[dict[str, Any]], engine: Engine) -> bool:
    """Whether the conditions of a listener hold for the execution of its own flow."""
    from flowrt.engine.variables import execution_variables

    seen = Seen(engine.flow, engine.execution, lambda: execution_variables(engine))
    return hold(
        conditions,
        seen,
        lambda condition, reason: not_tested(engine, engine.flow, condition, reason),
    )


def holds(condition: dict[str, Any], seen: Seen) -> bool:
    """Whether a condition holds. Raises what its expressions raise, ValueError for one that cannot be tested here."""
    test = _TESTS.get(kind_of(condition))
    if test is None:
        raise ValueError(f"the condition {condition.get('type')} can only be tested by a server")
    return test(condition, seen)


def not_tested(engine: Engine, flow: Flow, condition: dict[str, Any], reason: str) -> None:
    """Log that a condition could not be tested, on the execution that it was held against."""
    kind = condition.get("type") or condition.get("id")
    text = (
        f"[namespace: {flow.namespace}] [flow: {flow.id}] [condition: {kind}]"
        f" Evaluate Condition Failed with error '{reason}'"
    )
    engine.log(None, "WARN", text)


def kind_of(condition: dict[str, Any]) -> str:
    """The last part of the type, without the ending that it once had."""
    return str(condition.get("type", "")).rpartition(".")[2].removesuffix("Condition")


def _value(condition: dict[str, Any], name: str, seen: Seen) -> Any:
    return rendered(condition.get(name), seen.variables)


def _states(condition: dict[str, Any], name: str, seen: Seen) -> list[str]:
    given = _value(condition, name, seen)
    if isinstance(given, str):
        from flowrt.formats.jsonlist import parse_list

        given = parse_list(given)
    return list(given or ())


# ---- of the execution -----------------------------------------------------------------------------------------------


def _status(condition: dict[str, Any], seen: Seen) -> bool:
    wanted, unwanted = _states(condition, "in", seen), _states(condition, "notIn", seen)
    state = seen.execution.state
    return (not wanted or state in wanted) and (not unwanted or state not in unwanted)


def _flow(condition: dict[str, Any], seen: Seen) -> bool:
    return (seen.execution.namespace, seen.execution.flow_id) == (
        _value(condition, "namespace", seen),
        _value(condition, "flowId", seen),
    )


def _namespace(condition: dict[str, Any], seen: Seen) -> bool:
    prefix = str(_value(condition, "prefix", seen) or False).lower() not in ("false", "0")
    how = _value(condition, "comparison", seen) or ("PREFIX" if prefix else "EQUALS")
    wanted, here = str(_value(condition, "namespace", seen)), seen.execution.namespace
    if how == "PREFIX":
        return here.startswith(wanted)
    return here.endswith(wanted) if how == "SUFFIX" else here == wanted


def _labels(condition: dict[str, Any], seen: Seen) -> bool:
    from flowrt.engine.labels import label_pairs

    wanted = label_pairs(condition.get("labels"))
    return all(seen.execution.labels.get(key) == value for key, value in wanted.items())


def _has_retry(condition: dict[str, Any], seen: Seen) -> bool:
    """Never: Kestra 1.3 looks for the state of an attempt among texts, and a state is none."""
    return False


# ---- of expressions -------------------------------------------------------------------------------------------------


def _expression(condition: dict[str, Any], seen: Seen) -> bool:
    text = _value(condition, "expression", seen)
    return text is not None and str(text).strip() not in ("", "false")


def _outputs(condition: dict[str, Any], seen: Seen) -> bool:

    if not seen.execution.outputs:
        return False

    def variables() -> Context:
        return with_outputs(seen.variables(), seen.execution.outputs)

    text = str(rendered(condition.get("expression"), variables)).strip()
    if text.lower() not in ("true", "false"):
        raise ValueError(f"Cannot read a Boolean from '{text}'")
    return text.lower() == "true"


def with_outputs(variables: Context, outputs: dict[str, Any] | None) -> Context:
    """The variables with those outputs of an execution as `trigger.outputs`, in the place of its own trigger."""
    if outputs:
        variables["trigger"] = {"outputs": outputs}
    return variables


def _not(condition: dict[str, Any], seen: Seen) -> bool:
    return not any(holds(each, seen) for each in condition.get("conditions") or ())


def _or(condition: dict[str, Any], seen: Seen) -> bool:
    return any(holds(each, seen) for each in condition.get("conditions") or ())


# ---- of the flow ----------------------------------------------------------------------------------------------------


def _own_flow(condition: dict[str, Any], seen: Seen) -> bool:
    return (seen.flow.namespace, seen.flow.id) == (
        condition.get("namespace"),
        condition.get("flowId"),
    )


def _own_namespace(condition: dict[str, Any], seen: Seen) -> bool:
    wanted = str(condition.get("namespace"))
    if condition.get("prefix"):
        return seen.flow.namespace.startswith(wanted)
    return seen.flow.namespace == wanted


# ---- of dates -------------------------------------------------------------------------------------------------------


def _date_text(condition: dict[str, Any], seen: Seen) -> str:
    """The date that a condition looks at; without one `trigger.date`, which only schedules have."""
    given = _value(condition, "date", seen)
    if given is not None:
        return str(given)
    from flowrt.java.errors import ExpressionError
    from flowrt.java.printing import text_of

    trigger = seen.variables().get("trigger")
    for name, holder in (("trigger", trigger), ("date", (trigger or {}).get("date"))):
        if holder is None:
            raise ExpressionError(
                f"Unable to find `{name}` used in the expression `{{{{ trigger.date }}}}` at line 1"
            )
    return text_of(trigger["date"])  # type: ignore[index]


def _moment(text: str) -> Zoned:
    from flowrt.java.time.isoparse import parse_zoned

    return parse_zoned(text)


def _day(condition: dict[str, Any], seen: Seen) -> LocalDate:
    from flowrt.java.errors import RawError
    from flowrt.java.time.isoparse import parse_local_date

    text = _date_text(condition, seen)
    try:
        return parse_local_date(text)
    except RawError:
        return _moment(text).date


def _weekday(condition: dict[str, Any], seen: Seen) -> int:
    """1 for Monday."""
    return _DAYS.index(str(_value(condition, "dayOfWeek", seen)).upper()) + 1


_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def _day_week(condition: dict[str, Any], seen: Seen) -> bool:
    return _day(condition, seen).day_of_week == _weekday(condition, seen)


def _weekend(condition: dict[str, Any], seen: Seen) -> bool:
    return _day(condition, seen).day_of_week > 5


def _day_week_in_month(condition: dict[str, Any], seen: Seen) -> bool:
    day, place = _day(condition, seen), str(_value(condition, "dayInMonth", seen)).upper()
    if day.day_of_week != _weekday(condition, seen):
        return False
    if place == "LAST":
        return day.plus_days(7).month != day.month
    return ["FIRST", "SECOND", "THIRD", "FOURTH"].index(place) == (day.day - 1) // 7


def _between(condition: dict[str, Any], seen: Seen) -> bool:
    now = _moment(_date_text(condition, seen)).epoch_nanos
    after, before = (_value(condition, name, seen) for name in ("after", "before"))
    if after is None and before is None:
        raise ValueError("Invalid condition with no before nor after")
    return (after is None or now > _moment(after).epoch_nanos) and (
        before is None or now < _moment(before).epoch_nanos
    )


def _time_between(condition: dict[str, Any], seen: Seen) -> bool:
    zoned = _moment(_date_text(condition, seen))
    now = _instant_of_day(zoned.time, zoned.offset)
    after, before = (
        None if text is None else _offset_time(str(text))
        for text in (_value(condition, name, seen) for name in ("after", "before"))
    )
    if after is None and before is None:
        raise ValueError("Invalid condition: no 'before' or 'after' value defined")
    if after is None or before is None:
        return (after is None or now > after) and (before is None or now < before)
    # from the evening to the morning when the end comes before the start
    return after < now < before if after < before else now > after or now < before


def _offset_time(text: str) -> int:
    from flowrt.java.time.isoparse import parse_zoned

    moment = parse_zoned(f"1970-01-01T{text}")
    return _instant_of_day(moment.time, moment.offset)


def _instant_of_day(time: LocalTime, offset: int) -> int:
    """A time with an offset as Java compares them: by the instant that it would be on one day, in nanoseconds."""
    return time.nano_of_day - offset * 1_000_000_000


_TESTS: dict[str, Callable[[dict[str, Any], Seen], bool]] = {
    "DateTimeBetween": _between,
    "DayWeek": _day_week,
    "DayWeekInMonth": _day_week_in_month,
    "ExecutionFlow": _flow,
    "ExecutionLabels": _labels,
    "ExecutionNamespace": _namespace,
    "ExecutionOutputs": _outputs,
    "ExecutionStatus": _status,
    "Expression": _expression,
    "Flow": _own_flow,
    "FlowNamespace": _own_namespace,
    "HasRetryAttempt": _has_retry,
    "Not": _not,
    "Or": _or,
    "TimeBetween": _time_between,
    "Variable": _expression,
    "Weekend": _weekend,
}
