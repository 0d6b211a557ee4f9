"""What the compiler knows of blocks: their types and older names, which need a child, which properties take no expression."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, executed

CORE = "io.kestra.plugin.core."
LOG = {"type": f"{CORE}log.Log", "message": "said"}


def errors(task: dict[str, Any], *others: dict[str, Any]) -> list[Any]:
    found = analysed({"id": "f", "namespace": "a.b", "tasks": [task]}, *others).diagnostics
    return [each for each in found if each.is_error]


@pytest.mark.parametrize(
    ("kind", "endless"),
    [("AllowFailure", True), ("LoopUntil", True), ("Sequential", False), ("Parallel", False)],
)
def test_which_blocks_never_end_in_kestra_without_a_child(kind: str, endless: bool) -> None:
    inner = {"id": "x", **LOG, "disabled": True}
    task = {"id": "t", "type": f"{CORE}flow.{kind}", "tasks": [inner]}
    if kind == "LoopUntil":
        task["condition"] = "{{ true }}"
    found = analysed({"id": "f", "namespace": "a.b", "tasks": [task]}).diagnostics
    assert ("FC401" in {each.code for each in found}) is endless


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ForEach", "concurrencyLimit"),
        ("Subflow", "revision"),
        ("Subflow", "wait"),
        ("Subflow", "transmitFailed"),
        ("Subflow", "restartBehavior"),
        ("ForEachItem", "revision"),
        ("ForEachItem", "wait"),
        ("ForEachItem", "transmitFailed"),
        ("ForEachItem", "restartBehavior"),
    ],
)
def test_no_expression_stands_there(kind: str, name: str) -> None:
    task: dict[str, Any] = {"id": "t", "type": f"{CORE}flow.{kind}", name: "{{ 1 }}"}
    if kind == "ForEach":
        task |= {"values": [1], "tasks": [{"id": "x", **LOG}]}
    else:
        task |= {"namespace": "a.b", "flowId": "child", "items": "kestra:///x"}
        if kind == "Subflow":
            del task["items"]
    child = {"id": "child", "namespace": "a.b", "tasks": [{"id": "c", **LOG}]}

    assert errors(task, child)
    del task[name]
    assert not errors(task, child)


TASKS = {"tasks": [{"id": "x", **LOG}]}
BLOCKS: list[tuple[str, dict[str, Any]]] = [
    ("AllowFailure", TASKS),
    ("Dag", {"tasks": [{"task": {"id": "x", **LOG}}]}),
    ("EachParallel", {**TASKS, "value": ["v"]}),
    ("EachSequential", {**TASKS, "value": ["v"]}),
    ("ForEach", {**TASKS, "values": ["v"]}),
    ("If", {"condition": "{{ true }}", "then": TASKS["tasks"]}),
    ("LoopUntil", {**TASKS, "condition": "{{ true }}"}),
    ("Parallel", TASKS),
    ("Pause", {"pauseDuration": "PT1S"}),
    ("Sequential", TASKS),
    ("Subflow", {"namespace": "a.b", "flowId": "child"}),
    ("Switch", {"value": "v", "cases": {"v": TASKS["tasks"]}}),
    ("WorkingDirectory", TASKS),
]


@pytest.mark.parametrize(("kind", "more"), BLOCKS)
@pytest.mark.parametrize("older", [False, True])
def test_a_block_knows_its_type(kind: str, more: dict[str, Any], older: bool) -> None:
    """By whichever name the flow calls it; `LoopUntil` and `ForEach` are too young for the oldest names."""
    names = {
        "LoopUntil": f"{CORE}flow.WaitFor",
        "ForEach": f"{CORE}flow.ForEach",
        "WorkingDirectory": "io.kestra.core.tasks.flows.Worker",
        "Subflow": "io.kestra.core.tasks.flows.Flow",
    }
    name = f"{CORE}flow.{kind}"
    if older:
        name = names.get(kind, f"io.kestra.core.tasks.flows.{kind}")
    task = {"id": "t", "type": name, **more, "runIf": f"{{{{ task.type == '{name}' }}}}"}
    child = {"id": "child", "namespace": "a.b", "tasks": [{"id": "c", **LOG}]}
    document = executed(analysed({"id": "f", "namespace": "a.b", "tasks": [task]}, child))
    assert document["taskRunList"][0]["state"]["current"] == "SUCCESS"
