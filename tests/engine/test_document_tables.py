"""The document of an execution, member by member, and the variables that expressions see of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from running import ran

from flowrt import Flow
from flowrt.engine.attempt import Attempt
from flowrt.engine.document import (
    document_text,
    execution_document,
    iso,
    jsonable,
    run_document,
    state_document,
)
from flowrt.engine.execution import MAIN, Execution, LogRecord, TaskRun
from flowrt.engine.variables import execution_entry
from flowrt.java.time.duration import SECOND
from flowrt.java.time.temporal import Instant
from flowrt.tasks import Log


class Clock:
    """The time that is set."""

    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        return self.time


CLOCK: Any = Clock()


def execution(id: str = "E", **more: Any) -> Execution:
    CLOCK.time = 0
    return Execution(Flow("f", "a.b", revision=3), id=id, clock=CLOCK, **more)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_999, "1970-01-01T00:00:00.000001Z"),
        (1_709_618_889_123_456_789, "2024-03-05T06:08:09.123456Z"),
        (86_400 * SECOND - 1, "1970-01-01T23:59:59.999999Z"),
    ],
)
def test_dates(nanos: int, text: str) -> None:
    assert iso(nanos) == text


@pytest.mark.parametrize(
    ("history", "ended"),
    [
        (["CREATED", 0], None),
        (["CREATED", 0, "RUNNING", SECOND], None),
        (["CREATED", 0, "RUNNING", SECOND, "PAUSED", 2 * SECOND], ("02", 2.0)),
        (["CREATED", SECOND, "RUNNING", SECOND, "FAILED", 4 * SECOND], ("04", 3.0)),
        (["CREATED", SECOND // 2, "KILLED", SECOND], ("01", 0.5)),
    ],
)
def test_the_state_of_an_object(history: list[Any], ended: tuple[str, float] | None) -> None:
    found = state_document(history)
    assert found["current"] == history[-2]
    assert [each["state"] for each in found["histories"]] == history[::2]
    assert [each["date"] for each in found["histories"]] == [iso(each) for each in history[1::2]]
    assert found["startDate"] == iso(history[1])
    if ended is None:
        assert "endDate" not in found and "duration" not in found
        return
    assert (found["endDate"], found["duration"]) == (
        f"1970-01-01T00:00:{ended[0]}.000000Z",
        ended[1],
    )


def test_the_dates_of_an_execution_are_cut_to_microseconds() -> None:
    CLOCK.time = 1_999
    made = Execution(Flow("f", "a.b"), id="E", clock=CLOCK)
    assert execution_entry(made)["startDate"] == Instant(1_000)
    assert execution_entry(made, in_worker=True)["startDate"] == iso(1_999)


WHOSE = {"tenantId": "main", "namespace": "a.b", "flowId": "f", "executionId": "E"}


def test_a_run_and_its_place() -> None:
    whole = execution()
    parent = TaskRun(Log("above"), whole, MAIN)
    bare = TaskRun(Log("t"), whole, MAIN)
    placed = TaskRun(Log("t"), whole, MAIN, parent, value="v", iteration=0)
    placed.load(["CREATED", 0], [Attempt(["RUNNING", 0])], {"a": 1}, id="R", force=True)
    expected = {**WHOSE, "id": bare.id, "taskId": "t", "outputs": None}
    assert run_document(bare, whole) == {**expected, "state": state_document(bare.history)}
    assert run_document(placed, whole) == {
        **expected,
        "id": "R",
        "parentTaskRunId": parent.id,
        "value": "v",
        "attempts": [{"state": state_document(["RUNNING", 0])}],
        "outputs": {"a": 1},
        "state": state_document(["CREATED", 0]),
        "iteration": 0,
        "forceExecution": True,
    }


def member(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


OPTIONAL = ("taskRunList", "inputs", "outputs", "variables", "parentId", "trigger")


def test_an_execution_that_has_nothing() -> None:
    document = execution_document(execution())
    assert not member(document, *OPTIONAL)
    assert document["flowRevision"] == 3
    assert document["originalId"] == "E"
    assert document["deleted"] is False
    assert document["labels"] == [{"key": "system.correlationId", "value": "E"}]
    assert document["logs"] == document["children"] == []
    assert document["metadata"] == {"attemptNumber": 1, "originalCreatedDate": iso(0)}
    assert document["state"] == state_document(["CREATED", 0])
    assert "logs" not in execution_document(execution(), logs=False)


def test_an_execution_that_has_everything() -> None:
    whole = execution(inputs={"i": 1}, trigger={"id": "t"})
    whole.outputs = {"o": 2}
    whole.variables = {"v": 3}
    whole.parent_id = "P"
    run = TaskRun(Log("t"), whole, MAIN)
    whole.append(run)
    for time, about in ((2, run), (1, None)):
        CLOCK.time = time * SECOND
        whole.logs.append(LogRecord(whole, about, "INFO", f"at {time}", 4))
    child, grandchild, second = execution("C"), execution("G"), execution("S")
    for order, each in enumerate((child, second, grandchild)):
        each.history[1] = order
    whole.children, child.children = [second, child], [grandchild]
    document = execution_document(whole)
    assert member(document, *OPTIONAL) == {
        "taskRunList": [run_document(run, whole)],
        "inputs": {"i": 1},
        "outputs": {"o": 2},
        "variables": {"v": 3},
        "parentId": "P",
        "trigger": {"id": "t"},
    }
    of_run = {"taskId": "t", "taskRunId": run.id, "attemptNumber": 4}
    assert document["logs"] == [
        {**WHOSE, "timestamp": iso(SECOND), "level": "INFO", "message": "at 1"},
        {**WHOSE, **of_run, "timestamp": iso(2 * SECOND), "level": "INFO", "message": "at 2"},
    ]
    assert [each["id"] for each in document["children"]] == ["C", "S", "G"]
    assert json.loads("".join(document_text(whole))) == document


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        ([1, (2.5, "x")], [1, [2.5, "x"]]),
        ({1: {"a": True}}, {"1": {"a": True}}),
        (Instant(0), "1970-01-01T00:00:00Z"),
        ({"a": [float("inf"), -float("inf"), 1e308]}, {"a": ["Infinity", "-Infinity", 1e308]}),
    ],
)
def test_values_become_what_json_knows(value: Any, plain: Any) -> None:
    assert jsonable(value) == plain


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{{ flow.id }} {{ flow.namespace }} {{ flow.revision }}", "f a.b 1"),
        ("{{ execution.id == flow.id }} {{ execution.originalId == execution.id }}", "false true"),
        ("{{ execution.state }}", "RUNNING"),
        ("{{ execution.startDate }}", "1970-01-01T00:00:00.000000Z"),
        ("{{ task.id }} {{ task.type }}", "t io.kestra.plugin.core.log.Log"),
        ("{{ taskrun.attemptsCount }} {{ taskrun.startDate }}", "0 1970-01-01T00:00:02Z"),
        ("{{ taskrun.value is defined }} {{ taskrun.parentId is defined }}", "false false"),
        ("{{ taskrun.iteration is defined }} {{ parent is defined }}", "false false"),
        ("{{ outputs.first.value }}", "one"),
        ("{{ outputs.inner.a.value }}", "a0"),
        ("{{ outputs.inner.b.value }}", "b1"),
        ("{{ tasks.first.state }} {{ tasks.sleep.state }}", "SUCCESS SUCCESS"),
        ("{{ vars.x }} {{ inputs.i }} {{ labels.k }}", "1 3 v"),
        ("{{ vars.nested.deep }}", "y"),
        ("{{ envs is defined }} {{ globals is defined }}", "true true"),
        ("{{ trigger is defined }}", "false"),
    ],
)
def test_what_expressions_see(expression: str, text: str) -> None:
    document = ran(
        f"""\
  - {{id: first, type: debug.Return, format: one}}
  - id: each
    type: flow.ForEach
    values: [a, b]
    tasks: [{{id: inner, type: debug.Return, format: "{{{{ taskrun.value }}}}{{{{ taskrun.iteration }}}}"}}]
  - {{id: sleep, type: flow.Sleep, duration: PT2S}}
  - {{id: t, type: log.Log, message: "{expression}"}}
""",
        "labels: {k: v}\nvariables: {x: 1, nested: {deep: y}}\ninputs: [{id: i, type: INT, defaults: 3}]\n",
    )
    said = [each["message"] for each in document["logs"] if each.get("taskId") == "t"]
    assert said == [text]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{{ taskrun.value }} {{ taskrun.iteration }}", "y 1"),
        ("{{ parent.taskrun.value }} {{ parents[0].taskrun.value }}", "x x"),
        ("{{ parents | length }}", "1"),
        ("{{ outputs.before[parent.taskrun.value][taskrun.value].value }}", "xy"),
        ("{{ currentEachOutput(outputs.before).value }}", "xy"),
    ],
)
def test_what_expressions_see_in_loops(expression: str, text: str) -> None:
    document = ran(f"""\
  - id: outer
    type: flow.ForEach
    values: [w, x]
    tasks:
      - id: inner
        type: flow.ForEach
        values: [z, y]
        tasks:
          - {{id: before, type: debug.Return, format: "{{{{ parent.taskrun.value }}}}{{{{ taskrun.value }}}}"}}
          - {{id: t, type: log.Log, message: "{expression}"}}
""")
    said = [each["message"] for each in document["logs"] if each.get("taskId") == "t"]
    assert said[-1] == text
