"""Rules of flow control that are easily got wrong, each shown by a small flow that is compiled and run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded

from flowrt.engine.document import execution_document
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

SHORT = {
    name: f"io.kestra.plugin.core.{package}.{name}"
    for package, names in {
        "flow": "Sequential Parallel Switch If ForEach LoopUntil AllowFailure Pause WorkingDirectory",
        "execution": "Fail Exit SetVariables UnsetVariables",
        "debug": "Return",
        "log": "Log",
    }.items()
    for name in names.split()
}


class Ran:
    """What became of a flow."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.state = document["state"]["current"]
        self.runs = document.get("taskRunList") or []
        self.names = [run["taskId"] for run in self.runs]

    def run(self, name: str) -> dict[str, Any]:
        return next(run for run in self.runs if run["taskId"] == name)

    def value(self, name: str) -> Any:
        return self.run(name)["outputs"]["value"]

    def history(self, name: str) -> list[str]:
        states = [entry["state"] for entry in self.run(name)["state"]["histories"]]
        return [state for state in states if state != "SUBMITTED"]

    def errors(self, name: str) -> list[str]:
        return [
            entry["message"]
            for entry in self.document["logs"]
            if entry["level"] == "ERROR" and entry.get("taskId") == name
        ]

    def warnings(self) -> int:
        return sum(entry["level"] == "WARN" for entry in self.document["logs"])


@pytest.fixture
def ran(tmp_path: Path) -> Any:
    """Compile and run the body of a flow; types by their last name."""

    def run(body: str) -> Ran:
        for short, name in SHORT.items():
            body = body.replace(f"type: {short}", f"type: {name}")
        flow = loaded(analysed(f"id: f\nnamespace: a.b\n{body}"))
        execution = execute(flow, RunOptions(store=str(tmp_path), keep_logs=True))
        return Ran(json.loads(json.dumps(execution_document(execution))))

    return run


def test_a_pause_whose_duration_cannot_be_rendered_fails_as_the_engine(ran: Any) -> None:
    found = ran("""
tasks:
  - id: s
    type: Sequential
    tasks: [{id: p, type: Pause, pauseDuration: "{{ nope }}"}]
    errors: [{id: local, type: Log, message: x}]
errors: [{id: e, type: Log, message: x}]
""")
    assert found.names == ["s", "p", "local", "e"]
    assert found.history("p") == ["CREATED", "RUNNING", "FAILED"]
    assert found.errors("p") == [
        "Unable to find `nope` used in the expression `{{ nope }}` at line 1"
    ]


def test_on_pause_sees_the_execution_before_the_pause(ran: Any) -> None:
    found = ran("""
tasks:
  - id: p
    type: Pause
    pauseDuration: PT0.1S
    onPause: {id: o, type: Return, format: "{{ execution.state }} {{ tasks }}"}
""")
    assert found.value("o") == 'RUNNING {"p":{"state":"RUNNING"}}'


def test_maps_are_equal_whatever_the_order_of_their_keys(ran: Any) -> None:
    found = ran("""
tasks:
  - id: l
    type: ForEach
    values: '[{"a":1,"b":2},{"b":2,"a":1}]'
    tasks: [{id: t, type: Log, message: x}]
""")
    assert found.names == ["l", "t"]


def test_a_flowable_that_cannot_choose_fails(ran: Any) -> None:
    found = ran("""
tasks:
  - {id: p, type: Parallel, concurrent: "{{ nope }}", tasks: [{id: a, type: Log, message: x}]}
errors: [{id: e, type: Log, message: x}]
""")
    assert found.names == ["p", "e"]
    assert found.state == "FAILED"


def test_an_if_without_a_branch_runs_no_finally(ran: Any) -> None:
    found = ran("""
tasks:
  - id: without
    type: If
    condition: "{{ false }}"
    then: [{id: a, type: Log, message: x}]
    finally: [{id: b, type: Log, message: x}]
  - id: with
    type: If
    condition: "{{ false }}"
    then: [{id: c, type: Log, message: x}]
    else: [{id: d, type: Log, message: x}]
    finally: [{id: g, type: Log, message: x}]
""")
    assert found.names == ["without", "with", "d", "g"]


def test_a_switch_over_null_follows_the_empty_text(ran: Any) -> None:
    found = ran("""
tasks:
  - id: w
    type: Switch
    value: "{{ null }}"
    cases: {"": [{id: a, type: Log, message: x}]}
    defaults: [{id: d, type: Log, message: x}]
""")
    assert found.names == ["w", "a"]
    assert found.run("w")["outputs"] == {"value": "", "defaults": False}


def test_only_the_own_retry_warns(ran: Any) -> None:
    retry = "{type: constant, interval: PT0.01S, maxAttempts: 2, warningOnRetry: true}"
    task = 'type: Fail, condition: "{{ taskrun.attemptsCount < 1 }}"'
    own = ran(f"\ntasks: [{{id: t, {task}, retry: {retry}}}]\n")
    inherited = ran(f"""
tasks:
  - {{id: s, type: Sequential, retry: {retry}, tasks: [{{id: t, {task}}}]}}
""")
    assert (own.state, inherited.state) == ("WARNING", "SUCCESS")


