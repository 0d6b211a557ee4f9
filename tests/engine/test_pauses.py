"""How a pause ends, as tables: by its duration, by its timeout, by somebody who resumes or kills the execution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import analysed, loaded, options, ran

from flowrt.model.failures import Refusal
from flowrt.verbs.kill import kill
from flowrt.verbs.look import document_of
from flowrt.verbs.restart import restart
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

CORE = "io.kestra.plugin.core."
BEHIND = "  - {id: behind, type: log.Log, message: behind}\n"


def history(document: dict[str, Any], task: str | None = None) -> list[str]:
    """The states of a task, or of the execution."""
    holder = document if task is None else run_of(document, task)
    return [each["state"] for each in holder["state"]["histories"]]


def run_of(document: dict[str, Any], task: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["taskRunList"] if each["taskId"] == task)
    return found


def tasks(document: dict[str, Any]) -> list[str]:
    return [each["taskId"] for each in document["taskRunList"]]


@pytest.mark.parametrize(
    ("how", "to", "state", "goes_on"),
    [
        ("pauseDuration: PT5S", "SUCCESS", "SUCCESS", True),
        ("delay: PT5S", "SUCCESS", "SUCCESS", True),
        ("pauseDuration: PT5S\n    behavior: RESUME", "SUCCESS", "SUCCESS", True),
        ("pauseDuration: PT5S\n    behavior: WARN", "WARNING", "WARNING", True),
        ("pauseDuration: PT5S\n    behavior: FAIL", "FAILED", "FAILED", False),
        ("pauseDuration: PT5S\n    behavior: CANCEL", "CANCELLED", "CANCELLED", False),
        ("timeout: PT5S", "FAILED", "FAILED", False),
        ("timeout: PT5S\n    allowFailure: true", "WARNING", "WARNING", True),
        (
            "timeout: PT5S\n    allowFailure: true\n    allowWarning: true",
            "SUCCESS",
            "SUCCESS",
            True,
        ),
        # the timeout counts only without a duration
        ("pauseDuration: PT5S\n    timeout: PT1S", "SUCCESS", "SUCCESS", True),
    ],
)
def test_a_pause_ends_when_its_time_is_up(how: str, to: str, state: str, goes_on: bool) -> None:
    document = ran(f"  - id: p\n    type: flow.Pause\n    {how}\n{BEHIND}")
    run = run_of(document, "p")
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", to]
    assert [each["state"]["current"] for each in run["attempts"]] == [to]
    assert run["outputs"]["resumed"]["to"] == to
    assert document["state"]["current"] == state
    assert ("behind" in tasks(document)) is goes_on
    assert document["metadata"]["attemptNumber"] == 2
    assert 5 <= document["state"]["duration"] < 6
    assert "RESTARTED" in history(document) or state == "CANCELLED"


@pytest.mark.parametrize(
    ("behavior", "ends"),
    [
        ("WARN", ["RUNNING", "PAUSED", "WARNING"]),
        ("1", ["RUNNING", "PAUSED", "WARNING"]),
        (" FAIL ", ["RUNNING", "PAUSED", "FAILED"]),
        ("fail", ["RUNNING", "FAILED"]),
        ("NOPE", ["RUNNING", "FAILED"]),
        ("", ["RUNNING", "FAILED"]),
    ],
)
def test_what_a_pause_does_may_be_an_expression(behavior: str, ends: list[str]) -> None:
    document = ran(f"""\
  - {{id: p, type: flow.Pause, pauseDuration: PT5S, behavior: "{{{{ '{behavior}' }}}}"}}
""")
    assert history(document, "p") == ["CREATED", *ends]


@pytest.mark.parametrize(
    ("behavior", "end", "ran_inside"),
    [
        ("RESUME", ["RUNNING", "SUCCESS"], ["inside", "last"]),
        ("WARN", ["RUNNING", "WARNING"], ["inside", "last"]),
        ("FAIL", ["RUNNING", "FAILED"], ["last"]),
        ("CANCEL", ["RUNNING"], []),
    ],
)
def test_what_a_pause_runs_when_its_time_is_up(
    behavior: str, end: list[str], ran_inside: list[str]
) -> None:
    document = ran(f"""\
  - id: p
    type: flow.Pause
    pauseDuration: PT5S
    behavior: {behavior}
    tasks: [{{id: inside, type: log.Log, message: inside}}]
    finally: [{{id: last, type: log.Log, message: last}}]
