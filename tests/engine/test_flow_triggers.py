"""Flow triggers: which flows begin when executions of others change their state, and with what.

What is expected here the engine (1.3.34) did with the same flows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of
from flowrt.verbs.options import RunOptions
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
HERE = {"type": f"{CORE}condition.ExecutionFlow", "namespace": "t.a", "flowId": "main"}
STATES = [
    *("CREATED", "SUBMITTED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "SUCCESS", "WARNING"),
    *("FAILED", "KILLED", "CANCELLED", "QUEUED", "RETRYING", "RETRIED", "SKIPPED"),
]


def returning(id: str, format: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}debug.Return", "format": format, **more}


def main(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flow that returns `v5`, unless other tasks are given."""
    outputs = [
        {"id": "n", "type": "INT", "value": "{{ inputs.n }}"},
        {"id": "s", "type": "STRING", "value": "{{ outputs.t.value }}"},
    ]
    return {
        "id": "main",
        "namespace": "t.a",
        "labels": {"team": "red", "a.b": "x"},
        "variables": {"who": "main"},
        "inputs": [{"id": "n", "type": "INT", "defaults": 5}],
        "tasks": [*tasks] or [returning("t", "v{{ inputs.n }}")],
        **({} if tasks else {"outputs": outputs}),
        **more,
    }


def hearing(
    id: str = "hears", *conditions: dict[str, Any], flow: Any = None, **trigger: Any
) -> dict[str, Any]:
    """A flow that listens; what it says of its trigger is in the outputs of its task."""
    hear = {"id": "hear", "type": f"{CORE}trigger.Flow", "conditions": [*conditions], **trigger}
    task = returning("say", "{{ trigger.flowId }} {{ trigger.state }}")
    return {"id": id, "namespace": "t.a", "tasks": [task], "triggers": [hear], **(flow or {})}


