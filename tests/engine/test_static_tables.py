"""Properties that take no expression, because they are read before anything runs: the compiler refuses one."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed

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