""")
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", *end]
    assert tasks(document) == ["p", *ran_inside]


@pytest.mark.parametrize("list", ["errors", "finally"])
def test_a_pause_that_fails_runs_the_list_that_it_has(list: str) -> None:
    document = ran(f"""\
  - id: p
    type: flow.Pause
    pauseDuration: PT5S
    behavior: FAIL
    {list}: [{{id: own, type: log.Log, message: own}}]
""")
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", "RUNNING", "FAILED"]
    assert tasks(document) == ["p", "own"]


def test_the_execution_stands_still_until_the_last_pause_is_over() -> None:
    document = ran(f"""\
  - id: both
    type: flow.Parallel
    tasks:
      - {{id: short, type: flow.Pause, pauseDuration: PT5S}}
      - {{id: long, type: flow.Pause, pauseDuration: PT9S}}
{BEHIND}""")
    assert history(document).count("RESTARTED") == 1
    assert document["metadata"]["attemptNumber"] == 3
    assert 9 <= document["state"]["duration"] < 10
    assert history(document, "both") == ["CREATED", "RUNNING", "SUCCESS"]


# ---- somebody ends it -----------------------------------------------------------------------------------------------


def log(id: str) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}log.Log", "message": id}


def pause(id: str = "p", **more: Any) -> dict[str, Any]:
    return {"id": id, "type": f"{CORE}flow.Pause", **more}


def after(
    store: Path,
    verb: Callable[..., Any],
    *tasks: dict[str, Any],
    times: int = 1,
    inputs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of a flow that paused, after a verb."""
    flow = loaded(analysed({"id": "f", "namespace": "a.b", "tasks": list(tasks)}))
    first = options(store)
    begun = execute(flow, first)
    assert begun.state == "PAUSED"
    for _ in range(times):
        given = options(store, first)
        given.inputs = inputs or {}
        verb(flow, begun.id, given)
    return document_of(flow, begun.id, options(store, first))


def test_dates_that_somebody_gives_have_the_decimals_they_need(tmp_path: Path) -> None:
    dates = {
        "whole": ("2023-12-31T22:00:00Z", "2023-12-31T22:00:00Z"),
        "tenth": ("2023-12-31T22:00:00.1Z", "2023-12-31T22:00:00.100Z"),
        "milli": ("2023-12-31T22:00:00.123Z", "2023-12-31T22:00:00.123Z"),
        "micro": ("2023-12-31T22:00:00.1234Z", "2023-12-31T22:00:00.123400Z"),
        "nano": ("2023-12-31T22:00:00.123456789Z", "2023-12-31T22:00:00.123456789Z"),
    }
    asks = pause(
        onResume=[
            *({"id": id, "type": "DATETIME"} for id in dates),
            {"id": "late", "type": "DATETIME", "defaults": "2024-01-01T00:00:00Z"},
            {"id": "list", "type": "ARRAY", "itemType": "DATETIME"},
        ]
    )
    inputs = {id: given for id, (given, _) in dates.items()}
    inputs["list"] = '["2023-12-31T22:00:00.12Z"]'
    document = after(tmp_path, resume, asks, log("end"), inputs=inputs)
    assert run_of(document, "p")["outputs"]["onResume"] == {
        **{id: shown for id, (_, shown) in dates.items()},
        "late": "2024-01-01T00:00:00Z",
        "list": ["2023-12-31T22:00:00.120Z"],
    }


