"""Every golden case and example: the module byte for byte, the intermediate form, and what the executions do.

`pytest --update-golden` rewrites the expected files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from goldens import FORMS, ROOT, Case, cases

CASES = cases("golden/ok", "examples")
EXECUTED = [case for case in CASES if case.settings.get("run") is not False]
UPDATE = "run `pytest tests/test_golden.py --update-golden` and review the difference"


def _name(case: Case) -> str:
    return str(case.folder.relative_to(ROOT))


def _expect(path: Path, found: str, update: bool) -> None:
    """The text of a golden file is the text found; a missing one fails, or is written with `update`."""
    if update:
        if not path.exists() or path.read_text("utf-8") != found:
            path.write_text(found, "utf-8")
        return
    assert path.exists(), f"{path} is missing: {UPDATE}"
    assert path.read_text("utf-8") == found, f"{path} differs: {UPDATE}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_module(case: Case, update_golden: bool) -> None:
    _expect(case.folder / "flow.py", case.module(), update_golden)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_intermediate_form(case: Case, update_golden: bool) -> None:
    _expect(case.folder / "ir.txt", case.intermediate(), update_golden)


@pytest.mark.parametrize("case", EXECUTED, ids=_name)
def test_execution(case: Case, update_golden: bool) -> None:
    _expect(case.folder / "execution.json", _json(case.executions("installed")), update_golden)


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize("case", EXECUTED, ids=_name)
def test_execution_without_packages(case: Case, form: str) -> None:
    expected = (case.folder / "execution.json").read_text("utf-8")
    assert _json(case.executions(form)) == expected


def test_no_stale_files() -> None:
    """All expected files belong to a case, and cases that do not run have no execution."""
    stale = []
    for name in ("flow.py", "ir.txt", "execution.json"):
        for path in (ROOT / "golden").rglob(name):
            case = Case(path.parent)
            runs = case.settings.get("run") is not False
            if not (path.parent / "flow.yaml").exists() or (name == "execution.json" and not runs):
                stale.append(path)
    assert not stale


def test_unexecuted_cases_say_why() -> None:
    assert all(case.settings.get("reason") for case in CASES if case not in EXECUTED)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
