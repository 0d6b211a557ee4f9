"""Generated flows (`fuzz/flows.py`, `fuzz/data_flows.py`) against what the engine did with them, three times alike.

Where the engine hung, the flow has to end, and `check` has to say so beforehand.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest
from clock import CountingIds, JumpingClock
from running import analysed, executed, loaded

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance"), str(TESTS / "fuzz")]

import compare  # noqa: E402
import data_flows  # noqa: E402
import flows  # noqa: E402

from flowrt.engine.document import execution_document  # noqa: E402
from flowrt.engine.executor import Executor  # noqa: E402
from flowrt.model.states import TERMINAL  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402
from flowrt.verbs.start import execute  # noqa: E402

RECORDED = TESTS / "recorded" / "flows.jsonl.xz"
RECORDED_DATA = TESTS / "recorded" / "data-flows.jsonl.xz"
WARNINGS = {"FC401", "FC402", "FC403"}

DIFFERENT = {
    374: "The worker is done with a failing task before the engine makes the pass that would start another.",
}
"""Flows that differ, by seed, and why."""
SILENT = {
    484: "A task that changes the execution fails, which ends the execution while its handlers begin.",
}
"""Flows that hang in the engine without a warning, by seed, and why."""


def cases(recorded: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lzma.decompress(recorded.read_bytes()).splitlines()]


CASES = cases(RECORDED)
DATA = cases(RECORDED_DATA)
SHARE = 25


@pytest.mark.parametrize("start", range(0, len(CASES), SHARE))
def test_flows_end_as_in_the_engine(start: int) -> None:
    wrong: dict[int, Any] = {}
    for case in CASES[start : start + SHARE]:
        seed, want = case["seed"], case["execution"]
        analysis = analysed(case["flow"], *map(flows.child, flows.CHILDREN))
        document = executed(analysis)
        if want is None:
            warned = any(each.code in WARNINGS for each in analysis.diagnostics)
            if warned is (seed in SILENT):
                wrong[seed] = "hangs in the engine; warned" if warned else "hangs in the engine"
            assert document["state"]["current"] in TERMINAL, seed
            continue
        different = compare.differences(want, compare.normal(document), True)
        if bool(different) is not (seed in DIFFERENT):
            wrong[seed] = different or "equal now: take its row out"
    assert not wrong


@pytest.mark.parametrize("start", range(0, len(DATA), SHARE))
def test_data_is_that_of_the_engine(start: int, tmp_path: Path) -> None:
    wrong: dict[int, Any] = {}
    for case in DATA[start : start + SHARE]:
        analysis = analysed(case["flow"], data_flows.child(case["seed"]))
        document = executed(analysis, tmp_path / str(case["seed"]))
        different = compare.differences(case["execution"], compare.normal(document), True)
        if different:
            wrong[case["seed"]] = different
    assert not wrong


def test_a_seed_always_gives_the_same_flow() -> None:
    for case in CASES[::100]:
        assert flows.flow(case["seed"]) == case["flow"]
    for case in DATA[::30]:
        assert data_flows.flow(case["seed"]) == case["flow"]


def still(flow: dict[str, Any]) -> dict[str, Any]:
    """The document of a flow whose clock stands, but for what is waited for."""
    given = RunOptions(clock=JumpingClock(still=True), ids=CountingIds(), keep_logs=True)
    analysis = analysed(flow, *map(flows.child, flows.CHILDREN))
    return execution_document(execute(loaded(analysis), given))


@pytest.mark.parametrize("start", range(0, 200, SHARE))
def test_passes_that_are_left_out_decide_nothing(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames are not looked at when a run is only on its way through its worker: nothing is another one for that."""
    found = [still(case["flow"]) for case in CASES[start : start + SHARE]]
    monkeypatch.setattr(Executor, "_means_nothing", lambda executor, run, old: False)
    for case, document in zip(CASES[start : start + SHARE], found, strict=True):
        assert still(case["flow"]) == document, case["seed"]
