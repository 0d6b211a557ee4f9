"""Rounds of loops that have ended leave memory; whoever may see them still does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from running import analysed, loaded

from flowc.expr.builtins import FILTERS, FUNCTIONS, TESTS
from flowrt.control.each import CHANGING_FUNCTIONS
from flowrt.engine import past
from flowrt.engine.document import document_text, execution_document
from flowrt.engine.execution import Execution
from flowrt.engine.past import MOST_LOGS, Spool
from flowrt.engine.rounds import MANY
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

MANY_ROUNDS = 2 * MANY + MOST_LOGS // 2

FLOW = """
id: rounds
namespace: a.b
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    concurrencyLimit: {limit}
    values: "{{{{ range(1, {count}) }}}}"
    tasks:
      - {{id: note, type: io.kestra.plugin.core.log.Log, message: "n {{{{ taskrun.value }}}}"}}
      - id: wrong
        type: io.kestra.plugin.core.execution.Fail
        condition: "{{{{ taskrun.value == '3' }}}}"
        errorMessage: three
        allowFailure: true
  - {{id: quiet, type: io.kestra.plugin.core.debug.Return, format: logged at DEBUG}}
  - id: seen
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ tasks.note['2'].state }}}} {{{{ tasks.note | length }}}} {{{{ errorLogs() | length }}}}"
  - {{id: fetch, type: io.kestra.plugin.core.log.Fetch}}
"""


def ran(limit: int) -> Execution:
    text = FLOW.format(limit=limit, count=MANY_ROUNDS)
    return execute(loaded(analysed(text)), RunOptions(keep_logs=True, patience=False))


def check(execution: Execution) -> None:
    assert execution.away >= 2 * MANY
    assert len(execution.logs) <= MOST_LOGS + 1
    document: dict[str, Any] = execution_document(execution)
    runs = document["taskRunList"]
    assert len(runs) == 2 * MANY_ROUNDS + 4
    notes = [run for run in runs if run["taskId"] == "note"]
    assert [run["value"] for run in notes] == [str(n + 1) for n in range(MANY_ROUNDS)]
    assert [run["iteration"] for run in notes] == list(range(MANY_ROUNDS))
    assert {run["parentTaskRunId"] for run in notes} == {runs[0]["id"]}
    assert {len(run["attempts"]) for run in notes} == {1}
    assert len({run["id"] for run in runs}) == len(runs)
    seen = next(run for run in runs if run["taskId"] == "seen")
    assert seen["outputs"]["value"].split() == ["SUCCESS", str(MANY_ROUNDS), "2"]
    fetched = next(run for run in runs if run["taskId"] == "fetch")["outputs"]["size"]
    assert fetched == sum(entry["level"] != "DEBUG" for entry in document["logs"])
    times = [entry["timestamp"] for entry in document["logs"]]
    assert times == sorted(times)
    assert json.loads("".join(document_text(execution))) == document


def test_rounds_one_by_one_leave_memory() -> None:
    check(ran(1))


def test_rounds_side_by_side_leave_memory() -> None:
    check(ran(0))


def test_the_values_of_a_loop_are_rendered_again_for_the_functions_that_change() -> None:
    known = {
        name for table in (FUNCTIONS, FILTERS, TESTS) for name, it in table.items() if not it.pure
    }
    assert set(CHANGING_FUNCTIONS.split()) == known


def test_what_the_disk_does_not_take_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool()
    whole = spool._file
    for number in range(9):
        with open("/dev/full", "r+b", buffering=0) as full:
            spool._file = full if number % 3 == 1 else whole
            spool.add(number, ["x" * number, number])
    spool._file = whole
    assert [spool[number] for number in range(9)] == [["x" * n, n] for n in range(9)]
    assert sorted(spool._kept) == [1, 4, 7] and list(spool.keys) == list(range(9))

    def nowhere(*_: Any, **__: Any) -> Any:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("tempfile.TemporaryFile", nowhere)
    assert past._temporary_file() is None
    check(ran(1))
