"""Small promises of flows, each by running one: what is said, what ends how, what is tried again, what may be deleted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from running import ITEMS, WRITE, analysed, executed, loaded, options, ran

from flowrt import Flow
from flowrt.engine import past
from flowrt.engine.concurrency import Slots
from flowrt.engine.execution import Execution, LogRecord
from flowrt.engine.past import SpoolJournal, in_order
from flowrt.engine.standstill import forgotten
from flowrt.java.errors import RawError
from flowrt.java.time.duration import SECOND, parse_duration, parse_iso
from flowrt.model.flow import Concurrency
from flowrt.program.main import run as run_program
from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."


def ends(document: dict[str, Any]) -> dict[str, str]:
    return {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}


def said(document: dict[str, Any], *levels: str) -> list[str]:
    return [each["message"] for each in document["logs"] if each["level"] in levels]


def value(document: dict[str, Any], task: str) -> Any:
    (run,) = [each for each in document["taskRunList"] if each["taskId"] == task]
    return run["outputs"]["value"]


# ---- records --------------------------------------------------------------------------------------------------------


def test_failures_of_tasks_have_a_frame() -> None:
    shown: list[tuple[str, bool]] = []
    ran(
        """\
  - {id: fine, type: log.Log, message: fine}
  - {id: bad, type: log.Log, message: "{{ nothing }}", allowFailure: true}
""",
        'outputs: [{id: o, type: STRING, value: "{{ nothing }}"}]\n',
        sink=lambda record: shown.append(
            (record.level, (record.frame or "").startswith("  --> f.yaml:6:"))
        ),
    )
    assert shown == [("INFO", False), ("ERROR", True), ("ERROR", False)]


@pytest.mark.parametrize(
    ("length", "parts"),
    [
        (0, [0]),
        (1, [1]),
        (15_360, [15_360]),
        (15_361, [15_360, 1]),
        (40_000, [15_360, 15_360, 9_280]),
    ],
)
def test_long_messages_are_cut(length: int, parts: list[int]) -> None:
    document = ran(f"  - {{id: t, type: log.Log, message: '{'x' * length}{{{{ \"\" }}}}'}}\n")
    assert [len(each) for each in said(document, "INFO")] == parts


def test_long_messages_of_failures_are_cut() -> None:
    long = "x" * 30_000
    document = ran(
        f"  - {{id: fail, type: execution.Fail, errorMessage: '{long}', allowFailure: true}}\n"
        f"  - {{id: check, type: execution.Assert, conditions: ['{{{{ false }}}}'], errorMessage: '{long}', allowFailure: true}}\n"
        "  - id: said\n"
        "    type: log.Log\n"
        '    message: "{% for each in errorLogs() %}{{ each.message | length }} {% endfor %}"\n'
    )
    errors = [len(each) for each in said(document, "ERROR")]
    assert errors[:2] == [15_360, 14_640]
    assert errors[3] == 15_360 and len(errors) == 5
    assert said(document, "INFO") == ["".join(f"{length} " for length in errors)]


@pytest.mark.parametrize(
    ("keys", "places"),
    [
        ([], []),
        ([5], [0]),
        ([1, 2, 9], [0, 1, 2]),
        ([1, 1, 1], [0, 1, 2]),
        ([2, 1], [1, 0]),
        ([1, 3, 2, 3], [0, 2, 1, 3]),
    ],
)
def test_places_in_the_order_of_keys(keys: list[int], places: list[int]) -> None:
    assert list(in_order(keys)) == places


@pytest.mark.parametrize(("most", "left"), [(1, 0), (2, 2), (3, 2)])
def test_records_leave_memory_when_they_are_many(
    most: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_LOGS", most)
    execution, journal = Execution(Flow("f", "a.b")), SpoolJournal()
    for text in "ab":
        entry = LogRecord(execution, None, "INFO", text, 0)
        execution.logs.append(entry)
        journal.log(entry)
    assert len(execution.logs) == left
    assert (execution.past is None) is (left == 2)


# ---- ends -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code"),
    [("SUCCESS", 0), ("WARNING", 0), ("FAILED", 1), ("KILLED", 4), ("CANCELED", 4)],
)
def test_what_a_program_exits_with(state: str, code: int) -> None:
    task = {"id": "x", "type": f"{CORE}execution.Exit", "state": state}
    flow = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [task]}))
    assert run_program(flow, []) == code


def test_a_program_whose_flow_is_paused_exits_with_a_code_of_its_own(tmp_path: Path) -> None:
    task = {"id": "p", "type": f"{CORE}flow.Pause"}
    flow = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": [task]}))
    assert run_program(flow, ["--store", str(tmp_path)]) == 3


@pytest.mark.parametrize("state", ["SUCCESS", "WARNING", "FAILED", "CANCELED"])
def test_the_state_of_an_exit_stays_whatever_runs_after_it(state: str) -> None:
    document = ran(
        f"""\
  - id: s
    type: flow.Sequential
    tasks:
      - {{id: x, type: execution.Exit, state: {state}}}
      - {{id: no, type: log.Log, message: no}}