def heard(*flows: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """The flows that began by triggers, in order, each with the state that it has heard of."""
    document = executed(analysed(*flows, flow_triggers=True), **more)
    return begun(document)


def begun(document: dict[str, Any]) -> list[tuple[str, str]]:
    children = document.get("children") or []
    return [
        (each["flowId"], each["trigger"]["variables"]["state"])
        for each in children
        if (each.get("trigger") or {}).get("id") == "hear"
    ]


# ---- conditions -----------------------------------------------------------------------------------------------------


def where(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": f"{CORE}condition.{kind}", **{k.rstrip("_"): v for k, v in values.items()}}


def says(expression: str, kind: str = "Expression") -> dict[str, Any]:
    return where(kind, expression=expression)


SUCCESS, FAILED = where("ExecutionStatus", in_=["SUCCESS"]), where(
    "ExecutionStatus", in_=["FAILED"]
)
PAST, FUTURE = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
MONDAY = "2024-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("condition", "fires"),
    [
        (SUCCESS, True),
        (FAILED, False),
        (where("ExecutionStatus", notIn=["SUCCESS"]), False),
        (where("ExecutionStatus", in_=["SUCCESS"], notIn=["SUCCESS"]), False),
        (where("ExecutionFlow", namespace="t.a", flowId="other"), False),
        (where("ExecutionFlow", namespace="{{ execution.id ? 't.a' : '' }}", flowId="main"), True),
        (where("ExecutionNamespace", namespace="t.a"), True),
        (where("ExecutionNamespace", namespace="t"), False),
        (where("ExecutionNamespace", namespace="t", prefix=True), True),
        (where("ExecutionNamespace", namespace="t", comparison="PREFIX"), True),
        (where("ExecutionNamespace", namespace="a", comparison="SUFFIX"), True),
        (where("ExecutionNamespace", namespace="t", comparison="EQUALS", prefix=True), False),
        (where("ExecutionLabels", labels={"team": "red"}), True),
        (where("ExecutionLabels", labels=[{"key": "a.b", "value": "x"}]), True),
        (where("ExecutionLabels", labels={"team": "blue"}), False),
        (says("{{ trigger.outputs.n == 5 }}", "ExecutionOutputs"), True),
        (says("{{ trigger.outputs.s == 'v5' }}", "ExecutionOutputs"), True),
        (says("{{ trigger.outputs.n == 6 }}", "ExecutionOutputs"), False),
        (says("{{ outputs.t.value == 'v5' }}"), True),
        (says("{{ execution.state == 'SUCCESS' }}"), True),
        (says("{{ execution.state == 'FAILED' }}"), False),
        (says("0"), True),
        (says(" "), False),
        (says("{{ flow.id == 'hears' }}"), True),
        (says("{{ inputs.n == 5 }}"), True),
        (says("{{ vars.who == 'main' }}"), True),
        (says("{{ labels.team == 'red' }}"), True),
        (says("{{ tasks.t.state == 'SUCCESS' }}"), True),
        (where("Not", conditions=[FAILED]), True),
        (where("Not", conditions=[FAILED, SUCCESS]), False),
        (where("Or", conditions=[FAILED, SUCCESS]), True),
        (where("Or", conditions=[FAILED, FAILED]), False),
        (where("HasRetryAttempt", in_=["SUCCESS"]), False),
        (where("HasRetryAttempt", notIn=["FAILED"]), False),
        (where("FlowCondition", namespace="t.a", flowId="hears"), True),
        (where("FlowCondition", namespace="t.a", flowId="main"), False),
        (where("FlowNamespaceCondition", namespace="t", prefix=True), True),
        (where("FlowNamespaceCondition", namespace="t"), False),
        (where("DateTimeBetween", date=MONDAY, after=PAST), True),
        (where("DateTimeBetween", date=MONDAY, after=FUTURE), False),
        (where("DateTimeBetween", date=MONDAY, after=MONDAY), False),
        (where("DateTimeBetween", date=MONDAY, before=MONDAY), False),
        (where("DateTimeBetween", date=MONDAY, before=FUTURE), True),
        (where("DateTimeBetween", date=MONDAY, before=PAST), False),
        (where("DateTimeBetween", date=MONDAY, after=PAST, before=FUTURE), True),
        (where("DayWeek", date=MONDAY, dayOfWeek="MONDAY"), True),
        (where("DayWeek", date="2024-01-01", dayOfWeek="TUESDAY"), False),
        (where("DayWeekInMonth", date=MONDAY, dayOfWeek="MONDAY", dayInMonth="FIRST"), True),
        (where("DayWeekInMonth", date=MONDAY, dayOfWeek="MONDAY", dayInMonth="LAST"), False),
        (
            where("DayWeekInMonth", date="2024-01-29", dayOfWeek="MONDAY", dayInMonth="LAST"),
            True,
        ),
        *(
            (
                where(
                    "DayWeekInMonth", date=f"2024-01-{day:02}", dayOfWeek="MONDAY", dayInMonth=place
                ),
                day == right,
            )
            for place, right in (
                ("FIRST", 1),
                ("SECOND", 8),
                ("THIRD", 15),
                ("FOURTH", 22),
                ("LAST", 29),
            )
            for day in (1, 7, 8, 14, 15, 21, 22, 28, 29)
        ),
        *(
            (
                where(
                    "DayWeekInMonth", date=f"2024-01-{day:02}", dayOfWeek="SUNDAY", dayInMonth=place
                ),
                day == right,
            )
            for place, right in (
                ("FIRST", 7),
                ("SECOND", 14),
                ("THIRD", 21),
                ("FOURTH", 28),
                ("LAST", 28),
            )
            for day in (7, 13, 14, 21, 28)
        ),
        *(
            (
                where(
                    "TimeBetween", date=f"2024-01-01T{time}Z", after="06:00:00Z", before="22:00:00Z"
                ),
                open,
            )
            for time, open in (
                ("06:00:00", False),
                ("06:00:01", True),
                ("21:59:59", True),
                ("22:00:00", False),
            )
        ),
        *(
            (
                where(
                    "TimeBetween", date=f"2024-01-01T{time}Z", after="22:00:00Z", before="06:00:00Z"
                ),
                open,
            )
            for time, open in (
                ("22:00:00", False),
                ("22:00:01", True),
                ("05:59:59", True),
                ("06:00:00", False),
            )
        ),
        (where("TimeBetween", date=MONDAY, after="00:00:00Z", before="00:00:00Z"), False),
        (where("TimeBetween", date="2024-01-01T06:00:00Z", before="06:00:00Z"), False),
        (where("TimeBetween", date="2024-01-01T06:00:00Z", after="06:00:00Z"), False),
        (
            where(
                "TimeBetween", date="2024-01-01T23:00:00Z", after="22:00:00Z", before="06:00:00Z"
            ),
            True,
        ),
        (
            where(
                "TimeBetween", date="2024-01-01T12:00:00Z", after="22:00:00Z", before="06:00:00Z"
            ),
            False,
        ),
        (where("Weekend", date="2024-01-06"), True),
        (where("Weekend", date="2024-01-01"), False),
        (where("TimeBetween", date=MONDAY, after="00:00:00+01:00"), True),
        (where("TimeBetween", date="2024-01-01T12:00:00Z", before="12:30:00+01:00"), False),
        (where("TimeBetween", date="2024-01-01T12:00:00+01:00", before="11:30:00Z"), True),
        (where("TimeBetween", date=MONDAY, after="22:00:00Z", before="06:00:00Z"), True),
        (where("TimeBetween", date=MONDAY, after="06:00:00Z", before="22:00:00Z"), False),
    ],
)
def test_which_conditions_let_a_trigger_fire(condition: dict[str, Any], fires: bool) -> None:
    expected = [("hears", "SUCCESS")] if fires else []
    assert heard(main(), hearing("hears", HERE, condition)) == expected


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (says("{{ nothing.there }}"), "Unable to find `nothing` used in the expression"),
        (says("{{ trigger.state == 'SUCCESS' }}"), "Could not perform equals comparison"),
        (where("Weekend"), "Unable to find `trigger` used in the expression `{{ trigger.date }}`"),
        (where("DateTimeBetween", date=MONDAY), "Invalid condition with no before nor after"),
        (where("PublicHoliday", date=MONDAY), "can only be tested by a server"),
    ],
)
def test_a_condition_that_cannot_be_tested_is_told_of_and_does_not_hold(
    condition: dict[str, Any], reason: str
) -> None:
    document = executed(analysed(main(), hearing("hears", HERE, condition), flow_triggers=True))
    assert begun(document) == []
    (told,) = [each["message"] for each in document["logs"] if each["level"] == "WARN"]
    assert told.startswith(f"[namespace: t.a] [flow: hears] [condition: {condition['type']}]")
    assert "Evaluate Condition Failed with error" in told and reason in told


