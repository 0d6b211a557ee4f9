"""Replays with other inputs, by which a block around the task goes: what the engine made of each, executed there once.

A list that is another one by now goes on behind as many of its tasks as it has runs, whichever they are: so values in
another order lead to some that are done twice. Runs that are no part of it any more stay as they are, and what is begun
goes on by itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options

from flowrt.engine.document import execution_document
from flowrt.verbs.replay import replay
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."


def shown(id: str) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}debug.Return", "format": id}


def loop(**more: Any) -> dict[str, Any]:
    return {
        "id": "s",
        "type": f"{CORE}flow.ForEach",
        "values": "{{ inputs.l }}",
        "tasks": [shown("t1"), shown("t2")],
        **more,
    }


CASES_OF = {"x": [shown("t1"), shown("t2")], "y": [shown("t3"), shown("t5")]}
SWITCH = {"id": "s", "type": f"{CORE}flow.Switch", "value": "{{ inputs.a }}", "cases": CASES_OF}
EACH = {"id": "s", "value": "{{ inputs.l }}", "tasks": [shown("t1"), shown("t2")]}
BLOCKS: dict[str, dict[str, Any]] = {
    "switch": SWITCH,
    "handled": {**SWITCH, "errors": [shown("e")], "finally": [shown("fin")]},
    "inside": {
        "id": "s",
        "type": f"{CORE}flow.Sequential",
        "tasks": [{**SWITCH, "id": "s2"}, shown("t6")],
    },
    "one": loop(),
    "two": loop(concurrencyLimit=2),
    "all": loop(concurrencyLimit=0),
    "spread": {**EACH, "type": f"{CORE}flow.EachParallel"},
    "each": {**EACH, "type": f"{CORE}flow.EachSequential", "errors": [shown("e")]},
    "nested": loop(
        tasks=[{"id": "q", "type": f"{CORE}flow.Sequential", "tasks": [shown("t1"), shown("t2")]}]
    ),
}

REPLAYED = [
    ("switch", "t2", {"a": "y"}, "s t1 t2* t3 t5"),
    ("switch", "t4", {"a": "y"}, "s t1 t2"),
    ("switch", "s", {"a": "y"}, "s t3 t5"),
    ("switch", "t1", {"a": "z"}, "s t1*"),
    ("handled", "t2", {"a": "y"}, "s t1 t2* t3 t5 fin"),
    ("inside", "t2", {"a": "y"}, "s s2 t1 t2* t3 t5 t6"),
    ("inside", "t6", {"a": "y"}, "s s2 t1 t2 t6*"),
    ("one", "t4", {"l": '["b","c"]'}, "s t1[a] t2[a] t1[b] t2[b]"),
    ("one", "t1[b]", {"l": '["b","c"]'}, "s t1[a] t1[b]* t2[b] t1[c] t2[c]"),
    ("one", "t2[a]", {"l": '["a"]'}, "s t1[a] t2[a]* t1[b]"),
    ("one", "s", {"l": '["c"]'}, "s t1[c] t2[c]"),
    ("one", "t2[b]", {"l": '["a","b","c"]'}, "s t1[a] t2[a] t1[b] t2[b]* t1[c] t2[c]"),
    ("one", "t1[a]", {"l": '["c","d"]'}, "s t1[a]* t1[c] t2[c] t1[d] t2[d]"),
    ("one", "t2[b]", {"l": '["b","a"]'}, "s t1[a] t2[a] t1[b] t2[b]*"),
    ("one", "t1[a]", {"l": '["b","a"]'}, "s t1[a]* t2[b] t1[a] t2[a]"),
    ("two", "t1[b]", {"l": '["b","c"]'}, "s t1[a] t1[b]* t1[c] t2[b] t2[c]"),
    ("two", "t2[a]", {"l": '["a"]'}, "s t1[a] t1[b] t2[a]*"),
    ("two", "t1[a]", {"l": '["c","d"]'}, "s t1[a]* t1[c] t1[d] t2[c] t2[d]"),
    ("two", "t2[b]", {"l": '["a","b","c"]'}, "s t1[a] t1[b] t2[a] t2[b]* t1[c] t2[c]"),
    ("two", "t1[a]", {"l": '["b","a"]'}, "s t1[a]* t1[b] t2[a] t2[b]"),
    ("all", "t1[b]", {"l": '["b","c"]'}, "s t1[a] t1[b]* t1[c] t2[b] t2[c]"),
    ("all", "t2[a]", {"l": '["a"]'}, "s t1[a] t1[b] t2[a]*"),
    ("all", "t1[a]", {"l": '["c","d"]'}, "s t1[a]* t1[c] t1[d] t2[c] t2[d]"),
    ("all", "t2[b]", {"l": '["a","b","c"]'}, "s t1[a] t1[b] t2[a] t2[b]* t1[c] t2[c]"),
    ("all", "t1[a]", {"l": '["b","a"]'}, "s t1[a]* t1[b] t2[a] t2[b]"),
    ("spread", "t1[b]", {"l": '["b","c"]'}, "s t1[a] t2[a] t1[b]* t2[b] t1[c] t2[c]"),
    ("spread", "t2[a]", {"l": '["a"]'}, "s t1[a] t2[a]* t1[b] t2[b]"),
    ("spread", "t1[a]", {"l": '["c","d"]'}, "s t1[a]* t2[a] t1[b] t2[b] t1[c] t2[c] t1[d] t2[d]"),
    ("spread", "t2[b]", {"l": '["a","b","c"]'}, "s t1[a] t2[a] t1[b] t2[b]* t1[c] t2[c]"),
    ("spread", "t1[a]", {"l": '["b","a"]'}, "s t1[a]* t2[a] t1[b] t2[b]"),
    ("each", "t1[b]", {"l": '["b","c"]'}, "s t1[a] t1[b]* t2[b] t1[c] t2[c]"),
    ("each", "t2[a]", {"l": '["a"]'}, "s t1[a] t2[a]* t1[b]"),
    ("each", "t1[a]", {"l": '["c","d"]'}, "s t1[a]* t1[c] t2[c] t1[d] t2[d]"),
    ("each", "t2[b]", {"l": '["a","b","c"]'}, "s t1[a] t2[a] t1[b] t2[b]* t1[c] t2[c]"),
    ("each", "t1[a]", {"l": '["b","a"]'}, "s t1[a]* t2[b] t1[a] t2[a]"),
    ("nested", "q[b]", {"l": '["b","c"]'}, "s q[a] t1 t2 q[b] t1 t2 q[c] t1 t2"),
    ("nested", "q[a]", {"l": '["c"]'}, "s q[a] q[c] t1 t1 t2 t2"),
]
"""Block, task, inputs, and the runs of the block in their order; those that were done once more have a star."""
TOGETHER = ("two", "all", "nested")
"""Blocks in which runs of several values go on beside one another: their order in the engine is one of several."""


def run_names(document: dict[str, Any]) -> list[str]:
    found = []
    for run in document["taskRunList"]:
        value = f"[{run['value']}]" if "value" in run else ""
        again = sum(each["state"] == "RESTARTED" for each in run["state"]["histories"])
        if run["taskId"] not in ("t0", "t4"):
            found.append(f"{run['taskId']}{value}{'*' * again}")
    return found


def replayed(store: Path, block: str, task: str, inputs: dict[str, str]) -> dict[str, Any]:
    flow = {
        "id": "f",
        "namespace": "a.b",
        "inputs": [
            {"id": "a", "type": "STRING", "defaults": "x"},
            {"id": "l", "type": "JSON", "defaults": '["a", "b"]'},
        ],
        "tasks": [shown("t0"), BLOCKS[block], shown("t4")],
    }
    made = loaded(analysed(flow))
    first = options(store)
    id = execute(made, first).id
    again = options(store, first)
    again.inputs = dict(inputs)
    found: dict[str, Any] = json.loads(
        json.dumps(execution_document(replay(made, id, task, again)))
    )
    return found


@pytest.mark.parametrize(("block", "task", "inputs", "wanted"), REPLAYED)
def test_a_list_that_is_another_one_goes_on_behind_its_own_runs(
    tmp_path: Path, block: str, task: str, inputs: dict[str, str], wanted: str
) -> None:
    document = replayed(tmp_path, block, task, inputs)
    order = sorted if block in TOGETHER else list
    assert order(run_names(document)) == order(wanted.split())
    state = "FAILED" if inputs == {"a": "z"} else "SUCCESS"
    assert document["state"]["current"] == state
