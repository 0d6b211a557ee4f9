"""Conditions of listeners, as a table: which hold for an execution that has ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from running import ran

from flowrt.engine.conditions import Seen, hold
from flowrt.expr.context import Context

EXECUTION: Any = SimpleNamespace(
    namespace="company.team",
    flow_id="nightly",
    state="WARNING",
    labels={"team": "data", "n": "1"},
)
FLOW: Any = SimpleNamespace(namespace="company.team", id="nightly")
SEEN = Seen(FLOW, EXECUTION, lambda: Context({}))
TYPES = "io.kestra.core.models.conditions.types."


def condition(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": f"{TYPES}{kind}Condition", **values}


HERE = condition("ExecutionFlow", namespace="company.team", flowId="nightly")
ELSEWHERE = condition("ExecutionFlow", namespace="company.team", flowId="weekly")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], True),
        ([HERE], True),
        ([ELSEWHERE], False),
        ([HERE, ELSEWHERE], False),
        ([condition("ExecutionFlow", namespace="company", flowId="nightly")], False),
        ([condition("ExecutionFlow", namespace="company.team")], False),
        ([{**HERE, "type": "io.kestra.plugin.core.condition.ExecutionFlow"}], True),
        ([condition("Not", conditions=[HERE])], False),
        ([condition("Not", conditions=[ELSEWHERE])], True),
        ([condition("Not", conditions=[HERE, ELSEWHERE])], False),
        ([condition("Not")], True),
        ([condition("Or", conditions=[ELSEWHERE, HERE])], True),
        ([condition("Or", conditions=[ELSEWHERE, ELSEWHERE])], False),
        ([condition("Or")], False),
        ([condition("ExecutionStatus", **{"in": ["WARNING", "FAILED"]})], True),
        ([condition("ExecutionStatus", **{"in": ["SUCCESS"]})], False),
        ([condition("ExecutionStatus", notIn=["SUCCESS"])], True),
        ([condition("ExecutionStatus", notIn=["WARNING"])], False),
        ([condition("ExecutionStatus", **{"in": ["WARNING"], "notIn": ["WARNING"]})], False),
        ([condition("ExecutionStatus")], True),
        ([condition("ExecutionNamespace", namespace="company.team")], True),
        ([condition("ExecutionNamespace", namespace="company")], False),
        ([condition("ExecutionNamespace", namespace="company", prefix=True)], True),
        ([condition("ExecutionNamespace", namespace="team", prefix=True)], False),
        ([condition("ExecutionNamespace", namespace="company", comparison="PREFIX")], True),
        ([condition("ExecutionNamespace", namespace="team", comparison="SUFFIX")], True),
        ([condition("ExecutionNamespace", namespace="company", comparison="SUFFIX")], False),
        ([condition("ExecutionNamespace", namespace="team", comparison="EQUALS")], False),
        (
            [condition("ExecutionNamespace", namespace="company", comparison="EQUALS", prefix=1)],
            False,
        ),
        ([condition("ExecutionLabels", labels={"team": "data"})], True),
        ([condition("ExecutionLabels", labels={"team": "data", "n": 1})], True),
        ([condition("ExecutionLabels", labels={"team": "data", "n": 2})], False),
        ([condition("ExecutionLabels", labels=[{"key": "team", "value": "web"}])], False),
        ([condition("ExecutionLabels", labels={"other": "data"})], False),
        ([condition("ExecutionLabels")], True),
    ],
)
def test_which_conditions_hold(conditions: list[dict[str, Any]], expected: bool) -> None:
    failures: list[str] = []
    assert hold(conditions, SEEN, lambda _, reason: failures.append(reason)) is expected
    assert not failures


@pytest.mark.parametrize("type", [f"{TYPES}PublicHolidayCondition", None])
def test_what_only_a_server_can_test(type: str | None) -> None:
    failures: list[str] = []
    assert not hold([{"type": type}], SEEN, lambda _, reason: failures.append(reason))
    assert failures == [f"the condition {type} can only be tested by a server"]


@pytest.mark.parametrize(
    ("expression", "heard"),
    [
        ("{{ execution.state == 'SUCCESS' }}", True),
        ("{{ execution.state == 'FAILED' }}", False),
        ("yes", True),
        ("0", True),
        (" false ", False),
    ],
)
@pytest.mark.parametrize("kind", ["Expression", "Variable"])
def test_an_expression_is_rendered_when_the_execution_has_ended(
    kind: str, expression: str, heard: bool
) -> None:
    document = ran(
        "  - {id: work, type: log.Log, message: work}\n",
        f"""\
listeners:
  - conditions: [{{type: {TYPES}{kind}Condition, expression: "{expression}"}}]
    tasks: [{{id: heard, type: io.kestra.plugin.core.log.Log, message: heard}}]
""",
    )
    assert document["state"]["current"] == "SUCCESS"
    assert ("heard" in [run["taskId"] for run in document["taskRunList"]]) is heard
