"""Records of steps: an execution that is laid together from them is as it was."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

from test_conductor import FAIL, FLOW, RETURN, conduct, flow_of

from flowrt.conduct.frames import AwaitedFrame
from flowrt.conduct.hands import LocalHands
from flowrt.conduct.opening import open_loop_host
from flowrt.engine.document import execution_document
from flowrt.engine.execution import Execution
from flowrt.model.flow import Flow
from flowrt.targets.ids import derived_id
from flowrt.targets.portable import packed, plain, unpacked
from flowrt.targets.records import Before, document_of, opened, record_of, restore, without_gone
from flowrt.verbs.options import RunOptions

TASKS = f"""
  - id: each
    type: {FLOW}.ForEach
    values: [a, b]
    tasks:
      - {{id: one, type: {RETURN}, format: "{{{{ taskrun.value }}}}"}}
  - {{id: labelled, type: io.kestra.plugin.core.execution.Labels, labels: {{seen: "yes"}}}}
  - {{id: counted, type: io.kestra.plugin.core.execution.SetVariables, variables: {{n: 1}}, overwrite: true}}
  - {{id: soft, type: {FAIL}, allowFailure: true}}
"""


def laid_together(flow: Flow, id: str, records: list[Any]) -> Execution:
    """An execution as another process finds it."""
    return restored(flow, id, json.loads(json.dumps(records)))


def restored(flow: Flow, id: str, records: list[Any]) -> Execution:
    """An execution made of records."""
    options = RunOptions()
    host = open_loop_host(flow, options, LocalHands())
    execution = Execution(flow, id=id)
    conductor = host.conductor(execution)
    restore(execution, records, conductor.root)
    assert isinstance(conductor.root, AwaitedFrame)
    return execution


def test_what_a_record_holds_comes_back() -> None:
    flow = flow_of(TASKS, "variables: {n: 0}")
    made = conduct(flow)
    blank = Execution(flow, id=made.id)
    found = laid_together(flow, made.id, [record_of(made, Before(blank))])
    told, known = execution_document(found), execution_document(made)
    for run in (*told["taskRunList"], *known["taskRunList"]):
        run.pop("duration", None)
    assert told["taskRunList"] == known["taskRunList"]
    assert told["variables"] == {"n": 1}
    assert {"key": "seen", "value": "yes"} in told["labels"]
    assert found.tree.read() == made.tree.read()


def test_a_later_record_of_a_run_counts() -> None:
    flow = flow_of(TASKS)
    made = conduct(flow)
    record = record_of(made, Before(Execution(flow, id=made.id)))
    early = json.loads(json.dumps(record))
    for run in early["runs"]:
        run["history"] = run["history"][:2]
    found = laid_together(flow, made.id, [record, early])
    assert [run.state for run in found.runs] == [run.state for run in made.runs]


def test_a_step_tells_only_what_it_has_changed() -> None:
    made = conduct(flow_of(TASKS))
    record = record_of(made, Before(made))
    assert (record["runs"], record["logs"]) == ([], [])
    assert record["execution"]["labels"] == {"set": {}, "removed": []}


def test_executions_of_earlier_steps_are_children() -> None:
    flow = flow_of(TASKS)
    made, child = conduct(flow), execution_document(conduct(flow))
    record = {**record_of(made, Before(made)), "children": [child]}
    assert [each["id"] for each in document_of(made, [record])["children"]] == [child["id"]]


def test_derived_ids_name_one_thing() -> None:
    assert derived_id("run", "a", "b") == derived_id("run", "a", "b")
    assert derived_id("run", "a", "b") != derived_id("run", "ab")


def test_an_execution_that_goes_on_changes_no_record() -> None:
    flow = flow_of(TASKS)
    made = conduct(flow)
    records = [json.loads(json.dumps(record_of(made, Before(Execution(flow, id=made.id)))))]
    before = json.dumps(records)
    for run in restored(flow, made.id, records).runs:
        run.enter("FAILED")
        run.end_attempt("FAILED")
    assert json.dumps(records) == before


def test_a_block_in_a_round_bears_its_value_and_number() -> None:
    flow = flow_of(TASKS)
    execution = Execution(flow)
    task = flow.declared["each"]
    found = [
        opened(execution, task, None, "id", value, number)
        for value, number in (("b", 1), (None, 2), (None, None))
    ]
    places = [(run.value, run.iteration, run.chain) for run in found]
    assert places == [("b", 1, 1), (None, 2, 0), (None, None, 0)]
    assert {run.state for run in found} == {"RUNNING"}


def test_values_that_json_lacks_come_back() -> None:
    value = {
        "price": Decimal("1.50"),
        "limits": [float("inf"), float("-inf"), -0.0],
        "looks so": {"$decimal": "1.50"},
        "inside": {"$map": {"$double": 1}},
        "two": {"$decimal": 1, "other": None},
    }
    found = unpacked(json.loads(json.dumps(packed(value), allow_nan=False)))
    assert found == value
    assert str(found["price"]) == "1.50"
    assert math.isnan(unpacked(packed(math.nan)))


def test_readers_of_json_find_texts_for_what_is_no_number() -> None:
    value = {"a": [math.nan, math.inf], "b": Decimal("1.50"), "c": 1.0}
    assert plain(value) == {"a": ["NaN", "Infinity"], "b": 1.5, "c": 1.0}


def test_passes_that_were_taken_away_are_known_to_the_log() -> None:
    flow = flow_of(TASKS)
    made = conduct(flow)
    before = Before(made)
    record = record_of(made, Before(Execution(flow, id=made.id)))
    soft = next(run for run in made.runs if run.task.id == "soft")
    made.remove({soft})
    records = without_gone([record, record_of(made, before)])
    found = laid_together(flow, made.id, records)
    assert "soft" not in {run.task.id for run in found.runs}
    told = {entry.run.task.id for entry in found.logs if entry.run is not None}
    assert "soft" in told
    silent = {run["task"] for run in records[0]["runs"]}
    assert silent == {run.task.id for run in made.runs} | {"soft"}
