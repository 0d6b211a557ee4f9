"""Every code has cases below `golden/err`: a flow, and what `flowc check` prints about it.

`pytest --update-golden` rewrites the expected files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diag.codes import CODES
from flowc.diag.model import Sink
from flowc.diag.render.text import render
from flowc.front import read
from flowc.sema import check

FOLDER = Path(__file__).parents[2] / "golden" / "err"
CASES = sorted(each for each in FOLDER.iterdir() if each.is_dir())
NOT_IN_A_FLOW = {"FC110", "FC410", "FC411"}
"""Findings about files, and those of lowering, which has its own tests."""


def findings(text: str) -> Sink:
    sink = Sink()
    flow = read(text, "flow.yaml", sink)
    if flow is not None:
        check(flow, sink)
    return sink


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_findings(case: Path, update_golden: bool) -> None:
    found = findings((case / "flow.yaml").read_text("utf-8")).sorted()
    assert case.name.partition("-")[0] in {each.code for each in found}
    printed = render(found)
    expected = case / "expected.txt"
    if update_golden:
        expected.write_text(printed, "utf-8")
    assert printed == expected.read_text("utf-8")


def test_every_code_has_a_case() -> None:
    shown = {case.name.partition("-")[0] for case in CASES}
    assert shown == CODES.keys() - NOT_IN_A_FLOW