def test_other_triggers_of_a_listener_hear_nothing() -> None:
    flow = hearing("hears", HERE)
    for kind, more in (("Schedule", {"cron": "0 0 1 1 *"}), ("Webhook", {"key": "k"})):
        flow["triggers"].append({"id": kind, "type": f"{CORE}trigger.{kind}", **more})
    document = executed(analysed(main(), flow, flow_triggers=True))
    assert len(document["children"]) == 1 and begun(document) == [("hears", "SUCCESS")]


# ---- preconditions --------------------------------------------------------------------------------------------------

CHILD = {
    "id": "child",
    "namespace": "t.a",
    "tasks": [returning("c", "c")],
    "outputs": [
        {"id": "c", "type": "STRING", "value": "{{ outputs.c.value }}"},
        {"id": "both", "type": "STRING", "value": "child"},
    ],
}
CALLER = main(
    {
        "id": "sub",
        "type": f"{CORE}flow.Subflow",
        "namespace": "t.a",
        "flowId": "child",
        "wait": True,
    },
    returning("t", "v5"),
    outputs=[
        {"id": "n", "type": "INT", "value": "5"},
        {"id": "both", "type": "STRING", "value": "main"},
    ],
)
MAIN = {"namespace": "t.a", "flowId": "main"}
OF_CHILD = {"namespace": "t.a", "flowId": "child"}


def filtered(*filters: tuple[str, str, Any], operand: str = "AND") -> dict[str, Any]:
    listed = [
        {"field": field, "type": type, "values" if type.endswith("IN") else "value": value}
        for field, type, value in filters
    ]
    return {"where": [{"id": "w", "operand": operand, "filters": listed}]}


IS_MAIN = ("FLOW_ID", "EQUAL_TO", "main")