""",
        """\
outputs: [{id: o, type: STRING, value: x}]
afterExecution:
  - {id: a, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.state }}"}
  - {id: b, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.state }}"}
""",
    )
    state = state.replace("CANCELED", "CANCELLED")
    assert document["state"]["current"] == state
    assert value(document, "a") == value(document, "b") == state
    assert ends(document) == {"s": state, "x": state, "a": "SUCCESS", "b": "SUCCESS"}
    assert "outputs" not in document


def living(state: str, starter: Any = None) -> Any:
    execution = SimpleNamespace(id=object(), state=state, starter=starter and starter.execution)
    return SimpleNamespace(execution=execution)


def test_which_executions_stand_still_for_no_reason() -> None:
    for state in ("CREATED", "RUNNING", "RESTARTED", "RETRYING", "SUCCESS", "QUEUED"):
        alone = living(state)
        assert forgotten([alone]) == [alone]
    paused, running = living("PAUSED"), living("RUNNING")
    assert forgotten([paused]) == []
    assert forgotten([paused, running]) == [running]
    # what is queued waits behind the one that is paused; what has started it waits for it
    above = living("RUNNING")
    between = living("RUNNING", above)
    assert forgotten([above, between, living("PAUSED", between), running]) == [running]


@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
def test_who_is_queued_waits_as_the_one_does_that_has_the_place(state: str) -> None:
    holder, above = living(state), living("RUNNING")
    queued, slots = living("QUEUED", above), Slots()
    holder.flow = queued.flow = Flow("f", "a.b", concurrency=Concurrency(1))
    assert slots.take(holder)
    found = forgotten([holder, above, queued], slots)
    assert found == ([] if state == "PAUSED" else [holder, above, queued])


# ---- what is tried again --------------------------------------------------------------------------------------------


WARN = {"warningOnRetry": True}
SOFT = {"allowFailure": True}


@pytest.mark.parametrize(
    ("retry", "more", "fails", "state", "attempts"),
    [
        ({}, {}, 1, "SUCCESS", ["FAILED", "SUCCESS"]),
        ({}, {}, 9, "FAILED", ["FAILED"] * 3),
        (WARN, {}, 0, "SUCCESS", ["SUCCESS"]),
        (WARN, {}, 1, "WARNING", ["FAILED", "SUCCESS"]),
        (WARN, {}, 9, "FAILED", ["FAILED"] * 3),
        (WARN, {"allowWarning": True}, 1, "SUCCESS", ["FAILED", "SUCCESS"]),
        (WARN, {**SOFT, "allowWarning": True}, 1, "SUCCESS", ["FAILED", "SUCCESS"]),
        # a failure that is allowed is tried again first
        ({}, SOFT, 1, "SUCCESS", ["FAILED", "SUCCESS"]),
        ({}, SOFT, 9, "WARNING", ["FAILED"] * 3),
        ({}, {**SOFT, "allowWarning": True}, 9, "SUCCESS", ["FAILED"] * 3),
    ],
)
def test_what_a_retry_makes_of_a_task(
    retry: dict[str, Any], more: dict[str, Any], fails: int, state: str, attempts: list[str]
) -> None:
    task = {
        "id": "t",
        "type": f"{CORE}execution.Fail",
        "condition": f"{{{{ taskrun.attemptsCount < {fails} }}}}",
        "retry": {"type": "constant", "interval": "PT1S", "maxAttempts": 3, **retry},
        **more,
    }
    document = executed(analysed({"id": "f", "namespace": "a.b", "tasks": [task]}))
    (run,) = document["taskRunList"]
    assert [each["state"]["current"] for each in run["attempts"]] == attempts
    assert run["state"]["current"] == document["state"]["current"] == state


# ---- tasks ----------------------------------------------------------------------------------------------------------


def test_one_start_that_is_not_wanted_leaves_the_next_one() -> None:
    start = {"type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
    both = {
        "id": "p",
        "type": f"{CORE}flow.Parallel",
        "tasks": [{"id": "no", **start, "runIf": "{{ false }}"}, {"id": "yes", **start}],
    }
    child = {"id": "child", "namespace": "a.b", "tasks": [{"id": "c", **log("c")}]}
    document = executed(analysed({"id": "f", "namespace": "a.b", "tasks": [both]}, child))
    assert ends(document) == {"p": "SUCCESS", "no": "SKIPPED", "yes": "SUCCESS"}
    assert [each["trigger"]["type"] for each in document["children"]] == [start["type"]]


def log(message: str) -> dict[str, Any]:
    return {"type": f"{CORE}log.Log", "message": message}


def test_secrets_of_what_was_started_are_sealed_and_read_in_clear() -> None:
    child = {
        "id": "child",
        "namespace": "a.b",
        "inputs": [{"id": "k", "type": "SECRET", "defaults": "hush-hush"}],
        "tasks": [{"id": "c", **log("c")}],
        "outputs": [{"id": "o", "type": "SECRET", "value": "{{ inputs.k }}"}],
    }
    document = ran(
        """\
  - {id: s, type: flow.Subflow, namespace: a.b, flowId: child}
  - {id: r, type: debug.Return, format: "{{ outputs.s.outputs.o == 'hush-hush' }}"}
