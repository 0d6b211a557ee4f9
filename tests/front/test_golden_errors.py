"""Every code has cases below `golden/err`: a flow, and what `flowc check` prints about it.

A case may have more flows in `flows/`, where its own folder is searched, or in `beside/`, which is checked as well, a file `target` that names the engine it is
compiled to, and a file `flow-triggers` that asks for the flows which listen to it. `pytest --update-golden` rewrites the expected
files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diag.codes import CODES
from flowc.diag.render.text import render
from flowc.driver import Project

FOLDER = Path(__file__).parents[2] / "golden" / "err"
CASES = sorted(each for each in FOLDER.iterdir() if each.is_dir())
NOT_IN_A_FLOW = {"FC110", "FC503"}
"""Findings about files and installed packages."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_findings(case: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    paths = [Path("flow.yaml"), *sorted(Path("beside").glob("*.yaml"))]
    project = Project(paths, flow_triggers=(case / "flow-triggers").exists())
    found = project.findings()
    if (case / "target").exists():
        found += project.decisions((case / "target").read_text("utf-8").strip())
    assert case.name.partition("-")[0] in {each.code for each in found}
    printed = render(found)
    expected = case / "expected.txt"
    if update_golden:
        expected.write_text(printed, "utf-8")
    assert printed == expected.read_text("utf-8")


def test_every_code_has_a_case() -> None:
    shown = {case.name.partition("-")[0] for case in CASES}
    assert shown == CODES.keys() - NOT_IN_A_FLOW