@pytest.mark.parametrize(
    ("preconditions", "hears"),
    [
        ({"flows": [MAIN]}, ["main"]),
        ({"flows": [{**MAIN, "states": ["FAILED"]}]}, []),
        ({"flows": [{**MAIN, "states": ["SUCCESS"], "labels": {"team": "red"}}]}, ["main"]),
        ({"flows": [{**MAIN, "labels": {"team": "blue"}}]}, []),
        ({"flows": [{"namespace": "t.a"}]}, ["child", "main"]),
        ({"flows": [MAIN, OF_CHILD]}, ["main"]),
        ({"flows": [MAIN, {**MAIN, "flowId": "never"}]}, []),
        (filtered(IS_MAIN), ["main"]),
        (filtered(("FLOW_ID", "IN", ["main"]), ("STATE", "NOT_IN", ["FAILED"])), ["main"]),
        (
            filtered(("FLOW_ID", "STARTS_WITH", "ma"), ("NAMESPACE", "REGEX", "x.*"), operand="OR"),
            ["main"],
        ),
        (filtered(IS_MAIN, ("EXPRESSION", "IS_TRUE", "{{ outputs.t.value == 'v5' }}")), ["main"]),
        (filtered(IS_MAIN, ("EXPRESSION", "IS_FALSE", "{{ outputs.t.value == 'v5' }}")), []),
        (filtered(IS_MAIN, ("EXPRESSION", "EQUAL_TO", "{{ outputs.t.value }}")), []),
        (filtered(IS_MAIN, ("EXPRESSION", "IS_NULL", "{{ outputs.t.value }}")), []),
        (filtered(IS_MAIN, ("EXPRESSION", "IS_NOT_NULL", "{{ outputs.t.value }}")), ["main"]),
        (filtered(("FLOW_ID", "NOT_EQUAL_TO", "main"), ("NAMESPACE", "ENDS_WITH", "a")), ["child"]),
        ({"flows": [MAIN], **filtered(("FLOW_ID", "CONTAINS", "hil"))}, ["main"]),
        (
            {
                "flows": [MAIN],
                "timeWindow": {"type": "DAILY_TIME_DEADLINE", "deadline": "00:00:00"},
            },
            [],
        ),
        (
            {
                "flows": [MAIN],
                "timeWindow": {"type": "DAILY_TIME_DEADLINE", "deadline": "23:59:59"},
            },
            ["main"],
        ),
        ({"flows": [MAIN], "timeWindow": {"type": "SLIDING_WINDOW", "window": "PT1H"}}, ["main"]),
    ],
)
def test_what_lets_a_trigger_with_preconditions_fire(
    preconditions: dict[str, Any], hears: list[str]
) -> None:
    listener = hearing(preconditions={"id": "p", **preconditions}, flow={"namespace": "t.other"})
    found = heard(CALLER, CHILD, listener)
    document = executed(analysed(CALLER, CHILD, listener, flow_triggers=True))
    said = [
        each["taskRunList"][0]["outputs"]["value"].split()[0]
        for each in document["children"]
        if each["flowId"] == "hears"
    ]
    assert said == hears and len(found) == len(hears)


@pytest.mark.parametrize(
    ("preconditions", "outputs"),
    [
        # the window begins with the child, whose outputs have the last word
        ({"flows": [MAIN, OF_CHILD]}, {"n": 5, "both": "child", "c": "c"}),
        ({"flows": [MAIN]}, {"n": 5, "both": "main"}),
    ],
)
def test_a_trigger_has_the_outputs_of_all_that_it_has_waited_for(
    preconditions: dict[str, Any], outputs: dict[str, Any]
) -> None:
    listener = hearing(preconditions={"id": "p", **preconditions})
    document = executed(analysed(CALLER, CHILD, listener, flow_triggers=True))
    assert document["children"][-1]["trigger"]["variables"]["outputs"] == outputs


def test_a_window_that_is_not_reset_fires_again_and_again() -> None:
    several = {"id": "p", "flows": [MAIN, OF_CHILD], "resetOnSuccess": False}
    first = hearing("first", HERE)
    last = hearing("last", preconditions=several)
    assert heard(CALLER, CHILD, first, last) == [
        ("first", "SUCCESS"),
        ("last", "SUCCESS"),
        ("last", "SUCCESS"),
    ]
    several["resetOnSuccess"] = True
    assert heard(CALLER, CHILD, first, last) == [("first", "SUCCESS"), ("last", "SUCCESS")]