""",
        "",
        child,
    )
    assert value(document, "r") == "true"
    assert "hush" not in str(document)


def test_batches_name_the_step_that_has_started_them() -> None:
    child = {"id": "child", "namespace": "a.b", "tasks": [{"id": "c", **log("c")}]}
    document = executed(analysed({"id": "f", "namespace": "a.b", "tasks": [WRITE, ITEMS]}, child))
    assert [each["trigger"]["type"] for each in document["children"]] == [
        f"{CORE}flow.ForEachItem$ForEachItemExecutable"
    ] * 3


def test_an_entry_whose_time_is_over_fails_the_expression() -> None:
    document = ran("""\
  - {id: s, type: kv.Set, key: k, value: v, ttl: PT1S}
  - {id: before, type: debug.Return, format: "{{ kv('k') }}"}
  - {id: w, type: flow.Sleep, duration: PT2S}
  - {id: after, type: debug.Return, format: "{{ kv('k') }}"}
""")
    assert value(document, "before") == "v"
    assert ends(document)["after"] == "FAILED"
    (error,) = said(document, "ERROR")
    assert "The requested value has expired" in error


def test_variables_that_are_gone_leave_an_empty_map() -> None:
    shown = '  - {id: r, type: debug.Return, format: "{{ vars }}"}\n'
    gone = """\
  - {id: s, type: execution.SetVariables, variables: {n: 1}}
  - {id: u, type: execution.UnsetVariables, variables: [n]}
"""
    assert value(ran(gone + shown), "r") == "{}"
    never = ran(shown)
    assert ends(never) == {"r": "FAILED"}
    assert said(never, "ERROR") == [
        "Unable to find `vars` used in the expression `{{ vars }}` at line 1"
    ]


def test_outputs_of_a_flow_may_have_a_structure() -> None:
    document = ran(
        '  - {id: r, type: debug.Return, format: "x"}\n',
        """\
outputs:
  - {id: o, type: JSON, value: {a: "{{ outputs.r.value }}", b: [1, "{{ outputs.r.value }}"]}}
  - {id: p, type: INT, value: 3}
