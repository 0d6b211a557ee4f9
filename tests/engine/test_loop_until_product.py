"""LoopUntil over all that may happen in it (`fuzz/loop_until.py`), against what the engine did with each cell.

The engine looks at a loop as often as its queues allow, and hangs in some cells. Where a loop here ends otherwise, `check`
says so beforehand.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest
from running import analysed, executed

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "fuzz"))

import loop_until  # noqa: E402

from flowrt.model.states import TERMINAL  # noqa: E402

RECORDED: dict[str, Any] = json.loads(
    lzma.decompress((TESTS / "recorded" / "loop-until.json.xz").read_bytes())
)
"""By the name of a cell: the state of the execution and those of its task runs in order; null where the engine hangs."""
WARNINGS = {"FC401", "FC402"}


@pytest.mark.parametrize("children", loop_until.CHILDREN)
@pytest.mark.parametrize("errors", loop_until.HANDLERS)
def test_a_loop_ends_as_in_the_engine_or_check_warns(children: str, errors: str) -> None:
    wrong = {}
    for cell in loop_until.cells():
        if cell[:2] != (children, errors):
            continue
        analysis = analysed(loop_until.flow(cell))
        document = executed(analysis)
        state = document["state"]["current"]
        found = [
            state,
            [[run["taskId"], run["state"]["current"]] for run in document["taskRunList"]],
        ]
        assert state in TERMINAL
        warned = any(each.code in WARNINGS for each in analysis.diagnostics)
        want = RECORDED[loop_until.name(cell)]
        if found != want and not warned:
            wrong[cell] = (want, found)
    assert not wrong


def test_all_cells_are_recorded() -> None:
    assert list(RECORDED) == [loop_until.name(cell) for cell in loop_until.cells()]


def test_check_warns_where_finally_runs() -> None:
    for cell in loop_until.cells():
        codes = {each.code for each in analysed(loop_until.flow(cell)).diagnostics}
        if cell[2] in ("present", "skipped"):
            assert "FC402" in codes, cell
        elif cell[2] == "absent" and cell[1] == "absent":
            assert not codes & WARNINGS, cell