def test_an_old_condition_waits_for_several_flows() -> None:
    several = where(
        "MultipleCondition",
        id="both",
        conditions={
            "success": SUCCESS,
            "first": where("ExecutionFlow", **OF_CHILD),
            "second": where("ExecutionFlow", **MAIN),
        },
    )
    assert heard(CALLER, CHILD, hearing("hears", several)) == [("hears", "SUCCESS")]
    assert heard(main(), CHILD, hearing("hears", several)) == []


# ---- states ---------------------------------------------------------------------------------------------------------

FAIL = {"id": "f", "type": f"{CORE}execution.Fail"}
PAUSE = {"id": "p", "type": f"{CORE}flow.Pause"}
AGAIN = {"type": "constant", "interval": "PT1S", "maxAttempts": 2}


@pytest.mark.parametrize(
    ("flow", "states", "by_default"),
    [
        (main(), ["RUNNING", "SUCCESS"], ["SUCCESS"]),
        (main(FAIL), ["RUNNING", "FAILED"], ["FAILED"]),
        (main({**FAIL, "allowFailure": True}), ["RUNNING", "WARNING"], ["WARNING"]),
        (
            main({**FAIL, "retry": AGAIN}),
            ["RUNNING", "RETRYING", "RUNNING", "FAILED"],
            ["FAILED"],
        ),
        (
            main(FAIL, retry={**AGAIN, "behavior": "CREATE_NEW_EXECUTION"}),
            ["RUNNING", "RETRIED", "CREATED", "RUNNING", "FAILED"],
            ["RETRIED", "FAILED"],
        ),
        (
            main({**PAUSE, "pauseDuration": "PT1S"}, returning("t", "v")),
            ["RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS"],
            ["PAUSED", "SUCCESS"],
        ),
        (
            main({**PAUSE, "pauseDuration": "PT1S"}),  # it runs and ends in one pass
            ["RUNNING", "PAUSED", "RESTARTED", "SUCCESS"],
            ["PAUSED", "SUCCESS"],
        ),
        (
            main(
                FAIL,
                errors=[returning("e", "e")],
                **{"finally": [returning("g", "g")], "afterExecution": [returning("h", "h")]},
            ),
            ["RUNNING", "FAILED"],
            ["FAILED"],
        ),
    ],
)
def test_which_states_are_heard_of(
    flow: dict[str, Any], states: list[str], by_default: list[str]
) -> None:
    everything = heard(flow, hearing("all", HERE, states=STATES))
    assert everything == [("all", state) for state in states]
    assert heard(flow, hearing("ends", HERE)) == [("ends", state) for state in by_default]


def test_a_kill_is_heard_of(tmp_path: Path) -> None:
    forever = main(PAUSE)
    listener = hearing("all", HERE, states=STATES)
    flow = loaded(analysed(forever, listener, flow_triggers=True))
    given = options(tmp_path)
    execution = execute(flow, given)
    kill(flow, execution.id, options(tmp_path, given))
    document = document_of(flow, execution.id, options(tmp_path, given))
    states = [state for _, state in begun(json.loads(json.dumps(document)))]
    assert states[:2] == ["RUNNING", "PAUSED"] and states[-1] == "KILLED"


@pytest.mark.parametrize(
    ("tasks", "states"),
    [
        ([PAUSE], ["RUNNING", "PAUSED", "SUCCESS"]),
        ([PAUSE, returning("t", "v")], ["RUNNING", "PAUSED", "RUNNING", "SUCCESS"]),
    ],
)
def test_what_is_heard_of_an_execution_that_somebody_resumes(
    tmp_path: Path, tasks: list[dict[str, Any]], states: list[str]
) -> None:
    listener = hearing("all", HERE, states=STATES)
    flow = loaded(analysed(main(*tasks), listener, flow_triggers=True))
    given = options(tmp_path)
    execution = execute(flow, given)
    assert begun(execution_document(execution)) == [("all", "RUNNING"), ("all", "PAUSED")]
    resume(flow, execution.id, options(tmp_path, given))
    document = document_of(flow, execution.id, options(tmp_path, given))
    assert [state for _, state in begun(document)] == states


