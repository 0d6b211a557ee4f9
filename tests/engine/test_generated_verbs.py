"""Generated flows whose executions somebody restarts, replays or changes, against what the engine did, three times alike."""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed, loaded, options

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance"), str(TESTS / "fuzz")]

import compare  # noqa: E402
import flows  # noqa: E402
import verbs  # noqa: E402

from flowrt.model.failures import Refusal  # noqa: E402
from flowrt.model.flow import Flow  # noqa: E402
from flowrt.verbs.change_state import change_state  # noqa: E402
from flowrt.verbs.look import document_of  # noqa: E402
from flowrt.verbs.options import RunOptions  # noqa: E402
from flowrt.verbs.replay import replay  # noqa: E402
from flowrt.verbs.restart import restart  # noqa: E402
from flowrt.verbs.start import execute  # noqa: E402

RECORDED = TESTS / "recorded" / "verbs.jsonl.xz"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in lzma.decompress(RECORDED.read_bytes()).splitlines()
]
SHARE = 20

_ALONE = "The engine runs the failed task of a handler that is a block once more, by itself."
DIFFERENT = {
    8051: "Of branches that run at the same time, the engine logs before a worker does.",
    8164: _ALONE,
    8227: "A replay leaves what `errors` did, so that it is not done again.",
    8314: _ALONE,
}
"""Cases that differ, by seed, and why."""


def done(flow: Flow, id: str, action: verbs.Action, options: RunOptions) -> str:
    """Do something with an execution; answers the id of the one that the next action is about."""
    ((verb, how),) = action.items()
    if verb == "replay":
        return replay(flow, id, how["from_task"], options).id
    if verb == "restart":
        restart(flow, id, options)
    else:
        change_state(flow, id, how["task"], how["state"], options)
    return id


@pytest.mark.parametrize("start", range(0, len(CASES), SHARE))
def test_executions_live_again_as_in_the_engine(start: int, tmp_path: Path) -> None:
    wrong: dict[int, Any] = {}
    for case in CASES[start : start + SHARE]:
        seed, store = case["seed"], tmp_path / str(case["seed"])
        first = options(store)
        flow = loaded(analysed(case["flow"], *map(flows.child, flows.CHILDREN)))
        id = execute(flow, first).id
        refused = []
        for action in case["actions"]:
            try:
                id = done(flow, id, action, options(store, first))
            except Refusal as error:
                refused.append(str(error))
        found = json.loads(json.dumps(document_of(flow, id, options(store))))
        different: Any = compare.differences(case["execution"], compare.normal(found), True)
        if refused != case["refused"]:
            different = {"refused": [case["refused"], refused]}
        if bool(different) is not (seed in DIFFERENT):
            wrong[seed] = different or "equal now: take its row out"
    assert not wrong


def test_a_seed_always_does_the_same() -> None:
    for case in CASES[::40]:
        document = executed(analysed(case["flow"], *map(flows.child, flows.CHILDREN)))
        assert verbs.actions(case["seed"], document) == case["actions"]