def test_somebody_resumes_with_inputs(tmp_path: Path) -> None:
    asks = pause(onResume=[{"id": "n", "type": "INT"}, {"id": "m", "type": "INT", "defaults": 4}])
    said = {"id": "said", "type": f"{CORE}log.Log", "message": "{{ outputs.p.onResume.n + 1 }}"}
    document = after(tmp_path, resume, asks, said, inputs={"n": "3"})
    outputs = run_of(document, "p")["outputs"]
    assert outputs["onResume"] == {"n": 3, "m": 4}
    assert outputs["resumed"]["to"] == "SUCCESS"
    assert [each["message"] for each in document["logs"]] == ["4"]
    assert history(document) == [
        *("CREATED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS")
    ]


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, ["SUCCESS"]),
        ({"behavior": "CANCEL"}, ["SUCCESS"]),
        ({"tasks": [log("inside")]}, ["RUNNING", "SUCCESS"]),
        ({"finally": [log("inside")]}, ["RUNNING", "SUCCESS"]),
        ({"onPause": log("aside")}, ["SUCCESS"]),
    ],
)
def test_a_pause_that_is_resumed_has_succeeded(
    more: dict[str, Any], end: list[str], tmp_path: Path
) -> None:
    document = after(tmp_path, resume, pause(**more), log("behind"))
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", *end]
    assert document["state"]["current"] == "SUCCESS"
    assert tasks(document)[-1] == "behind"
    assert ("inside" in tasks(document)) is (len(end) > 1)
    assert ("aside" in tasks(document)) is ("onPause" in more)
    assert document["metadata"]["attemptNumber"] == 2


@pytest.mark.parametrize("more", [{}, {"tasks": [log("inside")]}, {"onPause": log("aside")}])
def test_a_pause_that_is_killed(more: dict[str, Any], tmp_path: Path) -> None:
    document = after(tmp_path, kill, pause(**more), log("behind"))
    assert history(document) == ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "KILLED"]
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", "KILLED"]
    run = run_of(document, "p")
    assert run["outputs"]["resumed"]["to"] == "KILLING"
    assert [each["state"]["current"] for each in run["attempts"]] == ["KILLED"]
    assert "inside" not in tasks(document) and "behind" not in tasks(document)
    assert document["metadata"]["attemptNumber"] == 2


def test_what_stood_still_beside_a_pause_goes_on_where_it_was(tmp_path: Path) -> None:
    """Two pauses, a task, a loop that is about to begin and a task that will be tried again, taken up twice."""
    loop = {
        "id": "loop",
        "type": f"{CORE}flow.LoopUntil",
        "tasks": [log("round")],
        "condition": "{{ outputs.loop.iterationCount >= 4 }}",
        "checkFrequency": {"interval": "PT5S"},
    }
    flaky = {
        "id": "flaky",
        "type": f"{CORE}execution.Fail",
        "condition": "{{ taskrun.attemptsCount < 2 }}",
        "retry": {"type": "constant", "interval": "PT3S"},
    }
    parts = [pause(), pause("q"), log("beside"), loop, flaky]
    block = {"id": "all", "type": f"{CORE}flow.Parallel", "tasks": parts}
    document = after(tmp_path, resume, block, log("behind"), times=2)
    assert document["state"]["current"] == "SUCCESS"
    assert document["metadata"]["attemptNumber"] == 3
    assert [each["message"] for each in document["logs"] if each["level"] == "INFO"] == [
        *("beside", "round", "round", "round", "behind")
    ]
    tried = [each["state"]["current"] for each in run_of(document, "flaky")["attempts"]]
    assert tried == ["FAILED", "FAILED", "SUCCESS"]
    assert history(document, "loop") == [
        "CREATED",
        *["RUNNING", "PAUSED"] * 2,
        "RUNNING",
        "SUCCESS",
    ]


def test_a_paused_execution_that_is_restarted_has_no_answer(tmp_path: Path) -> None:
    document = after(tmp_path, restart, pause(), log("behind"))
    assert history(document, "p") == ["CREATED", "RUNNING", "PAUSED", "RUNNING", "FAILED"]
    errors = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
    assert any('because "resumed" is null' in each for each in errors)


def test_a_killed_execution_is_not_restarted(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="current state is 'KILLED' !"):
        after(tmp_path, lambda *given: (kill(*given), restart(*given)), pause())


@pytest.mark.parametrize("property", ["pauseDuration", "timeout"])
def test_a_pause_whose_end_cannot_be_read_fails_once(property: str) -> None:
    """The task beside it is not even begun, and not begun again and again."""
    document = ran(f"""
  - id: p
    type: flow.Pause
    {property}: "{{{{ 'nonsense' }}}}"
    onPause: {{id: aside, type: log.Log, message: x}}
""")
    assert document["state"]["current"] == "FAILED"
    assert [(run["taskId"], run["state"]["current"]) for run in document["taskRunList"]] == [
        ("p", "FAILED")
    ]