# ---- what begins ----------------------------------------------------------------------------------------------------


def test_what_an_execution_gets_from_a_flow_trigger() -> None:
    texts = {
        "n": "{{ trigger.outputs.n }}",
        "s": "{{ outputs.t.value }}",
        "who": "{{ vars.who }}",
        "about": "{{ flow.id }} {{ execution.state }} {{ inputs }} {{ labels.team }}",
        "more": "undeclared",
    }
    labels = {"own": "{{ flow.id }}", "by": "{{ execution.flowId ?? 'x' }}"}
    inputs = [
        *({"id": id, "type": "STRING"} for id in ("s", "who", "about")),
        {"id": "n", "type": "INT"},
        {"id": "d", "type": "STRING", "defaults": "dflt"},
        {"id": "i", "type": "INT", "defaults": 7},
    ]
    listener = hearing(
        "hears",
        HERE,
        inputs=texts,
        labels=labels,
        flow={
            "variables": {"who": "hears"},
            "labels": {"mine": "1"},
            "inputs": inputs,
            "tasks": [returning("say", "{{ inputs }} {{ trigger }}")],
        },
    )
    document = executed(analysed(main(), listener, flow_triggers=True))
    (child,) = document["children"]
    assert child["inputs"] == {
        "n": "5",  # as the trigger gives it, whatever the type of the input
        "s": "v5",
        "who": "main",
        "about": 'hears SUCCESS {"d":"dflt","i":7,"n":5} red',
        "more": "undeclared",
    }
    assert {each["key"]: each["value"] for each in child["labels"]} == {
        "mine": "1",
        "own": "hears",
        "by": "x",
        "system.correlationId": document["id"],
    }
    assert child["trigger"] == {
        "id": "hear",
        "type": f"{CORE}trigger.Flow",
        "variables": {
            "executionId": document["id"],
            "executionLabels": {"a": {"b": "x"}, "team": "red"},
            "state": "SUCCESS",
            "namespace": "t.a",
            "flowId": "main",
            "flowRevision": 1,
            "outputs": {"n": 5, "s": "v5"},
        },
    }
    said = child["taskRunList"][0]["outputs"]["value"]
    assert '"i":7' in said and '"n":"5"' in said  # defaults are seen, though they are not kept


DEFAULTS = [
    {"id": "q", "type": "STRING", "defaults": "dd"},
    {"id": "alpha", "type": "STRING", "defaults": "1"},
    {"id": "zz", "type": "INT", "defaults": 2},
    {"id": "beta", "type": "FLOAT", "defaults": 2.5},
    {"id": "g.x", "type": "STRING", "defaults": "gx"},
    {"id": "w12", "type": "STRING", "defaults": "{{ flow.id }}"},
]
SHOWN = '{"zz":2,"q":"dd","alpha":"1","g":{"x":"gx"},"w12":"NAME","beta":2.5}'
OFF = {"dependsOn": {"inputs": [], "condition": "{{ false }}"}}
BOTH = "{{ inputs ?? 'none' }} {{ vars ?? 'none' }}"


def said(document: dict[str, Any]) -> list[Any]:
    return [(run.get("outputs") or {}).get("value") for run in document["taskRunList"]]


def test_inputs_without_values_show_their_defaults() -> None:
    """Where no input of an execution has a value: all of them are switched off, or a trigger has given none."""
    off = [each | OFF for each in DEFAULTS]
    task = returning("say", "{{ inputs }}")
    alone = executed(analysed({"id": "off", "namespace": "t.a", "inputs": off, "tasks": [task]}))
    assert said(alone) == [SHOWN.replace("NAME", "off")]
    listener = hearing("hears", HERE, flow={"inputs": DEFAULTS, "tasks": [task]})
    document = executed(analysed(main(), listener, flow_triggers=True))
    (child,) = document["children"]
    assert said(child) == [SHOWN.replace("NAME", "hears")]
    assert "inputs" not in alone and "inputs" not in child


