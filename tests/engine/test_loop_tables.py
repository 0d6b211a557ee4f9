"""How often loops go round, how long they wait, and how many rounds they run at once: tables of cases, by a clock that jumps."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from running import ran

from flowrt.control.each import ForEach, value_texts
from flowrt.engine.execution import MAIN
from flowrt.engine.host import LOOK
from flowrt.engine.rounds import MANY, Rounds
from flowrt.java.errors import ExpressionError
from flowrt.java.time.duration import SECOND
from flowrt.tasks.log import Log


def seconds(document: dict[str, Any]) -> float:
    """How long the execution took."""
    found: float = document["state"]["duration"]
    return found


FIVE = "checkFrequency: {interval: PT5S"


@pytest.mark.parametrize(
    ("condition", "more", "rounds", "interval", "state", "warning"),
    [
        ("true", "", 1, 0, "SUCCESS", None),
        ("true", f"{FIVE}}}", 1, 0, "SUCCESS", None),
        # The count is that of the round to come when the condition is looked at.
        ("{{ outputs.l.iterationCount >= 3 }}", f"{FIVE}}}", 2, 5, "SUCCESS", None),
        ("{{ outputs.l.iterationCount >= 4 }}", f"{FIVE}}}", 3, 5, "SUCCESS", None),
        # Without an interval it is a minute.
        ("{{ outputs.l.iterationCount >= 4 }}", "", 3, 60, "SUCCESS", None),
        ("false", f"{FIVE}, maxIterations: 1}}", 1, 5, "SUCCESS", "Max iterations reached"),
        ("false", f"{FIVE}, maxIterations: 4}}", 4, 5, "SUCCESS", "Max iterations reached"),
        (
            "false",
            f"{FIVE}, maxIterations: 4}}\n    failOnMaxReached: true",
            4,
            5,
            "FAILED",
            "Max iterations reached",
        ),
        ("false", f"{FIVE}, maxDuration: PT12S}}", 4, 5, "SUCCESS", "Max duration reached"),
        # At the very instant it is not reached yet.
        (
            "false",
            "checkFrequency: {interval: PT0.2S, maxDuration: PT0.25S}",
            3,
            0.2,
            "SUCCESS",
            "Max duration reached",
        ),
        (
            "false",
            f"{FIVE}, maxDuration: PT12S}}\n    failOnMaxReached: true",
            4,
            5,
            "FAILED",
            "Max duration reached",
        ),
        (
            "false",
            f"{FIVE}, maxDuration: PT1H, maxIterations: 2}}",
            2,
            5,
            "SUCCESS",
            "Max iterations reached",
        ),
    ],
)
def test_a_loop_goes_round(
    condition: str, more: str, rounds: int, interval: float, state: str, warning: str | None
) -> None:
    document = ran(f"""\
  - id: l
    type: flow.LoopUntil
    condition: "{condition}"
    {more}
    tasks:
      - {{id: a, type: log.Log, message: "round {{{{ taskrun.iteration }}}}"}}
""")
    loop = next(run for run in document["taskRunList"] if run["taskId"] == "l")
    said = [entry["message"] for entry in document["logs"] if entry["level"] == "INFO"]
    warnings = {entry["message"] for entry in document["logs"] if entry["level"] == "WARN"}
    pauses = sum(each["state"] == "PAUSED" for each in loop["state"]["histories"])
    assert said == [f"round {number}" for number in range(rounds)]
    assert pauses == rounds - 1
    waited = (rounds - 1) * (interval * SECOND + LOOK)  # the engine looks a little later
    assert round(seconds(document) * SECOND) == waited
    assert document["state"]["current"] == loop["state"]["current"] == state
    assert warnings == ({warning} if warning else set())


@pytest.mark.parametrize(
    ("limit", "took"), [("", 5), (1, 5), (2, 3), (3, 2), (4, 2), (5, 1), (9, 1), (0, 1)]
)
def test_so_many_rounds_run_at_once(limit: object, took: int) -> None:
    document = ran(f"""\
  - id: l
    type: flow.ForEach
    values: [1, 2, 3, 4, 5]
    {f"concurrencyLimit: {limit}" if limit != "" else ""}
    tasks:
      - {{id: a, type: flow.Sleep, duration: PT1S}}
""")
    assert document["state"]["current"] == "SUCCESS"
    assert seconds(document) == took


@pytest.mark.parametrize(("limit", "took"), [(1, 6), (2, 4), (3, 2), (0, 2)])
def test_so_many_chains_run_at_once(limit: int, took: int) -> None:
    document = ran(f"""\
  - id: l
    type: flow.ForEach
    values: [1, 2, 3]
    concurrencyLimit: {limit}
    tasks:
      - {{id: a, type: flow.Sleep, duration: PT1S}}
      - {{id: b, type: flow.Sleep, duration: PT1S}}
