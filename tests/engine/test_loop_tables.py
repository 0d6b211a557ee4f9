"""How often loops go round, how long they wait, and how many rounds they run at once: tables of cases, by a clock that jumps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clock import JumpingClock

from flowc.driver import Sources, analyse, generate, load_program
from flowc.source import SourceFile
from flowrt.engine.document import execution_document
from flowrt.engine.host import LOOK
from flowrt.java.time.duration import SECOND
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute


class StillClock(JumpingClock):
    """A clock that stands still, but for its jumps."""

    def now(self) -> int:
        return 1_700_000_000_000_000_000 + self.jumped


def ran(body: str) -> dict[str, Any]:
    """The document of a flow with these tasks."""
    text = f"id: f\nnamespace: a.b\ntasks:\n{body}".replace(
        "type: ", "type: io.kestra.plugin.core."
    )
    source = SourceFile("f.yaml", text)
    result = analyse(Sources(source, (), ()))
    assert result.program is not None, result.diagnostics
    flow = load_program(generate(result.program, formatted=False), "f.py")
    execution = execute(flow, RunOptions(clock=StillClock(), keep_logs=True))
    document: dict[str, Any] = json.loads(json.dumps(execution_document(execution)))
    return document


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
    condition: str, more: str, rounds: int, interval: int, state: str, warning: str | None
) -> None:
    document = ran(f"""\
  - id: l
    type: flow.LoopUntil
    condition: "{condition}"
    {more}
    tasks:
      - {{id: a, type: log.Log, message: x}}
""")
    loop = next(run for run in document["taskRunList"] if run["taskId"] == "l")
    count = sum(entry["message"] == "x" for entry in document["logs"])
    warnings = {entry["message"] for entry in document["logs"] if entry["level"] == "WARN"}
    pauses = sum(each["state"] == "PAUSED" for each in loop["state"]["histories"])
    assert (count, pauses) == (rounds, rounds - 1)
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


@pytest.mark.parametrize(("limit", "took"), [("", 1), (1, 5), (2, 3), (4, 2), (5, 1), (0, 1)])
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