def test_triggers_see_the_defaults_of_the_flow_that_listens() -> None:
    """Those of inputs of the flow that is heard of, which have no value, are nothing to it."""
    heard_of = main(returning("t", "v"), inputs=[DEFAULTS[0] | OFF], variables=None)
    del heard_of["variables"]
    given = {"inputs": {"given": BOTH}}
    document = executed(
        analysed(
            heard_of,
            hearing("hears", HERE, flow={"inputs": DEFAULTS, "variables": {"k": "v"}}, **given),
            hearing("plain", HERE, **given),
            flow_triggers=True,
        )
    )
    assert [(child["flowId"], child["inputs"]["given"]) for child in document["children"]] == [
        ("hears", f"{SHOWN.replace('NAME', 'hears')} {{\"k\":\"v\"}}"),
        ("plain", "none none"),
    ]


def test_what_a_trigger_has_started_has_the_variables_that_its_tasks_set() -> None:
    """Expressions see those of the flow, until there are any; none of its own can be taken away."""
    core = f"{CORE}execution."
    tasks = [
        returning("declared", "{{ vars }}"),
        {"id": "set", "type": f"{core}SetVariables", "variables": {"k": 1}, "overwrite": False},
        returning("own", "{{ vars }}"),
        {"id": "unset", "type": f"{core}UnsetVariables", "variables": ["k"]},
        returning("none", "{{ vars ?? 'none' }}"),
    ]
    changing, keeping = tasks, [tasks[0], tasks[3]]
    document = executed(
        analysed(
            main(),
            hearing("a", HERE, flow={"variables": {"k": "v", "m": 0}, "tasks": changing}),
            hearing("b", HERE, flow={"variables": {"k": "v"}, "tasks": keeping}),
            flow_triggers=True,
        )
    )
    first, second = document["children"]
    assert said(first) == ['{"m":0,"k":"v"}', None, '{"k":1}', None, "{}"]
    assert first["variables"] == {}
    assert said(second) == ['{"k":"v"}', None]
    assert second["state"]["current"] == "FAILED" and "variables" not in second


def test_what_cannot_be_rendered_is_told_of() -> None:
    document = executed(
        analysed(
            main(),
            hearing("inputs", HERE, inputs={"x": "{{ nothing.there }}"}),
            hearing("labels", HERE, labels={"x": "{{ nothing.there }}", "y": "z"}),
            flow_triggers=True,
        )
    )
    assert begun(document) == [("labels", "SUCCESS")]
    labels = [each["key"] for each in document["children"][0]["labels"]]
    assert labels == ["y", "system.correlationId"]
    assert [each["message"] for each in document["logs"] if each["level"] == "WARN"] == [
        "Failed to trigger flow t.a.inputs for trigger hear, invalid inputs",
        "Failed to render label 'x', it will be omitted",
    ]


def test_a_secret_input_is_kept_sealed() -> None:
    listener = hearing(
        "hears",
        HERE,
        inputs={"key": "open-{{ outputs.t.value }}"},
        flow={
            "inputs": [{"id": "key", "type": "SECRET"}],
            "tasks": [returning("say", "{{ inputs.key | upper }}")],
        },
    )
    document = executed(analysed(main(), listener, flow_triggers=True))
    (child,) = document["children"]
    assert child["taskRunList"][0]["outputs"]["value"] == "OPEN-V5"
    assert "open-v5" not in json.dumps(child)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"key": ["x", "open-{{ outputs.t.value }}"]}, "{{ inputs.key[1] | upper }}"),
        ({"key": {"a": {"b": "open-{{ outputs.t.value }}"}}}, "{{ inputs.key.a.b | upper }}"),
        ({"form": {"key": "open-{{ outputs.t.value }}"}}, "{{ inputs.form.key | upper }}"),
        ({"form.key": "open-{{ outputs.t.value }}"}, "{{ inputs['form.key'] | upper }}"),
        ({"form": {"key": ["open-{{ outputs.t.value }}"]}}, "{{ inputs.form.key[0] | upper }}"),
    ],
)
def test_secrets_of_any_shape_are_kept_sealed(inputs: dict[str, Any], said: str) -> None:
    secret = {"id": "key", "type": "SECRET", "required": False}
    listener = hearing(
        "hears",
        HERE,
        inputs=inputs,
        flow={
            "inputs": [secret, {"id": "form", "type": "FORM", "inputs": [secret]}],
            "tasks": [returning("say", said)],
        },
    )
    document = executed(analysed(main(), listener, flow_triggers=True))
    (child,) = document["children"]
    assert child["taskRunList"][0]["outputs"]["value"] == "OPEN-V5"
    assert "open-v5" not in json.dumps(child)


