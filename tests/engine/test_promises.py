"""Promises about an execution (`sla`): when each is broken, what is said, and what becomes of the execution."""

from __future__ import annotations

from typing import Any

import pytest
from running import ran

SLEEP = "  - {id: a, type: flow.Sleep, duration: PT4S}\n  - {id: b, type: log.Log, message: b}\n"


def said(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (entry["level"], entry["message"])
        for entry in document["logs"]
        if "SLA" in entry["message"]
    ]


def states(document: dict[str, Any]) -> dict[str, str]:
    return {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}


LATE = "SLA 's' violated: execution duration of PT{took} exceed the maximum duration of {most}."


@pytest.mark.parametrize(
    ("most", "behavior", "took", "state", "runs"),
    [
        # looked at half a second later, as the engine does on the average
        ("PT1S", "FAIL", "1.5S", "FAILED", {"a": "KILLED"}),
        ("PT1S", "CANCEL", "1.5S", "CANCELLED", {"a": "KILLED"}),
        ("PT1S", "NONE", "1.5S", "SUCCESS", {"a": "SUCCESS", "b": "SUCCESS"}),
        ("PT3.25S", "FAIL", "3.75S", "FAILED", {"a": "KILLED"}),
        ("PT5S", "FAIL", None, "SUCCESS", {"a": "SUCCESS", "b": "SUCCESS"}),
    ],
)
def test_an_execution_that_takes_too_long(
    most: str, behavior: str, took: str | None, state: str, runs: dict[str, str]
) -> None:
    document = ran(
        SLEEP, f"sla: [{{id: s, type: MAX_DURATION, duration: {most}, behavior: {behavior}}}]\n"
    )
    late = LATE.format(took=took, most=most)
    expected = [] if took is None else [("WARN", late)]
    if state == "FAILED":
        expected.append(("ERROR", f"Execution failed due to {late}"))
    assert said(document) == expected
    assert document["state"]["current"] == state
    assert states(document) == runs


def test_a_promise_is_counted_from_the_start_of_its_execution() -> None:
    sla = {"id": "s", "type": "MAX_DURATION", "duration": "PT1S", "behavior": "FAIL"}
    sleep = {"id": "a", "type": "io.kestra.plugin.core.flow.Sleep", "duration": "PT5S"}
    child = {"id": "child", "namespace": "a.b", "sla": [sla], "tasks": [sleep]}
    document = ran(
        "  - {id: before, type: flow.Sleep, duration: PT1S}\n"
        "  - {id: c, type: flow.Subflow, namespace: a.b, flowId: child, wait: true}\n",
        "",
        child,
    )
    (late,) = document["children"]
    assert said(late)[0] == ("WARN", LATE.format(took="1.5S", most="PT1S"))


FALSE = ("WARN", "SLA 's' violated: assertion is false: {{ outputs.x is defined }}.")
BROKEN = ("WARN", "SLA 't' violated: assertion is false: 0.")


@pytest.mark.parametrize(
    ("promises", "state", "labels", "messages"),
    [
        (["s", "FAIL"], "FAILED", {}, [FALSE, ("ERROR", f"Execution failed due to {FALSE[1]}")]),
        (["s", "CANCEL"], "CANCELLED", {}, [FALSE]),
        # only the first that is broken acts, the others speak
        (["s", "CANCEL", "t", "FAIL"], "CANCELLED", {"s": "broken"}, [FALSE, BROKEN]),
        (
            ["t", "FAIL", "s", "CANCEL"],
            "FAILED",
            {"t": "broken"},
            [BROKEN, ("ERROR", f"Execution failed due to {BROKEN[1]}"), FALSE],
        ),
    ],
)
def test_an_assertion_that_does_not_hold(
    promises: list[str], state: str, labels: dict[str, str], messages: list[tuple[str, str]]
) -> None:
    conditions = {"s": '"{{ outputs.x is defined }}"', "t": '"0"'}
    rows = "".join(
        f"  - {{id: {id}, type: EXECUTION_ASSERTION, assert: {conditions[id]}, behavior: {behavior}"
        f"{f', labels: {{{id}: broken}}' if labels else ''}}}\n"
        for id, behavior in zip(promises[::2], promises[1::2], strict=True)
    )
    document = ran(SLEEP, f"sla:\n{rows}")
    assert document["state"]["current"] == state
    assert said(document) == messages
    found = {each["key"]: each["value"] for each in document["labels"]}
    assert {key: value for key, value in found.items() if value == "broken"} == labels


def test_a_promise_without_consequence_speaks_and_keeps_its_labels() -> None:
    document = ran(
        SLEEP,
        """\
sla:
  - {id: s, type: EXECUTION_ASSERTION, assert: "{{ outputs.x is defined }}", behavior: NONE, labels: {s: seen}}
""",
    )
    assert document["state"]["current"] == "SUCCESS"
    assert set(said(document)) == {FALSE}
    assert len(said(document)) > 1  # in every pass that sees something new
    assert {"key": "s", "value": "seen"} in document["labels"]


def test_an_assertion_that_cannot_be_rendered_is_ignored_and_the_next_one_counts() -> None:
    document = ran(
        SLEEP,
        """\
sla:
  - {id: s, type: EXECUTION_ASSERTION, assert: "{{ nothing.here }}", behavior: FAIL}
  - {id: t, type: EXECUTION_ASSERTION, assert: "0", behavior: CANCEL}
""",
    )
    assert document["state"]["current"] == "CANCELLED"
    first, second = said(document)
    assert first[0] == "ERROR"
    assert first[1].startswith("Ignoring SLA 's' because of the error: ")
    assert second == BROKEN


KEPT_NOT = """
sla: [{{id: m, type: MAX_DURATION, duration: PT1S, behavior: {behavior}}}]
errors:
  - {{id: e, type: io.kestra.plugin.core.log.Log, message: did}}
afterExecution:
  - {{id: after, type: io.kestra.plugin.core.flow.Sleep, duration: PT1S}}
"""
SLEEPS = "- {id: s, type: flow.Sleep, duration: PT9S}"
NEXT = "- {id: n, type: log.Log, message: did}"
LISTS = {
    "flat": f"  {SLEEPS}\n  {NEXT}\n",
    "block": f"  - id: q\n    type: flow.Sequential\n    tasks:\n      {SLEEPS}\n      {NEXT}\n"
    f"    errors:\n      {NEXT.replace('id: n', 'id: qe')}\n",
}
KILLED = ["CREATED", "SUBMITTED", "KILLED"]


@pytest.mark.parametrize("behavior", ["FAIL", "CANCEL"])
@pytest.mark.parametrize("tasks", LISTS)
def test_what_follows_from_a_broken_promise_is_refused_by_the_worker(
    tasks: str, behavior: str
) -> None:
    """It is made, since `afterExecution` is to come, and given out, but does not begin: what it would do is not done."""
    follows = {"flat": {"FAIL": "e", "CANCEL": "n"}, "block": {"FAIL": "qe", "CANCEL": "n"}}
    document = ran(LISTS[tasks], KEPT_NOT.format(behavior=behavior))
    histories = {
        run["taskId"]: [each["state"] for each in run["state"]["histories"]]
        for run in document["taskRunList"]
    }
    assert document["state"]["current"] == ("FAILED" if behavior == "FAIL" else "CANCELLED")
    assert histories["s"] == ["CREATED", "SUBMITTED", "RUNNING", "KILLED"]
    assert histories[follows[tasks][behavior]] == KILLED
    assert histories["after"][-1] == "SUCCESS"
    assert "did" not in [entry["message"] for entry in document["logs"]]
