"""What the tasks see that one pass dispatches: the execution as it was when the pass came to them."""

from __future__ import annotations

from typing import Any

import pytest
from running import analysed, executed

CORE = "io.kestra.plugin.core."
SET = {
    "id": "set",
    "type": f"{CORE}execution.SetVariables",
    "variables": {"base": "changed"},
    "overwrite": True,
}
CHILD = {
    "id": "child",
    "namespace": "a.b",
    "inputs": [{"id": "given", "type": "STRING"}],
    "tasks": [{"id": "said", "type": f"{CORE}debug.Return", "format": "{{ inputs.given }}"}],
}


def beside(task: dict[str, Any]) -> dict[str, Any]:
    """The document of a flow whose variable changes in the pass in which a task begins."""
    parallel = {"id": "p", "type": f"{CORE}flow.Parallel", "tasks": [SET, task]}
    after = {"id": "after", "type": f"{CORE}debug.Return", "format": "{{ vars }} {{ labels }}"}
    flow = {
        "id": "f",
        "namespace": "a.b",
        "variables": {"base": "root"},
        "tasks": [parallel, after],
    }
    return executed(analysed(flow, CHILD))


def value(document: dict[str, Any], task: str) -> str:
    run = next(each for each in document["taskRunList"] if each["taskId"] == task)
    return str(run["outputs"]["value"])


TASKS: dict[str, dict[str, Any]] = {
    "leaf": {"type": f"{CORE}debug.Return", "format": "x"},
    "update": {"type": f"{CORE}execution.Labels", "labels": {"l": "x"}},
    "block": {
        "type": f"{CORE}flow.Sequential",
        "tasks": [{"id": "in", "type": f"{CORE}debug.Return", "format": "x"}],
    },
    "subflow": {
        "type": f"{CORE}flow.Subflow",
        "namespace": "a.b",
        "flowId": "child",
        "inputs": {"given": "x"},
    },
}


@pytest.mark.parametrize("seen", ["root", "changed"])
@pytest.mark.parametrize("kind", TASKS)
def test_run_if(kind: str, seen: str) -> None:
    task = {"id": "t", **TASKS[kind], "runIf": f"{{{{ vars.base == '{seen}' }}}}"}
    run = next(each for each in beside(task)["taskRunList"] if each["taskId"] == "t")
    assert run["state"]["current"] == ("SUCCESS" if seen == "root" else "SKIPPED")


def test_what_changes_the_execution_renders_what_was_and_changes_what_is() -> None:
    task = {
        "id": "t",
        "type": f"{CORE}execution.SetVariables",
        "variables": {"fresh": "{{ vars.base }}"},
    }
    assert value(beside(task), "after").startswith('{"fresh":"root","base":"changed"}')


def test_a_label_is_of_the_view() -> None:
    task = {"id": "t", "type": f"{CORE}execution.Labels", "labels": {"l": "{{ vars.base }}"}}
    assert '"l":"root"' in value(beside(task), "after")


def test_a_leaf_sees_the_view_and_a_subflow_gets_what_is() -> None:
    leaf = {"id": "t", "type": f"{CORE}debug.Return", "format": "{{ vars.base }}"}
    assert value(beside(leaf), "t") == "root"
    subflow = {"id": "t", **TASKS["subflow"], "inputs": {"given": "{{ vars.base }}"}}
    (child,) = beside(subflow)["children"]
    assert child.get("execution", child)["inputs"] == {"given": "changed"}