def test_flows_hear_in_the_order_of_their_names_and_triggers_in_that_of_the_flow() -> None:
    twice = hearing("b", HERE)
    twice["triggers"].append({**twice["triggers"][0], "id": "more"})
    waits = hearing("a", preconditions={"id": "p", "flows": [MAIN]})
    document = executed(
        analysed(main(), hearing("c", HERE), waits, hearing("b-a", HERE), twice, flow_triggers=True)
    )
    found = [(each["flowId"], each["trigger"]["id"]) for each in document["children"]]
    assert found == [
        ("b-a", "hear"),  # a name is followed by an underscore, which comes after a hyphen
        ("b", "hear"),
        ("b", "more"),
        ("c", "hear"),
        ("a", "hear"),  # what waits for several has its turn behind the others
    ]


@pytest.mark.parametrize("off", ["flow", "trigger"])
def test_what_is_disabled_hears_nothing(off: str) -> None:
    listener = hearing("hears", HERE)
    (listener if off == "flow" else listener["triggers"][0])["disabled"] = True
    assert heard(main(), listener) == []


def test_a_flow_does_not_hear_itself_but_all_others() -> None:
    everything = hearing("hears")
    assert heard(main(), everything) == [("hears", "SUCCESS")]
    assert heard(main(), everything, hearing("more", HERE)) == [
        ("hears", "SUCCESS"),
        ("more", "SUCCESS"),
        ("hears", "SUCCESS"),
    ]


def test_a_flow_that_is_started_may_listen_too() -> None:
    child = hearing("child", HERE, flow={"tasks": [returning("c", "c")]})
    assert heard(CALLER, child) == [("child", "SUCCESS")]
    document = executed(analysed(CALLER, child))
    assert begun(document) == []  # nobody has asked for it


@pytest.mark.parametrize("depth", [20, 7])
@pytest.mark.parametrize("listeners", [2, 3, 5])
def test_flows_that_hear_one_another_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch, listeners: int, depth: int
) -> None:
    """With each generation there are more of them: a depth alone would never be reached."""
    monkeypatch.setenv("FLOWRT_MAX_DEPTH", str(depth))
    all_of_them = [hearing(f"flow{number}") for number in range(listeners)]
    document = executed(analysed(main(), *all_of_them, flow_triggers=True))
    # each of the first generation leads to so many at the most
    assert len(begun(document)) == listeners * (depth + 1)
    told = [
        log["message"]
        for each in document["children"]
        for log in each["logs"]
        if log["level"] == "ERROR"
    ]
    assert len(told) == listeners and all(text.startswith("FR101") for text in told)
    assert document["state"]["current"] == "SUCCESS"


def test_many_executions_may_be_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWRT_MAX_DEPTH", "4")
    calls = {
        "id": "each",
        "type": f"{CORE}flow.ForEach",
        "values": [1, 2, 3, 4, 5, 6, 7],
        "tasks": [
            {"id": "sub", "type": f"{CORE}flow.Subflow", "namespace": "t.a", "flowId": "child"}
        ],
    }
    of_child = {**HERE, "flowId": "child"}
    found = heard(main(calls), CHILD, hearing("hears", of_child))
    assert found == [("hears", "SUCCESS")] * 7


def test_what_runs_beside_a_killed_execution_is_killed_with_it(tmp_path: Path) -> None:
    waits = hearing("waits", HERE, states=["RUNNING"])
    waits["tasks"] = [PAUSE]
    paused = main(PAUSE)
    flow = loaded(analysed(paused, waits, flow_triggers=True))
    given = options(tmp_path)
    execution = execute(flow, given)
    kill(flow, execution.id, options(tmp_path, given))
    document: dict[str, Any] = document_of(flow, execution.id, RunOptions(store=str(tmp_path)))
    assert [each["state"]["current"] for each in document["children"]] == ["KILLED"]