""")
    assert document["state"]["current"] == "SUCCESS"
    assert len(document["taskRunList"]) == 7
    assert seconds(document) == took


@pytest.mark.parametrize(
    ("limit", "took"), [("", 1), (1, 5), (2, 3), (4, 2), (5, 1), (0, 1), (-1, 1)]
)
@pytest.mark.parametrize("kind", ["Parallel", "Dag"])
def test_so_many_tasks_run_at_once(kind: str, limit: object, took: int) -> None:
    sleep = "{{id: t{n}, type: flow.Sleep, duration: PT1S}}"
    item = f"      - {sleep}\n" if kind == "Parallel" else f"      - task: {sleep}\n"
    document = ran(f"""\
  - id: p
    type: flow.{kind}
    {f"concurrent: {limit}" if limit != "" else ""}
    tasks:
{"".join(item.format(n=n) for n in range(5))}""")
    assert document["state"]["current"] == "SUCCESS"
    assert seconds(document) == took


@pytest.mark.parametrize(
    ("most", "made"),
    [
        ("maxAttempts: 1", 1),
        ("maxAttempts: 3", 3),
        ("maxAttempts: 9, maxDuration: PT15S", 2),
        ("maxAttempts: 9, maxDuration: PT25S", 3),
        ("maxAttempts: 2, maxDuration: PT1H", 2),
    ],
)
def test_so_many_executions_take_the_place_of_one_that_fails(most: str, made: int) -> None:
    document = ran(
        "  - {id: a, type: execution.Fail}\n",
        f"retry: {{behavior: CREATE_NEW_EXECUTION, type: constant, interval: PT10S, {most}}}\n",
    )
    assert document["state"]["current"] == "FAILED"
    assert document["metadata"]["attemptNumber"] == made


def run_of_a_round(iteration: int = 1, outputs: Any = None, state: str = "SUCCESS") -> Any:
    """A run of a leaf in a ForEach."""
    each = SimpleNamespace(role=MAIN, task=ForEach("each", values=[]), parent=None)
    run = SimpleNamespace(
        role=MAIN,
        task=Log("log", message="x"),
        parent=each,
        iteration=iteration,
        outputs=outputs,
        state=state,
    )

    class Hashable(SimpleNamespace):
        __hash__ = object.__hash__

    return Hashable(**vars(run))


def test_rounds_leave_when_there_are_many() -> None:
    rounds = Rounds()
    for run in (
        run_of_a_round(0),
        run_of_a_round(outputs={"a": 1}),
        run_of_a_round(state="FAILED"),
    ):
        rounds.add(run)
    for _ in range(MANY - 1):
        rounds.add(run_of_a_round())
    assert not rounds.many()
    rounds.add(run_of_a_round(state="WARNING"))
    assert rounds.many()


INTEGERS = 2**31


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["a", "b", "a"], ["a", "b"]),
        ([1, INTEGERS - 1, -INTEGERS], ["1", "2147483647", "-2147483648"]),
        ([INTEGERS], "Unknown value element type: class java.lang.Long"),
        ([-INTEGERS - 1], "Unknown value element type: class java.lang.Long"),
        ([True], "Unknown value element type: class java.lang.Boolean"),
        ([0.5], "Unknown value element type: class java.lang.Double"),
        ([["a"]], "Unknown value element type: class java.util.ArrayList"),
        (7, "Unknown value type: class java.lang.Integer"),
        (INTEGERS, "Unknown value type: class java.lang.Long"),
        (INTEGERS - 1, "Unknown value type: class java.lang.Integer"),
        (-INTEGERS, "Unknown value type: class java.lang.Integer"),
        ({"a": 1}, "Unknown value type: class java.util.LinkedHashMap"),
        ('["a", 1, "1", {"k": 1, "j": 2}, {"j": 2, "k": 1}]', ["a", "1", "1", '{"k":1,"j":2}']),
        ("null", 'Cannot invoke "java.util.List.stream()" because "values" is null'),
    ],
)
def test_what_a_loop_goes_over(given: Any, expected: list[str] | str) -> None:
    run: Any = SimpleNamespace(text=lambda text: text, structure=lambda value: value)
    if isinstance(expected, list):
        assert value_texts(run, given) == expected
        return
    with pytest.raises(ExpressionError) as failure:
        value_texts(run, given)
    assert str(failure.value) == expected


@pytest.mark.parametrize(
    ("change", "rounds"),
    [
        (["c", "d"], ["c", "d"]),
        (["c", "d", "e"], ["c", "d", "e"]),  # it grows
        (["c"], ["c"]),  # it shrinks
        (["a", "b"], ["c", "b"]),  # as a text it comes before the one of the beginning
        (["x", "y", "z"], ["c", "y", "z"]),
    ],
)
def test_a_loop_looks_at_its_values_at_every_step(change: list[str], rounds: list[str]) -> None:
    document = ran(
        f"""\
  - id: each
    type: flow.ForEach
    values: "{{{{ vars.list }}}}"
    tasks:
      - {{id: set, type: execution.SetVariables, variables: {{list: '{json.dumps(change)}'}}}}
      - {{id: log, type: log.Log, message: "{{{{ taskrun.value }}}}"}}
""",
        """variables: {list: '["c", "d"]'}\n""",
    )
    assert document["state"]["current"] == "SUCCESS"
    assert [run["value"] for run in document["taskRunList"] if run["taskId"] == "log"] == rounds