""",
    )
    assert document["outputs"] == {"o": {"a": "x", "b": [1, "x"]}, "p": 3}


def test_a_child_of_a_folder_sees_the_round_and_the_folder() -> None:
    document = ran("""\
  - id: each
    type: flow.ForEach
    values: [x]
    tasks:
      - id: w
        type: flow.WorkingDirectory
        tasks:
          - id: c
            type: debug.Return
            format: "{{ taskrun.value }}{{ taskrun.attemptsCount }} {{ workerTaskrun.value }}{{ workerTaskrun.attemptsCount }}"
""")
    assert value(document, "c") == "x0 x0"


@pytest.mark.parametrize(
    ("child", "ran_too"),
    [
        # the folder as a whole has failed: its handlers do not run
        ('log.Log, message: c, runIf: "{{ nothing.here }}"', []),
        ("execution.Fail", ["c", "e", "z"]),
        ("log.Log, message: c", ["c", "z"]),
    ],
)
def test_the_handlers_of_a_folder(child: str, ran_too: list[str]) -> None:
    document = ran(f"""\
  - id: w
    type: flow.WorkingDirectory
    tasks: [{{id: c, type: {child}}}]
    errors: [{{id: e, type: log.Log, message: e}}]
    finally: [{{id: z, type: log.Log, message: z}}]
""")
    assert list(ends(document)) == ["w", *ran_too]


@pytest.mark.parametrize(
    ("kind", "shown"), [("trigger.Schedule", "d true"), ("trigger.Flow", "d false")]
)
def test_what_a_schedule_gave_has_a_name_of_its_own(kind: str, shown: str) -> None:
    document = ran(
        """\
  - {id: r, type: debug.Return, format: "{{ trigger.date }} {{ schedule.date is defined }}"}
""",
        trigger={"id": "t", "type": CORE + kind, "variables": {"date": "d"}},
    )
    assert value(document, "r") == shown


def test_an_execution_of_a_trigger_has_its_labels_and_those_that_are_given() -> None:
    document = ran(
        "  - {id: r, type: log.Log, message: r}\n",
        """\
inputs: [{id: i, type: STRING}]
labels: {of: flow}
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 0 * * *"
    labels: {by: trigger, both: trigger}
    inputs: {i: "{{ trigger.date }}"}
""",
        trigger={
            "id": "daily",
            "type": f"{CORE}trigger.Schedule",
            "variables": {"date": "2024-01-01T00:00:00Z"},
        },
        labels={"given": "here", "both": "given"},
    )
    labels = {each["key"]: each["value"] for each in document["labels"]}
    del labels["system.correlationId"]
    assert labels == {
        "of": "flow",
        "by": "trigger",
        "both": "given",
        "given": "here",
        "system.from": "trigger",
    }
    assert document["inputs"] == {"i": "2024-01-01T00:00:00Z"}


def test_variables_of_the_environment_are_shown_in_small_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENV_Some_NAME", "x")
    monkeypatch.setenv("OTHER_NAME", "y")
    document = ran("""\
  - {id: r, type: debug.Return, format: "{{ envs.some_name }} {{ envs.name is defined }}"}
""")
    assert value(document, "r") == "x false"


def test_inputs_and_outputs_see_the_variables_around_them() -> None:
    document = ran(
        "  - {id: r, type: log.Log, message: r}\n",
        """\
variables: {v: 7}
inputs: [{id: i, type: INT, defaults: "{{ vars.v }}"}]
outputs: [{id: o, type: INT, value: "{{ inputs.i }}"}, {id: g, type: STRING, value: "{{ globals.g }}"}]
""",
        globals={"g": "all"},
    )
    assert document["inputs"] == {"i": 7}
    assert document["outputs"] == {"o": 7, "g": "all"}


def test_the_task_beside_a_pause_has_no_attempts_before() -> None:
    document = ran("""\
  - id: p
    type: flow.Pause
    pauseDuration: PT1S
    onPause: {id: a, type: debug.Return, format: "{{ taskrun.attemptsCount }}"}