def test_a_new_execution_takes_the_place_of_one_without_handlers(ran: Any) -> None:
    found = ran("""
retry: {type: constant, interval: PT0.01S, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION}
tasks: [{id: t, type: Fail}]
""")
    assert found.state == "RETRIED"
    assert [child["state"]["current"] for child in found.document["children"]] == ["FAILED"]


def test_a_timeout_wraps_declared_failures(ran: Any) -> None:
    found = ran("""
tasks:
  - {id: a, type: Fail, timeout: PT5S, allowFailure: true}
  - {id: b, type: Fail, allowFailure: true}
  - {id: c, type: Return, format: "{{ nope }}", timeout: PT5S}
""")
    nope = "Unable to find `nope` used in the expression `{{ nope }}` at line 1"
    assert found.errors("a") == ["java.lang.Exception: Task failure", "Task failure"]
    assert found.errors("b") == ["Task failure"]
    assert found.errors("c") == [
        f"io.kestra.core.exceptions.IllegalVariableEvaluationException: {nope}",
        nope,
    ]


def test_what_was_unset_before_a_failure_stays_unset(ran: Any) -> None:
    found = ran("""
variables: {a: {b: 1}, c: 2}
tasks: [{id: u, type: UnsetVariables, variables: [a.b, nope.x]}]
""")
    assert found.state == "FAILED"
    assert found.document["variables"] == {"a": {}, "c": 2}


def test_runs_of_one_updating_task_in_one_pass_share_what_the_first_rendered(ran: Any) -> None:
    found = ran("""
variables: {n: 0}
tasks:
  - id: l
    type: ForEach
    values: [a, b]
    concurrencyLimit: 2
    tasks: [{id: v, type: SetVariables, variables: {"{{ taskrun.value }}": "{{ taskrun.iteration }}"}}]
""")
    assert found.document["variables"] == {"n": 0, "a": "0"}


def test_flowables_after_the_execution_begin_without_outputs(ran: Any) -> None:
    found = ran("""
tasks: [{id: a, type: Log, message: x}]
afterExecution:
  - id: l
    type: LoopUntil
    condition: "{{ outputs.t.value == '1 1' }}"
    checkFrequency: {interval: PT0.01S}
    tasks:
      - id: t
        type: Return
        format: "{{ taskrun.iteration }} {{ outputs.l.iterationCount ?? 'none' }}"
""")
    assert found.value("t") == "1 1"
    assert found.run("l")["outputs"] == {"iterationCount": 1}


def test_children_of_a_folder_see_the_runs_as_they_were_before(ran: Any) -> None:
    found = ran("""
tasks:
  - id: w
    type: WorkingDirectory
    tasks:
      - {id: a, type: Log, message: x}
      - {id: b, type: Return, format: "{{ tasks }}"}
""")
    assert found.value("b") == '{"w":{"state":"CREATED"}}'


def test_an_assertion_speaks_in_every_pass_but_the_last(ran: Any) -> None:
    found = ran("""
sla: [{id: s, type: EXECUTION_ASSERTION, assert: "{{ false }}", behavior: NONE}]
tasks: [{id: a, type: Log, message: x}]
""")
    # created, given to the worker, taken up, ended
    assert found.warnings() == 4


def test_the_run_that_an_assertion_hits_gets_an_attempt(ran: Any) -> None:
    found = ran("""
sla: [{id: s, type: EXECUTION_ASSERTION, assert: "{{ tasks is not defined }}", behavior: CANCEL}]
tasks: [{id: a, type: Log, message: x}]
""")
    assert found.state == "CANCELLED"
    assert [one["state"]["current"] for one in found.run("a")["attempts"]] == ["CANCELLED"]


def test_a_list_that_a_task_sorts_is_as_before_in_the_next(ran: Any) -> None:
    execution = ran("""
variables: {l: [z, {m: [2, 1]}]}
inputs: [{id: xs, type: JSON, defaults: '{"l": [3, 1, 2]}'}]
tasks:
- {id: made, type: io.kestra.plugin.core.output.OutputValues, values: {l: [q, p]}}
- {id: first, type: Return, format: "{{ inputs.xs.l | sort }} {{ vars.l[1].m | reverse }} {{ outputs.made.values.l | rsort }}"}
- {id: second, type: Return, format: "{{ inputs.xs.l }} {{ vars.l[1].m }} {{ outputs.made.values.l }}"}
- {id: third, type: Return, format: "{{ inputs.xs.l | reverse }} {{ inputs.xs.l }}"}
""")
    assert execution.value("first") == '[1,2,3] [1,2] ["q","p"]'
    assert execution.value("second") == '[3,1,2] [2,1] ["q","p"]'
    # within one task the list stays as it was turned
    assert execution.value("third") == "[2,1,3] [2,1,3]"


def test_children_of_a_folder_share_a_copy_of_what_they_see(ran: Any) -> None:
    execution = ran("""
variables: {l: [3, 1, 2]}
tasks:
- id: folder
  type: WorkingDirectory
  tasks:
  - {id: first, type: Return, format: "{{ vars.l | sort }}"}
  - {id: second, type: Return, format: "{{ vars.l }}"}
- {id: last, type: Return, format: "{{ vars.l }}"}
""")
    found = [execution.value(name) for name in ("first", "second", "last")]
    assert found == ["[1,2,3]", "[1,2,3]", "[3,1,2]"]