""")
    assert value(document, "a") == "0"


@pytest.mark.parametrize(
    ("uri", "deleted"),
    [
        ("kestra:///other/folder/file", True),
        ("kestra:///other/folder", False),
        ("kestra:///a/b/_files/folder", True),
        ("kestra:///a/b/f/executions/{{ execution.id }}", True),
        ("kestra:///a/b/f/executions", False),
    ],
)
def test_folders_may_be_deleted_that_belong_to_the_execution(
    uri: str, deleted: bool, tmp_path: Path
) -> None:
    for folder in ("other/folder", "a/b/_files/folder"):
        (tmp_path / "storage" / folder).mkdir(parents=True)
        (tmp_path / "storage" / folder / "file").write_text("x")
    delete = {"id": "d", "type": f"{CORE}storage.Delete", "uri": uri}
    document = executed(
        analysed({"id": "f", "namespace": "a.b", "tasks": [WRITE, delete]}), tmp_path
    )
    assert ends(document)["d"] == ("SUCCESS" if deleted else "FAILED")
    path = uri.removeprefix("kestra:///").replace("{{ execution.id }}", document["id"])
    assert (tmp_path / "storage" / path).exists() is not deleted


# ---- promises -------------------------------------------------------------------------------------------------------

SLEEP = "  - {id: a, type: flow.Sleep, duration: PT4S}\n"


def test_promises_of_both_kinds_are_looked_at() -> None:
    document = ran(
        SLEEP,
        """\
sla:
  - {id: late, type: MAX_DURATION, duration: PT1H, behavior: FAIL}
  - {id: zero, type: EXECUTION_ASSERTION, assert: "0", behavior: CANCEL}
""",
    )
    assert document["state"]["current"] == "CANCELLED"
    assert said(document, "WARN") == ["SLA 'zero' violated: assertion is false: 0."]


def test_the_duration_of_an_execution_is_told_in_milliseconds() -> None:
    document = ran(
        SLEEP, "sla: [{id: s, type: MAX_DURATION, duration: PT1.0006S, behavior: CANCEL}]\n"
    )
    assert said(document, "WARN") == [
        "SLA 's' violated: execution duration of PT1.5S exceed the maximum duration of PT1.0006S."
    ]


# ---- restarts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["aside", "zaside"])
def test_what_ran_beside_a_pause_is_told_from_what_a_handler_left(id: str, tmp_path: Path) -> None:
    """A run that is in no list is that of `onPause`, or was left by a block that is gone: that one is not run again."""
    fails = {"type": f"{CORE}execution.Fail"}
    pause = {
        "id": "p",
        "type": f"{CORE}flow.Pause",
        "pauseDuration": "PT1S",
        "onPause": {"id": "m", **fails},
    }
    handler = {"id": "h", "type": f"{CORE}flow.Sequential", "tasks": [{"id": id, **fails}]}
    data = {
        "id": "f",
        "namespace": "a.b",
        "tasks": [pause, {"id": "x", **fails}],
        "errors": [handler],
    }
    flow, first = loaded(analysed(data)), options(tmp_path)
    execution = execute(flow, first).id
    for _ in range(2):
        restart(flow, execution, options(tmp_path, first))
    document = document_of(flow, execution, options(tmp_path, first))
    tries = [
        (run["taskId"], len(run["attempts"]))
        for run in document["taskRunList"]
        if run["taskId"] in ("m", id)
    ]
    assert tries == [("m", 3), (id, 1), (id, 1), (id, 1)]


# ---- durations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT9223372036854775807S", 2**63 - 1),
        ("PT-9223372036854775808S", -(2**63)),
        ("PT9223372036854775808S", None),
        ("PT-9223372036854775809S", None),
        ("P1DT-2H", 79_200),
        ("P106751991167300DT55807S", 106751991167300 * 86400 + 55807),
    ],
)
def test_the_longest_duration(text: str, seconds: int | None) -> None:
    """Java counts the seconds in a long."""
    if seconds is None:
        with pytest.raises(RawError):
            parse_iso(text)
    else:
        assert parse_iso(text) == seconds * SECOND


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1.5", 1_500_000_000),
        ("-1.5", -1_500_000_000),
        ("1.", 1_000_000_000),
        ("0.0000000019", 1),
        (" 2 ", 2_000_000_000),
        ("PT0.0000001S", 100),
    ],
)
def test_a_duration_in_seconds_has_nine_decimals(text: str, nanos: int) -> None:
    assert parse_duration(text) == nanos
